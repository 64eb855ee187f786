//! What hosts say of themselves in JSON: Docker's events, Laurel's audit records, PostgreSQL's
//! and MySQL's logs.

use super::{Vendor, operation};
use crate::json::{View, text_of};
use crate::{Cx, time};
use ocsf::{Event, Path, Status, class};

pub(super) const VENDORS: &[Vendor] = &[DOCKER, LAUREL, POSTGRES, MYSQL_AUDIT, PERCONA_AUDIT];

/// `docker events --format json`, alone or in an agent's envelope.
const DOCKER: Vendor = Vendor {
    source: "docker",
    parser: "docker/1",
    product: ("Docker", "Docker Engine"),
    class: class::API,
    keep_all: true,
    detect: |root| {
        let body = root.get("docker").filter(|d| d.is_object()).unwrap_or(root);
        (body.get("Type").is_some() && body.get("Action").is_some() && body.get("Actor").is_some())
            .then_some(body)
    },
    finish: |body, cx, event| {
        if let Some(nanos) = body.get("timeNano").and_then(|v| text_of(v, cx)) {
            crate::words::set_time(event, cx, nanos);
        }
        let (kind, action) = (
            body.get("Type").and_then(View::str).unwrap_or("container"),
            body.get("Action").and_then(View::str).unwrap_or("unknown"),
        );
        event.message = Some(cx.write(format_args!("{kind} {action}")));
        event.set(Path::METADATA_EVENT_CODE, action);
        operation(event, cx.write(format_args!("{kind}.{action}")));
        event.status(Status::Success);
    },
    rows: &[
        ("time", "@time"),
        ("Actor/ID", "resources.uid"),
        ("Actor/Attributes/name", "resources.name"),
        ("Type", "resources.type"),
        ("from", "metadata.product.feature.name"),
    ],
};

/// Laurel's records: `{"ID": "…", "SYSCALL": {…}, "EXECVE": {"ARGV": […]}, "PATH": […], …}`.
const LAUREL: Vendor = Vendor {
    source: "auditd",
    parser: "laurel/1",
    product: ("Linux", "auditd"),
    class: class::PROCESS,
    keep_all: true,
    detect: |root| {
        let stamped = root.get("ID")?.str().is_some_and(|id| id.contains('.') && id.contains(':'));
        let record = |name: &str| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        (stamped && root.members().all(|(name, _)| record(name))).then_some(root)
    },
    finish: finish_laurel,
    rows: &[
        ("NODE", "@host"),
        ("SYSCALL/pid", "process.pid"),
        ("SYSCALL/ppid", "process.parent_process.pid"),
        ("SYSCALL/exe", "process.file.path"),
        ("SYSCALL/comm", "process.name"),
        ("SYSCALL/auid", "process.auid"),
        ("SYSCALL/euid", "process.euid"),
        ("SYSCALL/egid", "process.egid"),
        ("SYSCALL/uid", "process.user.uid"),
        ("SYSCALL/UID", "process.user.name"),
        ("SYSCALL/AUID", "actor.user.name"),
        ("SYSCALL/ses", "actor.session.uid"),
        ("SYSCALL/tty", "actor.session.terminal"),
        ("SYSCALL/PPID/comm", "process.parent_process.name"),
        ("SYSCALL/PPID/exe", "process.parent_process.file.path"),
        ("PARENT_INFO/comm", "process.parent_process.name"),
        ("PARENT_INFO/exe", "process.parent_process.file.path"),
        ("CWD/cwd", "process.working_directory"),
    ],
};

fn finish_laurel<'a>(body: View<'_, 'a>, cx: &Cx<'a>, event: &mut Event<'a>) {
    event.set(Path::METADATA_LOG_NAME, "audit");
    let id = body.get("ID").and_then(View::str).unwrap_or("");
    let (instant, serial) = id.rsplit_once(':').unwrap_or((id, ""));
    if let Some((ms, _)) = time::scan_epoch(instant) {
        time::Stamp::exact(ms).apply(event, instant);
    }
    event.set(Path::METADATA_CORRELATION_UID, serial);
    // The record that says what the event is; a single one is the event itself.
    let first = body.members().map(|(name, _)| name).find(|name| *name != "ID" && *name != "NODE");
    let primary =
        if body.get("SYSCALL").is_some() { "SYSCALL" } else { first.unwrap_or("UNKNOWN") };
    event.set(Path::METADATA_EVENT_CODE, primary);
    let record = body.get(primary);
    let record = record.and_then(|r| if r.is_array() { r.items().next() } else { Some(r) });
    if let Some(record) = record.filter(|_| primary != "SYSCALL") {
        alone(record, cx, event);
    }
    let success =
        record.and_then(|r| r.get("success").or(r.get("res"))).and_then(|v| text_of(v, cx));
    match success {
        Some("yes" | "1" | "success") => event.status(Status::Success),
        Some("no" | "0" | "failed") => event.status(Status::Failure),
        _ => {}
    }
    let arguments = body.at("EXECVE.ARGV").filter(|a| a.is_array());
    if let Some(arguments) = arguments {
        let mut line = bumpalo::collections::String::new_in(cx.arena);
        for argument in arguments.items().filter_map(|item| text_of(item, cx)) {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(argument);
        }
        event.set(Path::PROCESS_CMD_LINE, line.into_bump_str());
        event.kind(class::PROCESS, 1);
        return;
    }
    let call = record.and_then(|r| r.get("SYSCALL")).and_then(View::str);
    let executed = matches!(call, Some("execve" | "execveat"));
    event.kind(class::PROCESS, if executed { 1 } else { 99 });
    event.activity_name = call.or(Some(primary));
}

/// A record of its own, such as USER_LOGIN or ANOM_ABEND.
fn alone<'a>(record: View<'_, 'a>, cx: &Cx<'a>, event: &mut Event<'a>) {
    for (name, path) in [
        ("pid", Path::PROCESS_PID),
        ("exe", Path::PROCESS_FILE_PATH),
        ("comm", Path::PROCESS_NAME),
        ("auid", Path::PROCESS_AUID),
        ("uid", Path::PROCESS_USER_UID),
        ("UID", Path::PROCESS_USER_NAME),
        ("AUID", Path::ACTOR_USER_NAME),
        ("acct", Path::USER_NAME),
        ("addr", Path::SRC_ENDPOINT_IP),
        ("cmd", Path::PROCESS_CMD_LINE),
    ] {
        let value = record.get(name).and_then(|v| text_of(v, cx)).filter(|v| *v != "?");
        event.set(path, value.unwrap_or(""));
    }
}

/// PostgreSQL's `jsonlog`.
const POSTGRES: Vendor = Vendor {
    source: "postgresql",
    parser: "postgresql/1",
    product: ("PostgreSQL", "PostgreSQL"),
    class: class::BASE,
    keep_all: true,
    detect: |root| {
        root.get("error_severity").and(root.get("session_id").or(root.get("pid"))).map(|_| root)
    },
    finish: |body, cx, event| {
        event.set_if_absent(Path::ACTOR_PROCESS_NAME, "postgres");
        let message = event.message.unwrap_or("");
        crate::databases::postgres_message(message, cx, event);
        if !event.has(Path::QUERY_INFO_QUERY_STRING)
            && let Some(sql) = body.get("statement").and_then(View::str)
        {
            event.set(Path::QUERY_INFO_QUERY_STRING, sql);
        }
    },
    rows: &[
        ("timestamp", "@time"),
        ("user", "@user"),
        ("dbname", "database.name"),
        ("pid", "actor.process.pid"),
        ("remote_host", "@src"),
        ("remote_port", "@src_port"),
        ("session_id", "metadata.correlation_uid"),
        ("error_severity", "@severity"),
        ("state_code", "status_code"),
        ("message", "@message"),
        ("detail", "status_detail"),
    ],
};

/// MySQL Enterprise's audit log in JSON.
const MYSQL_AUDIT: Vendor = Vendor {
    source: "mysql",
    parser: "mysql/1",
    product: ("Oracle", "MySQL"),
    class: class::DATASTORE,
    keep_all: true,
    detect: |root| {
        let is = root.get("class").is_some()
            && root.get("event").is_some()
            && (root.get("connection_id").is_some() || root.get("server_id").is_some());
        is.then_some(root)
    },
    finish: |body, _, event| {
        let kind = body.get("class").and_then(View::str).unwrap_or("");
        let what = body.get("event").and_then(View::str).unwrap_or("");
        let status = ["connection_data.status", "general_data.status"];
        let code = status.iter().find_map(|path| body.at(path)?.int()).unwrap_or(0);
        let sql = ["general_data.query", "table_access_data.query"];
        let sql = sql.iter().find_map(|path| body.at(path)?.str());
        finish_database(kind, what, sql, code, event);
    },
    rows: &[
        ("timestamp", "@time"),
        ("class", "metadata.log_name"),
        ("event", "metadata.event_code"),
        ("connection_id", "metadata.correlation_uid"),
        ("login/user", "@user"),
        ("account/user", "@user"),
        ("login/ip", "@src"),
        ("account/host", "@src"),
        ("connection_data/db", "database.name"),
        ("table_access_data/db", "database.name"),
        ("table_access_data/table", "databucket.name"),
    ],
};

/// Percona's audit log in JSON.
const PERCONA_AUDIT: Vendor = Vendor {
    source: "mysql",
    parser: "mysql/1",
    product: ("Percona", "Percona Server"),
    class: class::DATASTORE,
    keep_all: true,
    detect: |root| root.get("audit_record").filter(|record| record.is_object()),
    finish: |body, cx, event| {
        let name = body.get("name").and_then(View::str).unwrap_or("");
        let account = body.get("user").and_then(View::str).unwrap_or("");
        crate::fields::user(event, account.split('[').next().unwrap_or(account));
        let code = body.get("status").and_then(|v| text_of(v, cx)?.parse().ok()).unwrap_or(0);
        let kind = if matches!(name, "Connect" | "Quit") { "connection" } else { "general" };
        let what = if name == "Quit" { "disconnect" } else { "connect" };
        finish_database(kind, what, body.get("sqltext").and_then(View::str), code, event);
    },
    rows: &[
        ("timestamp", "@time"),
        ("name", "metadata.event_code"),
        ("connection_id", "metadata.correlation_uid"),
        ("ip", "@src"),
        ("host", "@src"),
        ("db", "database.name"),
    ],
};

fn finish_database<'a>(
    kind: &str,
    what: &str,
    sql: Option<&'a str>,
    code: i64,
    event: &mut Event<'a>,
) {
    if kind == "connection" {
        crate::fields::logon(event, "mysql", None);
        event.activity = if what.contains("disconnect") { 2 } else { 1 };
    } else if let Some(sql) = sql {
        crate::databases::statement(sql, event);
    } else {
        event.kind(class::DATASTORE, 0);
    }
    event.status(if code == 0 { Status::Success } else { Status::Failure });
}
