//! Applications whose lines words alone would misread, mostly because clients write into them:
//! Asterisk, Roundcube, Domino, xrdp, Webmin, and OpenSearch's and Elasticsearch's server logs.

use crate::fields::{End, address, address_port, logon, source, user};
use crate::scan::{after, between, cut, find, has, rfind, word};
use crate::{Cx, error_log, generic, time};
use ocsf::{Event, Path, Status, class, ip};

/// Bodies and lines that are told by what stands in them.
pub(crate) fn by_look<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    asterisk(text, cx, event)
        || roundcube(text, cx, event)
        || domino(text, cx, event)
        || xrdp(text, cx, event)
}

/// Files' own lines that begin with a bracket or a number.
pub(crate) fn by_shape<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    search_server(text, cx, event) || webmin(text, cx, event)
}

/// The time with which an application's own line begins, where no header has read one.
fn own_time<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    if event.time.is_none() {
        generic::find_time(text, cx, event);
    }
}

fn mark<'a>(
    event: &mut Event<'a>,
    parser: &'static str,
    name: &'static str,
    product: (&'static str, &'static str),
    text: &'a str,
) {
    source(event, parser, name);
    event.product(product.0, product.1);
    event.message = Some(text);
}

/// `SecurityEvent="InvalidPassword",…,AccountID="x",SessionID="…",RemoteAddress="IPV4/UDP/A/P"`.
///
/// The account and the session are the client's to choose: Asterisk's own addresses stand last.
fn asterisk<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some(at) = find(generic::head(text, 200), "SecurityEvent=\"") else { return false };
    let inner = &text[at..];
    mark(event, "asterisk/1", "asterisk", ("Sangoma", "Asterisk"), inner);
    own_time(text, cx, event);
    let kind = between(inner, "SecurityEvent=\"", "\"").unwrap_or("");
    event.set(Path::METADATA_EVENT_CODE, kind);
    let last = |key: &str| {
        let rest = &inner[inner.rfind(key)? + key.len()..];
        rest.split('"').next()
    };
    for (key, end) in [("RemoteAddress=\"", End::Src), ("LocalAddress=\"", End::Dst)] {
        let mut parts = last(key).unwrap_or("").split('/').skip(1);
        event.set(Path::CONNECTION_INFO_PROTOCOL_NAME, parts.next().unwrap_or(""));
        address(event, end, parts.next().unwrap_or(""));
        crate::fields::port(event, end, parts.next().unwrap_or(""));
    }
    if let Some(name) = between(inner, "AccountID=\"", "\",SessionID=") {
        user(event, name);
    }
    if let Some(level) = between(inner, "Severity=\"", "\"") {
        event.set(Path::METADATA_LOG_LEVEL, level);
        event.severity = error_log::severity(level);
    }
    event.unmapped("SessionID", between(inner, "SessionID=\"", "\",LocalAddress=").unwrap_or(""));
    let failed = kind.starts_with("Invalid") || has(kind, "Fail") || kind == "RequestBadFormat";
    let status = if failed { Status::Failure } else { Status::Success };
    logon(event, between(inner, "Service=\"", "\"").unwrap_or("Asterisk"), Some(status));
    true
}

/// `IMAP Error: Login failed for NAME[ against HOST] from ADDRESS[(…)]. AUTHENTICATE …`, `Failed
/// login for NAME from ADDRESS in session …`.
fn roundcube<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let near = generic::head(text, 200);
    let Some(at) = find(near, "Login failed for ").or_else(|| find(near, "Failed login for "))
    else {
        return false;
    };
    let ours = has(near, "IMAP Error: ") || has(text, " in session ");
    let rest = &text[at + 17..];
    // What the server answered stands behind; the name before is the client's.
    let end = [". AUTHENTICATE", ". LOGIN", ". Could not", " in session "]
        .iter()
        .filter_map(|mark| find(rest, mark))
        .min()
        .unwrap_or(rest.len());
    let head = rest[..end].trim_end_matches('.');
    let Some(from) = rfind(head, " from ").filter(|_| ours) else { return false };
    let host = head[from + 6..].split(['(', ' ']).next().unwrap_or("").trim_end_matches('.');
    if ip::parse(host).is_none() {
        return false;
    }
    mark(event, "roundcube/1", "roundcube", ("Roundcube", "Roundcube"), text);
    own_time(text, cx, event);
    let name = &head[..from];
    user(event, name.split(" against ").next().unwrap_or(name));
    address(event, End::Src, host);
    if let Some(forwarded) = between(rest, "X-Forwarded-For: ", ")") {
        event.unmapped("X-Forwarded-For", forwarded);
    }
    logon(event, "roundcube", Some(Status::Failure));
    true
}

/// Domino: `smtp: NAME [1.2.3.4] authentication failure using internet password`.
fn domino<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some(end) = find(text, "] authentication failure using internet password") else {
        return false;
    };
    let Some(open) = rfind(&text[..end], " [") else { return false };
    let host = &text[open + 2..end];
    let Some(start) = find(generic::head(text, 120), ": ").filter(|at| *at < open) else {
        return false;
    };
    if ip::parse(host).is_none() {
        return false;
    }
    mark(event, "domino/1", "domino", ("HCL", "Domino"), text);
    own_time(text, cx, event);
    user(event, &text[start + 2..open]);
    address(event, End::Src, host);
    logon(event, text[..start].rsplit(' ').next().unwrap_or("smtp"), Some(Status::Failure));
    true
}

/// xrdp: `AUTHFAIL: user=NAME ip=ADDRESS time=SECONDS`: the name may hold anything, so the last
/// address counts.
fn xrdp<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some(rest) = after(generic::head(text, 2048), "AUTHFAIL: user=") else { return false };
    let Some(at) = rfind(rest, " ip=") else { return false };
    let host = word(&rest[at + 4..]).0;
    mark(event, "xrdp/1", "xrdp", ("Neutrinolabs", "xrdp"), text);
    own_time(text, cx, event);
    user(event, &rest[..at]);
    address(event, End::Src, host);
    logon(event, "xrdp", Some(Status::Failure));
    true
}

/// Webmin's actions: `EPOCH.PID.N [DATE] USER SESSION ADDRESS MODULE SCRIPT "ACTION" …`.
fn webmin<'a>(text: &'a str, _cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let (id, rest) = word(text);
    // Seconds, process and count make the id.
    let seconds = id.split('.').next().unwrap_or(id);
    let Some((ms, length)) = time::scan_epoch(seconds) else { return false };
    if id.bytes().filter(|b| *b == b'.').count() != 2 || length != seconds.len() {
        return false;
    }
    let Some((_, rest)) = rest.strip_prefix('[').and_then(|r| cut(r, b']')) else { return false };
    let (name, rest) = word(rest.trim_start());
    let (session, rest) = word(rest);
    let (host, rest) = word(rest);
    if ip::parse(host).is_none() {
        return false;
    }
    mark(event, "webmin/1", "webmin", ("Webmin", "Webmin"), text);
    time::Stamp::exact(ms).apply(event, seconds);
    user(event, name);
    address(event, End::Src, host);
    event.unmapped("session", session);
    let (module, rest) = word(rest);
    let (script, rest) = word(rest);
    let action = between(rest, "\"", "\"").unwrap_or("");
    event.set(Path::METADATA_EVENT_CODE, action);
    event.unmapped("module", module);
    event.unmapped("script", script);
    match action {
        "failed" | "login" | "logout" if script == "miniserv.pl" => {
            let status = if action == "failed" { Status::Failure } else { Status::Success };
            logon(event, "webmin", Some(status));
            event.activity = if action == "logout" { 2 } else { 1 };
        }
        _ => {
            event.set(Path::API_OPERATION, action);
            event.set(Path::API_SERVICE_NAME, module);
            event.kind(class::API, 99);
            event.activity_name = Some(action);
        }
    }
    true
}

/// OpenSearch and Elasticsearch: `[TIME][LEVEL ][component ] [node] message`.
fn search_server<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some(inner) = text.strip_prefix('[') else { return false };
    let Some((civil, length)) = time::scan(inner) else { return false };
    let Some((level, rest)) = inner[length..].strip_prefix("][").and_then(|r| cut(r, b']')) else {
        return false;
    };
    let Some((component, rest)) = rest.strip_prefix('[').and_then(|r| cut(r, b']')) else {
        return false;
    };
    let Some((node, message)) = rest.trim_start().strip_prefix('[').and_then(|r| cut(r, b']'))
    else {
        return false;
    };
    let level = level.trim_end();
    if level.len() > 12 || !level.bytes().all(|b| b.is_ascii_uppercase()) {
        return false;
    }
    let message = message.trim_start();
    mark(event, "opensearch/1", "opensearch", ("OpenSearch", "OpenSearch"), message);
    time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, &inner[..length]);
    event.set(Path::METADATA_LOG_LEVEL, level);
    event.severity = error_log::severity(level);
    event.set(Path::METADATA_LOG_NAME, component.trim_end());
    crate::fields::device(event, node);
    if let Some(rest) = after(message, "Authentication finally failed for ") {
        user(event, word(rest).0);
        if let Some(host) = after(rest, " from ") {
            address_port(event, End::Src, word(host).0);
        }
        logon(event, "OpenSearch", Some(Status::Failure));
    }
    true
}
