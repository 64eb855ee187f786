//! dnsmasq: `query[A] a.org from 10.0.0.1`, `reply a.org is 1.2.3.4`, `forwarded a.org to 8.8.8.8`.

use super::{product, question, rcode, settle};
use crate::fields::{End, address};
use crate::scan::{between, cut, digits, word};
use ocsf::{Event, Path, Value, class, ip};

/// Reads a message.
pub(super) fn read<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    product(event, "dnsmasq/1", "dnsmasq", "dnsmasq");
    event.message = Some(body);
    // With `log-queries=extra`: `42 10.0.0.1/5353 query[A] …`.
    let (number, rest) = word(body);
    let mut text = body;
    if digits(number).is_some() {
        event.set(Path::QUERY_PACKET_UID, number);
        let (peer, behind) = word(rest);
        if let Some((host, port)) = cut(peer, b'/').filter(|(host, _)| ip::parse(host).is_some()) {
            address(event, End::Src, host);
            crate::fields::port(event, End::Src, port);
            text = behind;
        }
    }
    let (verb, rest) = word(text);
    let (name, rest) = word(rest);
    if let Some(kind) = between(verb, "query[", "]").or_else(|| between(verb, "dnssec-query[", "]"))
    {
        question(event, name, kind, "IN");
        if let Some(host) = rest.strip_prefix("from ").or(rest.strip_prefix("to ")) {
            let end = if rest.starts_with("from") { End::Src } else { End::Dst };
            address(event, end, word(host).0);
        }
        settle(event, 1);
        return true;
    }
    match verb {
        "forwarded" | "nameserver" => {
            question(event, name, "", "IN");
            address(event, End::Dst, rest.strip_prefix("to ").map_or("", |r| word(r).0));
            settle(event, 1);
        }
        "reply" | "cached" | "config" | "cached-stale" | "Rate" | "validation" | "possible" => {
            answered(name, rest, event)
        }
        _ if verb.starts_with('/') => answered(name, rest, event),
        _ => event.kind(class::BASE, 0),
    }
    true
}

fn answered<'a>(name: &'a str, rest: &'a str, event: &mut Event<'a>) {
    let Some(answer) = rest.strip_prefix("is ") else { return };
    question(event, name, "", "IN");
    match answer {
        "NXDOMAIN" | "SERVFAIL" | "REFUSED" => rcode(event, answer),
        "NODATA" | "NODATA-IPv4" | "NODATA-IPv6" => rcode(event, "NOERROR"),
        answer => {
            rcode(event, "NOERROR");
            event.unmapped("answer", Value::Str(answer));
        }
    }
    settle(event, 2);
}
