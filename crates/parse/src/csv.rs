//! Palo Alto's comma-separated logs, by their documented columns.

use crate::Cx;
use crate::fields::{End, actor, address, logon, port, source, user};
use crate::scan::{after, between, has};
use crate::words::{set_action, set_protocol, set_time};
use ocsf::{Event, Path, Severity, Status, class};

/// Columns that are looked at; the widest log has some 120.
const COLUMNS_MAX: usize = 160;

/// Splits at commas outside of quotes; quotes around a column are taken off, doubled ones within
/// are made one.
pub(crate) fn columns<'a>(text: &'a str, cx: &Cx<'a>) -> bumpalo::collections::Vec<'a, &'a str> {
    let mut columns = bumpalo::collections::Vec::with_capacity_in(64, cx.arena);
    let bytes = text.as_bytes();
    let (mut start, mut quoted) = (0, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                columns.push(bare(&text[start..at], cx));
                start = at + 1;
                if columns.len() >= COLUMNS_MAX {
                    return columns;
                }
            }
            _ => {}
        }
    }
    columns.push(bare(&text[start..], cx));
    columns
}

fn bare<'a>(text: &'a str, cx: &Cx<'a>) -> &'a str {
    let inner = text.strip_prefix('"').map(|t| t.strip_suffix('"').unwrap_or(t)).unwrap_or(text);
    match inner.contains("\"\"") {
        true => cx.arena.alloc_str(&inner.replace("\"\"", "\"")),
        false => inner,
    }
}

/// Reads a body that begins `1,2026/03/01 10:00:00,SERIAL,TYPE,SUBTYPE,…`.
pub(crate) fn read_panw<'a>(body: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let near = crate::generic::head(body, 120);
    let kind = near.split(',').nth(3).unwrap_or("");
    let known = matches!(
        kind,
        "TRAFFIC"
            | "THREAT"
            | "SYSTEM"
            | "CONFIG"
            | "GLOBALPROTECT"
            | "USERID"
            | "HIPMATCH"
            | "DECRYPTION"
            | "AUTHENTICATION"
            | "CORRELATION"
            | "SCTP"
            | "TUNNEL"
    );
    if !known {
        return false;
    }
    let columns = columns(body, cx);
    let column = |at: usize| columns.get(at).copied().unwrap_or("");
    source(event, "panw/1", if kind == "GLOBALPROTECT" { "panw-globalprotect" } else { "panw" });
    event.product("Palo Alto Networks", "PAN-OS");
    event.set(Path::METADATA_LOG_NAME, kind);
    event.set(Path::METADATA_EVENT_CODE, column(4));
    event.unmapped("serial_number", column(2));
    // The columns' times have no zone: a header's time that has one is surer.
    let sure = event.time.is_some() && !event.labels().contains(&"time:zone_assumed");
    if !sure && !set_time(event, cx, column(6)) {
        set_time(event, cx, column(1));
    }
    match kind {
        "TRAFFIC" | "THREAT" | "DECRYPTION" | "TUNNEL" | "SCTP" => {
            connection(&columns, kind, event)
        }
        "SYSTEM" => {
            event.message = Some(column(14));
            event.severity = crate::error_log::severity(column(13));
            event.set(Path::METADATA_EVENT_CODE, column(8));
            authentication(column(8), column(14), event);
        }
        "CONFIG" => {
            address(event, End::Src, column(7));
            actor(event, column(10));
            event.message = Some(column(9));
        }
        "GLOBALPROTECT" => {
            user(event, column(12));
            address(event, End::Src, column(15));
            event.message = Some(column(8));
            event.set_if_absent(Path::USER_NAME, "(unknown)");
            event.kind(class::AUTHENTICATION, 1);
            event.set(Path::SERVICE_NAME, "GlobalProtect");
            if has(column(8), "logout") {
                event.activity = 2;
            }
            match column(28) {
                "success" => event.status(Status::Success),
                "failure" => event.status(Status::Failure),
                _ => {}
            }
            event.set(Path::STATUS_DETAIL, column(25));
        }
        _ => {
            address(event, End::Src, column(8));
            event.kind(class::NETWORK, 0);
        }
    }
    true
}

/// `auth-fail`, `failed authentication for user 'x'. Reason: …. From: A.`, and what is said of an
/// administrator: `User x logged in via Web from A using https`.
fn authentication<'a>(name: &str, text: &'a str, event: &mut Event<'a>) {
    let (quoted, plain) = (between(text, "user '", "'"), between(text, "User ", " logged "));
    let Some(who) = quoted.or(plain).filter(|_| name.starts_with("auth") || plain.is_some()) else {
        return;
    };
    user(event, who);
    let host = after(text, "From: ").or_else(|| after(text, " from "));
    if let Some(host) = host {
        address(event, End::Src, host.split([' ', ',']).next().unwrap_or("").trim_end_matches('.'));
    }
    event.set(
        Path::STATUS_DETAIL,
        between(text, "Reason: ", " From: ").unwrap_or("").trim_end_matches('.'),
    );
    let failed = has(name, "fail") || has(text, "failed ");
    logon(event, "PAN-OS", Some(if failed { Status::Failure } else { Status::Success }));
    if has(text, " logged out ") {
        event.activity = 2;
    }
}

fn connection<'a>(columns: &[&'a str], kind: &str, event: &mut Event<'a>) {
    let column = |at: usize| columns.get(at).copied().unwrap_or("");
    address(event, End::Src, column(7));
    address(event, End::Dst, column(8));
    port(event, End::Src, column(24));
    port(event, End::Dst, column(25));
    for (at, path) in [
        (9, Path::SRC_ENDPOINT_PROXY_ENDPOINT_IP),
        (10, Path::DST_ENDPOINT_PROXY_ENDPOINT_IP),
        (11, Path::FIREWALL_RULE_NAME),
        (14, Path::APP_NAME),
        (16, Path::SRC_ENDPOINT_ZONE),
        (17, Path::DST_ENDPOINT_ZONE),
        (18, Path::SRC_ENDPOINT_INTERFACE_NAME),
        (19, Path::DST_ENDPOINT_INTERFACE_NAME),
        (22, Path::CONNECTION_INFO_UID),
    ] {
        let text = column(at);
        if !matches!(text, "" | "0.0.0.0" | "0") {
            event.set(path, text);
        }
    }
    actor(event, column(12));
    set_protocol(event, column(29));
    set_action(event, column(30));
    event.kind(class::NETWORK, 6);
    if kind == "TRAFFIC" {
        event.set(Path::TRAFFIC_BYTES, column(31));
        event.set(Path::TRAFFIC_BYTES_OUT, column(32));
        event.set(Path::TRAFFIC_BYTES_IN, column(33));
        event.set(Path::TRAFFIC_PACKETS, column(34));
        return;
    }
    if kind == "THREAT" {
        event.unmapped("misc", column(31));
        event.set(Path::FIREWALL_RULE_UID, column(32));
        event.unmapped("category", column(33));
        event.set(Path::IS_ALERT, true);
        event.severity = match column(34) {
            "critical" => Severity::Critical,
            "high" => Severity::High,
            "medium" => Severity::Medium,
            "low" => Severity::Low,
            _ => Severity::Informational,
        };
    }
}
