//! Firewalls: netfilter's `IN= OUT= SRC=`, pf's filterlog, and vendors' own formats.

pub(crate) mod f5;
pub(crate) mod junos;
pub(crate) mod mikrotik;
pub(crate) mod watchguard;

use crate::fields::{End, address, port, source};
use crate::scan::{find, has_ignore_case};
use crate::words::{Guess, set_action, set_protocol};
use crate::{Cx, kv};
use ocsf::{Event, Path, class};

/// The kernel's packet log, whatever stands before it.
pub(crate) fn read_netfilter<'a>(body: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some(at) = find(body, "IN=")
        .filter(|_| find(body, " SRC=").is_some() && find(body, " DST=").is_some())
    else {
        return false;
    };
    source(event, "netfilter/1", "iptables");
    event.product("Linux", "netfilter");
    event.message = Some(body);
    kv::read(&body[at..], b' ', cx, event, &mut Guess::default());
    event.kind(class::NETWORK, 6);
    for (word, id, action) in [
        ("drop", 5, "Drop"),
        ("reject", 5, "Reject"),
        ("block", 5, "Block"),
        ("deny", 5, "Deny"),
        ("accept", 1, "Accept"),
        ("allow", 1, "Allow"),
    ] {
        if has_ignore_case(&body[..at], word) {
            event.activity = id;
            set_action(event, action);
            break;
        }
    }
    if let Some(ocsf::Value::Str(name)) = event.native("IN") {
        event.set(Path::SRC_ENDPOINT_INTERFACE_NAME, name);
    }
    true
}

/// pf's filterlog: columns that differ by IP version and protocol (FreeBSD, `filterlog(8)`).
pub(crate) fn read_filterlog<'a>(body: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let mut columns = bumpalo::collections::Vec::with_capacity_in(24, cx.arena);
    columns.extend(body.split(',').take(40));
    let column = |at: usize| columns.get(at).copied().unwrap_or("");
    let at = match column(8) {
        // Where the columns of protocol, addresses and ports begin.
        "4" => (16, 18),
        "6" => (12, 15),
        _ => return false,
    };
    source(event, "filterlog/1", "pfsense");
    event.product("Netgate", "pf");
    event.message = Some(body);
    event.set(Path::FIREWALL_RULE_UID, column(3));
    event.unmapped("rule", column(0));
    event.unmapped("reason", column(5));
    event.unmapped("interface", column(4));
    event.set(Path::SRC_ENDPOINT_INTERFACE_NAME, column(4));
    set_action(event, column(6));
    let inward = column(7) == "in";
    event.set(Path::CONNECTION_INFO_DIRECTION_ID, if inward { 1 } else { 2 });
    event.set(Path::CONNECTION_INFO_DIRECTION, if inward { "Inbound" } else { "Outbound" });
    set_protocol(event, column(if at.0 == 12 { 12 } else { 16 }));
    let src = at.1;
    address(event, End::Src, column(src));
    address(event, End::Dst, column(src + 1));
    port(event, End::Src, column(src + 2));
    port(event, End::Dst, column(src + 3));
    event.kind(class::NETWORK, if column(6) == "block" { 5 } else { 6 });
    true
}
