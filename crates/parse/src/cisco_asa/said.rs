//! What a message says besides who and where: amounts, and how it ended.

use crate::scan::{after, digits, has, word};
use crate::words::set_action;
use ocsf::{Event, Path, Status};

/// Bytes, duration, the connection's number and direction.
pub(super) fn amounts<'a>(text: &'a str, event: &mut Event<'a>) {
    if let Some(number) =
        after(text, " bytes ").and_then(|r| digits(word(r).0.trim_end_matches(',')))
    {
        event.set(Path::TRAFFIC_BYTES, number);
    }
    if let Some(id) =
        after(text, "connection ").map(|r| word(r).0).filter(|id| digits(id).is_some())
    {
        event.set(Path::CONNECTION_INFO_UID, id);
    }
    if let Some(text) = after(text, " duration ").map(|r| word(r).0) {
        let mut parts = text.split(':').map(digits);
        if let (Some(Some(h)), Some(Some(m)), Some(Some(s))) =
            (parts.next(), parts.next(), parts.next())
        {
            event.set(Path::DURATION, (h.saturating_mul(3600) + m * 60 + s).saturating_mul(1000));
        }
    }
    if text.starts_with("Built ") || text.starts_with("Teardown ") {
        let inward = has(text, "inbound");
        if inward || has(text, "outbound") {
            event.set(Path::CONNECTION_INFO_DIRECTION_ID, if inward { 1 } else { 2 });
            event.set(Path::CONNECTION_INFO_DIRECTION, if inward { "Inbound" } else { "Outbound" });
        }
    }
}

/// What was done, and whether it worked.
pub(super) fn outcome<'a>(text: &'a str, event: &mut Event<'a>) {
    for done in ["created", "deleted"] {
        let tail = text.strip_suffix('.').unwrap_or(text).strip_suffix(done);
        if tail.is_some_and(|before| before.ends_with("has been ")) {
            return set_action(event, done);
        }
    }
    let first = word(text).0;
    if matches!(first, "Deny" | "Denied" | "Dropping" | "Discard") || has(text, " denied ") {
        set_action(event, if first == "Denied" || first == "Deny" { "Deny" } else { "denied" });
        event.status(Status::Failure);
    } else if has(text, " permitted ") || first == "Built" {
        set_action(event, "permitted");
        event.status(Status::Success);
    } else if has(text, "ejected") || has(text, "ailed") {
        event.status(Status::Failure);
    } else if has(text, "uccess") {
        event.status(Status::Success);
    }
}
