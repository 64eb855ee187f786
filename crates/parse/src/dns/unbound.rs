//! Unbound and NSD: `[1772359200] unbound[7:0] info: 10.0.0.1 a.org. A IN [NOERROR 0.01 0 52]`.

use super::{product, question, rcode, settle};
use crate::fields::{End, address, port};
use crate::scan::{cut, cut_at, digits, word};
use crate::words::Guess;
use crate::{Cx, error_log, generic, time};
use ocsf::{Event, Path, Severity, Status, class, ip};

/// A line of the server's own file.
pub(super) fn read_file<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some((stamp, rest)) = text.strip_prefix('[').and_then(|r| cut(r, b']')) else {
        return false;
    };
    let rest = rest.trim_start();
    let nsd = rest.starts_with("nsd[");
    let behind = rest.strip_prefix("unbound[").or(rest.strip_prefix("nsd["));
    let Some((pid, behind)) = behind.and_then(|r| cut(r, b']')) else { return false };
    let instant = match time::scan_epoch(stamp) {
        Some((ms, length)) if length == stamp.len() => time::Stamp::exact(ms),
        _ => match time::scan(stamp) {
            Some((civil, _)) => time::resolve(&civil, cx.zone, cx.arrival_ms),
            None => return false,
        },
    };
    instant.apply(event, stamp);
    event.set(Path::ACTOR_PROCESS_PID, pid.split(':').next().unwrap_or(pid));
    event.set(Path::ACTOR_PROCESS_NAME, if nsd { "nsd" } else { "unbound" });
    body(nsd, behind.trim_start_matches([':', ' ']), cx, event);
    true
}

/// Behind syslog's header: `[7:0] info: …`.
pub(super) fn read<'a>(nsd: bool, text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let rest = match text.strip_prefix('[').and_then(|r| cut(r, b']')) {
        Some((thread, rest)) if thread.split(':').all(|p| digits(p).is_some()) => rest.trim_start(),
        _ => text,
    };
    body(nsd, rest, cx, event);
    true
}

fn body<'a>(nsd: bool, text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    if nsd {
        product(event, "unbound/1", "nsd", "NSD");
    } else {
        product(event, "unbound/1", "unbound", "Unbound");
    }
    let (level, rest) = cut_at(text, ": ").unwrap_or(("", text));
    let rest = match level {
        "info" | "notice" | "warning" | "error" | "debug" | "verbose" | "query" | "reply" => {
            event.set(Path::METADATA_LOG_LEVEL, level);
            event.severity = match level {
                "error" | "warning" | "notice" => error_log::severity(level),
                _ => Severity::Informational,
            };
            rest
        }
        _ => text,
    };
    event.message = Some(rest);
    if !asked(rest, event) {
        generic::read(rest, cx, event, &mut Guess::default());
        if event.has(Path::SRC_ENDPOINT_IP) && event.class == class::BASE {
            event.kind(class::NETWORK, 0);
        }
    }
}

/// `ADDRESS[@PORT] NAME TYPE CLASS[ RCODE SECONDS CACHED BYTES]`.
fn asked<'a>(text: &'a str, event: &mut Event<'a>) -> bool {
    let (peer, rest) = word(text);
    let (host, number) = peer.split_once('@').unwrap_or((peer, ""));
    if ip::parse(host).is_none() {
        return false;
    }
    let (name, rest) = word(rest);
    let (kind, rest) = word(rest);
    let (class_name, rest) = word(rest);
    if !name.ends_with('.') || kind.is_empty() || !matches!(class_name, "IN" | "CH" | "HS" | "ANY")
    {
        return false;
    }
    address(event, End::Src, host);
    port(event, End::Src, number);
    question(event, name, kind, class_name);
    let (code, rest) = word(rest);
    if code.is_empty() {
        settle(event, 1);
        return true;
    }
    rcode(event, code);
    event.status(if code == "NOERROR" { Status::Success } else { Status::Failure });
    event.unmapped("elapsed", word(rest).0);
    settle(event, 2);
    true
}
