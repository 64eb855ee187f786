//! Redis: `123:M 01 Mar 2026 10:00:00.123 * text`, and the older forms without year or role.

use super::product;
use crate::fields::{End, address_port};
use crate::scan::{after, between, cut, digits, word};
use crate::{Cx, time};
use ocsf::{Event, Path, Severity, class};

/// Reads a line.
pub(super) fn read<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let (pid, rest) = match text.strip_prefix('[').and_then(|rest| cut(rest, b']')) {
        Some((pid, rest)) => (pid, rest.trim_start()),
        None => match cut(text, b':') {
            Some((pid, rest)) if digits(pid).is_some() && role(rest).is_some() => {
                (pid, word(rest).1)
            }
            _ => ("", text),
        },
    };
    let Some((civil, length)) = time::scan(rest) else { return false };
    let Some((level, message)) = level(rest[length..].trim_start()) else { return false };
    if !pid.is_empty() && digits(pid).is_none() {
        return false;
    }
    time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, &rest[..length]);
    product(event, "redis/1", "redis", "Redis", "Redis");
    event.set_if_absent(Path::ACTOR_PROCESS_NAME, "redis-server");
    event.set(Path::ACTOR_PROCESS_PID, pid);
    event.severity = level;
    event.message = Some(message);
    let peer = between(message, "Accepted ", "\n")
        .or(message.strip_prefix("Accepted "))
        .or(between(message, "connection from ", " "))
        .or(after(message, "addr="));
    if let Some(peer) = peer {
        let known = address_port(event, End::Src, word(peer).0.trim_end_matches(['.', ',']));
        if known {
            event.kind(class::DATASTORE, 3);
        }
    }
    true
}

/// `M 01 …`: master, replica, sentinel, child.
fn role(rest: &str) -> Option<()> {
    let (role, behind) = word(rest);
    (matches!(role, "M" | "S" | "X" | "C" | "signal-handler") && !behind.is_empty()).then_some(())
}

/// `.` debug, `-` verbose, `*` notice, `#` warning.
fn level(rest: &str) -> Option<(Severity, &str)> {
    let (mark, message) = word(rest);
    let severity = match mark {
        "." | "-" | "*" => Severity::Informational,
        "#" => Severity::Medium,
        _ => return None,
    };
    Some((severity, message))
}
