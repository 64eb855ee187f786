//! Name servers: BIND, Unbound, NSD, dnsmasq, and Windows' debug log.

mod bind;
mod dnsmasq;
mod unbound;
mod windows;

use crate::Cx;
use crate::fields::source;
use ocsf::{Event, Path, class};

/// Reads the body of a name server's syslog message.
pub(crate) fn by_program<'a>(
    name: &str,
    body: &'a str,
    cx: &Cx<'a>,
    event: &mut Event<'a>,
) -> bool {
    match name {
        "named" | "bind" | "bind9" | "named-pkcs11" => bind::read(body, event),
        "unbound" | "nsd" => unbound::read(name == "nsd", body, cx, event),
        "dnsmasq" => dnsmasq::read(body, event),
        _ => false,
    }
}

/// Reads a line of a name server's own file, told by its look.
pub(crate) fn by_look<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    match text.as_bytes().first() {
        Some(b'[') => unbound::read_file(text, cx, event),
        Some(b'0'..=b'9') => bind::read_file(text, cx, event) || windows::read(text, cx, event),
        Some(b'c') => {
            (text.starts_with("client @") || text.starts_with("client ")) && bind::read(text, event)
        }
        _ => false,
    }
}

/// Sets parser, source and product.
fn product(event: &mut Event<'_>, parser: &'static str, name: &'static str, title: &'static str) {
    source(event, parser, name);
    event.product(if name == "dns" { "Microsoft" } else { title }, title);
}

/// A query's name without the root's dot.
fn question<'a>(event: &mut Event<'a>, name: &'a str, kind: &'a str, class_name: &'a str) {
    let bare = match name {
        "." => ".",
        name => name.strip_suffix('.').unwrap_or(name),
    };
    event.set(Path::QUERY_HOSTNAME, bare);
    event.set(Path::QUERY_TYPE, kind);
    event.set(Path::QUERY_CLASS, class_name);
}

/// Makes it an event of DNS Activity: 1 query, 2 response.
fn settle(event: &mut Event<'_>, activity: u8) {
    event.kind(class::DNS, activity);
}

/// The numbers of RFC 6895's response codes.
fn rcode<'a>(event: &mut Event<'a>, name: &'a str) {
    event.set(Path::RCODE, name);
    let number = match name {
        "NOERROR" => 0,
        "FORMERR" => 1,
        "SERVFAIL" => 2,
        "NXDOMAIN" => 3,
        "NOTIMP" => 4,
        "REFUSED" => 5,
        "YXDOMAIN" => 6,
        "YXRRSET" => 7,
        "NXRRSET" => 8,
        "NOTAUTH" => 9,
        "NOTZONE" => 10,
        _ => 99,
    };
    event.set(Path::RCODE_ID, number);
}
