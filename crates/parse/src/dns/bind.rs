//! BIND: queries, refusals, transfers, behind syslog's header or in its own channels.

use super::{product, question, rcode, settle};
use crate::fields::{End, address, port};
use crate::scan::{after, between, cut, cut_at, has, word};
use crate::words::{Guess, set_action};
use crate::{Cx, error_log, generic, time};
use ocsf::{Event, Path, Status, class, ip};

/// `01-Mar-2026 10:00:00.123 queries: info: client @0x… 10.0.0.1#5 (a): query: a IN A + (10.0.0.2)`.
pub(super) fn read_file<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some((civil, length)) = time::scan(text) else { return false };
    let rest = text[length..].trim_start();
    let mut body = rest;
    // `category: level: text`, both optional.
    while let Some((word, behind)) = cut_at(body, ": ") {
        let plain = word.len() <= 24 && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        if !plain {
            break;
        }
        match word {
            "info" | "notice" | "warning" | "error" | "critical" | "debug" => {
                event.severity = error_log::severity(word);
                event.set(Path::METADATA_LOG_LEVEL, word);
            }
            category => event.set(Path::METADATA_LOG_NAME, category),
        }
        body = behind;
    }
    if !body.starts_with("client ") || !body.contains('#') {
        event.remove(Path::METADATA_LOG_NAME);
        event.remove(Path::METADATA_LOG_LEVEL);
        return false;
    }
    time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, &text[..length]);
    read(body, event)
}

/// Reads a message.
pub(super) fn read<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    // `security: error: client …` and the like.
    let text = after_categories(body);
    let Some(rest) = text.strip_prefix("client ") else { return other(body, event) };
    let rest = match rest.strip_prefix('@') {
        Some(rest) => word(rest).1,
        None => rest,
    };
    let (peer, rest) = word(rest);
    let peer = peer.trim_end_matches(':');
    let (host, number) = peer.split_once('#').unwrap_or((peer, ""));
    if ip::parse(host).is_none() {
        return other(body, event);
    }
    product(event, "bind/1", "bind", "BIND");
    event.message = Some(body);
    address(event, End::Src, host);
    port(event, End::Src, number);
    // `/key name` and `(asked.name)` may follow.
    let rest = match rest.strip_prefix('(') {
        Some(inner) => cut(inner, b')').map_or(rest, |(_, rest)| rest),
        None => rest,
    };
    let mut rest = rest.trim_start_matches([':', ' ']);
    if let Some(behind) = rest.strip_prefix("view ") {
        let (view, behind) = cut_at(behind, ": ").unwrap_or((behind, ""));
        event.unmapped("view", view);
        rest = behind;
    }
    if !(query(rest, event) || refused(rest, event)) {
        settle(event, 0);
    }
    true
}

fn after_categories(body: &str) -> &str {
    let mut text = body;
    while let Some((word, rest)) = cut_at(text, ": ") {
        if word.len() > 24 || !word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') {
            break;
        }
        text = rest;
    }
    text
}

/// `query: name IN A +E(0)K (10.0.0.2)`.
fn query<'a>(rest: &'a str, event: &mut Event<'a>) -> bool {
    let Some(rest) = rest.strip_prefix("query: ") else { return false };
    let (name, rest) = word(rest);
    let (class_name, rest) = word(rest);
    let (kind, rest) = word(rest);
    question(event, name, kind, class_name);
    let (flags, rest) = word(rest);
    event.unmapped("flags", flags);
    if let Some(server) = between(rest, "(", ")") {
        address(event, End::Dst, server);
    }
    event.set(Path::CONNECTION_INFO_PROTOCOL_NAME, if flags.contains('T') { "tcp" } else { "udp" });
    settle(event, 1);
    true
}

/// `query (cache) 'name/A/IN' denied`, `update 'zone/IN' denied`, `zone transfer 'zone/AXFR/IN'
/// denied`, `query failed (REFUSED) for name/IN/A at …`, `rate limit drop … for name IN A`.
fn refused<'a>(rest: &'a str, event: &mut Event<'a>) -> bool {
    if let Some(behind) = rest.strip_prefix("query failed (") {
        let (code, behind) = cut(behind, b')').unwrap_or((behind, ""));
        rcode(event, code);
        let asked = after(behind, " for ").map_or("", |r| word(r).0);
        let mut parts = asked.rsplitn(3, '/');
        let (kind, class_name) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        question(event, parts.next().unwrap_or(""), kind, class_name);
        event.status(Status::Failure);
        settle(event, 2);
        return true;
    }
    let Some(asked) = between(rest, "'", "'") else { return false };
    let mut parts = asked.split('/');
    let name = parts.next().unwrap_or("");
    let (kind, class_name) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    question(event, name, kind, class_name);
    if has(rest, "denied") || has(rest, "failed") {
        set_action(event, "denied");
        event.status(Status::Failure);
    }
    settle(event, 1);
    true
}

/// Messages about no client: zones, transfers, resolution.
fn other<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    product(event, "bind/1", "bind", "BIND");
    event.message = Some(body);
    if let Some(asked) = between(body, "resolving '", "'") {
        let mut parts = asked.split('/');
        question(event, parts.next().unwrap_or(""), parts.next().unwrap_or(""), "IN");
        let server = after(body, "': ").map_or("", |rest| word(rest).0);
        let (host, number) = server.split_once('#').unwrap_or((server, ""));
        address(event, End::Dst, host);
        port(event, End::Dst, number);
        event.status(Status::Failure);
        settle(event, 2);
        return true;
    }
    generic::addresses_only(body, event, &Guess::default());
    if event.has(Path::SRC_ENDPOINT_IP) {
        event.kind(class::NETWORK, 0);
    }
    true
}
