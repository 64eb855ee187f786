//! VMware vCenter and ESXi: events, and the host daemon's own lines.

use crate::fields::{End, actor, address, logon, source, user};
use crate::scan::{after, between, has};
use crate::words::{Guess, set_time};
use crate::{Cx, error_log, generic};
use ocsf::{Event, Path, Status, class, ip};

/// Reads the body of a message of vCenter's or ESXi's programs.
pub(crate) fn by_program<'a>(
    name: &str,
    body: &'a str,
    cx: &Cx<'a>,
    event: &mut Event<'a>,
) -> bool {
    let ours = matches!(
        name,
        "vpxd"
            | "vpxa"
            | "Vpxa"
            | "Vpxd"
            | "Hostd"
            | "hostd"
            | "vobd"
            | "Fdm"
            | "Rhttpproxy"
            | "rhttpproxy"
            | "vmkernel"
            | "vmkwarning"
            | "vmauthd"
            | "vsanmgmtd"
            | "vmafdd"
            | "vmdird"
            | "sso-audit"
            | "hostprofiletrace"
            | "VCSA"
    );
    match name {
        "shell" | "ESXShell" => command(body, event),
        _ => ours && read(body, cx, event),
    }
}

/// A body that holds a vCenter event, whatever program forwards it.
pub(crate) fn by_look<'a>(body: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let event_line = || body.starts_with("Event [") && has(generic::head(body, 300), "[vim.event.");
    // The daemons' own files have no syslog header: `info vpxd[7] [Originator@6876 sub=…] text`.
    let own_line = || has(generic::head(body, 96), "[Originator@6876 ");
    (event_line() || own_line()) && read(body, cx, event)
}

/// ESXi's shell: `[root]: esxcli system account list`, `Interactive shell session started`.
fn command<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    source(event, "vmware/1", "vmware");
    event.product("VMware", "ESXi");
    event.message = Some(body);
    if let Some((name, line)) = body.strip_prefix('[').and_then(|rest| rest.split_once("]: ")) {
        actor(event, name);
        event.set(Path::PROCESS_CMD_LINE, line);
        event.set(Path::PROCESS_NAME, crate::scan::word(line).0);
        event.kind(class::PROCESS, 1);
    }
    true
}

fn read<'a>(body: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    source(event, "vmware/1", "vmware");
    event.product("VMware", "vSphere");
    event.message = Some(body);
    if body.starts_with("Event [") {
        return vcenter(body, cx, event);
    }
    daemon(body, cx, event);
    true
}

/// `Event [ID] [n-n] [TIME] [vim.event.X] [info] [USER] [DATACENTER] [ID] [text]`.
fn vcenter<'a>(body: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let mut parts = body.split("] [");
    let id = parts.next().unwrap_or("").trim_start_matches("Event [");
    let (_, stamp, name) = (parts.next(), parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let (level, who, place) =
        (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let text = parts.nth(1).unwrap_or("").trim_end_matches(']');
    set_time(event, cx, stamp);
    event.set(Path::METADATA_ORIGINAL_EVENT_UID, id);
    event.set(Path::METADATA_EVENT_CODE, name);
    event.set(Path::METADATA_LOG_LEVEL, level);
    event.severity = error_log::severity(level);
    event.unmapped("datacenter", place);
    event.message = Some(text);
    if name.contains("Login") || name.contains("Logout") || name.contains("BadUsername") {
        session(text, who, event);
        event.activity = if name.contains("Logout") { 2 } else { 1 };
        return true;
    }
    actor(event, who);
    operation(name, event);
    true
}

/// `vim.event.VmPoweredOnEvent` is something that was done to the inventory.
fn operation<'a>(name: &'a str, event: &mut Event<'a>) {
    let bare = name.strip_prefix("vim.event.").unwrap_or(name);
    event.set(Path::API_OPERATION, bare);
    event.set(Path::API_SERVICE_NAME, "vCenter");
    let verb = |words: &[&str]| words.iter().any(|word| bare.contains(word));
    let activity = if verb(&["Created", "Registered", "Added", "Cloned"]) {
        1
    } else if verb(&["Removed", "Deleted", "Destroyed", "Disconnected"]) {
        4
    } else if verb(&["Reconfigured", "Updated", "Changed", "Powered", "Renamed", "Migrated"]) {
        3
    } else {
        99
    };
    event.kind(class::API, activity);
    event.activity_name = Some(bare);
}

/// `User DOMAIN\name@10.0.0.1 logged in as agent`, `Cannot login name@10.0.0.1`.
fn session<'a>(text: &'a str, who: &'a str, event: &mut Event<'a>) -> bool {
    let failed = has(text, "Cannot login") || has(text, "Failed") || has(text, "rejected");
    let rest = after(text, "Cannot login ")
        .or_else(|| after(text, "User "))
        .or_else(|| after(text, "Accepted password for user "))
        .or_else(|| after(text, "Rejected password for user "))
        .unwrap_or("");
    let account =
        rest.split(" logged ").next().unwrap_or(rest).split([' ', ',']).next().unwrap_or("");
    // A name may hold an `@` itself; the address stands behind the last one.
    match account.rsplit_once('@').filter(|(_, host)| ip::parse(host).is_some()) {
        Some((name, host)) => {
            user(event, name);
            address(event, End::Src, host);
        }
        None => {
            user(event, if account.is_empty() { who } else { account });
            if let Some(host) = after(text, " from ") {
                address(event, End::Src, host.split([' ', ',']).next().unwrap_or(host));
            }
        }
    }
    if let Some(agent) = after(text, "logged in as ").filter(|a| !a.is_empty()) {
        event.unmapped("user_agent", agent);
    }
    logon(event, "vSphere", Some(if failed { Status::Failure } else { Status::Success }));
    true
}

/// `info hostd[123] [Originator@6876 sub=Vimsvc.ha-eventmgr] Event 7 : User root@10.0.0.1 logged in`.
fn daemon<'a>(body: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    let level = crate::scan::word(body).0;
    if matches!(level, "verbose" | "info" | "warning" | "error" | "panic" | "trivia") {
        event.set(Path::METADATA_LOG_LEVEL, level);
        event.severity = error_log::severity(level);
    }
    event.unmapped("sub", between(body, " sub=", "]").map_or("", |s| crate::scan::word(s).0));
    let text = match crate::scan::find(body, "] ") {
        Some(at) if has(body, "[Originator@") => &body[at + 2..],
        _ => body,
    };
    let on = has(text, " logged in") || has(text, "Accepted password for user ");
    let off = has(text, " logged out");
    let refused = has(text, "Cannot login ") || has(text, "Rejected password for user ");
    if on || off || refused {
        session(text, "", event);
        event.status(if refused { Status::Failure } else { Status::Success });
        event.activity = if off { 2 } else { 1 };
        return;
    }
    // `… local user account 'root' has been locked for 900 seconds after 5 failed login attempts.`
    if let Some(name) = between(text, "user account '", "' has been locked") {
        user(event, name);
        event.kind(class::ACCOUNT_CHANGE, 9);
        return event.status(Status::Success);
    }
    generic::read(text, cx, event, &mut Guess::default());
    event.message = Some(body);
}
