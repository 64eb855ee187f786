//! The kernel's audit records: single lines, and all lines of one event assembled into one record.
//!
//! `type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e syscall=2 success=no … key="k"`,
//! optionally with `node=` before and, after the byte 0x1d, the same fields with names for numbers.
//! Values that hold blanks, quotes or non-ASCII bytes are written in hex. Every native field stays
//! in `unmapped`, because Sigma's rules name them; where two records of one event have a field of
//! the same name, both values stay.

use crate::audit_names::{Activity, activity, syscall_name};
use crate::fields::{End, address, is_nothing, port, source};
use crate::scan::{between, find, hex, quoted};
use crate::{Cx, time};
use bumpalo::collections::Vec as ArenaVec;
use ocsf::{Event, Path, Status, Value, class};

/// Fields of one event; more are not kept. A command of 1,000 arguments has as many.
const FIELDS_MAX: usize = 2000;

/// The fields of all records of one event.
struct Fields<'a> {
    pairs: ArenaVec<'a, (&'a str, &'a str)>,
    types: ArenaVec<'a, &'a str>,
}

impl<'a> Fields<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        self.pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| *value)
    }

    /// A value that is one.
    fn some(&self, name: &str) -> Option<&'a str> {
        self.get(name).filter(|v| !is_nothing(v) && *v != "4294967295" && *v != "unset")
    }

    fn has_type(&self, name: &str) -> bool {
        self.types.contains(&name)
    }
}

/// Whether a text is an audit record.
pub(crate) fn is(text: &str) -> bool {
    (text.starts_with("type=") || text.starts_with("node=") || text.starts_with("audit: type="))
        && find(text, "msg=audit(").is_some()
}

/// Reads one event's records, one on each line.
pub(crate) fn read<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    source(event, "auditd/1", "auditd");
    event.product("Linux", "auditd");
    event.set(Path::METADATA_LOG_NAME, "audit");
    let mut fields =
        Fields { pairs: ArenaVec::new_in(cx.arena), types: ArenaVec::new_in(cx.arena) };
    for line in text.lines() {
        record(line, cx, event, &mut fields);
    }
    let primary = primary(&fields);
    event.set(Path::METADATA_EVENT_CODE, primary);
    set_common(&fields, event);
    match activity(primary) {
        Activity::Logon(id) => authentication(&fields, event, id),
        Activity::Account(id) => account(&fields, event, id),
        Activity::Group(id) => group(&fields, event, id),
        Activity::Service(id) => service(&fields, event, id),
        Activity::Syscall => syscall(&fields, cx, event),
        Activity::Command => command(&fields, event),
        Activity::Other => other(primary, &fields, event),
    }
    keep_native(&fields, cx, event);
}

/// The record that says what the event is.
fn primary<'a>(fields: &Fields<'a>) -> &'a str {
    let first = fields.types.first().copied().unwrap_or("");
    if fields.has_type("SYSCALL") { "SYSCALL" } else { first }
}

/// Reads one line into `fields`.
fn record<'a>(line: &'a str, cx: &Cx<'a>, event: &mut Event<'a>, fields: &mut Fields<'a>) {
    let line = line.strip_prefix("audit: ").unwrap_or(line).trim();
    if line.starts_with("----") || line.is_empty() {
        return;
    }
    let Some(at) = find(line, "msg=audit(") else { return };
    let head = &line[..at];
    if let Some(node) = between(head, "node=", " ") {
        event.set(Path::DEVICE_HOSTNAME, node);
        fields.pairs.push(("node", node));
    }
    let kind = between(head, "type=", " ").unwrap_or("UNKNOWN");
    fields.types.push(kind);
    let rest = &line[at + 10..];
    let Some(close) = find(rest, ")") else { return };
    let (stamp, rest) = (&rest[..close], rest[close + 1..].trim_start_matches([':', ' ']));
    stamp_and_serial(stamp, event);
    // Enriched names follow the byte 0x1d.
    let rest = rest.trim_start_matches("user ");
    for part in rest.split('\x1d') {
        pairs(part, kind, cx, fields);
    }
}

fn stamp_and_serial<'a>(stamp: &'a str, event: &mut Event<'a>) {
    let (instant, serial) = stamp.rsplit_once(':').unwrap_or((stamp, ""));
    if let Some((ms, _)) = time::scan_epoch(instant) {
        time::Stamp::exact(ms).apply(event, instant);
    }
    event.set(Path::METADATA_CORRELATION_UID, serial);
}

/// Reads `key=value` pairs; a quoted `msg='…'` holds pairs itself.
fn pairs<'a>(text: &'a str, kind: &'a str, cx: &Cx<'a>, fields: &mut Fields<'a>) {
    let mut rest = text.trim_start();
    while let Some(at) = find(rest, "=") {
        if fields.pairs.len() >= FIELDS_MAX {
            return;
        }
        let key = rest[..at].rsplit([' ', ',']).next().unwrap_or("");
        let after = &rest[at + 1..];
        let (value, next) = value(after);
        rest = next.trim_start_matches([' ', ',']);
        if key == "msg" {
            let value = match value.contains("\\\"") {
                true => cx.arena.alloc_str(&value.replace("\\\"", "\"")),
                false => value,
            };
            pairs(value, kind, cx, fields);
        } else if !key.is_empty() {
            // A quoted value is itself; only a bare one may be hex.
            let bare = !after.starts_with(['"', '\'']);
            let value = if bare { decoded(key, value, kind, cx) } else { value };
            fields.pairs.push((key, value));
        }
    }
}

fn value(text: &str) -> (&str, &str) {
    if let Some((value, rest)) = quoted(text) {
        return (value, rest);
    }
    // `op=adding group to /etc/group id=1004`: blanks in a bare value, before the next key.
    if text.starts_with("PAM:") {
        return crate::scan::word(text);
    }
    let end = text.find([' ', '\n']).unwrap_or(text.len());
    let mut end_of_words = end;
    let mut rest = &text[end..];
    // Only plain words may follow; the next pair begins at the blank before its key.
    while let Some(next) = rest.strip_prefix(' ') {
        let stop = next.find([' ', '\n']).unwrap_or(next.len());
        if next[..stop].is_empty()
            || next[..stop].contains('=')
            || stop == next.len() && !text.starts_with("adding")
        {
            break;
        }
        end_of_words += 1 + stop;
        rest = &next[stop..];
    }
    // Bare words may only continue an operation's name.
    if end_of_words != end && text[..end].bytes().all(|b| b.is_ascii_lowercase() || b == b'-') {
        end_split(text, end_of_words)
    } else {
        end_split(text, end)
    }
}

fn end_split(text: &str, at: usize) -> (&str, &str) {
    (&text[..at], &text[at..])
}

/// Decodes hex where the field may be in hex.
fn decoded<'a>(key: &str, value: &'a str, kind: &str, cx: &Cx<'a>) -> &'a str {
    let argument = kind == "EXECVE"
        && key.starts_with('a')
        && key.len() > 1
        && key.as_bytes()[1].is_ascii_digit();
    let may_be = argument
        || matches!(
            key,
            "proctitle"
                | "cmd"
                | "acct"
                | "comm"
                | "exe"
                | "cwd"
                | "name"
                | "key"
                | "data"
                | "path"
                | "dir"
                | "ocomm"
                | "watch"
                | "vm"
                | "old-chardev"
                | "new-chardev"
                | "file"
        );
    let upper = |b: u8| b.is_ascii_digit() || (b'A'..=b'F').contains(&b);
    if !may_be || !value.bytes().all(upper) {
        return value;
    }
    let mut bytes = Vec::with_capacity(value.len() / 2);
    if hex(value, &mut bytes).is_none() {
        return value;
    }
    // The kernel separates arguments by NUL.
    let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1);
    bytes.truncate(end);
    bytes.iter_mut().filter(|b| **b == 0).for_each(|b| *b = b' ');
    cx.arena.alloc_str(&String::from_utf8_lossy(&bytes))
}

/// What means the same in every record.
fn set_common<'a>(fields: &Fields<'a>, event: &mut Event<'a>) {
    let result = fields.get("res").or(fields.get("success")).or(fields.get("result"));
    match result {
        Some("success" | "yes" | "1" | "Success") => event.status(Status::Success),
        Some("failed" | "no" | "0" | "Failed") => event.status(Status::Failure),
        _ => {}
    }
    for (name, path) in [
        ("uid", Path::ACTOR_USER_UID),
        ("UID", Path::ACTOR_USER_NAME),
        ("ses", Path::ACTOR_SESSION_UID),
        ("op", Path::STATUS_DETAIL),
        ("auid", Path::ACTOR_PROCESS_AUID),
    ] {
        if let Some(value) = fields.some(name) {
            event.set(path, value);
        }
    }
    if let Some(terminal) = fields.some("terminal").or(fields.some("tty")) {
        event.set(Path::ACTOR_SESSION_TERMINAL, terminal);
    }
}

/// The process that writes a record by itself, such as sshd.
fn acting_process<'a>(fields: &Fields<'a>, event: &mut Event<'a>) {
    for (name, path) in [
        ("pid", Path::ACTOR_PROCESS_PID),
        ("exe", Path::ACTOR_PROCESS_FILE_PATH),
        ("comm", Path::ACTOR_PROCESS_NAME),
    ] {
        if let Some(value) = fields.some(name) {
            event.set(path, value);
        }
    }
    if !event.has(Path::ACTOR_PROCESS_NAME)
        && let Some(exe) = fields.some("exe")
    {
        event.set(Path::ACTOR_PROCESS_NAME, ocsf::complete::base_name(exe));
    }
    for name in ["hostname", "addr"] {
        if let Some(value) = fields.some(name) {
            address(event, End::Src, value);
        }
    }
}

fn authentication<'a>(fields: &Fields<'a>, event: &mut Event<'a>, id: u8) {
    acting_process(fields, event);
    event.kind(class::AUTHENTICATION, id);
    let service = fields.some("exe").map_or("audit", ocsf::complete::base_name);
    event.set(Path::SERVICE_NAME, service);
    set_user(fields, event);
    if !event.has(Path::USER_NAME) && !event.has(Path::USER_UID) {
        match fields.some("uid") {
            Some(uid) => event.set(Path::USER_UID, uid),
            None => event.set(Path::USER_NAME, "(unknown)"),
        }
    }
}

fn set_user<'a>(fields: &Fields<'a>, event: &mut Event<'a>) {
    if let Some(name) = fields.some("acct").or(fields.some("ID")) {
        event.set(Path::USER_NAME, name);
    }
    if let Some(id) = fields.some("id").filter(|id| id.bytes().all(|b| b.is_ascii_digit())) {
        event.set(Path::USER_UID, id);
    }
}

fn account<'a>(fields: &Fields<'a>, event: &mut Event<'a>, id: u8) {
    acting_process(fields, event);
    set_user(fields, event);
    event.kind(class::ACCOUNT_CHANGE, id);
    if id == 99 {
        event.activity_name = fields.types.first().copied();
    }
}

fn group<'a>(fields: &Fields<'a>, event: &mut Event<'a>, id: u8) {
    acting_process(fields, event);
    event.kind(class::GROUP, id);
    if let Some(name) = fields.some("grp").or(fields.some("acct")) {
        event.set(Path::GROUP_NAME, name);
    }
    if let Some(id) = fields.some("id") {
        event.set(Path::GROUP_UID, id);
    }
}

fn service<'a>(fields: &Fields<'a>, event: &mut Event<'a>, id: u8) {
    acting_process(fields, event);
    event.kind(class::APPLICATION_LIFECYCLE, id);
    event.set(Path::APPLICATION_NAME, fields.some("unit").unwrap_or("unknown"));
}

fn other<'a>(kind: &'a str, fields: &Fields<'a>, event: &mut Event<'a>) {
    acting_process(fields, event);
    event.kind(class::BASE, 99);
    event.activity_name = Some(kind);
}

/// The process that a system call or an `execve` is about.
fn process<'a>(fields: &Fields<'a>, event: &mut Event<'a>) {
    for (name, path) in [
        ("pid", Path::PROCESS_PID),
        ("ppid", Path::PROCESS_PARENT_PROCESS_PID),
        ("exe", Path::PROCESS_FILE_PATH),
        ("comm", Path::PROCESS_NAME),
        ("cwd", Path::PROCESS_WORKING_DIRECTORY),
        ("euid", Path::PROCESS_EUID),
        ("egid", Path::PROCESS_EGID),
        ("auid", Path::PROCESS_AUID),
        ("uid", Path::PROCESS_USER_UID),
        ("UID", Path::PROCESS_USER_NAME),
    ] {
        if let Some(value) = fields.some(name) {
            event.set(path, value);
        }
    }
}

/// `execve`'s arguments joined, else the process title.
fn command_line<'a>(fields: &Fields<'a>, cx: &Cx<'a>) -> Option<&'a str> {
    if !fields.has_type("EXECVE") {
        return fields.some("proctitle");
    }
    let mut line = bumpalo::collections::String::new_in(cx.arena);
    // SYSCALL's a0 to a3 are addresses and stand before EXECVE's.
    let begin = fields.pairs.iter().position(|(n, _)| *n == "argc").unwrap_or(0);
    let is_argument = |n: &str| {
        n.len() > 1
            && n.starts_with('a')
            && n[1..].bytes().all(|b| b.is_ascii_digit() || b == b'[' || b == b']')
    };
    for (_, value) in fields.pairs[begin..].iter().filter(|(n, _)| is_argument(n)) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(value);
    }
    Some(line.into_bump_str())
}

fn syscall<'a>(fields: &Fields<'a>, cx: &Cx<'a>, event: &mut Event<'a>) {
    process(fields, event);
    let name = fields
        .some("SYSCALL")
        .or_else(|| syscall_name(fields.get("arch")?, fields.get("syscall")?));
    if let Some(line) = command_line(fields, cx) {
        event.set(Path::PROCESS_CMD_LINE, line);
    }
    let executed = fields.has_type("EXECVE") || matches!(name, Some("execve" | "execveat"));
    match name {
        _ if executed => event.kind(class::PROCESS, 1),
        Some("connect" | "bind" | "accept" | "accept4" | "sendto")
            if fields.get("saddr").is_some() =>
        {
            socket(fields, cx, event, name == Some("connect"));
        }
        _ => {
            event.kind(class::PROCESS, 99);
            event.activity_name = name.or(fields.types.first().copied());
            if let Some(path) = fields.some("name") {
                event.unmapped("file_path", path);
            }
        }
    }
    if let Some(name) = name {
        event.unmapped("SYSCALL", name);
    }
}

/// `saddr=02000035C0A80101…`: family in the host's order, then port and address.
fn socket<'a>(fields: &Fields<'a>, cx: &Cx<'a>, event: &mut Event<'a>, outward: bool) {
    let mut bytes = Vec::with_capacity(32);
    let decoded = fields.get("saddr").and_then(|text| hex(text, &mut bytes));
    let family = (bytes.first().copied(), bytes.get(1).copied());
    let number = |bytes: &[u8]| u16::from_be_bytes([bytes[2], bytes[3]]);
    let text = match family {
        (Some(2), Some(0)) if decoded.is_some() && bytes.len() >= 8 => {
            std::net::Ipv4Addr::new(bytes[4], bytes[5], bytes[6], bytes[7]).to_string()
        }
        (Some(10), Some(0)) if decoded.is_some() && bytes.len() >= 24 => {
            let mut address = [0; 16];
            address.copy_from_slice(&bytes[8..24]);
            std::net::Ipv6Addr::from(address).to_string()
        }
        _ => {
            event.kind(class::PROCESS, 99);
            event.activity_name = Some("socket");
            return;
        }
    };
    for (from, to) in [
        (Path::PROCESS_PID, Path::ACTOR_PROCESS_PID),
        (Path::PROCESS_FILE_PATH, Path::ACTOR_PROCESS_FILE_PATH),
        (Path::PROCESS_NAME, Path::ACTOR_PROCESS_NAME),
        (Path::PROCESS_CMD_LINE, Path::ACTOR_PROCESS_CMD_LINE),
        (Path::PROCESS_USER_UID, Path::ACTOR_PROCESS_USER_UID),
    ] {
        if let Some(value) = event.get(from) {
            event.set(to, value);
        }
        event.remove(from);
    }
    event.kind(class::NETWORK, if outward { 1 } else { 7 });
    address(event, End::Dst, cx.arena.alloc_str(&text));
    port(event, End::Dst, cx.arena.alloc_str(&number(&bytes).to_string()));
}

/// USER_CMD: what sudo ran.
fn command<'a>(fields: &Fields<'a>, event: &mut Event<'a>) {
    acting_process(fields, event);
    event.kind(class::PROCESS, 1);
    event.set(Path::PROCESS_CMD_LINE, fields.some("cmd").unwrap_or(""));
    event.set(Path::PROCESS_WORKING_DIRECTORY, fields.some("cwd").unwrap_or(""));
}

/// Keeps every native field; values of equal names become a list.
fn keep_native<'a>(fields: &Fields<'a>, cx: &Cx<'a>, event: &mut Event<'a>) {
    match fields.types.as_slice() {
        [one] => event.unmapped("type", *one),
        several => event.unmapped("type", Value::List(cx.arena.alloc_slice_copy(several))),
    }
    let assembled = fields.types.len() > 1;
    for (at, (name, value)) in fields.pairs.iter().enumerate() {
        if !assembled {
            event.unmapped(name, *value);
            continue;
        }
        let same = |(n, _): &&(&str, &str)| n == name;
        if fields.pairs[..at].iter().any(|pair| same(&pair)) {
            continue;
        }
        let mut values = ArenaVec::new_in(cx.arena);
        for (_, other) in fields.pairs[at..].iter().filter(same) {
            if !values.contains(other) {
                values.push(*other);
            }
        }
        match values.as_slice() {
            [one] => event.unmapped(name, *one),
            _ => event.unmapped(name, Value::List(values.into_bump_slice())),
        }
    }
}
