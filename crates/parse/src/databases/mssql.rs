//! SQL Server's ERRORLOG: `2026-03-01 10:00:00.12 Logon       Login failed for user 'x'. …`.

use super::product;
use crate::fields::{End, address, is_nothing, logon, user};
use crate::scan::{between, cut, cut_at, digits, word};
use crate::{Cx, time};
use ocsf::{Event, Path, Status, class};

/// Reads a line of the file.
pub(super) fn read<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some((civil, length)) = time::scan(text) else { return false };
    let rest = text[length..].strip_prefix(' ').unwrap_or("");
    let (origin, message) = word(rest);
    // The origin is padded to twelve.
    let padded = rest.len() > 12 && rest.as_bytes()[11] == b' ';
    let session = origin.strip_prefix("spid").map(|id| id.trim_end_matches('s'));
    let known = matches!(origin, "Logon" | "Server" | "Backup" | "Error" | "Recovery")
        || session.is_some_and(|id| digits(id).is_some());
    if !known || !padded {
        return false;
    }
    time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, &text[..length]);
    read_message(message, event);
    event.unmapped("origin", origin);
    true
}

/// Reads a message, which Windows' event log has too (event 18456).
pub(super) fn read_message<'a>(message: &'a str, event: &mut Event<'a>) {
    product(event, "mssql/1", "mssql", "Microsoft", "SQL Server");
    event.message = Some(message);
    let client = between(message, "[CLIENT: ", "]").unwrap_or("");
    if !is_nothing(client) && client != "<local machine>" {
        address(event, End::Src, client);
    }
    if let Some((civil, rest)) = message.strip_prefix("Error: ").and_then(|r| cut(r, b',')) {
        event.set(Path::METADATA_EVENT_CODE, civil);
        event.kind(class::APPLICATION_ERROR, 1);
        if let Some(level) = between(rest, "Severity: ", ",").and_then(digits) {
            event.severity =
                if level >= 17 { ocsf::Severity::High } else { ocsf::Severity::Medium };
        }
        return;
    }
    let failed = message.starts_with("Login failed");
    if failed || message.starts_with("Login succeeded") {
        if let Some((_, rest)) = cut_at(message, " for user '") {
            // The name may hold quotes: what the server writes behind it is known.
            let end = ["'. Reason:", "'. Connection", "'. [CLIENT", "'.", "'"]
                .iter()
                .find_map(|mark| rest.rfind(mark));
            user(event, &rest[..end.unwrap_or(rest.len())]);
        }
        event.set(Path::STATUS_DETAIL, between(message, "Reason: ", " [CLIENT").unwrap_or(""));
        logon(event, "mssql", Some(if failed { Status::Failure } else { Status::Success }));
    } else if event.has(Path::SRC_ENDPOINT_IP) {
        event.kind(class::DATASTORE, 3);
    }
}
