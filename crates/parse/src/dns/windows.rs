//! Windows' DNS debug log: `3/1/2026 10:00:00 AM 0D2C PACKET 0000… UDP Rcv 10.0.0.5 4b1a Q [0001 D NOERROR] A (3)www(7)example(3)com(0)`.

use super::{product, question, rcode, settle};
use crate::fields::{End, address};
use crate::scan::{between, digits};
use crate::{Cx, time};
use bumpalo::collections::String as ArenaString;
use ocsf::{Event, Path};

/// Reads a line.
pub(super) fn read<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some((civil, length)) = time::scan(text) else { return false };
    let rest = &text[length..];
    let mut words = rest.split_ascii_whitespace();
    let (_, context) = (words.next(), words.next());
    if context != Some("PACKET") {
        return false;
    }
    let _packet = words.next();
    let transport = words.next().unwrap_or("");
    let direction = words.next().unwrap_or("");
    let peer = words.next().unwrap_or("");
    let xid = words.next().unwrap_or("");
    if !matches!(direction, "Rcv" | "Snd") || !matches!(transport, "UDP" | "TCP") {
        return false;
    }
    time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, &text[..length]);
    product(event, "windns/1", "dns", "Windows DNS Server");
    event.message = Some(text);
    let response = words.next() == Some("R");
    // The peer asks what is received as a query and gets what is sent as a response.
    let client = (direction == "Rcv") != response;
    address(event, if client { End::Src } else { End::Dst }, peer);
    event.set(Path::CONNECTION_INFO_PROTOCOL_NAME, transport);
    event.unmapped("xid", xid);
    if let Some(flags) = between(rest, "[", "]") {
        rcode(event, flags.split(' ').next_back().unwrap_or(""));
        if let Some(behind) = rest.split(']').nth(1) {
            let mut words = behind.split_ascii_whitespace();
            let kind = words.next().unwrap_or("");
            question(event, labels(words.next().unwrap_or(""), cx), kind, "");
        }
    }
    settle(event, if response { 2 } else { 1 });
    true
}

/// `(3)www(7)example(3)com(0)` as `www.example.com`.
fn labels<'a>(text: &'a str, cx: &Cx<'a>) -> &'a str {
    let mut name = ArenaString::with_capacity_in(text.len(), cx.arena);
    for part in text.split('(').skip(1) {
        let Some((length, label)) = part.split_once(')') else { continue };
        if digits(length).is_none() || label.is_empty() {
            continue;
        }
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(label);
    }
    if name.is_empty() { "." } else { name.into_bump_str() }
}
