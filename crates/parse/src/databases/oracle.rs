//! Oracle's audit trail over syslog: the unified one and the traditional one.

use super::{database, product, statement};
use crate::Cx;
use crate::fields::{End, actor, address, is_nothing, logon, user};
use crate::scan::{after, between, cut, digits, quoted};
use ocsf::{Event, Path, Status, class};

/// Fields of one record that are looked at.
const FIELDS_MAX: usize = 80;

/// Reads `Oracle Unified Audit[1]: LENGTH: '…' TYPE:"4" DBUSER:"SYS" …` or
/// `Oracle Audit[1]: LENGTH : '160' ACTION :[7] 'CONNECT' DATABASE USER:[1] '/' …`.
pub(super) fn read<'a>(text: &'a str, _cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some(at) = crate::scan::find(crate::generic::head(text, 200), "LENGTH") else {
        return false;
    };
    if let Some(pid) = between(&text[..at], "[", "]").and_then(digits) {
        event.set(Path::ACTOR_PROCESS_PID, pid);
    }
    let mut rest = after(&text[at..], "'").and_then(|r| after(r, "'")).unwrap_or(&text[at + 6..]);
    let mut count = 0;
    let mut status = None;
    let mut action = "";
    let mut sql = "";
    while let Some((key, value, behind)) = pair(rest) {
        rest = behind;
        count += 1;
        if count > FIELDS_MAX {
            break;
        }
        event.unmapped(key, value);
        match key {
            "DBUSER" | "DATABASE USER" | "USERID" | "DB_USER" if !is_nothing(value) => {
                user(event, value);
            }
            "CLIENT USER" | "OS_USER" | "OSUSER" | "OS$USERID" => actor(event, value),
            "USERHOST" | "CLIENT HOST" | "HOST" => {
                address(event, End::Src, value);
            }
            "CLIENT ADDRESS" => {
                let host = between(value, "HOST=", ")").unwrap_or(value);
                address(event, End::Src, host);
            }
            "CLIENT TERMINAL" | "TERMINAL" => event.set(Path::ACTOR_SESSION_TERMINAL, value),
            "DBID" | "DB_UNIQUE_NAME" | "PDB_NAME" => database(event, value),
            "SESID" | "SESSIONID" => event.set(Path::METADATA_CORRELATION_UID, value),
            "SCHEMA" | "OBJ_SCHEMA" => event.unmapped("schema", value),
            "OBJECT" | "OBJ$NAME" => event.set(Path::DATABUCKET_NAME, value),
            "SQL_TEXT" | "SQLTEXT" => sql = value,
            "ACTION" | "ACTION NUMBER" if action.is_empty() => action = value,
            "RETCODE" | "RETURNCODE" | "STATUS" => status = Some(value),
            _ => {}
        }
    }
    if count < 3 {
        return false;
    }
    settle(action, sql, status, event);
    true
}

/// Actions by number (`AUDIT_ACTIONS`): 100 logs on, 101 and 102 off.
fn settle<'a>(action: &'a str, sql: &'a str, status: Option<&'a str>, event: &mut Event<'a>) {
    product(event, "oracle/1", "oracle", "Oracle", "Database");
    event.set(Path::METADATA_EVENT_CODE, action);
    let failed = status.is_some_and(|code| code != "0");
    match action {
        "100" | "CONNECT" | "LOGON" => logon(event, "oracle", None),
        "101" | "102" | "DISCONNECT" | "LOGOFF" => {
            logon(event, "oracle", None);
            event.activity = 2;
        }
        _ if !sql.is_empty() => statement(sql, event),
        // The traditional trail's action may be the statement itself.
        _ if action.contains(' ') => statement(action, event),
        _ => {
            event.kind(class::DATASTORE, 99);
            event.activity_name = Some(if action.is_empty() { "audit" } else { action });
        }
    }
    event.set(Path::STATUS_CODE, status.unwrap_or(""));
    event.status(if failed { Status::Failure } else { Status::Success });
}

/// `KEY:"value"`, `KEY :[7] 'value'`.
fn pair(text: &str) -> Option<(&str, &str, &str)> {
    let (key, rest) = cut(text, b':')?;
    let key = key.trim();
    let rest = rest.trim_start();
    if let Some((length, behind)) = rest.strip_prefix('[').and_then(|rest| cut(rest, b']')) {
        // The length says where the value ends, whatever it holds.
        let length = usize::try_from(digits(length)?).ok()?;
        let inner = behind.trim_start().strip_prefix('\'')?;
        let value = inner.get(..length)?;
        return Some((key, value, inner[length..].trim_start_matches('\'')));
    }
    let (value, behind) = quoted(rest)?;
    Some((key, value, behind))
}
