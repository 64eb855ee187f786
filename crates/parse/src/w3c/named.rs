//! Rows of W3C's extended logs whose `#Fields` are known: web servers, proxies, mail, firewalls.

use crate::fields::{
    End, actor, address, address_port, device, http_method, is_nothing, port, source, url,
};
use crate::layout::{Layout, Separator};
use crate::scan::{cut, digits};
use crate::words::{set_action, set_protocol};
use crate::{Cx, time};
use bumpalo::collections::Vec as ArenaVec;
use ocsf::{Event, Path, Status, class};

/// The parts of a row that only make sense together.
#[derive(Default)]
struct Parts<'a> {
    date: &'a str,
    clock: &'a str,
    stem: &'a str,
    query: &'a str,
    scheme: &'a str,
    host: &'a str,
    whole: &'a str,
}

/// Splits a row into as many columns as the layout names; `None` where there are more or fewer.
fn split<'a>(line: &'a str, layout: &Layout, cx: &Cx<'a>) -> Option<ArenaVec<'a, &'a str>> {
    let mut columns = ArenaVec::with_capacity_in(layout.names.len(), cx.arena);
    match layout.separator {
        Separator::Exact(mark) => columns.extend(line.split(mark)),
        Separator::Comma => quoted_columns(line, b',', &mut columns),
        Separator::Blank => quoted_columns(line, b' ', &mut columns),
    }
    (columns.len() == layout.names.len()).then_some(columns)
}

/// Columns of which any may stand in double quotes; a quote within is doubled.
fn quoted_columns<'a>(line: &'a str, mark: u8, columns: &mut ArenaVec<'a, &'a str>) {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at <= bytes.len() {
        if mark == b' ' && bytes.get(at) == Some(&b' ') {
            at += 1;
            continue;
        }
        if mark == b' ' && at == bytes.len() {
            break;
        }
        let quoted = bytes.get(at) == Some(&b'"');
        let start = at + usize::from(quoted);
        let mut end = start;
        while end < bytes.len() {
            match bytes[end] {
                b'"' if quoted && bytes.get(end + 1) == Some(&b'"') => end += 2,
                b'"' if quoted => break,
                byte if !quoted && byte == mark => break,
                _ => end += 1,
            }
        }
        let end = end.min(bytes.len());
        columns.push(&line[start..end]);
        // What stands between a closing quote and the next mark belongs to no column.
        let behind = bytes[end..].iter().position(|byte| *byte == mark);
        at = behind.map_or(bytes.len() + 1, |step| end + step + 1);
        if columns.len() > super::COLUMNS_MAX {
            return;
        }
    }
}

/// Reads a row by the names of its columns.
pub(crate) fn read_named<'a>(
    line: &'a str,
    layout: &Layout,
    cx: &Cx<'a>,
    event: &mut Event<'a>,
) -> bool {
    let Some(columns) = split(line, layout, cx) else { return false };
    let mut parts = Parts::default();
    for (name, value) in layout.names.iter().zip(&columns) {
        if !is_nothing(value) {
            column(name, value, &mut parts, cx, event);
        }
    }
    set_time(&parts, layout, cx, event);
    set_url(&parts, cx, event);
    settle(layout, cx, event);
    if event.message.is_none() {
        event.message = Some(line);
    }
    true
}

/// The family that the columns' names tell.
fn settle(layout: &Layout, _cx: &Cx<'_>, event: &mut Event<'_>) {
    let has = |name: &str| layout.names.iter().any(|n| n.eq_ignore_ascii_case(name));
    if has("x-edge-location") {
        source(event, "w3c/1", "cloudfront");
        event.product("AWS", "CloudFront");
    } else if has("s-action") || has("x-exception-id") || has("sc-filter-result") {
        source(event, "w3c/1", "bluecoat");
        event.product("Broadcom", "ProxySG");
    } else if has("src-ip") && has("dst-ip") {
        source(event, "w3c/1", "windows-firewall");
        event.product("Microsoft", "Windows Firewall");
        let dropped = event.text(Path::ACTION).is_some_and(|a| a.eq_ignore_ascii_case("drop"));
        event.kind(class::NETWORK, if dropped { 5 } else { 6 });
        return;
    } else if has("connector-id") || has("internal-message-id") || has("recipient-address") {
        source(event, "w3c/1", "exchange");
        event.product("Microsoft", "Exchange");
        if event.has(Path::EMAIL_FROM)
            || event.has(Path::EMAIL_SMTP_TO)
            || event.has(Path::EMAIL_TO)
        {
            event.kind(class::EMAIL, 0);
        } else {
            event.kind(class::NETWORK, 0);
        }
        return;
    } else if has("cs-method") && !has("sc-substatus") && !has("cs(user-agent)") && !has("cs-uri") {
        source(event, "w3c/1", "iis");
        event.product("Microsoft", "IIS FTP");
    } else if layout.title.contains("Internet Information") || has("sc-substatus") {
        source(event, "w3c/1", "iis");
        event.product("Microsoft", "IIS");
    } else {
        source(event, "w3c/1", "w3c");
    }
    if event.class == class::FTP {
        if let Some(code) = event.get(Path::HTTP_RESPONSE_CODE) {
            event.set(Path::CODES, code);
        }
    } else if event.class != class::HTTP {
        let web =
            event.has(Path::HTTP_REQUEST_URL_URL_STRING) || event.has(Path::HTTP_RESPONSE_CODE);
        event.kind(if web { class::HTTP } else { class::BASE }, 0);
    }
    if let Some(ocsf::Value::Int(code)) = event.get(Path::HTTP_RESPONSE_CODE) {
        event.status(if code >= 400 { Status::Failure } else { Status::Success });
    }
}

fn set_time<'a>(parts: &Parts<'a>, layout: &Layout, cx: &Cx<'a>, event: &mut Event<'a>) {
    let written = match (parts.date, parts.clock) {
        (date, "") => date,
        ("", clock) if !layout.date.is_empty() => cx.write(format_args!("{} {clock}", layout.date)),
        (date, clock) => cx.write(format_args!("{date} {clock}")),
    };
    // W3C's extended format is UTC by definition; Windows' firewall alone writes local time, and
    // says so in its header.
    let zone = if layout.is_local { cx.zone } else { &crate::Zone::UTC };
    if let Some((civil, length)) = time::scan(written) {
        time::resolve(&civil, zone, cx.arrival_ms).apply(event, &written[..length]);
    }
}

fn set_url<'a>(parts: &Parts<'a>, cx: &Cx<'a>, event: &mut Event<'a>) {
    if !parts.whole.is_empty() {
        url(event, parts.whole);
    } else if !parts.stem.is_empty() || !parts.query.is_empty() {
        let Parts { stem, query, scheme, host, .. } = parts;
        event.set(Path::HTTP_REQUEST_URL_PATH, *stem);
        let mark = if query.is_empty() || query.starts_with('?') { "" } else { "?" };
        event.set(Path::HTTP_REQUEST_URL_QUERY_STRING, query.trim_start_matches('?'));
        let whole = match (scheme.is_empty(), query.is_empty()) {
            (true, true) => stem,
            (true, false) => cx.write(format_args!("{stem}{mark}{query}")),
            (false, _) => cx.write(format_args!("{scheme}://{host}{stem}{mark}{query}")),
        };
        event.set(Path::HTTP_REQUEST_URL_URL_STRING, whole);
    }
    if !parts.host.is_empty() {
        event.set_if_absent(
            Path::HTTP_REQUEST_URL_HOSTNAME,
            crate::fields::split_port(parts.host).0,
        );
    }
    if !parts.scheme.is_empty() {
        event.set_if_absent(Path::HTTP_REQUEST_URL_SCHEME, parts.scheme);
    }
}

/// `+` stands for a blank in what a client sent, `%20` in CloudFront's.
fn blanks<'a>(text: &'a str, cx: &Cx<'a>) -> &'a str {
    match text.contains('+') && !text.contains(' ') {
        true => cx.arena.alloc_str(&text.replace('+', " ")),
        false => text,
    }
}

/// Sets one column, or keeps it under its own name.
fn column<'a>(
    name: &str,
    value: &'a str,
    parts: &mut Parts<'a>,
    cx: &Cx<'a>,
    event: &mut Event<'a>,
) {
    let mut folded = [0; 48];
    let bytes = name.as_bytes();
    let length = bytes.len().min(folded.len());
    folded[..length].copy_from_slice(&bytes[..length]);
    folded.make_ascii_lowercase();
    let path = match std::str::from_utf8(&folded[..length]).unwrap_or("") {
        "date" | "date-time" | "datetime" | "#date-time" => return parts.date = value,
        "time" | "gmttime" => return parts.clock = value,
        "cs-uri-stem" | "cs-uri-path" => return parts.stem = value,
        "cs-uri-query" => return parts.query = value,
        "cs-uri-scheme" => return parts.scheme = value,
        "cs-host" | "cs(host)" | "r-host" | "x-host-header" => return parts.host = value,
        "cs-uri" | "c-uri" => return parts.whole = value,
        "cs-method" => return method(value, event),
        "c-ip" | "src-ip" | "client-ip" | "original-client-ip" => {
            address(event, End::Src, value);
            return;
        }
        "s-ip" | "dst-ip" | "server-ip" | "r-ip" => return destination(value, event),
        "local-endpoint" => {
            address_port(event, End::Dst, value);
            return;
        }
        "remote-endpoint" => {
            address_port(event, End::Src, value);
            return;
        }
        "c-port" | "src-port" => {
            port(event, End::Src, value);
            return;
        }
        "s-port" | "dst-port" | "r-port" | "cs-uri-port" => {
            port(event, End::Dst, value);
            return;
        }
        "cs-username" | "cs-user" => return actor(event, value),
        "s-computername" => return device(event, value),
        "action" | "s-action" => {
            event.unmapped(cx.arena.alloc_str(name), value);
            return set_action(event, value);
        }
        "protocol" => return set_protocol(event, value),
        "cs(user-agent)" | "c-agent" | "cs-useragent" => {
            return event.set(Path::HTTP_REQUEST_USER_AGENT, blanks(value, cx));
        }
        "sender-address" => {
            mail(Path::EMAIL_FROM, value, event);
            return;
        }
        "recipient-address" => return recipients(value, cx, event),
        "cs(referer)" | "cs(referrer)" | "cs-referred" => Path::HTTP_REQUEST_REFERRER,
        "cs-version" | "cs-protocol-version" => Path::HTTP_REQUEST_VERSION,
        "sc-status" => Path::HTTP_RESPONSE_CODE,
        "sc-bytes" => Path::HTTP_RESPONSE_LENGTH,
        "cs-bytes" => Path::HTTP_REQUEST_LENGTH,
        "rs(content-type)" | "cs-mime-type" => Path::HTTP_RESPONSE_CONTENT_TYPE,
        "cs-categories" | "sc-filter-category" => Path::HTTP_REQUEST_URL_CATEGORIES,
        "client-hostname" => Path::SRC_ENDPOINT_HOSTNAME,
        "server-hostname" => Path::DST_ENDPOINT_HOSTNAME,
        "message-id" => Path::EMAIL_MESSAGE_UID,
        "message-subject" => Path::EMAIL_SUBJECT,
        "total-bytes" => Path::EMAIL_SIZE,
        "event-id" => Path::METADATA_EVENT_CODE,
        "session-id" => Path::METADATA_CORRELATION_UID,
        "size" => Path::TRAFFIC_BYTES,
        _ => return event.unmapped(cx.arena.alloc_str(name), value),
    };
    if !event.try_set(path, value) {
        event.unmapped(cx.arena.alloc_str(name), value);
    }
}

/// A method, or FTP's session and command `[2]USER`.
fn method<'a>(value: &'a str, event: &mut Event<'a>) {
    match value.strip_prefix('[').and_then(|rest| cut(rest, b']')) {
        Some((session, command)) if digits(session).is_some() => {
            event.kind(class::FTP, 0);
            event.set(Path::COMMAND, command);
            event.unmapped("cs-method", value);
        }
        _ => http_method(event, value),
    }
}

/// A proxy's supplier must not take the place of the server itself.
fn destination<'a>(value: &'a str, event: &mut Event<'a>) {
    if !event.has(Path::DST_ENDPOINT_IP) {
        address(event, End::Dst, value);
    }
}

fn mail<'a>(path: Path, value: &'a str, event: &mut Event<'a>) -> bool {
    event.try_set(path, value)
}

/// Exchange writes several with `;` between them.
fn recipients<'a>(value: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    let mut list = ArenaVec::new_in(cx.arena);
    list.extend(value.split(';').filter(|one| ocsf::ip::is_email(one)).take(100));
    if list.is_empty() {
        event.unmapped("recipient-address", value);
    } else {
        event.set(Path::EMAIL_TO, ocsf::Value::List(list.into_bump_slice()));
    }
}
