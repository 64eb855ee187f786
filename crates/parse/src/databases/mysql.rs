//! MySQL and MariaDB: error log, general log, slow log, and the audit plug-ins' files.

use super::{database, product, statement};
use crate::fields::{End, address, is_nothing, logon, user};
use crate::scan::{after, between, cut, digits, find, word};
use crate::{Cx, csv, error_log, time};
use ocsf::{Event, Path, Status, class};

fn mark(event: &mut Event<'_>) {
    product(event, "mysql/1", "mysql", "Oracle", "MySQL");
    event.set_if_absent(Path::ACTOR_PROCESS_NAME, "mysqld");
}

/// `TIME [THREAD ][LEVEL] [CODE] [SUBSYSTEM] text` and `TIME THREAD COMMAND argument`.
pub(super) fn read<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some((civil, length)) = time::scan(text) else { return false };
    let rest = text[length..].trim_start();
    let (thread, behind) = word(rest);
    let known = if let Some(message) = rest.strip_prefix("mysqld_safe ") {
        event.message = Some(message);
        true
    } else if rest.starts_with('[') {
        levelled(rest, false, event)
    } else if digits(thread).is_some() {
        levelled(behind, true, event) || command(behind, event)
    } else {
        false
    };
    if known {
        // A relay's time is later than the server's own.
        time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, &text[..length]);
        if digits(thread).is_some() {
            event.unmapped("thread", thread);
        }
        mark(event);
    }
    known
}

/// `[Note] [MY-010926] [Server] text`.
fn levelled<'a>(rest: &'a str, has_thread: bool, event: &mut Event<'a>) -> bool {
    let Some((level, mut rest)) = rest.strip_prefix('[').and_then(|r| cut(r, b']')) else {
        return false;
    };
    let known = matches!(level, "Note" | "Warning" | "ERROR" | "System" | "Error" | "Entry");
    // Without a thread many other logs begin so.
    if !known || (!has_thread && !rest.starts_with(' ')) {
        return false;
    }
    event.set(Path::METADATA_LOG_LEVEL, level);
    event.severity = error_log::severity(level);
    rest = rest.trim_start();
    if let Some((code, behind)) =
        rest.strip_prefix("[MY-").and_then(|r| cut(r, b']')).filter(|(c, _)| digits(c).is_some())
    {
        event.set(Path::METADATA_EVENT_CODE, &rest[1..code.len() + 4]);
        rest = behind.trim_start();
        if let Some((subsystem, behind)) = rest.strip_prefix('[').and_then(|r| cut(r, b']')) {
            event.set(Path::METADATA_PRODUCT_FEATURE_NAME, subsystem);
            rest = behind.trim_start();
        }
    }
    read_message(rest, event)
}

/// A message of the server, wherever it stands.
pub(super) fn read_message<'a>(message: &'a str, event: &mut Event<'a>) -> bool {
    mark(event);
    event.message = Some(message.lines().next().unwrap_or(message));
    denied(message, event);
    true
}

/// `Access denied for user 'name'@'host' (using password: YES)`.
fn denied<'a>(message: &'a str, event: &mut Event<'a>) -> bool {
    let Some(rest) = after(message, "Access denied for user '") else { return false };
    let Some(at) = find(rest, "'@'") else { return false };
    let host = &rest[at + 3..];
    user(event, &rest[..at]);
    address(event, End::Src, host.split('\'').next().unwrap_or(host));
    logon(event, "mysql", Some(Status::Failure));
    database(event, between(message, "to database '", "'").unwrap_or(""));
    true
}

/// The general log: `Connect root@localhost on db using TCP/IP`, `Query SELECT 1`, `Quit`.
fn command<'a>(rest: &'a str, event: &mut Event<'a>) -> bool {
    const COMMANDS: [&str; 13] = [
        "Connect",
        "Query",
        "Quit",
        "Init DB",
        "Field List",
        "Prepare",
        "Execute",
        "Close stmt",
        "Ping",
        "Statistics",
        "Change user",
        "Shutdown",
        "Reset stmt",
    ];
    let Some(command) = COMMANDS.iter().find(|c| {
        rest.strip_prefix(**c).is_some_and(|r| r.is_empty() || r.starts_with([' ', '\t']))
    }) else {
        return false;
    };
    let argument = rest[command.len()..].trim();
    event.message = Some(if argument.is_empty() { rest } else { argument });
    event.set(Path::METADATA_EVENT_CODE, *command);
    match *command {
        "Connect" if denied(argument, event) => {}
        "Connect" => {
            let account = word(argument).0;
            let (name, host) = account.rsplit_once('@').unwrap_or((account, ""));
            user(event, name);
            address(event, End::Src, host);
            database(event, between(argument, " on ", " using").unwrap_or(""));
            logon(event, "mysql", Some(Status::Success));
        }
        "Query" | "Prepare" | "Execute" => statement(argument, event),
        "Quit" => {
            event.kind(class::DATASTORE, 99);
            event.activity_name = Some("Quit");
        }
        other => {
            event.kind(class::DATASTORE, 99);
            event.activity_name = Some(other);
        }
    }
    true
}

/// The slow log's entry: comment lines, then the statement.
pub(super) fn read_slow<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some(who) = after(text, "# User@Host: ") else { return false };
    mark(event);
    event.set(Path::METADATA_LOG_NAME, "slow");
    let line = who.lines().next().unwrap_or(who);
    let (name, rest) = line.split_once('[').unwrap_or((line, ""));
    user(event, name);
    if let Some((host, rest)) = after(rest, " @ ").and_then(|rest| rest.split_once('[')) {
        let inner = rest.split(']').next().unwrap_or("");
        address(event, End::Src, if inner.is_empty() { host.trim() } else { inner });
    }
    let mut sql = "";
    for line in text.lines() {
        if let Some(stamp) = line.strip_prefix("# Time: ") {
            crate::words::set_time(event, cx, stamp.trim());
        } else if let Some(rest) = line.strip_prefix("# Query_time: ") {
            event.unmapped("Query_time", word(rest).0);
            for key in ["Lock_time", "Rows_sent", "Rows_examined"] {
                if let Some(value) = after(rest, key) {
                    event.unmapped(key, word(value.trim_start_matches([':', ' '])).0);
                }
            }
        } else if let Some(base) = line.strip_prefix("use ") {
            database(event, base.trim_end_matches(';'));
        } else if let Some(seconds) = line.strip_prefix("SET timestamp=") {
            if event.time.is_none() {
                crate::words::set_time(event, cx, seconds.trim_end_matches(';'));
            }
        } else if !line.starts_with('#') && !line.trim().is_empty() && sql.is_empty() {
            let at = line.as_ptr() as usize - text.as_ptr() as usize;
            sql = text[at..].trim();
        }
    }
    statement(sql, event);
    event.message = Some(sql.lines().next().unwrap_or(line));
    true
}

/// MariaDB's `server_audit`: `20260301 10:00:00,server,user,host,connection,query,OPERATION,db,object,code`.
pub(super) fn read_audit<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let stamped = time::scan(text);
    let rest = match stamped {
        Some((_, length)) => match text[length..].strip_prefix(',') {
            Some(rest) => rest,
            None => return false,
        },
        None => text.trim_start(),
    };
    let operation = rest.split(',').nth(5).unwrap_or("");
    let known = matches!(
        operation,
        "CONNECT"
            | "DISCONNECT"
            | "FAILED_CONNECT"
            | "QUERY"
            | "READ"
            | "WRITE"
            | "CREATE"
            | "ALTER"
            | "RENAME"
            | "DROP"
    );
    if !known {
        return false;
    }
    if let Some((civil, length)) = stamped {
        time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, &text[..length]);
    }
    mark(event);
    let columns = csv::columns(rest, cx);
    let column = |at: usize| columns.get(at).copied().unwrap_or("");
    crate::fields::device(event, column(0));
    user(event, column(1));
    address(event, End::Src, column(2));
    event.set(Path::METADATA_EVENT_CODE, operation);
    event.set(Path::METADATA_LOG_NAME, "audit");
    database(event, column(6));
    let object = column(7).trim_matches('\'');
    let code = columns.last().copied().unwrap_or("");
    event.set(Path::STATUS_CODE, code);
    let status = if code == "0" { Status::Success } else { Status::Failure };
    match operation {
        "CONNECT" | "FAILED_CONNECT" => logon(event, "mysql", Some(status)),
        "DISCONNECT" => {
            logon(event, "mysql", Some(status));
            event.activity = 2;
        }
        "QUERY" => statement(object, event),
        _ => {
            let activity = match operation {
                "READ" => 1,
                "WRITE" => 5,
                "CREATE" => 6,
                "DROP" => 7,
                _ => 2,
            };
            event.kind(class::DATASTORE, activity);
            event.set(Path::DATABUCKET_NAME, object);
        }
    }
    event.status(status);
    event.message = Some(rest);
    true
}

/// The audit plug-in's XML: `<AUDIT_RECORD><NAME>Connect</NAME>…`, or the same as attributes.
pub(super) fn read_xml<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let value = |name: &str| {
        let mut open = bumpalo::collections::String::new_in(cx.arena);
        open.push('<');
        open.push_str(name);
        open.push('>');
        let element = after(text, open.as_str()).map(|r| r.split('<').next().unwrap_or(r));
        open.clear();
        open.push_str(name);
        open.push_str("=\"");
        let found = element.or_else(|| between(text, open.as_str(), "\""));
        found.map(str::trim).filter(|v| !is_nothing(v))
    };
    mark(event);
    event.set(Path::METADATA_LOG_NAME, "audit");
    crate::words::set_time(event, cx, value("TIMESTAMP").unwrap_or(""));
    let name = value("NAME").unwrap_or("");
    event.set(Path::METADATA_EVENT_CODE, name);
    let account = value("USER").unwrap_or("");
    user(event, account.split('[').next().unwrap_or(account));
    if !value("IP").is_some_and(|ip| address(event, End::Src, ip)) {
        address(event, End::Src, value("HOST").unwrap_or(""));
    }
    database(event, value("DB").unwrap_or(""));
    let failed = value("STATUS").is_some_and(|code| code != "0");
    match (name, value("SQLTEXT")) {
        ("Connect" | "Quit", _) => {
            logon(event, "mysql", None);
            event.activity = if name == "Quit" { 2 } else { 1 };
        }
        (_, Some(sql)) => statement(sql, event),
        _ => event.kind(class::DATASTORE, 0),
    }
    event.status(if failed { Status::Failure } else { Status::Success });
    event.message = Some(name);
    true
}
