//! Error logs of nginx and Apache.

use crate::access::{decoded, request_line};
use crate::fields::{End, address, address_port, authority, source, user};
use crate::scan::{
    between, cut, cut_at, digits, find, has, has_ignore_case, leading_digits, rcut_at, rfind,
};
use crate::{Cx, time};
use ocsf::{Event, Path, Severity, Status, class};

/// A level's severity.
pub(crate) fn severity(level: &str) -> Severity {
    let level = level.trim();
    let is = |names: &[&str]| names.iter().any(|n| level.eq_ignore_ascii_case(n));
    if is(&["emerg", "emergency", "fatal", "panic"]) {
        Severity::Fatal
    } else if is(&["alert", "crit", "critical"]) {
        Severity::Critical
    } else if is(&["error", "err", "eror", "severe", "high", "e"]) {
        Severity::High
    } else if is(&["warn", "warning", "medium", "w", "wrn", "minor"]) {
        Severity::Medium
    } else if is(&["notice", "low"]) {
        Severity::Low
    } else {
        Severity::Informational
    }
}

/// Reads a line if it is one of nginx's or Apache's errors.
pub(crate) fn read<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    nginx(text, cx, event) || apache(text, cx, event)
}

/// `2026/03/01 10:00:00 [error] 54#0: *3 TEXT, client: A, server: S, request: "…", host: "…"`.
fn nginx<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let bytes = text.as_bytes();
    if bytes.get(4) != Some(&b'/') || bytes.get(19..21) != Some(b" [") {
        return false;
    }
    let Some((civil, 19)) = time::scan(text) else { return false };
    let Some((level, rest)) = cut(&text[21..], b']') else { return false };
    let Some((pid, rest)) = leading_digits(rest.trim_start()) else { return false };
    let Some((_, message)) = cut_at(rest, ": ") else { return false };
    time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, &text[..19]);
    source(event, "nginx-error/1", "nginx");
    event.product("F5", "nginx");
    event.set(Path::ACTOR_PROCESS_NAME, "nginx");
    event.set(Path::ACTOR_PROCESS_PID, pid);
    event.set(Path::METADATA_LOG_LEVEL, level);
    event.severity = severity(level);
    let message = message.strip_prefix('*').and_then(|m| cut(m, b' ')).map_or(message, |(_, m)| m);
    event.message = Some(message);
    nginx_connection(message, cx, event);
    mod_security(message, event);
    true
}

/// `ModSecurity: Warning. … [id "930100"] [msg "…"] [uri "/"]`: the rule that fired.
fn mod_security<'a>(message: &'a str, event: &mut Event<'a>) {
    if !has(message, "ModSecurity: ") {
        return;
    }
    source(event, "modsecurity/1", "modsecurity");
    event.product("OWASP", "ModSecurity");
    event.set(Path::IS_ALERT, true);
    for (key, path) in [
        ("[id \"", Path::FIREWALL_RULE_UID),
        ("[msg \"", Path::FIREWALL_RULE_NAME),
        ("[ver \"", Path::FIREWALL_RULE_VERSION),
    ] {
        if let Some(value) = between(message, key, "\"]") {
            event.set(path, value);
        }
    }
    let denied = has(message, "Access denied");
    crate::words::set_action(event, if denied { "Denied" } else { "Detected" });
}

/// The last `, client: ` is nginx's own: a client can write others into what it sends.
fn nginx_connection<'a>(message: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    let Some(at) = rfind(message, ", client: ") else { return };
    let tail = &message[at + 10..];
    let client = tail.split(", ").next().unwrap_or(tail);
    if !address_port(event, End::Src, client) {
        return;
    }
    event.kind(class::HTTP, 0);
    if let Some(server) = between(tail, ", server: ", ", ").filter(|s| !s.is_empty()) {
        event.set(Path::DST_ENDPOINT_HOSTNAME, server);
    }
    if let Some(request) = between(tail, ", request: \"", "\"") {
        request_line(decoded(request, cx), event);
    }
    if let Some(host) = between(tail, ", host: \"", "\"") {
        authority(event, host);
    }
    if let Some(referrer) = between(tail, ", referrer: \"", "\"") {
        event.set(Path::HTTP_REQUEST_REFERRER, referrer);
    }
    event.status(Status::Failure);
    password(&message[..at], event);
}

/// `user "x": password mismatch`, `user "x" was not found in "…"`: basic authentication failed.
fn password<'a>(message: &'a str, event: &mut Event<'a>) {
    let Some(rest) = message.strip_prefix("user \"") else { return };
    let end = rfind(rest, "\": password mismatch").or_else(|| rfind(rest, "\" was not found in "));
    if let Some(end) = end {
        failed_logon(event, &rest[..end], "nginx");
    }
}

fn failed_logon<'a>(event: &mut Event<'a>, name: &'a str, service: &'static str) {
    event.kind(class::AUTHENTICATION, 1);
    event.status(Status::Failure);
    user(event, name);
    event.set_if_absent(Path::USER_NAME, "(unknown)");
    event.set(Path::SERVICE_NAME, service);
}

/// `[Sun Mar 01 10:00:00.1 2026] [core:error] [pid 1:tid 2] [client A:P] AH00001: TEXT, referer: R`.
fn apache<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some(inner) = text.strip_prefix('[') else { return false };
    let Some((civil, length)) = time::scan(inner) else { return false };
    let Some(rest) = inner[length..].strip_prefix("] [") else { return false };
    let Some((level, mut rest)) = cut(rest, b']') else { return false };
    let by_name = inner.as_bytes()[0].is_ascii_alphabetic();
    if level.len() > 40 || level.contains(' ') || (!by_name && !has(rest, "[client ")) {
        return false;
    }
    time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, &inner[..length]);
    source(event, "apache-error/1", "apache");
    event.product("Apache", "HTTP Server");
    let (module, level) = level.split_once(':').unwrap_or(("", level));
    event.set(Path::METADATA_LOG_LEVEL, level);
    event.unmapped("module", module);
    event.severity = severity(level);
    while let Some((part, after)) = rest.trim_start().strip_prefix('[').and_then(|r| cut(r, b']')) {
        if !bracket(part, event) {
            break;
        }
        rest = after;
    }
    apache_message(rest.trim_start(), event);
    true
}

fn bracket<'a>(part: &'a str, event: &mut Event<'a>) -> bool {
    if let Some(ids) = part.strip_prefix("pid ") {
        let (pid, thread) = ids.split_once(':').unwrap_or((ids, ""));
        event.set(Path::ACTOR_PROCESS_PID, pid);
        event.unmapped("tid", thread.strip_prefix("tid ").unwrap_or(thread));
    } else if let Some(client) = part.strip_prefix("client ").or(part.strip_prefix("remote ")) {
        if address_port(event, End::Src, client) {
            event.kind(class::HTTP, 0);
        }
    } else {
        return false;
    }
    true
}

fn apache_message<'a>(text: &'a str, event: &mut Event<'a>) {
    mod_security(text, event);
    if let Some(client) = between(text, "[client ", "]").filter(|_| event.class != class::HTTP)
        && address_port(event, End::Src, client)
    {
        event.kind(class::HTTP, 0);
    }
    let (text, referrer) = match rfind(text, ", referer: ") {
        Some(at) => (&text[..at], &text[at + 11..]),
        None => (text, ""),
    };
    event.message = Some(text);
    if event.class == class::HTTP {
        event.set(Path::HTTP_REQUEST_REFERRER, referrer);
        event.status(Status::Failure);
    }
    if let Some((code, rest)) =
        cut_at(text, ": ").filter(|(c, _)| c.starts_with("AH") && digits(&c[2..]).is_some())
    {
        event.set(Path::METADATA_EVENT_CODE, code);
        apache_logon(rest, event);
        apache_file(rest, event);
    } else {
        apache_logon(text, event);
        apache_file(text, event);
    }
}

/// `user x: authentication failure for "…": Password Mismatch`, `user x not found: …`.
fn apache_logon<'a>(text: &'a str, event: &mut Event<'a>) {
    let failed = has_ignore_case(text, "authentication failure for ")
        || has(text, " not found: ")
        || has(text, " in realm ")
        || has_ignore_case(text, "password mismatch");
    if !failed || event.class != class::HTTP {
        return;
    }
    let Some(at) = find(text, "user ") else { return };
    let rest = &text[at + 5..];
    if let Some((_, target)) = rcut_at(rest, " not found: ").filter(|(_, t)| t.starts_with('/')) {
        crate::fields::url(event, target);
    }
    let quoted = rest.strip_prefix(['`', '\'']).and_then(|r| r.find('\'').map(|end| &r[..end]));
    let end =
        [": authentication failure", " authentication failure", " not found", ": ", " in realm"]
            .iter()
            .filter_map(|mark| find(rest, mark))
            .min();
    failed_logon(event, quoted.unwrap_or(&rest[..end.unwrap_or(rest.len())]), "httpd");
    // `… authentication failure for Baikal'`: an application that Apache only passes on.
    let service = between(rest, "authentication failure for ", "'").filter(|s| !s.contains('"'));
    if let Some(name) = service {
        event.set(Path::SERVICE_NAME, name);
    }
}

fn apache_file<'a>(text: &'a str, event: &mut Event<'a>) {
    for mark in [
        "File does not exist: ",
        "client denied by server configuration: ",
        "script not found or unable to stat: ",
    ] {
        if let Some(path) = crate::scan::after(text, mark) {
            event.set(Path::FILE_PATH, path.split(", ").next().unwrap_or(path));
            return;
        }
    }
    if let Some(host) = between(text, "[hostname \"", "\"") {
        address(event, End::Dst, host);
    }
}
