//! Access logs of web servers: common, combined, with a virtual host, and their many kin.

use crate::fields::{
    End, actor, address, address_port, http_method, is_host, is_nothing, source, url,
};
use crate::scan::{between, cut, cut_at, digits, find, has, nibble, quoted, word};
use crate::{Cx, time};
use bumpalo::collections::Vec as ArenaVec;
use memchr::memchr;
use ocsf::{Event, Path, Severity, Status, class, ip};

/// Reads a line if it is an access log's; `name` is the program that wrote it, where known.
pub(crate) fn read<'a>(
    text: &'a str,
    name: Option<&str>,
    cx: &Cx<'a>,
    event: &mut Event<'a>,
) -> bool {
    let line = text.lines().next().unwrap_or(text);
    if load_balancer(line, cx, event) {
        source(event, "elb/1", "aws-elb");
        event.product("AWS", "Elastic Load Balancing");
        return true;
    }
    let known = common(line, cx, event) || time_first(line, cx, event);
    if known {
        let server = match name {
            Some("apache" | "apache2" | "httpd") => "apache",
            Some("traefik") => "traefik",
            Some("lighttpd") => "lighttpd",
            Some("haproxy") => "haproxy",
            _ => "nginx",
        };
        finish(event, server);
    }
    known
}

fn finish(event: &mut Event<'_>, server: &'static str) {
    // Apache and nginx write the same formats: without a hint the line does not tell which.
    source(event, "access/1", server);
    match server {
        "apache" => event.product("Apache", "HTTP Server"),
        "nginx" => event.product("F5", "nginx"),
        _ => event.set(Path::METADATA_PRODUCT_NAME, server),
    }
    if event.class != class::HTTP {
        event.kind(class::HTTP, 0);
    }
    match event.get(Path::HTTP_RESPONSE_CODE) {
        Some(ocsf::Value::Int(code)) if code >= 400 => event.status(Status::Failure),
        Some(_) => event.status(Status::Success),
        None => {}
    }
    event.severity = Severity::Informational;
}

/// `[VHOST ]CLIENT IDENT USER [TIME] "REQUEST" STATUS BYTES "REFERRER" "AGENT" …`.
fn common<'a>(line: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    // The time is the first bracket that holds one; a vhost log may have a port before.
    let Some(open) = find(line, " [") else { return false };
    if open > 512 || line.starts_with('[') {
        return false;
    }
    let Some((civil, length)) = time::scan(&line[open + 2..]) else { return false };
    let close = open + 2 + length;
    if line.as_bytes().get(close) != Some(&b']') {
        return false;
    }
    if !clients(&line[..open], event) {
        return false;
    }
    let written = &line[open + 2..close];
    time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, written);
    request_and_rest(line[close + 1..].trim_start(), cx, event);
    true
}

/// A quoted text as the client sent it: nginx and Apache write `\x22` for a quote and `\xe0…` for
/// what is no ASCII, Apache also `\"`. What is no text then (attempts of other protocols, torn
/// characters) stays as it is written.
pub(crate) fn decoded<'a>(text: &'a str, cx: &Cx<'a>) -> &'a str {
    if memchr(b'\\', text.as_bytes()).is_none() {
        return text;
    }
    let mut bytes = ArenaVec::with_capacity_in(text.len(), cx.arena);
    let mut rest = text.as_bytes();
    while let Some(at) = memchr(b'\\', rest) {
        bytes.extend_from_slice(&rest[..at]);
        let (byte, length) = match rest[at + 1..] {
            [b'x', high, low, ..] => match (nibble(high), nibble(low)) {
                (Some(high), Some(low)) => (high << 4 | low, 4),
                _ => (b'\\', 1),
            },
            [quote @ (b'"' | b'\\'), ..] => (quote, 2),
            [b't', ..] => (b'\t', 2),
            _ => (b'\\', 1),
        };
        bytes.push(byte);
        rest = &rest[at + length..];
    }
    bytes.extend_from_slice(rest);
    let is_text = |text: &&str| !text.chars().any(|c| c.is_control() && c != '\t');
    std::str::from_utf8(bytes.into_bump_slice()).ok().filter(is_text).unwrap_or(text)
}

/// What stands before the time: host, addresses, identity, user.
fn clients<'a>(head: &'a str, event: &mut Event<'a>) -> bool {
    let (first, rest) = word(head);
    let (second, _) = word(rest);
    // Behind proxies the client is the first of a list: `10.0.0.2, 10.0.0.1 - -`.
    if let Some(client) = first.strip_suffix(',') {
        // The first that is of the internet, where one is; else the first.
        let listed = head.split([',', ' ']).filter(|part| ip::parse(part).is_some());
        let client = listed.clone().find(|part| ip::is_public(part)).unwrap_or(client);
        return address(event, End::Src, client) && user_of(rest.rsplit(' ').next(), event);
    }
    if ip::parse(first).is_none() && is_client(second) && !is_nothing(second) {
        let (host, port) = crate::fields::split_port(first);
        event.set(Path::HTTP_REQUEST_URL_HOSTNAME, host);
        if let Some(port) = port.and_then(digits) {
            event.set(Path::HTTP_REQUEST_URL_PORT, port);
        }
        address_port(event, End::Src, second);
        return user_of(rest.rsplit(' ').next().filter(|u| *u != second), event);
    }
    if first == "unix:" || is_nothing(first) {
        return rest.split(' ').count() >= 2;
    }
    address_port(event, End::Src, first) && user_of(third_on(rest), event)
}

fn is_client(text: &str) -> bool {
    ip::parse(crate::fields::split_port(text).0).is_some()
}

/// The user's name, which may hold blanks.
fn third_on(rest: &str) -> Option<&str> {
    Some(word(rest).1).filter(|user| !user.is_empty())
}

fn user_of<'a>(name: Option<&'a str>, event: &mut Event<'a>) -> bool {
    if let Some(name) = name.filter(|n| !is_nothing(n) && *n != "\"\"") {
        actor(event, name.trim_matches('"'));
    }
    true
}

/// `"METHOD TARGET VERSION" STATUS BYTES "REFERRER" "AGENT" …`.
fn request_and_rest<'a>(rest: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    let Some((request, rest)) = quoted(rest) else {
        return haproxy(rest, cx, event);
    };
    request_line(decoded(request, cx), event);
    let mut rest = rest.trim_start();
    let (code, after) = word(rest);
    if let Some(code) = digits(code) {
        event.set(Path::HTTP_RESPONSE_CODE, code);
        rest = after;
    }
    let (size, after) = word(rest);
    if let Some(size) = digits(size) {
        event.set(Path::HTTP_RESPONSE_LENGTH, size);
        rest = after;
    } else if size == "-" {
        rest = after;
    }
    referrer_and_agent(rest, cx, event);
}

/// AWS' application load balancer: `TYPE TIME NAME CLIENT TARGET T T T STATUS STATUS IN OUT
/// "REQUEST" "AGENT" …`.
fn load_balancer<'a>(line: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let (kind, rest) = word(line);
    if !matches!(kind, "http" | "https" | "h2" | "grpcs" | "ws" | "wss") {
        return false;
    }
    let (written, rest) = word(rest);
    let Some((civil, _)) = time::scan(written) else { return false };
    let Some((head, _)) = cut(rest, b'"') else { return false };
    let mut columns = head.split_ascii_whitespace();
    let name = columns.next().unwrap_or("");
    let client = columns.next().unwrap_or("");
    if !address_port(event, End::Src, client) || !event.has(Path::SRC_ENDPOINT_IP) {
        return false;
    }
    time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, written);
    event.set(Path::METADATA_PRODUCT_FEATURE_NAME, name);
    address_port(event, End::Dst, columns.next().unwrap_or(""));
    let mut numbers = columns.skip(3);
    if let Some(code) = numbers.next().and_then(digits) {
        event.set(Path::HTTP_RESPONSE_CODE, code);
        event.status(if code >= 400 { Status::Failure } else { Status::Success });
    }
    let mut sizes = numbers.skip(1);
    for path in [Path::HTTP_REQUEST_LENGTH, Path::HTTP_RESPONSE_LENGTH] {
        event.set(path, sizes.next().unwrap_or(""));
    }
    event.kind(class::HTTP, 0);
    if let Some((request, tail)) = quoted(&rest[head.len()..]) {
        request_line(decoded(request, cx), event);
        if let Some((agent, tail)) = quoted(tail.trim_start()) {
            event.set(Path::HTTP_REQUEST_USER_AGENT, if agent == "-" { "" } else { agent });
            received(tail, cx, event);
        }
    }
    true
}

/// Behind the agent stands when the balancer received the request; the line begins with when it
/// had answered.
fn received<'a>(tail: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    let created = tail.split(' ').take(16).find_map(|written| {
        let (civil, length) = time::scan(written)?;
        (length == written.len() && civil.offset.is_some()).then_some((civil, written))
    });
    if let Some((civil, written)) = created {
        if let Some(answered) = event.time {
            event.set(Path::END_TIME, answered);
        }
        time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, written);
    }
}

/// HAProxy: `FRONTEND BACKEND/SERVER TIMERS STATUS BYTES - - ---- … "REQUEST"`.
fn haproxy<'a>(rest: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    if has(rest, " failure") || has(rest, ": Connection ") {
        event.status(Status::Failure);
        event.set(Path::STATUS_DETAIL, cut_at(rest, ": ").map_or(rest, |(_, text)| text));
    }
    let mut words = rest.split(' ');
    let (Some(frontend), Some(backend), Some(timers)) = (words.next(), words.next(), words.next())
    else {
        return;
    };
    if !timers.contains('/') {
        return;
    }
    event.unmapped("frontend", frontend);
    event.unmapped("backend", backend);
    if let Some(code) = words.next().and_then(digits) {
        event.set(Path::HTTP_RESPONSE_CODE, code);
    }
    if let Some(size) = words.next().and_then(digits) {
        event.set(Path::HTTP_RESPONSE_LENGTH, size);
    }
    if let Some((request, _)) = find(rest, " \"").and_then(|at| quoted(&rest[at + 1..])) {
        request_line(decoded(request, cx), event);
    }
}

fn referrer_and_agent<'a>(mut rest: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    let texts = [Path::HTTP_REQUEST_REFERRER, Path::HTTP_REQUEST_USER_AGENT];
    let mut found = 0;
    while !rest.is_empty() && found < texts.len() {
        match quoted(rest) {
            Some((text, after)) => {
                if !matches!(text, "-" | "") {
                    event.set(texts[found], decoded(text, cx));
                }
                (found, rest) = (found + 1, after.trim_start());
            }
            // Numbers such as the time taken may stand between.
            None if memchr(b'"', rest.as_bytes()).is_some() && !rest.contains('=') => {
                rest = word(rest).1
            }
            None => break,
        }
    }
    forwarded(rest, event);
    let vhost = quoted(rest).map(|(text, _)| text).filter(|t| is_host(t) && t.contains('.'));
    if let Some(forward) = vhost.and_then(ip::parse) {
        event.set(Path::HTTP_REQUEST_X_FORWARDED_FOR, forward.text);
    }
}

/// `X-Forwarded-For="10.0.0.1, …"`: the address that the proxy saw.
fn forwarded<'a>(rest: &'a str, event: &mut Event<'a>) {
    let Some(text) = between(rest, "X-Forwarded-For=\"", "\"") else { return };
    let first = text.split(',').next().unwrap_or(text).trim();
    if let Some(client) = ip::parse(first) {
        event.set(Path::HTTP_REQUEST_X_FORWARDED_FOR, client.text);
    }
}

/// `GET /path HTTP/1.1`; anything else that a client may send is the target as it stands.
pub(crate) fn request_line<'a>(request: &'a str, event: &mut Event<'a>) {
    if matches!(request, "-" | "") {
        return;
    }
    let (method, rest) = cut(request, b' ').unwrap_or((request, ""));
    let plain = !method.is_empty()
        && method.len() <= 20
        && method.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'-');
    if !plain || rest.is_empty() {
        event.set(Path::HTTP_REQUEST_URL_URL_STRING, request);
        return;
    }
    http_method(event, method);
    let (target, version) = match rest.rsplit_once(' ') {
        Some((target, version)) if version.starts_with("HTTP/") => (target, &version[5..]),
        _ => (rest, ""),
    };
    url(event, target);
    event.set(Path::HTTP_REQUEST_VERSION, version);
}

/// Formats that begin with the time in brackets.
fn time_first<'a>(line: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some(inner) = line.strip_prefix('[') else { return false };
    // Months by name tell access logs from other logs that begin so.
    if inner.as_bytes().get(2) != Some(&b'/') && inner.as_bytes().get(1) != Some(&b'/') {
        return false;
    }
    let Some((civil, length)) = time::scan(inner) else { return false };
    let Some(rest) = inner[length..].strip_prefix("] ") else { return false };
    let known = proxy_manager(rest, event) || address_then_request(rest, cx, event);
    if known {
        time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, &inner[..length]);
    }
    known
}

/// `[CACHE ]STATUS … - METHOD SCHEME HOST "TARGET" [Client A] [Length N] … "AGENT" "REFERRER"`.
fn proxy_manager<'a>(rest: &'a str, event: &mut Event<'a>) -> bool {
    let Some(client) = between(rest, "[Client ", "]") else { return false };
    let Some((head, tail)) = cut_at(rest, " - ") else { return false };
    let (method, tail) = word(tail);
    let (scheme, tail) = word(tail);
    let (host, tail) = word(tail);
    let Some((target, tail)) = quoted(tail) else { return false };
    address(event, End::Src, client);
    http_method(event, method);
    url(event, target);
    event.set(Path::HTTP_REQUEST_URL_SCHEME, scheme);
    event.set(Path::HTTP_REQUEST_URL_HOSTNAME, host);
    if let Some(code) = head.split(' ').filter_map(digits).next_back() {
        event.set(Path::HTTP_RESPONSE_CODE, code);
    }
    if let Some(length) = between(tail, "[Length ", "]").and_then(digits) {
        event.set(Path::HTTP_RESPONSE_LENGTH, length);
    }
    if let Some((agent, after)) = find(tail, " \"").and_then(|at| quoted(&tail[at + 1..])) {
        event.set(Path::HTTP_REQUEST_USER_AGENT, agent);
        if let Some((referrer, _)) = quoted(after.trim_start()).filter(|(r, _)| *r != "-") {
            event.set(Path::HTTP_REQUEST_REFERRER, referrer);
        }
    }
    true
}

/// `ADDRESS PROTOCOL CIPHER "REQUEST" BYTES`, `HOST ADDRESS TIME "REQUEST" STATUS … AGENT`.
fn address_then_request<'a>(rest: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some(quote) = memchr(b'"', rest.as_bytes()) else { return false };
    let mut words = rest[..quote].split_ascii_whitespace();
    let Some(first) = words.next() else { return false };
    if address(event, End::Src, first) && event.has(Path::SRC_ENDPOINT_IP) {
        if let Some(version) = words.next().filter(|v| v.starts_with("TLS") || v.starts_with("SSL"))
        {
            event.set(Path::TLS_VERSION, version);
            event.set(Path::TLS_CIPHER, words.next().unwrap_or(""));
        }
    } else {
        let Some(client) = words.next().filter(|c| ip::parse(c).is_some()) else { return false };
        event.remove(Path::SRC_ENDPOINT_HOSTNAME);
        event.set(Path::HTTP_REQUEST_URL_HOSTNAME, first);
        address(event, End::Src, client);
    }
    let Some((request, tail)) = quoted(&rest[quote..]) else { return false };
    request_line(decoded(request, cx), event);
    let tail = tail.trim_start();
    let (first, after) = word(tail);
    let (second, _) = word(after);
    if let Some(number) = digits(first) {
        let path =
            if second.is_empty() { Path::HTTP_RESPONSE_LENGTH } else { Path::HTTP_RESPONSE_CODE };
        event.set(path, number);
    }
    // The agent stands bare behind a dash.
    if let Some((_, agent)) = cut_at(after, " - ") {
        event.set(Path::HTTP_REQUEST_USER_AGENT, decoded(agent.trim_matches('"'), cx));
    }
    true
}
