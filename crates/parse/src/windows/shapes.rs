//! The shapes in which agents and tools write Windows events as JSON.

use super::{DATA_MAX, Record};
use crate::Cx;
use crate::json::{View, text_of};
use ocsf::{Names, Value};

/// Reads any of the shapes.
pub(super) fn read<'a>(root: View<'_, 'a>, cx: &Cx<'a>) -> Option<Record<'a>> {
    evtx(root, cx)
        .or_else(|| winlogbeat(root, cx))
        .or_else(|| wazuh(root, cx))
        .or_else(|| velociraptor(root, cx))
        .or_else(|| flat(root, cx))
}

fn text<'a>(view: View<'_, 'a>, path: &str, cx: &Cx<'a>) -> &'a str {
    view.at(path).and_then(|v| text_of(v, cx)).unwrap_or("")
}

/// A scalar, or the `#text` of an element with attributes.
fn element<'a>(view: View<'_, 'a>, name: &str, cx: &Cx<'a>) -> &'a str {
    match view.get(name) {
        Some(value) if value.is_object() => {
            let inner = value.get("#text").or(value.get("Value"));
            inner.and_then(|v| text_of(v, cx)).unwrap_or("")
        }
        Some(value) => text_of(value, cx).unwrap_or(""),
        None => "",
    }
}

fn attribute<'t, 'a>(view: View<'t, 'a>, name: &str, attribute: &str) -> Option<View<'t, 'a>> {
    let element = view.get(name)?;
    element
        .at("#attributes")
        .and_then(|a| a.get(attribute))
        .or_else(|| element.get(attribute))
        .or_else(|| view.get(&format!("{name}_attributes"))?.get(attribute))
}

fn attribute_text<'a>(view: View<'_, 'a>, name: &str, key: &str, cx: &Cx<'a>) -> &'a str {
    attribute(view, name, key).and_then(|v| text_of(v, cx)).unwrap_or("")
}

/// Scalars as they are; anything else as JSON.
pub(super) fn value<'a>(view: View<'_, 'a>, cx: &Cx<'a>) -> Value<'a> {
    if let Some(text) = view.str() {
        return Value::Str(text);
    }
    if let Some(number) = view.int() {
        return Value::Int(number);
    }
    if let Some(truth) = view.bool() {
        return Value::Bool(truth);
    }
    let mut out = Vec::new();
    view.write(&mut out);
    // What was written is JSON, hence UTF-8.
    Value::Json(cx.arena.alloc_str(&String::from_utf8_lossy(&out)))
}

fn push_data<'a>(record: &mut Record<'a>, name: &'a str, view: View<'_, 'a>, cx: &Cx<'a>) {
    if record.data.len() < DATA_MAX && !view.is_null() {
        record.data.push((name, value(view, cx)));
    }
}

/// `{"Event": {"System": …, "EventData": …}}`, as the evtx crate and others dump it.
fn evtx<'a>(root: View<'_, 'a>, cx: &Cx<'a>) -> Option<Record<'a>> {
    let event = root.get("Event").filter(|e| e.is_object())?;
    let system = event.get("System").filter(|s| s.is_object())?;
    let mut record = Record::new(cx);
    system_part(system, cx, &mut record);
    for name in ["EventData", "UserData", "ProcessingErrorData"] {
        if let Some(data) = event.get(name).filter(|d| d.is_object()) {
            data_part(data, cx, &mut record);
        }
    }
    Some(record)
}

fn system_part<'a>(system: View<'_, 'a>, cx: &Cx<'a>, record: &mut Record<'a>) {
    record.channel = element(system, "Channel", cx);
    record.provider = attribute_text(system, "Provider", "Name", cx);
    record.code = element(system, "EventID", cx);
    record.computer = element(system, "Computer", cx);
    record.keywords = element(system, "Keywords", cx);
    record.level = element(system, "Level", cx).parse().ok();
    match attribute(system, "TimeCreated", "SystemTime") {
        Some(stamp) if stamp.str().is_none() => record.epoch = stamp.float(),
        Some(stamp) => record.time = stamp.str().unwrap_or(""),
        None => {}
    }
    for name in ["Level", "Task", "Opcode", "Keywords", "EventRecordID", "Version"] {
        let text = element(system, name, cx);
        if !text.is_empty() {
            record.system.push((name, Value::Str(text)));
        }
    }
    for (name, key, as_name) in [
        ("Execution", "ProcessID", "Execution_ProcessID"),
        ("Execution", "ThreadID", "Execution_ThreadID"),
        ("Security", "UserID", "UserID"),
        ("Correlation", "ActivityID", "ActivityID"),
        ("Provider", "Guid", "Provider_Guid"),
    ] {
        let text = attribute_text(system, name, key, cx);
        if !text.is_empty() {
            record.system.push((as_name, Value::Str(text)));
        }
    }
}

/// Named data; unnamed `Data`; UserData's own element with its members.
fn data_part<'a>(data: View<'_, 'a>, cx: &Cx<'a>, record: &mut Record<'a>) {
    for (name, view) in data.members() {
        if name == "#attributes" || name == "xmlns" {
            continue;
        }
        if view.is_object() && name != "Data" {
            data_part(view, cx, record);
        } else if name == "Data" && view.is_array() {
            named_list(view, cx, record);
        } else if let Some(inner) = view.get("#text") {
            push_data(record, name, inner, cx);
        } else {
            push_data(record, name, view, cx);
        }
    }
}

/// `[{"@Name": "x", "#text": "y"}, …]`, or plain texts.
fn named_list<'a>(list: View<'_, 'a>, cx: &Cx<'a>, record: &mut Record<'a>) {
    let name_of = |item: View<'_, 'a>| {
        item.get("@Name").or(item.at("#attributes.Name")).or(item.get("Name")).and_then(View::str)
    };
    if list.items().any(|item| name_of(item).is_some()) {
        for item in list.items().take(DATA_MAX) {
            let inner = item.get("#text").or(item.get("text")).or(item.get("Value"));
            if let Some((name, inner)) = name_of(item).zip(inner) {
                push_data(record, name, inner, cx);
            }
        }
        return;
    }
    push_data(record, "Data", list, cx);
}

/// Elastic's Winlogbeat, and agents that write as it does.
fn winlogbeat<'a>(root: View<'_, 'a>, cx: &Cx<'a>) -> Option<Record<'a>> {
    let log = root.get("winlog").filter(|w| w.is_object())?;
    let mut record = Record::new(cx);
    record.channel = text(log, "channel", cx);
    record.provider = text(log, "provider_name", cx);
    record.code = text(log, "event_id", cx);
    if record.code.is_empty() {
        record.code = text(root, "event.code", cx);
    }
    record.computer = text(log, "computer_name", cx);
    record.time = text(log, "time_created", cx);
    if record.time.is_empty() {
        record.time = text(root, "@timestamp", cx);
    }
    record.level_name = log.get("level").or(root.at("log.level")).and_then(View::str);
    record.outcome = log.get("outcome").or(root.at("event.outcome")).and_then(View::str);
    record.message = root.get("message").and_then(View::str);
    let keywords = log.get("keywords");
    record.keywords = keywords.and_then(|k| k.items().next()).and_then(View::str).unwrap_or("");
    for (name, path) in [
        ("Task", "task"),
        ("Opcode", "opcode"),
        ("EventRecordID", "record_id"),
        ("Execution_ProcessID", "process.pid"),
        ("Execution_ThreadID", "process.thread.id"),
        ("UserID", "user.identifier"),
    ] {
        if let Some(view) = log.at(path) {
            record.system.push((name, value(view, cx)));
        }
    }
    for name in ["event_data", "user_data"] {
        for (key, view) in log.get(name).into_iter().flat_map(View::members) {
            push_data(&mut record, key, view, cx);
        }
    }
    Some(record)
}

/// Wazuh's agent: `{"win": {"system": …, "eventdata": …}}`, names beginning small.
fn wazuh<'a>(root: View<'_, 'a>, cx: &Cx<'a>) -> Option<Record<'a>> {
    let win = root.get("win").or(root.at("data.win")).filter(|w| w.is_object())?;
    let system = win.get("system")?;
    let mut record = Record::new(cx);
    record.channel = text(system, "channel", cx);
    record.provider = text(system, "providerName", cx);
    record.code = text(system, "eventID", cx);
    record.computer = text(system, "computer", cx);
    record.time = text(system, "systemTime", cx);
    record.keywords = text(system, "keywords", cx);
    record.level = text(system, "level", cx).parse().ok();
    record.message = system.get("message").and_then(View::str).map(|m| m.trim_matches('"'));
    for (name, view) in system.members() {
        if !matches!(name, "channel" | "providerName" | "eventID" | "computer" | "message") {
            record.system.push((capital(name, cx), value(view, cx)));
        }
    }
    for name in ["eventdata", "userData", "eventData"] {
        for (key, view) in win.get(name).into_iter().flat_map(View::members) {
            push_data(&mut record, capital(key, cx), view, cx);
        }
    }
    Some(record)
}

fn capital<'a>(name: &'a str, cx: &Cx<'a>) -> &'a str {
    match name.as_bytes().first() {
        Some(first) if first.is_ascii_lowercase() => {
            let first = first.to_ascii_uppercase() as char;
            cx.write(format_args!("{first}{}", &name[1..]))
        }
        _ => name,
    }
}

/// Velociraptor and others: `{"System": …, "EventData": …, "Message": …}`.
fn velociraptor<'a>(root: View<'_, 'a>, cx: &Cx<'a>) -> Option<Record<'a>> {
    let system = root.get("System").filter(|s| s.is_object() && s.get("EventID").is_some())?;
    let mut record = Record::new(cx);
    system_part(system, cx, &mut record);
    record.message = root.get("Message").and_then(View::str);
    for name in ["EventData", "UserData"] {
        if let Some(data) = root.get(name).filter(|d| d.is_object()) {
            data_part(data, cx, &mut record);
        }
    }
    Some(record)
}

/// Names of the system part in flat shapes.
const FLAT: [&str; 30] = [
    "Channel",
    "EventID",
    "SourceName",
    "ProviderName",
    "Provider_Name",
    "Provider",
    "Hostname",
    "Computer",
    "EventTime",
    "EventReceivedTime",
    "TimeCreated",
    "SystemTime",
    "Message",
    "Level",
    "Keywords",
    "host",
    "port",
    "tags",
    "@timestamp",
    "@version",
    "UtcTimeCreated",
    "event_id",
    "log_name",
    "source_name",
    "computer_name",
    "hostname",
    "EventLog",
    "MachineName",
    "LogName",
    "TimeGenerated",
];

const FLAT_NAMES: Names = Names::of(&FLAT);

/// NXLog's and others' flat objects: the system part and the data side by side.
fn flat<'a>(root: View<'_, 'a>, cx: &Cx<'a>) -> Option<Record<'a>> {
    let first = |names: &[&str]| {
        names.iter().find_map(|n| root.get(n).and_then(|v| text_of(v, cx))).unwrap_or("")
    };
    let code = first(&["EventID", "event_id", "EventId", "Id"]);
    let channel = first(&["Channel", "log_name", "LogName", "EventLog"]);
    let provider =
        first(&["SourceName", "ProviderName", "Provider_Name", "Provider", "source_name"]);
    if code.is_empty() || (channel.is_empty() && provider.is_empty()) {
        return None;
    }
    let mut record = Record::new(cx);
    record.code = code;
    record.provider = provider;
    record.channel = channel;
    record.computer = first(&["Hostname", "Computer", "computer_name", "hostname", "MachineName"]);
    record.time = first(&[
        "EventTime",
        "SystemTime",
        "TimeCreated",
        "@timestamp",
        "UtcTimeCreated",
        "TimeGenerated",
    ]);
    record.keywords = first(&["Keywords"]);
    record.message = root.get("Message").and_then(View::str);
    record.level = root.get("Level").and_then(View::int).or_else(|| match first(&["EventType"]) {
        "ERROR" => Some(2),
        "WARNING" => Some(3),
        "CRITICAL" => Some(1),
        _ => None,
    });
    let kind = first(&["EventType"]);
    record.outcome = Some(kind).filter(|kind| kind.starts_with("AUDIT_"));
    // NXLog's EventType is its own; in Sysmon's data it is Windows'.
    let nxlog = root.get("SeverityValue").is_some();
    for (name, view) in root.members() {
        let of_nxlog = NXLOG_NAMES.may_have(name) && NXLOG.contains(&name);
        if FLAT_NAMES.may_have(name) && FLAT.contains(&name) || (nxlog && of_nxlog) {
            if matches!(name, "Level" | "Keywords") || of_nxlog {
                record.system.push((name, value(view, cx)));
            }
            continue;
        }
        push_data(&mut record, name, view, cx);
    }
    Some(record)
}

/// What NXLog adds to the event's own data.
const NXLOG: [&str; 17] = [
    "SeverityValue",
    "Severity",
    "Version",
    "Task",
    "OpcodeValue",
    "RecordNumber",
    "ThreadID",
    "ActivityID",
    "RelatedActivityID",
    "Category",
    "Opcode",
    "ProviderGuid",
    "SourceModuleName",
    "SourceModuleType",
    "ProcessID",
    "EventType",
    "AccountType",
];

const NXLOG_NAMES: Names = Names::of(&NXLOG);
