//! Sendmail: `QUEUE-ID: key=value, …`, rulesets, authentication.

use super::{bare, delivered, from, peer, product, settle, to};
use crate::fields::{End, logon, user};
use crate::scan::{after, cut, cut_at, has};
use crate::words::Guess;
use crate::{Cx, generic};
use ocsf::{Event, Path, Status, class};

/// Reads a body.
pub(super) fn read<'a>(body: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    product(event, "sendmail/1", "sendmail", "Sendmail");
    event.message = Some(body);
    let text = match cut_at(body, ": ") {
        Some((id, rest)) if id.len() >= 12 && id.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            event.set(Path::EMAIL_UID, id);
            rest
        }
        _ => body,
    };
    // `host [1.2.3.4] (may be forged): possible SMTP attack: command=AUTH, count=5`.
    if let Some(at) = crate::scan::find(text, "]").filter(|at| !text[..*at].contains('=')) {
        peer(event, End::Src, &text[..=at]);
    }
    if !pairs(text, cx, event) {
        generic::read(text, cx, event, &mut Guess::default());
        event.message = Some(body);
    }
    settle(event, 0);
    true
}

/// Values may hold commas; a key is a word before `=` behind `, `.
fn pairs<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let mut known = false;
    let mut refused = false;
    for pair in text.split(", ").take(40) {
        let Some((key, value)) = cut(pair, b'=') else { continue };
        known = true;
        match key {
            "from" => from(event, value),
            "to" => to(event, value, cx),
            "msgid" => event.set(Path::EMAIL_MESSAGE_UID, bare(value)),
            "size" => event.set(Path::EMAIL_SIZE, value),
            "proto" => event.set(Path::PROTOCOL_NAME, value),
            "relay" => {
                let inbound = has(text, "from=") || has(text, "ruleset=") || has(text, "AUTH");
                peer(event, if inbound { End::Src } else { End::Dst }, value);
            }
            "dsn" => event.set(Path::STATUS_CODE, value),
            "stat" => {
                delivered(event, value);
                event.set(Path::STATUS_DETAIL, value);
            }
            "reject" => {
                refused = true;
                event.set(Path::STATUS_DETAIL, value);
            }
            "arg1" => to(event, value, cx),
            "authid" | "user" => user(event, value),
            "mech" => event.set(Path::AUTH_PROTOCOL, value),
            _ if key.len() <= 24 && !key.contains(' ') => event.unmapped(key, value),
            _ => {}
        }
    }
    if let Some(rest) = after(text, "AUTH failure").or_else(|| after(text, "AUTH=")) {
        let failed = has(text, "AUTH failure") && !rest.is_empty();
        logon(event, "sendmail", Some(if failed { Status::Failure } else { Status::Success }));
    } else if refused || has(text, "reject=") {
        crate::words::set_action(event, "rejected");
        event.status(Status::Failure);
        event.kind(class::EMAIL, 2);
        event.set(Path::DIRECTION_ID, 1);
    }
    known && (event.has(Path::SRC_ENDPOINT_IP) || event.has(Path::EMAIL_UID))
}
