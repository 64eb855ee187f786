//! Cisco IOS, NX-OS and kin: `%SYS-5-CONFIG_I: Configured from console by admin on vty0 (10.1.1.1)`.

use crate::fields::source;
use crate::scan::{after, between, cut, cut_at, digits, find, has, quoted, word};
use crate::words::Guess;
use crate::{Cx, generic};
use ocsf::{Event, Path, Severity};

/// Reads a body with a `%FACILITY-SEVERITY-MNEMONIC:` in it.
pub(crate) fn read<'a>(body: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some(at) = find(generic::head(body, 200), "%") else { return false };
    if body[at..].starts_with("%Viptela-") {
        return viptela(&body[at + 9..], cx, event);
    }
    let Some((tag, text)) = cut(&body[at + 1..], b':') else { return false };
    let mut parts = tag.rsplitn(3, '-');
    let (Some(_), Some(severity), Some(facility)) = (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let legal = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    let Some(severity) = digits(severity).filter(|s| *s <= 7) else { return false };
    if tag.len() > 64 || facility.is_empty() || !tag.bytes().all(legal) {
        return false;
    }
    source(event, "cisco-ios/1", "cisco-ios");
    event.product("Cisco", "IOS");
    event.set(Path::METADATA_EVENT_CODE, tag);
    event.severity = Severity::of_syslog(severity as u8);
    let text = text.trim_start();
    event.message = Some(text);
    generic::read(text, cx, event, &mut Guess::default());
    if tag.ends_with("-CONFIG_I")
        && let Some(name) = between(text, " by ", " on ")
    {
        crate::fields::actor(event, name);
    }
    true
}

/// SD-WAN: `%Viptela-HOST-DAEMON-6-INFO-1400002: Notification: TIME NAME key:value key:"two words"`.
fn viptela<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some((tag, rest)) = cut_at(text, ": ") else { return false };
    // A host's name may hold hyphens itself.
    let mut parts = tag.rsplitn(5, '-');
    let (id, level) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let (severity, daemon) = (parts.next().and_then(digits), parts.next().unwrap_or(""));
    let (Some(host), Some(severity)) = (parts.next(), severity.filter(|s| *s <= 7)) else {
        return false;
    };
    source(event, "viptela/1", "cisco-sdwan");
    event.product("Cisco", "Catalyst SD-WAN");
    event.severity = Severity::of_syslog(severity as u8);
    event.set(Path::METADATA_LOG_LEVEL, level);
    event.set(Path::METADATA_LOG_PROVIDER, daemon);
    event.message = Some(rest);
    crate::fields::device(event, host);
    let body = after(rest, "Notification: ").unwrap_or(rest);
    let name = body.split(' ').find(|word| word.contains('-') && !word.contains(':'));
    event.set(Path::METADATA_EVENT_CODE, name.unwrap_or(id));
    event.unmapped("message_id", id);
    let mut guess = Guess::default();
    let mut rest = body;
    while let Some((before, tail)) = cut(rest, b':') {
        let key = before.rsplit(' ').next().unwrap_or(before);
        let (value, after) = quoted(tail).unwrap_or_else(|| word(tail));
        rest = after;
        if !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-') {
            event.unmapped(key, value);
            match (key, crate::words::alias(key)) {
                ("host-name" | "system-ip", _) => {}
                (_, Some((target, rank))) => guess.offer(event, cx, target, rank, value),
                _ => {}
            }
        }
    }
    if let Some(address) = between(body, "system-ip:", " ") {
        event.set(Path::DEVICE_IP, address);
    }
    crate::words::settle(event, name.is_some_and(|name| has(name, "login")));
    true
}
