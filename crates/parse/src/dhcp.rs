//! Address leases: ISC dhcpd, dnsmasq, Kea, and Windows' audit log.

use crate::fields::{End, address, source};
use crate::scan::{after, between, cut, digits, word};
use crate::{Cx, error_log, time};
use ocsf::{Event, Path, Status, class, ip};

/// Reads the body of a DHCP server's or client's syslog message.
pub(crate) fn by_program<'a>(
    name: &str,
    body: &'a str,
    cx: &Cx<'a>,
    event: &mut Event<'a>,
) -> bool {
    match name {
        "dhcpd" | "dhclient" | "dhcrelay" | "dhcpd6" => isc(body, event),
        "dnsmasq-dhcp" => dnsmasq(body, event),
        "kea-dhcp4" | "kea-dhcp6" => kea(body, cx, event),
        _ => false,
    }
}

/// Reads a line of a server's own file, told by its look.
pub(crate) fn by_look<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    match text.as_bytes().first() {
        Some(b'0'..=b'9') => windows(text, cx, event) || kea_file(text, cx, event),
        _ => text.starts_with("DHCP") && isc(text, event),
    }
}

/// `DHCPDISCOVER` to OCSF's activity.
fn activity(verb: &str) -> Option<u8> {
    Some(match verb {
        "DHCPDISCOVER" | "Solicit" | "DHCPSOLICIT" => 1,
        "DHCPOFFER" | "DHCPADVERTISE" | "Advertise" => 2,
        "DHCPREQUEST" | "Request" | "Renew" | "Rebind" => 3,
        "DHCPDECLINE" => 4,
        "DHCPACK" | "DHCPREPLY" | "Reply" => 5,
        "DHCPNAK" => 6,
        "DHCPRELEASE" | "Release" => 7,
        "DHCPINFORM" => 8,
        "DHCPEXPIRE" => 9,
        _ => return None,
    })
}

/// The client's address, hardware and name.
fn client<'a>(event: &mut Event<'a>, lease: &'a str, mac: &'a str, name: &'a str) {
    if ip::parse(lease).is_some() {
        address(event, End::Src, lease);
    }
    if !mac.is_empty() && !event.try_set(Path::SRC_ENDPOINT_MAC, mac) {
        event.unmapped("client_id", mac);
    }
    if !name.is_empty() && crate::fields::is_host(name) {
        event.set(Path::SRC_ENDPOINT_HOSTNAME, name);
    }
}

fn done<'a>(event: &mut Event<'a>, activity: u8, body: &'a str) {
    event.kind(class::DHCP, activity);
    event.message = Some(body);
    match activity {
        4 | 6 => event.status(Status::Failure),
        5 => event.status(Status::Success),
        _ => {}
    }
}

/// `DHCPREQUEST for 10.0.0.9 (10.0.0.1) from aa:bb:cc:dd:ee:ff (host) via eth0: reason`.
fn isc<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    let (verb, rest) = word(body);
    let Some(id) = activity(verb) else { return false };
    source(event, "dhcpd/1", "dhcpd");
    event.product("ISC", "DHCP");
    let mut words = rest.split(' ');
    let (mut lease, mut mac, mut name) = ("", "", "");
    while let Some(key) = words.next() {
        let mut value = || words.next().unwrap_or("").trim_end_matches([':', ',']);
        match key {
            "for" | "on" | "of" => lease = value(),
            "from" | "to" => {
                let text = value();
                if ip::parse(text).is_some() { lease = text } else { mac = text }
            }
            "via" => event.set(Path::SRC_ENDPOINT_INTERFACE_NAME, value()),
            _ => match key.strip_prefix('(').and_then(|k| k.strip_suffix([')', ':'])) {
                Some(inner) if ip::is_mac(inner) => mac = inner,
                Some(inner) if ip::parse(inner).is_some() => {
                    address(event, End::Dst, inner);
                }
                Some(inner) if name.is_empty() && inner != "found" => {
                    name = inner.trim_end_matches(')');
                }
                _ => {}
            },
        }
    }
    client(event, lease, mac, name);
    done(event, id, body);
    true
}

/// `DHCPACK(eth0) 10.0.0.9 aa:bb:cc:dd:ee:ff host`, maybe behind a transaction's number.
fn dnsmasq<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    let (number, rest) = word(body);
    let text = if digits(number).is_some() {
        event.set(Path::TRANSACTION_UID, number);
        rest
    } else {
        body
    };
    let Some((verb, rest)) = cut(text, b'(') else { return false };
    let (Some(id), Some((interface, rest))) = (activity(verb), cut(rest, b')')) else {
        return false;
    };
    source(event, "dnsmasq-dhcp/1", "dhcpd");
    event.product("dnsmasq", "dnsmasq");
    event.set(Path::SRC_ENDPOINT_INTERFACE_NAME, interface);
    let (first, rest) = word(rest.trim_start());
    let (lease, mac, name) = if ip::parse(first).is_some() {
        let (mac, rest) = word(rest);
        (first, mac, word(rest).0)
    } else {
        ("", first, word(rest).0)
    };
    client(event, lease, mac, name);
    done(event, id, body);
    true
}

/// Kea's own file: a time before what syslog would carry.
fn kea_file<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let near = crate::generic::head(text, 120);
    if !near.contains("[kea-") {
        return false;
    }
    let Some((civil, length)) = time::scan(text) else { return false };
    time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, &text[..length]);
    kea(text[length..].trim_start(), cx, event)
}

/// `INFO  [kea-dhcp4.leases/12.34] DHCP4_LEASE_ALLOC [hwtype=1 aa:bb:…], cid=[…], tid=0x1: lease
/// 10.0.0.9 has been allocated for 4000 seconds`.
fn kea<'a>(body: &'a str, _cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let (level, rest) = word(body);
    let rest = match rest.strip_prefix('[').and_then(|r| cut(r, b']')) {
        Some((_, rest)) => rest.trim_start(),
        None => rest,
    };
    let (code, text) = word(if rest.starts_with("DHCP") { rest } else { body });
    if !code.starts_with("DHCP") || !code.contains('_') {
        return false;
    }
    source(event, "kea/1", "kea");
    event.product("ISC", "Kea");
    event.severity = error_log::severity(level);
    event.set(Path::METADATA_LOG_LEVEL, level);
    event.set(Path::METADATA_EVENT_CODE, code);
    let mac = between(text, "hwtype=", "]").map_or("", |inner| word(inner).1);
    let lease = after(text, "lease ").or(after(text, "for address ")).or(after(text, "address "));
    client(event, lease.map_or("", |rest| word(rest).0), mac, "");
    event.set(Path::TRANSACTION_UID, between(text, "tid=", ":").unwrap_or(""));
    if let Some(seconds) = between(text, "allocated for ", " seconds") {
        event.set(Path::LEASE_DUR, seconds);
    }
    let id = if code.contains("LEASE_ALLOC") || code.contains("RENEW") {
        5
    } else if code.contains("OFFER") || code.contains("ADVERT") {
        2
    } else if code.contains("RELEASE") {
        7
    } else if code.contains("DECLINE") {
        4
    } else if code.contains("EXPIRE") || code.contains("RECLAIM") {
        9
    } else {
        0
    };
    if event.has(Path::SRC_ENDPOINT_IP) || event.has(Path::SRC_ENDPOINT_MAC) {
        done(event, id, text);
    } else {
        event.message = Some(text);
    }
    true
}

/// Digits of an event's id in Windows' log.
const ID_BYTES_MAX: usize = 5;

/// Windows: `10,03/01/26,10:00:00,Assign,10.0.0.9,host.example.org,AABBCCDDEEFF,…`.
fn windows<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    // Behind the id blanks may stand.
    if !text.bytes().take(16).any(|byte| byte == b',') {
        return false;
    }
    let mut columns = text.split(',');
    let mut column = || columns.next().unwrap_or("").trim();
    let (id, date, clock, what) = (column(), column(), column(), column());
    let (lease, name, mac) = (column(), column(), column());
    let dated = date.len() == 8 && date.as_bytes()[2] == b'/' && clock.len() == 8;
    if !dated || id.len() > ID_BYTES_MAX || digits(id).is_none() {
        return false;
    }
    let joined = cx.write(format_args!("{date} {clock}"));
    if !crate::words::set_time(event, cx, joined) {
        return false;
    }
    source(event, "windhcp/1", "dhcp");
    event.product("Microsoft", "Windows DHCP Server");
    event.set(Path::METADATA_EVENT_CODE, id);
    let pairs = mac.len() == 12 && mac.bytes().all(|b| b.is_ascii_hexdigit());
    let mac = match pairs {
        true => cx.write(format_args!(
            "{}:{}:{}:{}:{}:{}",
            &mac[..2],
            &mac[2..4],
            &mac[4..6],
            &mac[6..8],
            &mac[8..10],
            &mac[10..]
        )),
        false => mac,
    };
    client(event, lease, mac, name.trim_end_matches('.'));
    column();
    let transaction = column();
    if !matches!(transaction, "" | "0") {
        event.set(Path::TRANSACTION_UID, transaction);
    }
    let activity = match id {
        "10" | "11" | "20" | "21" => 5,
        "12" => 7,
        "13" => 4,
        "14" | "15" | "22" => 6,
        "16" | "17" | "18" => 9,
        _ => 0,
    };
    if id == "11" {
        event.set(Path::IS_RENEWAL, true);
    }
    match event.has(Path::SRC_ENDPOINT_IP) || event.has(Path::SRC_ENDPOINT_MAC) {
        true => done(event, activity, text),
        false => event.message = Some(text),
    }
    event.set(Path::STATUS_DETAIL, what);
    true
}
