//! MongoDB before 4.4: `2026-03-01T10:00:00.123+0000 I  ACCESS   [conn1] text`.

use super::{database, product};
use crate::fields::{End, address_port, logon, user};
use crate::scan::{after, cut, word};
use crate::{Cx, error_log, time};
use ocsf::{Event, Path, Severity, Status, class};

/// Reads a line.
pub(super) fn read<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some((civil, length)) = time::scan(text) else { return false };
    let (level, rest) = word(text[length..].trim_start());
    let (component, rest) = word(rest);
    let Some((context, message)) = rest.strip_prefix('[').and_then(|rest| cut(rest, b']')) else {
        return false;
    };
    let named = component == "-" || component.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    if !matches!(level, "F" | "E" | "W" | "I" | "D" | "D1" | "D2")
        || !named
        || component.len() < 3 && component != "-"
    {
        return false;
    }
    time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, &text[..length]);
    product(event, "mongodb/1", "mongodb", "MongoDB", "MongoDB");
    event.set(Path::METADATA_LOG_LEVEL, level);
    event.severity = if level == "F" { Severity::Fatal } else { error_log::severity(level) };
    event.set(Path::METADATA_LOG_NAME, component);
    event.unmapped("context", context);
    let message = message.trim_start();
    event.message = Some(message);
    if let Some(rest) =
        after(message, "from client ").or(after(message, "connection accepted from "))
    {
        address_port(event, End::Src, word(rest).0.trim_end_matches([';', ',']));
        event.kind(class::DATASTORE, 3);
    }
    let worked = message.strip_prefix("Successfully authenticated as principal ");
    let failed = after(message, "authentication failed for ");
    if let Some(rest) = worked.or(failed) {
        let (name, rest) = word(rest);
        user(event, name);
        database(event, rest.strip_prefix("on ").map_or("", |rest| word(rest).0));
        let status = if worked.is_some() { Status::Success } else { Status::Failure };
        logon(event, "mongod", Some(status));
    }
    true
}
