//! A syslog message's body, by the program that wrote it or by what it looks like.

use crate::fields::source;
use crate::header::Header;
use crate::scan::{cut, digits, has};
use crate::words::Guess;
use crate::{
    Cx, Emit, Scratch, access, accounts, audit, cef, cisco, cisco_asa, cron, csv, error_log,
    firewall, generic, json, kv, pam, sshd, sudo, windows_xml,
};
use ocsf::{Event, Path};

/// Repetitions that become events of their own; a larger number becomes one event with a count,
/// so that one line cannot make a million.
const REPEAT_MAX: i64 = 1000;

/// Reads a body behind a header that has been applied, and emits what it makes.
pub(crate) fn read<'a>(
    header: &Header<'a>,
    cx: &Cx<'a>,
    scratch: &mut Scratch,
    event: &mut Event<'a>,
    emit: Emit<'_, 'a>,
) {
    let (count, body) = repeated(header.body);
    if body.starts_with('{') {
        let before = emit;
        if let json::Read::Done = json::read(body, cx, scratch, event, before) {
            return;
        }
        one(header, body, cx, scratch, event);
        before(event);
        return;
    }
    one(header, body, cx, scratch, event);
    if count > REPEAT_MAX {
        event.set(Path::COUNT, count);
        emit(event);
        return;
    }
    for _ in 0..count {
        emit(event);
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
    body: &'a str,
    cx: &Cx<'a>,
    scratch: &mut Scratch,
    event: &mut Event<'a>,
) {
    let program = header.program.unwrap_or("");
    let name = program.rsplit('/').next().unwrap_or(program);
    if by_program(name, body, cx, event) || by_look(body, cx, scratch, event) {
        return;
    }
    generic::mark(event, header.pri.is_some() || header.program.is_some());
    if name == "kernel" {
        source(event, "generic/1", "kernel");
    } else if name.starts_with("systemd") {
        source(event, "generic/1", "systemd");
    }
    let mut guess = Guess::default();
    if let Some(data) = header.data {
        kv::read(data, b' ', cx, event, &mut guess);
    }
    event.message = Some(body);
    generic::read(body, cx, event, &mut guess);
}

fn by_program<'a>(name: &str, body: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
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
        "RT_FLOW" => return firewall::read_rt_flow(body, event),
        _ => return false,
    }
    true
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
        || (body.starts_with("pam_") || body.starts_with("(pam_")) && pam::read(body, cx, event)
        || firewall::read_netfilter(body, cx, event)
        || csv::read_panw(body, cx, event)
        || error_log::read(body, cx, event)
        || access::read(body, event.text(Path::METADATA_LOG_PROVIDER), cx, event)
}
