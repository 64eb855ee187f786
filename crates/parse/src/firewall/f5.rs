//! F5 BIG-IP: `01490500:5: /Common/p:Common:e03c2ca8: New session from client IP 10.0.0.1 …`.

use crate::fields::{End, address, logon, source, user};
use crate::scan::{after, between, cut, word};
use crate::words::{Guess, set_action};
use crate::{Cx, generic, kv};
use ocsf::{Event, Path, Status, class, ip};

/// Reads a body that begins with F5's message number, or holds an APM event.
pub(crate) fn read<'a>(body: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    if let Some(rest) = body.strip_prefix("Rule: ").and_then(|rest| after(rest, "APM_EVENT=")) {
        mark(body, event);
        return apm_event(rest, event);
    }
    if body.starts_with("AUDIT - ") || body.contains("(mod_auth_pam): user=") {
        mark(body, event);
        audit(body, event);
        return true;
    }
    let Some((code, text)) = message_number(body) else { return false };
    mark(text, event);
    event.set(Path::METADATA_EVENT_CODE, code);
    if text.starts_with("AUDIT - ") {
        audit(text, event);
        return true;
    }
    session(text, event);
    if kv::count(text, 3) >= 3 {
        kv::read(text, b',', cx, event, &mut Guess::default());
    } else if !event.has(Path::SRC_ENDPOINT_IP) {
        generic::read(text, cx, event, &mut Guess::default());
    }
    event.message = Some(text);
    if event.class == class::BASE && event.has(Path::SRC_ENDPOINT_IP) {
        event.kind(class::NETWORK, 0);
    }
    true
}

fn mark<'a>(text: &'a str, event: &mut Event<'a>) {
    source(event, "f5/1", "f5");
    event.product("F5", "BIG-IP");
    event.message = Some(text);
}

/// `01490500:5: `: eight hex digits and a severity.
fn message_number(body: &str) -> Option<(&str, &str)> {
    let (code, rest) = cut(body, b':')?;
    let (severity, rest) = cut(rest, b':')?;
    let hex = code.len() == 8 && code.bytes().all(|b| b.is_ascii_hexdigit());
    (hex && severity.len() == 1 && severity.as_bytes()[0].is_ascii_digit())
        .then(|| (code, rest.trim_start()))
}

/// `deny | alice | session`: event, user, session.
fn apm_event<'a>(rest: &'a str, event: &mut Event<'a>) -> bool {
    let mut parts = rest.split(" | ").map(str::trim);
    set_action(event, parts.next().unwrap_or(""));
    user(event, parts.next().unwrap_or(""));
    let failed = event.get(Path::ACTION_ID) == Some(ocsf::Value::Int(2));
    logon(event, "APM", Some(if failed { Status::Failure } else { Status::Success }));
    event.unmapped("session", parts.next().map_or("", |p| word(p).0));
    true
}

/// `New session from client IP 10.0.0.1 … at VIP 10.0.0.2`, `Username 'x'`.
fn session<'a>(text: &'a str, event: &mut Event<'a>) {
    let peer = after(text, "client IP ").or_else(|| after(text, "Client IP: "));
    if let Some(host) = peer.map(|rest| word(rest).0).filter(|h| ip::parse(h).is_some()) {
        address(event, End::Src, host);
    }
    if let Some(host) = after(text, "at VIP ").map(|rest| word(rest).0) {
        address(event, End::Dst, host);
    }
    if let Some(name) = between(text, "Username '", "'").or_else(|| between(text, "user '", "'")) {
        user(event, name);
    }
    if text.contains("Session deleted") || text.contains("New session") {
        event.kind(class::NETWORK, if text.contains("New session") { 1 } else { 2 });
    }
}

/// `AUDIT - user admin - RAW: httpd(mod_auth_pam): user=admin(admin) … host=10.0.0.1 attempts=1`.
fn audit<'a>(text: &'a str, event: &mut Event<'a>) {
    if let Some(name) = between(text, ", user ", " - ").or_else(|| between(text, "- user ", " - "))
    {
        crate::fields::actor(event, name);
    }
    let Some(pairs) = after(text, "user=") else { return };
    if !text.contains("partition=") {
        return;
    }
    user(event, pairs.split(['(', ' ']).next().unwrap_or(""));
    if let Some(host) = after(pairs, "host=").map(|rest| word(rest).0) {
        address(event, End::Src, host);
    }
    event.set(Path::ACTOR_SESSION_TERMINAL, after(pairs, "tty=").map_or("", |rest| word(rest).0));
    let failed = text.contains("failed") || text.contains("invalid");
    logon(event, "BIG-IP", Some(if failed { Status::Failure } else { Status::Success }));
    if after(pairs, "end=").is_some() {
        event.activity = 2;
    }
}
