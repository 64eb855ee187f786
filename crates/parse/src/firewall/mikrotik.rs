//! MikroTik's RouterOS: `system,error,critical login failure for user x from 10.0.0.1 via ssh`,
//! `firewall,info forward: in:ether1 out:bridge, src-mac …, proto TCP (SYN), A:P->B:P, len 64`.

use crate::fields::{End, address, address_port, logon, source, user};
use crate::scan::{after, between, word};
use crate::words::{Guess, set_action, set_protocol};
use crate::{Cx, generic};
use ocsf::{Event, Path, Severity, Status, class};

/// RouterOS' topics, by which its messages are told.
const TOPICS: [&str; 24] = [
    "system",
    "firewall",
    "dhcp",
    "account",
    "interface",
    "wireless",
    "pppoe",
    "l2tp",
    "pptp",
    "ovpn",
    "ipsec",
    "script",
    "route",
    "bgp",
    "ospf",
    "dns",
    "hotspot",
    "info",
    "error",
    "critical",
    "warning",
    "debug",
    "web-proxy",
    "ppp",
];

/// Reads a body behind topics, or a firewall's line without them.
pub(crate) fn read<'a>(body: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let (first, rest) = word(body);
    let topics = first.split(',').filter(|topic| TOPICS.contains(topic)).count();
    let named = topics >= 2 && topics == first.split(',').count();
    let text = if named { rest } else { body };
    let filtered = is_filter(text);
    if !named && !filtered {
        return false;
    }
    source(event, "mikrotik/1", "mikrotik");
    event.product("MikroTik", "RouterOS");
    event.message = Some(text);
    if named {
        event.set(Path::METADATA_LOG_NAME, first);
        if first.contains("critical") {
            event.severity = Severity::High;
        } else if first.contains("error") {
            event.severity = Severity::Medium;
        }
    }
    if filtered {
        filter(text, event);
    } else if !login(text, event) {
        generic::read(text, cx, event, &mut Guess::default());
        event.message = Some(text);
    }
    true
}

/// `PREFIX in:x out:y, …proto …, A->B, len N`.
fn is_filter(text: &str) -> bool {
    let near = generic::head(text, 160);
    near.contains("in:") && near.contains(" out:") && near.contains("proto ") && text.contains("->")
}

fn filter<'a>(text: &'a str, event: &mut Event<'a>) {
    let prefix = text.split(" in:").next().unwrap_or("");
    event.set(Path::FIREWALL_RULE_NAME, prefix.trim_end_matches(':'));
    for (key, path) in [
        ("in:", Path::SRC_ENDPOINT_INTERFACE_NAME),
        (" out:", Path::DST_ENDPOINT_INTERFACE_NAME),
        ("src-mac ", Path::SRC_ENDPOINT_MAC),
        ("len ", Path::TRAFFIC_BYTES),
    ] {
        let value = after(text, key).map_or("", |rest| rest.split([',', ' ']).next().unwrap_or(""));
        if !value.starts_with('(') {
            event.set(path, value);
        }
    }
    if let Some(transport) = between(text, "proto ", ",") {
        set_protocol(event, word(transport).0);
        event.unmapped("tcp_flags", between(transport, "(", ")").unwrap_or(""));
    }
    if let Some(at) = crate::scan::find(text, "->") {
        let left = text[..at].rsplit(' ').next().unwrap_or("");
        address_port(event, End::Src, left);
        let right = text[at + 2..].split([',', ' ']).next().unwrap_or("");
        address_port(event, End::Dst, right);
    }
    let denied =
        ["drop", "deny", "reject", "block"].iter().any(|w| crate::scan::has_ignore_case(prefix, w));
    if denied {
        set_action(event, "drop");
    }
    event.kind(class::NETWORK, if denied { 5 } else { 6 });
}

/// `login failure for user NAME from ADDRESS via ssh`, `user NAME logged in from ADDRESS via winbox`.
fn login<'a>(text: &'a str, event: &mut Event<'a>) -> bool {
    let (name, rest, failed, activity) =
        if let Some(rest) = text.strip_prefix("login failure for user ") {
            // The name may hold blanks: the last address counts.
            let Some(at) = rest.rfind(" from ") else { return false };
            (&rest[..at], &rest[at + 6..], true, 1)
        } else if let Some((name, rest)) =
            text.strip_prefix("user ").and_then(|rest| rest.split_once(" logged in"))
        {
            (name, rest.strip_prefix(" from ").unwrap_or(""), false, 1)
        } else if let Some((name, rest)) =
            text.strip_prefix("user ").and_then(|rest| rest.split_once(" logged out"))
        {
            (name, rest.strip_prefix(" from ").unwrap_or(""), false, 2)
        } else {
            return false;
        };
    user(event, name);
    address(event, End::Src, word(rest).0);
    let service = after(rest, "via ").map_or("RouterOS", |rest| word(rest).0);
    logon(event, service, Some(if failed { Status::Failure } else { Status::Success }));
    event.activity = activity;
    true
}
