//! Exim's main and reject logs: `TIME ID <= from H=host [1.2.3.4] …`, `=>`, `**`, rejections.

use super::{from, peer, product, settle, to};
use crate::fields::{End, logon, user};
use crate::scan::{after, between, cut_at, find, has, quoted, rfind, word};
use crate::words::Guess;
use crate::{Cx, generic, time};
use ocsf::{Event, Path, Status, class};

/// Reads a line of Exim's own file.
pub(super) fn read_file<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some((civil, length)) = time::scan(text) else { return false };
    let rest = text[length..].strip_prefix(' ').unwrap_or("");
    let rest = match rest.strip_prefix('[').and_then(|r| cut_at(r, "] ")) {
        Some((pid, rest)) if pid.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => rest,
    };
    let (first, behind) = word(rest);
    let flow = ["<=", "=>", "->", "**", "==", "*>", "Completed"];
    let known = is_id(first) && (flow.contains(&word(behind).0) || has(behind, "rejected"))
        || has(rest, "authenticator failed for ")
        || (rest.starts_with("H=") || rest.starts_with("SMTP ") || first.ends_with("login"))
            && has(rest, "[")
        || rest.starts_with("no MAIL in SMTP connection ")
        || is_id(first) && behind.starts_with("SMTP connection ")
        || rest.starts_with("no host name found for IP address ")
        || rest.starts_with("rejected ");
    if !known {
        return false;
    }
    time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, &text[..length]);
    read(rest, cx, event)
}

/// `1abcDE-000001-AB`, and the longer ones since 4.97.
fn is_id(text: &str) -> bool {
    let mut parts = text.split('-');
    let lengths = [parts.next(), parts.next(), parts.next()].map(|p| p.map_or(0, str::len));
    matches!(lengths, [6, 6, 2] | [6, 11, 4])
        && parts.next().is_none()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Reads a message, from whichever log it is.
pub(super) fn read<'a>(body: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    product(event, "exim/1", "exim", "Exim");
    event.message = Some(body);
    let (first, rest) = word(body);
    let text = if is_id(first) {
        event.set(Path::EMAIL_UID, first);
        rest
    } else {
        body
    };
    let (mark, rest) = word(text);
    match mark {
        "<=" => received(rest, cx, event),
        "=>" | "->" | "*>" | "==" | "**" => delivered(mark, rest, cx, event),
        _ => other(text, cx, event),
    }
    settle(event, 0);
    true
}

/// `from@x H=host (helo) [1.2.3.4]:5 P=esmtpsa A=plain:user S=123 id=… T="subject" for a@x b@y`.
fn received<'a>(rest: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    let (address, rest) = word(rest);
    from(event, address);
    host(rest, End::Src, event);
    let value = |key: &str| after(rest, key).map_or("", |r| word(r).0);
    event.set(Path::EMAIL_SIZE, value(" S="));
    event.set(Path::EMAIL_MESSAGE_UID, value(" id="));
    event.set(Path::PROTOCOL_NAME, value(" P="));
    if let Some((_, name)) = value(" A=").split_once(':') {
        user(event, name);
    }
    if let Some((subject, _)) = after(rest, " T=").and_then(quoted) {
        event.set(Path::EMAIL_SUBJECT, subject);
    }
    if let Some(at) = rfind(rest, " for ") {
        to(event, &rest[at + 5..], cx);
    }
    event.status(Status::Success);
    event.kind(class::EMAIL, 2);
    event.set(Path::DIRECTION_ID, 0);
}

/// `to@x R=router T=transport H=mx [1.2.3.4] C="250 ok"`, `** to@x …: reason`.
fn delivered<'a>(mark: &'a str, rest: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    let (address, rest) = word(rest);
    to(event, address.trim_end_matches(':'), cx);
    host(rest, End::Dst, event);
    match mark {
        "**" => event.status(Status::Failure),
        "==" => {}
        _ => event.status(Status::Success),
    }
    event.unmapped("flag", mark);
    event.kind(class::EMAIL, 1);
    event.set(Path::DIRECTION_ID, 0);
}

/// `H=name (helo) [1.2.3.4]:5`: the address behind the last bracket before the next key.
fn host<'a>(text: &'a str, end: End, event: &mut Event<'a>) {
    let Some(at) = find(text, "H=") else { return };
    let rest = &text[at + 2..];
    if let Some(hello) = between(rest, "(", ")").filter(|_| end == End::Src) {
        event.set(Path::SMTP_HELLO, hello);
    }
    // The greeting in parentheses is the client's to choose and may hold brackets.
    let own = if rest.starts_with('(') || rest.split('[').next().is_some_and(|r| r.contains('(')) {
        find(rest, ") [").map_or(rest, |close| &rest[close + 2..])
    } else {
        rest
    };
    peer(event, end, own);
    let name = word(rest).0;
    if !name.starts_with(['(', '[']) && crate::fields::is_host(name) {
        let path =
            if end == End::Src { Path::SRC_ENDPOINT_HOSTNAME } else { Path::DST_ENDPOINT_HOSTNAME };
        event.set(path, name);
    }
}

fn other<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    if let Some(rest) = after(text, "authenticator failed for ") {
        // The greeting is the client's; the address that counts stands before the reply's code.
        last_peer(&rest[..find(rest, ": 535 ").unwrap_or(rest.len())], event);
        if let Some(name) =
            rfind(rest, "(set_id=").and_then(|at| between(&rest[at..], "(set_id=", ")"))
        {
            user(event, name);
        }
        event.set(
            Path::AUTH_PROTOCOL,
            text.split("_authenticator").next().map_or("", |m| word(m).0),
        );
        event.set(Path::AUTH_PROTOCOL_ID, 99);
        return logon(event, "exim", Some(Status::Failure));
    }
    if has(text, "rejected ") && find(text, "H=").is_some() {
        host(text, End::Src, event);
        if let Some(address) = between(text, " F=<", ">") {
            from(event, address);
        }
        if let Some(address) = between(text, "rejected RCPT <", ">") {
            to(event, address, cx);
        }
        event.set(Path::STATUS_DETAIL, after(text, "rejected ").unwrap_or(""));
        crate::words::set_action(event, "rejected");
        event.status(Status::Failure);
        event.kind(class::EMAIL, 2);
        event.set(Path::DIRECTION_ID, 1);
        return;
    }
    // `SMTP protocol error in "COMMAND" H=…`: the command is the client's and may hold a host too.
    let quoted_by = text.strip_prefix("SMTP protocol error in \"").and_then(|r| rfind(r, "\" H="));
    let own = quoted_by.map_or(text, |at| &text[at + 24..]);
    if own.starts_with("H=") || has(own, " H=") {
        host(own, End::Src, event);
    } else if has(text, " I=[") && last_peer(text, event) {
        event.kind(class::NETWORK, 0);
    }
    if !event.has(Path::SRC_ENDPOINT_IP) {
        generic::read(text, cx, event, &mut Guess::default());
    }
    event.message = Some(text);
}

/// The last address before Exim's own interface `I=[…]`: what stands before it the client may have
/// written.
fn last_peer<'a>(text: &'a str, event: &mut Event<'a>) -> bool {
    let head = rfind(text, " I=[").map_or(text, |at| &text[..at]);
    head.rfind('[').is_some_and(|open| peer(event, End::Src, &head[open..]).is_some())
}
