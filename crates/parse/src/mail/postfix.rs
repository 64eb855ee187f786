//! Postfix: `QUEUE-ID: key=value, …`, connections, rejections, SASL.

use super::{bare, delivered, from, peer, product, settle, to};
use crate::fields::{End, logon, user};
use crate::scan::{after, between, cut, cut_at, find, has, rfind};
use crate::words::Guess;
use crate::{Cx, generic};
use ocsf::{Event, Path, Severity, Status, class};

/// Reads a message of one of Postfix' programs.
pub(super) fn read<'a>(name: &'a str, body: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    product(event, "postfix/1", "postfix", "Postfix");
    event.set(Path::METADATA_PRODUCT_FEATURE_NAME, name);
    event.message = Some(body);
    let (queue, text) = queue_id(body);
    if let Some(queue) = queue {
        event.set(Path::EMAIL_UID, queue);
    }
    let text = level(text, event);
    if !(rejected(text, cx, event) || authenticated(text, event) || connection(text, event)) {
        pairs(text, cx, event);
    }
    if !event.has(Path::SRC_ENDPOINT_IP) && !event.has(Path::EMAIL_UID) {
        generic::read(text, cx, event, &mut Guess::default());
        event.message = Some(body);
    }
    settle(
        event,
        if matches!(name, "smtp" | "lmtp" | "local" | "virtual" | "pipe") { 1 } else { 2 },
    );
    true
}

/// `4F1A2B3C4D: …` or the long form `4abcDEF123z1: …`.
fn queue_id(body: &str) -> (Option<&str>, &str) {
    match cut_at(body, ": ") {
        Some((id, rest))
            if (6..=20).contains(&id.len())
                && id.bytes().all(|b| b.is_ascii_alphanumeric())
                && id.bytes().any(|b| b.is_ascii_digit()) =>
        {
            (Some(id), rest)
        }
        _ => (None, body),
    }
}

/// `warning: `, `error: `, `fatal: `, `panic: `.
fn level<'a>(text: &'a str, event: &mut Event<'a>) -> &'a str {
    let Some((level, rest)) = cut_at(text, ": ") else { return text };
    event.severity = match level {
        "warning" => Severity::Low,
        "error" => Severity::High,
        "fatal" | "panic" => Severity::Fatal,
        _ => return text,
    };
    event.set(Path::METADATA_LOG_LEVEL, level);
    rest
}

/// `reject: RCPT from host[1.2.3.4]: 550 …; from=<a> to=<b> proto=ESMTP helo=<h>`, and milter's.
fn rejected<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let text = text.strip_prefix("NOQUEUE: ").unwrap_or(text);
    let verb =
        ["reject", "milter-reject", "reject_warning", "hold", "discard", "filter", "redirect"]
            .iter()
            .find(|verb| text.strip_prefix(**verb).is_some_and(|rest| rest.starts_with(": ")));
    let Some(verb) = verb else { return false };
    let Some(at) = find(text, " from ") else { return false };
    let Some(rest) = peer(event, End::Src, &text[at + 6..]) else { return false };
    let reason = rest.trim_start_matches([':', ' ']);
    // What the client sent stands within the reason; the pairs stand behind its last semicolon.
    let pairs_at = rfind(reason, "; from=<").or_else(|| rfind(reason, "; proto="));
    let (reason, pairs) = match pairs_at {
        Some(at) => (&reason[..at], &reason[at + 2..]),
        None => (reason, ""),
    };
    event.set(Path::STATUS_DETAIL, reason);
    event.set(Path::STATUS_CODE, reason.split(' ').next().unwrap_or(""));
    envelope(pairs, cx, event);
    crate::words::set_action(event, verb);
    event.status(Status::Failure);
    event.kind(class::EMAIL, 2);
    event.set(Path::DIRECTION_ID, 1);
    true
}

/// `from=<a> to=<b> proto=ESMTP helo=<h>`.
fn envelope<'a>(pairs: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    if let Some(address) = between(pairs, "from=<", ">") {
        from(event, address);
    }
    if let Some(address) = between(pairs, "to=<", ">") {
        to(event, address, cx);
    }
    event.set(Path::SMTP_HELLO, between(pairs, "helo=<", ">").unwrap_or(""));
    event.set(
        Path::PROTOCOL_NAME,
        after(pairs, "proto=").map_or("", |rest| rest.split(' ').next().unwrap_or("")),
    );
    event.set(Path::EMAIL_SUBJECT, between(pairs, "header Subject: ", " from ").unwrap_or(""));
}

/// `host[1.2.3.4]: SASL LOGIN authentication failed: reason[, sasl_username=x]`.
fn authenticated<'a>(text: &'a str, event: &mut Event<'a>) -> bool {
    let Some(at) = find(text, "]: SASL ") else { return false };
    let Some(rest) = peer(event, End::Src, &text[..=at]).map(|_| &text[at + 8..]) else {
        return false;
    };
    let (method, rest) = cut(rest, b' ').unwrap_or((rest, ""));
    event.set(Path::AUTH_PROTOCOL, method);
    event.set(Path::AUTH_PROTOCOL_ID, 99);
    if let Some(name) = after(rest, "sasl_username=") {
        user(event, name);
    }
    event.set(Path::STATUS_DETAIL, rest);
    let failed = has(rest, "fail") || has(rest, "aborted");
    logon(event, "postfix", Some(if failed { Status::Failure } else { Status::Success }));
    true
}

/// `connect from`, `disconnect from`, `lost connection after AUTH from`, `SSL_accept error from`.
fn connection<'a>(text: &'a str, event: &mut Event<'a>) -> bool {
    let activity = if text.starts_with("connect from ") || text.starts_with("CONNECT from ") {
        1
    } else if text.starts_with("disconnect from ") || text.starts_with("DISCONNECT ") {
        2
    } else if text.starts_with("lost connection") || text.starts_with("timeout after") {
        3
    } else if text.starts_with("SSL_accept error from ")
        || text.starts_with("too many errors after ")
        || text.starts_with("improper command pipelining")
        || text.starts_with("non-SMTP command from ")
        || text.starts_with("TLS library problem")
    {
        4
    } else {
        return false;
    };
    // With several ` from ` the last that an address follows is Postfix' own.
    let mut end = text.len();
    while let Some(at) = rfind(&text[..end], " from ") {
        if peer(event, End::Src, &text[at + 6..]).is_some() {
            event.kind(class::NETWORK, activity);
            return true;
        }
        end = at;
    }
    false
}

/// `client=host[ip], sasl_method=…`, `message-id=<x>`, `from=<a>, size=1`, `to=<b>, relay=…`.
fn pairs<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    for pair in text.split(", ").take(40) {
        let Some((key, value)) = cut(pair, b'=') else { continue };
        match key {
            "client" => {
                peer(event, End::Src, value);
            }
            "orig_client" => {
                peer(event, End::Src, value);
            }
            "sasl_username" => user(event, value),
            "sasl_method" => event.set(Path::AUTH_PROTOCOL, value),
            "message-id" | "resent-message-id" => event.set(Path::EMAIL_MESSAGE_UID, bare(value)),
            "from" => from(event, value),
            "to" => to(event, value, cx),
            "size" => event.set(Path::EMAIL_SIZE, value),
            "relay" => {
                peer(event, End::Dst, value);
            }
            "dsn" => event.set(Path::STATUS_CODE, value),
            "status" => {
                // The reason may hold commas: it is the last pair.
                let value = after(text, "status=").unwrap_or(value);
                let (word, detail) = cut(value, b' ').unwrap_or((value, ""));
                delivered(event, word);
                event.set(Path::STATUS_DETAIL, detail.trim_matches(['(', ')']));
                event.unmapped("status", word);
                return;
            }
            _ if key.len() <= 24 && !key.contains(' ') => event.unmapped(key, value),
            _ => {}
        }
    }
    if event.has(Path::USER_NAME) && event.has(Path::AUTH_PROTOCOL) {
        logon(event, "postfix", Some(Status::Success));
    }
}
