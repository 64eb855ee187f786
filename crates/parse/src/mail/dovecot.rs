//! Dovecot: logins and their failures, sessions, deliveries.

use super::{bare, product, settle};
use crate::fields::{End, address, is_nothing, logon, port, user};
use crate::scan::{after, between, cut, cut_at, has, rfind};
use crate::words::Guess;
use crate::{Cx, generic};
use ocsf::{Event, Path, Severity, Status, ip};

/// Reads a body.
pub(super) fn read<'a>(body: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    product(event, "dovecot/1", "dovecot", "Dovecot");
    event.message = Some(body);
    if body.starts_with("pam_") && crate::pam::read_message(body, event) {
        return true;
    }
    let (service, text) = cut_at(body, ": ").unwrap_or(("", body));
    let named = service.split('(').next().unwrap_or(service);
    event.set(Path::METADATA_PRODUCT_FEATURE_NAME, named);
    for (mark, severity) in [
        ("Error: ", Severity::High),
        ("Warning: ", Severity::Medium),
        ("Fatal: ", Severity::Fatal),
        ("Panic: ", Severity::Fatal),
    ] {
        if text.starts_with(mark) {
            event.severity = severity;
        }
    }
    if !(login(text, event) || database(body, event) || session(service, text, event)) {
        generic::read(text, cx, event, &mut Guess::default());
        event.message = Some(body);
    }
    settle(event, 0);
    true
}

/// `Login: user=<u>, method=PLAIN, rip=1.2.3.4, lip=…`, `Disconnected (auth failed, …): user=<u>, …`,
/// `Aborted login (…): …`.
///
/// The user's name is the client's to choose: `rip` is looked for behind its bracket.
fn login<'a>(text: &'a str, event: &mut Event<'a>) -> bool {
    let worked = text.starts_with("Login: ");
    let ended = ["Disconnected", "Aborted login", "Maximum number of connections", "Info: Login: "];
    if !worked && !ended.iter().any(|start| text.starts_with(start)) {
        return false;
    }
    let Some(at) = crate::scan::find(text, "rip=") else { return false };
    let head = &text[..at];
    let pairs = match rfind(head, ", ") {
        Some(_) => &text[after_name(text)..],
        None => &text[at..],
    };
    if let Some(name) = between(text, "user=<", ">").filter(|name| !is_nothing(name)) {
        user(event, name);
    }
    for pair in pairs.split(", ") {
        let Some((key, value)) = cut(pair.trim(), b'=') else { continue };
        match key {
            "rip" => {
                address(event, End::Src, value);
            }
            "lip" => {
                address(event, End::Dst, value);
            }
            "rport" => {
                port(event, End::Src, value);
            }
            "lport" => {
                port(event, End::Dst, value);
            }
            "method" => {
                event.set(Path::AUTH_PROTOCOL, value);
                event.set(Path::AUTH_PROTOCOL_ID, 99);
            }
            "session" => event.set(Path::SESSION_UID, bare(value)),
            "mpid" => event.set(Path::ACTOR_PROCESS_PID, value),
            _ => {}
        }
    }
    let tried =
        worked || has(text, "auth failed") || has(text, "auth attempts") || has(text, "Login: ");
    if tried && (worked || event.has(Path::USER_NAME) || has(text, "auth failed")) {
        let status = if worked { Status::Success } else { Status::Failure };
        logon(event, "dovecot", Some(status));
        event.set(Path::STATUS_DETAIL, between(text, "(", ")").unwrap_or(""));
    } else {
        event.kind(ocsf::class::NETWORK, 2);
    }
    true
}

/// Where the user's bracket ends, or the text begins.
fn after_name(text: &str) -> usize {
    let Some(start) = crate::scan::find(text, "user=<") else {
        return crate::scan::find(text, "): ").map_or(0, |at| at + 3);
    };
    text[start..].find('>').map_or(start, |end| start + end + 1)
}

/// `auth-worker(1): sql(name,1.2.3.4,<session>): Password mismatch`, also of passwd-file, ldap, pam.
fn database<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    if !body.starts_with("auth") {
        return false;
    }
    for kind in
        ["sql(", "pam(", "ldap(", "passwd-file(", "passwd(", "shadow(", "static(", "sql-auth("]
    {
        let Some(rest) = after(body, kind) else { continue };
        let Some((inner, detail)) = cut_at(rest, "): ") else { continue };
        let mut parts = inner.rsplitn(3, ',');
        let (last, middle, first) = (parts.next(), parts.next(), parts.next());
        let (name, host) = match (first, middle, last) {
            (Some(name), Some(host), Some(session)) if session.starts_with('<') => (name, host),
            (first, Some(name), Some(host)) if ip::parse(host).is_some() => {
                (first.map_or(name, |_| &inner[..inner.len() - host.len() - 1]), host)
            }
            _ => (inner, ""),
        };
        user(event, name);
        address(event, End::Src, host);
        event.set(Path::STATUS_DETAIL, detail);
        let failed = ["mismatch", "unknown user", "failed", "not found", "denied", "Invalid"];
        let status = failed.iter().any(|word| has(detail, word));
        logon(event, "dovecot", status.then_some(Status::Failure));
        return true;
    }
    false
}

/// `imap(name)<pid><session>: Logged out in=1 out=2`.
fn session<'a>(service: &'a str, text: &'a str, event: &mut Event<'a>) -> bool {
    let Some(name) = between(service, "(", ")") else { return false };
    let ends = ["Logged out", "Disconnected", "Connection closed"];
    if !ends.iter().any(|start| text.starts_with(start)) {
        return false;
    }
    user(event, name.split(',').next().unwrap_or(name));
    logon(event, "dovecot", Some(Status::Success));
    event.activity = 2;
    true
}
