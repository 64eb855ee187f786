//! A syslog message's body, by the program that wrote it or by what it looks like.

use crate::custom::{self, Unread};
use crate::fields::{device, source};
use crate::firewall::{f5, junos, mikrotik, watchguard};
use crate::header::Header;
use crate::scan::{between, cut, digits, has};
use crate::words::Guess;
use crate::{
    Cx, Emit, Scratch, access, accounts, apps, audit, cef, cisco, cisco_asa, cron, csv, databases,
    dhcp, dns, error_log, firewall, generic, json, kv, mail, pam, remote_access, squid, sshd, sudo,
    vmware, windows_xml,
};
use ocsf::{Event, Path};

/// Repetitions that become events of their own; a larger number becomes one event with a count,
/// so that one line cannot make a million.
const REPEAT_MAX: i64 = 1000;
/// Bytes that the repetitions of one line may have together, for the same reason.
const REPEAT_BYTES_MAX: usize = 1_000_000;

/// Reads a body behind the header of `record`, which has been applied, and emits what it makes.
pub(crate) fn read<'a>(
    header: &Header<'a>,
    record: &'a str,
    cx: &Cx<'a>,
    scratch: &mut Scratch,
    event: &mut Event<'a>,
    emit: Emit<'_, 'a>,
) {
    let (count, body) = repeated(header.body);
    let before = emit;
    if let Some((text, json)) = embedded(body) {
        embedding(text, cx, event);
        if let json::Read::Done = json::read(json, cx, scratch, event, before) {
            return;
        }
    }
    let unread = Unread { record: Some(record), message: body, program: header.program };
    one(header, unread, cx, scratch, event);
    let bytes = body.len().saturating_mul(usize::try_from(count).unwrap_or(usize::MAX));
    if count > REPEAT_MAX || count > 1 && bytes > REPEAT_BYTES_MAX {
        event.set(Path::COUNT, count);
        before(event);
        return;
    }
    for _ in 0..count {
        before(event);
    }
}

/// How far within a body an object may begin.
const EMBEDDED_AT_MAX: usize = 160;

/// A body that ends with a JSON object: `@cee: {…}`, `name {…}`, X-Road's `… INFO [X-Road …] … - {…}`.
fn embedded(body: &str) -> Option<(&str, &str)> {
    if !body.ends_with('}') {
        return None;
    }
    let at = crate::scan::find(crate::generic::head(body, EMBEDDED_AT_MAX), "{")?;
    let inner = body[at + 1..].trim_start();
    // A pair's value or a rule's block is no object: a quoted name must follow the brace.
    let tag = &body[..at];
    // A sentence before it tells more than the object does; a tag or X-Road's level does not.
    let open = at == 0
        || has(tag, "[X-Road ")
        || tag.len() <= 64 && !tag.trim_end().contains([' ', '=', '"']);
    (open && (inner.starts_with('"') || inner.starts_with('}'))).then(|| body.split_at(at))
}

/// What stands before the object: X-Road's correlation id and level.
fn embedding<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    if !has(text, "[X-Road ") {
        return;
    }
    if let Some(id) = text.strip_prefix('[').and_then(|rest| cut(rest, b']')) {
        event.set(Path::METADATA_CORRELATION_UID, id.0);
    }
    if let Some((head, tail)) = crate::scan::after(text, "[X-Road ").and_then(|r| cut(r, b']')) {
        event.set(Path::METADATA_PRODUCT_FEATURE_NAME, head);
        crate::words::set_time(event, cx, tail.trim_start());
    }
}

/// `message repeated 5 times: [ text]`: how often, and the text.
fn repeated(body: &str) -> (i64, &str) {
    let inner = body.strip_prefix("message repeated ").and_then(|rest| {
        let (count, rest) = cut(rest, b' ')?;
        let text = rest.strip_prefix("times: [")?.trim_start();
        Some((digits(count)?.max(1), text.strip_suffix(']').unwrap_or(text)))
    });
    inner.unwrap_or((1, body))
}

/// Fills the event from one body.
fn one<'a>(
    header: &Header<'a>,
    unread: Unread<'a>,
    cx: &Cx<'a>,
    scratch: &mut Scratch,
    event: &mut Event<'a>,
) {
    let program = header.program.unwrap_or("");
    let name = program.rsplit('/').next().unwrap_or(program);
    let data = header.data.unwrap_or("");
    let body = unread.message;
    if by_program(program, name, body, cx, event)
        || junos::read_data(data, cx, event)
        || by_look(body, cx, scratch, event)
        || custom::read(unread, cx, event)
    {
        if event.message == Some("") {
            event.message = None;
        }
        return;
    }
    generic::mark(event, header.pri.is_some() || header.program.is_some());
    if name == "kernel" {
        source(event, "kernel/1", "kernel");
    } else if name.starts_with("systemd") {
        source(event, "systemd/1", "systemd");
    }
    let mut guess = Guess::default();
    let mut signs = kv::Signs::default();
    let colons = || Some(body).filter(|body| kv::is_colons(body));
    if let Some(data) = header.data.or_else(colons) {
        signs = kv::read_data(data, cx, event, &mut guess);
    }
    // Splunk's own events, passed on by syslog, name their host in the data only.
    if let Some(host) =
        between(data, "[fields@274489 ", "]").and_then(|d| between(d, " h=\"", "\""))
    {
        device(event, host);
    }
    event.message = Some(if body.is_empty() { data } else { body });
    generic::read(body, cx, event, &mut guess);
    let known = signs.settle(event);
    // Nobody else joins day and hour as Sophos UTM does: `2026:03:01-10:00:00`.
    let joined = header.stamp.is_some_and(|(_, text)| text.as_bytes().get(4) == Some(&b':'));
    if joined && !known && !program.is_empty() {
        kv::utm_message(body, event);
    }
}

fn by_program<'a>(
    program: &'a str,
    name: &str,
    body: &'a str,
    cx: &Cx<'a>,
    event: &mut Event<'a>,
) -> bool {
    if junos::read_text(body, event) {
        return true;
    }
    match name {
        "sshd" | "sshd-session" | "sshd-auth" => sshd::read(body, cx, event),
        "sudo" => sudo::read_sudo(body, cx, event),
        "su" => sudo::read_su(body, cx, event),
        "CRON" | "CROND" | "cron" | "crond" | "crontab" | "anacron" => cron::read(body, cx, event),
        "useradd" | "userdel" | "usermod" | "groupadd" | "groupdel" | "groupmod" | "gpasswd"
        | "passwd" | "chage" | "chpasswd" | "adduser" => accounts::read(name, body, cx, event),
        "systemd-logind" => accounts::read_logind(body, cx, event),
        "login" => accounts::read_login(body, cx, event),
        "filterlog" => return firewall::read_filterlog(body, cx, event),
        "RT_FLOW" if junos::read_flow(body, event) => {}
        _ => return by_server(program, name, body, cx, event),
    }
    true
}

/// Reads a message that some program gave to the journal; `false` where it is none that is known.
pub(crate) fn read_message<'a>(
    program: &'a str,
    message: &'a str,
    cx: &Cx<'a>,
    scratch: &mut Scratch,
    event: &mut Event<'a>,
) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    let unread = Unread { record: None, message, program: Some(program) };
    by_program(program, name, message, cx, event)
        || by_look(message, cx, scratch, event)
        || custom::read(unread, cx, event)
}

/// Servers of some kind that have a house of their own.
fn by_server<'a>(
    program: &'a str,
    name: &str,
    body: &'a str,
    cx: &Cx<'a>,
    event: &mut Event<'a>,
) -> bool {
    !name.is_empty()
        && (mail::by_program(program, body, cx, event)
            || databases::by_program(name, body, cx, event)
            || dns::by_program(name, body, cx, event)
            || dhcp::by_program(name, body, cx, event)
            || vmware::by_program(name, body, cx, event)
            || remote_access::by_program(name, body, event)
            || matches!(name, "squid" | "(squid-1)") && squid::read(body, cx, event))
}

/// Formats that are known by their look, whoever sent them.
fn by_look<'a>(body: &'a str, cx: &Cx<'a>, scratch: &mut Scratch, event: &mut Event<'a>) -> bool {
    if has(crate::generic::head(body, 96), "%") {
        if let Some(parts) = cisco_asa::split(body) {
            cisco_asa::read(parts, cx, event);
            return true;
        }
        if cisco::read(body, cx, event) {
            return true;
        }
    }
    if audit::is(body) {
        audit::read(body, cx, event);
        return true;
    }
    if body.starts_with('<') && windows_xml::is(body) {
        windows_xml::read(body, cx, scratch, event);
        return true;
    }
    cef::read(body, cx, event)
        || body.starts_with("[pid ") && remote_access::vsftpd(body, event)
        || (body.starts_with("pam_") || body.starts_with("(pam_")) && pam::read(body, cx, event)
        || firewall::read_netfilter(body, cx, event)
        || csv::read_panw(body, cx, event)
        || f5::read(body, cx, event)
        || junos::read_netscreen(body, cx, event)
        || watchguard::read(body, cx, event)
        || mikrotik::read(body, cx, event)
        || body.starts_with("Oracle ") && databases::by_look(body, cx, event)
        || vmware::by_look(body, cx, event)
        || apps::by_look(body, cx, event)
        || error_log::read(body, cx, event)
        || access::read(body, event.text(Path::METADATA_LOG_PROVIDER), cx, event)
}
