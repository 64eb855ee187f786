//! PostgreSQL: the server's log with any prefix, `csvlog`, and pgaudit within either.

use super::{database, product, statement};
use crate::fields::{End, address, address_port, is_nothing, logon, port, user};
use crate::scan::{after, between, cut, digits, find, word};
use crate::words::set_time;
use crate::{Cx, csv, error_log};
use ocsf::{Event, Path, Status, class, ip};

/// How far from the start the severity may stand.
const PREFIX_BYTES_MAX: usize = 300;

/// What `error_severity` may be.
const LEVELS: [&str; 16] = [
    "LOG",
    "FATAL",
    "ERROR",
    "WARNING",
    "NOTICE",
    "INFO",
    "PANIC",
    "DETAIL",
    "HINT",
    "STATEMENT",
    "CONTEXT",
    "DEBUG1",
    "DEBUG2",
    "DEBUG3",
    "DEBUG4",
    "DEBUG5",
];

/// `PREFIX LEVEL:  message`: two blanks after the colon are PostgreSQL's alone.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let near = crate::generic::head(text, PREFIX_BYTES_MAX);
    let mut from = 0;
    while let Some(step) = find(&near[from..], ":  ") {
        let at = from + step;
        let start = text[..at].rfind([' ', ':', ']']).map_or(0, |mark| mark + 1);
        if LEVELS.contains(&&text[start..at]) {
            return Some((&text[..start], &text[start..at], &text[at + 3..]));
        }
        from = at + 3;
    }
    None
}

/// Reads a line of the server's log, whatever `log_line_prefix` is.
pub(super) fn read<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some((prefix, level, message)) = split(text) else { return false };
    if !prefix.contains('[') && event.time.is_none() && prefix.trim().is_empty() {
        return false;
    }
    mark(event, level);
    if event.time.is_none() {
        prefix_time(prefix, cx, event);
    }
    for part in prefix.split([' ', ',']).filter(|part| !part.is_empty()) {
        prefix_part(part, event);
    }
    read_message(message, cx, event);
    true
}

fn mark<'a>(event: &mut Event<'a>, level: &'a str) {
    product(event, "postgresql/1", "postgresql", "PostgreSQL", "PostgreSQL");
    event.set_if_absent(Path::ACTOR_PROCESS_NAME, "postgres");
    event.set(Path::METADATA_LOG_LEVEL, level);
    event.severity = match level {
        "PANIC" => ocsf::Severity::Critical,
        "FATAL" => ocsf::Severity::High,
        other => error_log::severity(other),
    };
}

/// The time stands first, or behind the client's address.
fn prefix_time<'a>(prefix: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    if !set_time(event, cx, prefix) {
        let (first, rest) = word(prefix);
        if !set_time(event, cx, first) {
            set_time(event, cx, rest);
        }
    }
}

/// `[123]`, `user@database`, `10.0.0.1(5000)`, `10.0.0.1`, `%t:%r:%u@%d:[%p]:`.
fn prefix_part<'a>(part: &'a str, event: &mut Event<'a>) {
    if part.len() > 8 && part.contains(":[") {
        // Amazon joins all parts with colons.
        for (at, inner) in part.split(':').enumerate() {
            if at > 0 && !inner.is_empty() {
                prefix_part(inner, event);
            }
        }
        return;
    }
    if let Some(pid) = between(part, "[", "]").filter(|pid| digits(pid).is_some()) {
        event.set(Path::ACTOR_PROCESS_PID, pid);
    }
    let part = part.trim_end_matches(':');
    if let Some((host, number)) = part.strip_suffix(')').and_then(|p| p.split_once('(')) {
        if digits(number).is_some() && address(event, End::Src, host) {
            port(event, End::Src, number);
        }
    } else if ip::parse(part).is_some() {
        address(event, End::Src, part);
    } else if let Some((name, base)) = part.split_once('@') {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-.$".contains(&b) || b >= 0x80;
        if !name.is_empty() && name != "[unknown]" && base.bytes().all(plain) {
            user(event, name);
            database(event, base);
        }
    } else if let Some(name) = part.strip_prefix("user=") {
        user(event, name.trim_end_matches(','));
    } else if let Some(base) = part.strip_prefix("db=") {
        database(event, base.trim_end_matches(','));
    } else if let Some(host) = part.strip_prefix("client=").or(part.strip_prefix("host=")) {
        address(event, End::Src, host);
    }
}

/// Reads a row of `csvlog`.
pub(super) fn read_csv<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some((civil, length)) = crate::time::scan(text) else { return false };
    if !text[length..].starts_with(',') {
        return false;
    }
    let columns = csv::columns(text, cx);
    let column = |at: usize| columns.get(at).copied().unwrap_or("");
    if columns.len() < 22 || !LEVELS.contains(&column(11)) {
        return false;
    }
    crate::time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, &text[..length]);
    mark(event, column(11));
    user(event, column(1));
    database(event, column(2));
    event.set(Path::ACTOR_PROCESS_PID, column(3));
    address_port(event, End::Src, column(4));
    event.set(Path::METADATA_CORRELATION_UID, column(5));
    event.set(Path::STATUS_CODE, column(12));
    event.unmapped("command_tag", column(7));
    event.unmapped("application_name", column(22));
    event.set(Path::STATUS_DETAIL, column(14));
    read_message(column(13), cx, event);
    if !event.has(Path::QUERY_INFO_QUERY_STRING) && !column(19).is_empty() {
        event.set(Path::QUERY_INFO_QUERY_STRING, column(19));
    }
    true
}

/// Reads what a message says, from whichever kind of log it is.
pub(crate) fn read_message<'a>(message: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    event.message = Some(message.lines().next().unwrap_or(message));
    if let Some(rest) = message.strip_prefix("AUDIT: ") {
        return audit(rest, cx, event);
    }
    if connection(message, event) || refused(message, event) {
        return;
    }
    let sql = message.strip_prefix("statement: ").or_else(|| executed(message));
    match sql {
        Some(sql) => {
            statement(sql, event);
            event.status(Status::Success);
        }
        None => settle(event),
    }
}

/// `duration: 0.1 ms  execute name: SQL`, `execute <unnamed>: SQL`, `duration: … statement: SQL`.
fn executed(message: &str) -> Option<&str> {
    let rest = match message.strip_prefix("duration: ") {
        Some(rest) => after(rest, " ms  ")?,
        None => message,
    };
    if let Some(sql) = rest.strip_prefix("statement: ") {
        return Some(sql);
    }
    let (name, sql) = rest
        .strip_prefix("execute ")
        .or(rest.strip_prefix("parse "))
        .or(rest.strip_prefix("bind "))?
        .split_once(": ")?;
    (!name.contains(' ')).then_some(sql)
}

/// A message that only says that something happened in the database.
fn settle(event: &mut Event<'_>) {
    let failed = matches!(event.text(Path::METADATA_LOG_LEVEL), Some("ERROR" | "FATAL" | "PANIC"));
    if failed {
        event.status(Status::Failure);
    }
    if event.has(Path::USER_NAME) || event.has(Path::SRC_ENDPOINT_IP) {
        event.kind(class::DATASTORE, 0);
    } else if failed {
        event.kind(class::APPLICATION_ERROR, 1);
    }
}

/// Connections as `log_connections` and `log_disconnections` write them.
fn connection<'a>(message: &'a str, event: &mut Event<'a>) -> bool {
    let value = |key: &str| {
        let rest = after(message, key)?;
        Some(rest.split([' ', ',']).next().unwrap_or(rest))
    };
    let activity = if message.starts_with("connection received: ") {
        event.kind(class::DATASTORE, 3);
        0
    } else if message.starts_with("connection authorized: ")
        || message.starts_with("replication connection authorized: ")
        || message.starts_with("connection authenticated: ")
    {
        1
    } else if message.starts_with("disconnection: ") {
        2
    } else {
        return false;
    };
    if let Some(host) = value("host=").filter(|host| *host != "[local]") {
        address(event, End::Src, host);
        value("port=").map(|number| port(event, End::Src, number));
    }
    if let Some(name) = value("user=").or_else(|| between(message, "identity=\"", "\"")) {
        user(event, name);
    }
    database(event, value("database=").unwrap_or(""));
    if activity != 0 {
        logon(event, "postgresql", Some(Status::Success));
        event.activity = activity;
    }
    true
}

/// Logons that failed.
fn refused<'a>(message: &'a str, event: &mut Event<'a>) -> bool {
    if let Some(rest) = message
        .strip_prefix("no pg_hba.conf entry for ")
        .or(message.strip_prefix("pg_hba.conf rejects connection for "))
    {
        if let Some(host) = between(rest, "host \"", "\"") {
            address(event, End::Src, host);
        }
        if let Some(name) = between(rest, "user \"", "\"") {
            user(event, name);
        }
        database(event, between(rest, "database \"", "\"").unwrap_or(""));
    } else if let Some((_, rest)) = message.split_once("authentication failed for user \"") {
        user(event, rest.rsplit_once('"').map_or(rest, |(name, _)| name));
    } else if let Some(name) = message
        .strip_prefix("role \"")
        .and_then(|rest| rest.strip_suffix("\" does not exist"))
        .or_else(|| message.strip_prefix("role \"")?.strip_suffix("\" is not permitted to log in"))
    {
        user(event, name);
    } else {
        return false;
    }
    logon(event, "postgresql", Some(Status::Failure));
    event.set(Path::STATUS_DETAIL, message.lines().next().unwrap_or(message));
    true
}

/// pgaudit: `SESSION,1,1,READ,SELECT,TABLE,public.t,"select …",<not logged>`.
fn audit<'a>(rest: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    let columns = csv::columns(rest, cx);
    let column = |at: usize| columns.get(at).copied().unwrap_or("");
    statement(column(7), event);
    event.set(Path::METADATA_EVENT_CODE, column(4));
    event.set(Path::METADATA_LOG_NAME, "pgaudit");
    for (at, name) in [
        (0, "audit_type"),
        (1, "statement_id"),
        (3, "class"),
        (5, "object_type"),
        (6, "object_name"),
    ] {
        if !is_nothing(column(at)) {
            event.unmapped(name, column(at));
        }
    }
    if let Some((_, name)) = cut(column(6), b'.') {
        event.set(Path::DATABUCKET_NAME, name);
    }
    event.status(Status::Success);
}
