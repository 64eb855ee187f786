//! Database servers: PostgreSQL, MySQL and MariaDB, SQL Server, Oracle, MongoDB, Redis.

mod mongo;
mod mssql;
mod mysql;
mod oracle;
mod postgres;
mod redis;

pub(crate) use postgres::read_message as postgres_message;

use crate::Cx;
use crate::fields::source;
use crate::scan::word;
use ocsf::{Event, Path, class};

/// Reads the body of a database's syslog message.
pub(crate) fn by_program<'a>(
    name: &str,
    body: &'a str,
    cx: &Cx<'a>,
    event: &mut Event<'a>,
) -> bool {
    match name {
        "postgres" | "postgresql" => postgres::read(body, cx, event),
        "mysqld" | "mysql" | "mariadbd" | "mysqld_safe" | "mariadb" => {
            mysql::read(body, cx, event) || mysql::read_message(body, event)
        }
        "mysql-server_auditing" => mysql::read_audit(body, cx, event),
        "mongod" | "mongos" => mongo::read(body, cx, event),
        "redis" | "redis-server" | "redis-sentinel" => redis::read(body, cx, event),
        "Oracle" => oracle::read(body, cx, event),
        _ => false,
    }
}

/// Reads a line of a database's own file, told by its look.
pub(crate) fn by_look<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let digits = text.as_bytes().first().is_some_and(u8::is_ascii_digit);
    if text.starts_with("# ") {
        return mysql::read_slow(text, cx, event);
    }
    if text.starts_with("Oracle ") || text.starts_with("LENGTH") {
        return oracle::read(text, cx, event);
    }
    if text.starts_with("<AUDIT_RECORD") {
        return mysql::read_xml(text, cx, event);
    }
    if text.starts_with('[') {
        return redis::read(text, cx, event);
    }
    digits
        && (postgres::read_csv(text, cx, event)
            || postgres::read(text, cx, event)
            || mysql::read(text, cx, event)
            || mysql::read_audit(text, cx, event)
            || mssql::read(text, cx, event)
            || mongo::read(text, cx, event)
            || redis::read(text, cx, event))
}

/// What a statement does: its first word gives Datastore Activity's activity.
pub(crate) fn statement<'a>(text: &'a str, event: &mut Event<'a>) {
    let text = text.trim();
    let verb = word(text).0.trim_end_matches(';');
    let is = |verbs: &[&str]| verbs.iter().any(|v| verb.eq_ignore_ascii_case(v));
    let activity = if is(&["select", "show", "describe", "explain", "with", "fetch", "table"]) {
        4
    } else if is(&["insert", "copy", "load", "replace"]) {
        5
    } else if is(&["update", "alter", "grant", "revoke", "set", "merge", "truncate", "rename"]) {
        2
    } else if is(&["create"]) {
        6
    } else if is(&["delete", "drop"]) {
        7
    } else {
        99
    };
    event.kind(class::DATASTORE, activity);
    if activity == 99 {
        event.activity_name = Some(if verb.is_empty() { "Statement" } else { verb });
    }
    event.set(Path::QUERY_INFO_QUERY_STRING, text);
    event.set(Path::DATABASE_TYPE_ID, 1);
}

/// Marks the database.
fn database<'a>(event: &mut Event<'a>, name: &'a str) {
    if !matches!(name, "" | "[unknown]" | "NULL") {
        event.set(Path::DATABASE_NAME, name);
    }
}

/// Sets parser, source and product.
fn product(
    event: &mut Event<'_>,
    parser: &'static str,
    name: &'static str,
    vendor: &'static str,
    title: &'static str,
) {
    source(event, parser, name);
    event.product(vendor, title);
}
