//! WatchGuard: `Deny 1-Trusted 0-External 76 udp 20 64 10.0.0.1 10.0.0.2 5060 5060 msg="…" …`.

use crate::fields::{End, address, port, source};
use crate::scan::{between, digits};
use crate::words::{Guess, set_action, set_protocol};
use crate::{Cx, kv};
use ocsf::{Event, Path, class, ip};

/// Reads a body, maybe behind `msg_id="3000-0148" `.
pub(crate) fn read<'a>(body: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let mut text = body;
    if let Some(id) = between(body, "msg_id=\"", "\"").filter(|_| body.starts_with("msg_id=")) {
        event.set(Path::METADATA_EVENT_CODE, id);
        text = body[id.len() + 9..].trim_start();
    }
    let mut words = text.split(' ');
    let action = words.next().unwrap_or("");
    if !matches!(action, "Allow" | "Deny" | "ProxyAllow:" | "ProxyDeny:" | "ProxyDrop:" | "Drop") {
        return false;
    }
    let (inside, outside) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    // A length stands between, but not for proxies.
    let first = words.next().unwrap_or("");
    let transport = if digits(first).is_some() { words.next().unwrap_or("") } else { first };
    let mut rest = words.skip_while(|word| digits(word).is_some());
    let (src, dst) = (rest.next().unwrap_or(""), rest.next().unwrap_or(""));
    if ip::parse(src).is_none() || ip::parse(dst).is_none() {
        return false;
    }
    source(event, "watchguard/1", "watchguard");
    event.product("WatchGuard", "Fireware");
    event.message = Some(body);
    address(event, End::Src, src);
    address(event, End::Dst, dst);
    let numbers = (rest.next().unwrap_or(""), rest.next().unwrap_or(""));
    if digits(numbers.1).is_some() {
        port(event, End::Src, numbers.0);
        port(event, End::Dst, numbers.1);
    }
    event.set(Path::SRC_ENDPOINT_ZONE, inside);
    event.set(Path::DST_ENDPOINT_ZONE, outside);
    set_protocol(event, transport.split('/').next().unwrap_or(transport));
    let (class, activity) = (event.class, event.activity);
    kv::read(text, b' ', cx, event, &mut Guess::default());
    set_action(event, action.trim_end_matches(':'));
    let denied = !action.contains("Allow");
    if event.class == class && event.activity == activity {
        event.kind(class::NETWORK, if denied { 5 } else { 6 });
    }
    if let Some(name) = between(text, "(", ")").filter(|name| name.ends_with("-00")) {
        event.set(Path::FIREWALL_RULE_NAME, name.trim_end_matches("-00"));
    }
    true
}
