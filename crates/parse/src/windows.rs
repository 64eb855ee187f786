//! Windows events in whatever shape an agent gives them, by the mapping tables.
//!
//! All shapes come down to the same: what the event's system part says, and its own data by name.
//! Where a field goes is the tables' business (`rules/mappings/windows*.yml`).

mod apply;
mod names;
mod shapes;

pub(crate) use apply::{Maps, apply};

use crate::fields::{device, source};
use crate::json::View;
use crate::words::set_time;
use crate::{Cx, Scratch, time};
use bumpalo::collections::Vec as ArenaVec;
use ocsf::{Event, Path, Severity, Status, Value, class};

/// Data fields of one event; more are not kept.
pub(crate) const DATA_MAX: usize = 500;

/// A Windows event, whatever its shape was.
pub(crate) struct Record<'a> {
    pub(crate) channel: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) code: &'a str,
    pub(crate) computer: &'a str,
    pub(crate) time: &'a str,
    /// Seconds since the epoch, where the shape writes a number.
    pub(crate) epoch: Option<f64>,
    pub(crate) level: Option<i64>,
    /// The level's and the outcome's names, where the shape writes them.
    pub(crate) level_name: Option<&'a str>,
    pub(crate) outcome: Option<&'a str>,
    pub(crate) keywords: &'a str,
    pub(crate) message: Option<&'a str>,
    /// What else the system part says, under Windows' names.
    pub(crate) system: ArenaVec<'a, (&'a str, Value<'a>)>,
    /// The event's own data.
    pub(crate) data: ArenaVec<'a, (&'a str, Value<'a>)>,
}

impl<'a> Record<'a> {
    pub(crate) fn new(cx: &Cx<'a>) -> Self {
        Self {
            channel: "",
            provider: "",
            code: "",
            computer: "",
            time: "",
            epoch: None,
            level: None,
            level_name: None,
            outcome: None,
            keywords: "",
            message: None,
            system: ArenaVec::new_in(cx.arena),
            data: ArenaVec::new_in(cx.arena),
        }
    }
}

/// Reads an object if it is a Windows event.
pub(crate) fn read_json<'a>(
    root: View<'_, 'a>,
    cx: &Cx<'a>,
    scratch: &mut Scratch,
    event: &mut Event<'a>,
) -> bool {
    let Some(record) = shapes::read(root, cx) else { return false };
    finish(&record, cx, scratch, event);
    true
}

/// Writes a record to the event.
pub(crate) fn finish<'a>(
    record: &Record<'a>,
    cx: &Cx<'a>,
    scratch: &mut Scratch,
    event: &mut Event<'a>,
) {
    // Behind a syslog header the program is the agent, not the process of the event.
    event.remove(Path::ACTOR_PROCESS_NAME);
    event.remove(Path::ACTOR_PROCESS_PID);
    let linux = record.channel.starts_with("Linux-Sysmon") || record.provider == "Linux-Sysmon";
    match linux {
        true => source(event, "windows/1", "linux-sysmon"),
        false => source(event, "windows/1", "windows"),
    }
    if record.provider.contains("Sysmon") {
        event.product("Microsoft", "Sysmon");
    } else {
        event.product("Microsoft", "Windows");
    }
    event.set(Path::METADATA_LOG_NAME, record.channel);
    event.set(Path::METADATA_LOG_PROVIDER, record.provider);
    event.set(Path::METADATA_EVENT_CODE, record.code);
    device(event, record.computer);
    event.message = record.message.map(|text| text.lines().next().unwrap_or(text));
    set_record_time(record, cx, event);
    set_level(record, event);
    for (name, value) in &record.system {
        event.unmapped(name, *value);
    }
    apply(record, cx, &mut scratch.windows, event);
    who_wrote(record, event);
    names::name_sids(event);
    names::name_rights(&record.data, cx, event);
    audit_status(record, event);
    let ends = [Path::SRC_ENDPOINT_IP, Path::SRC_ENDPOINT_HOSTNAME, Path::DST_ENDPOINT_IP];
    if event.class == class::DNS && !ends.iter().any(|path| event.has(*path)) {
        // Who asks is the host itself.
        event.set(Path::SRC_ENDPOINT_HOSTNAME, record.computer);
    }
}

/// The system part names the account that wrote the event, where the event names none. Sysmon's is
/// always its service's.
fn who_wrote<'a>(record: &Record<'a>, event: &mut Event<'a>) {
    let named = event.has(Path::ACTOR_USER_NAME) || event.has(Path::ACTOR_USER_UID);
    if named || record.provider.contains("Sysmon") {
        return;
    }
    if let Some((_, sid)) = record.system.iter().find(|(name, _)| *name == "UserID") {
        event.set(Path::ACTOR_USER_UID, *sid);
    }
}

fn set_record_time<'a>(record: &Record<'a>, cx: &Cx<'a>, event: &mut Event<'a>) {
    if let Some(seconds) = record.epoch {
        let text = cx.write(format_args!("{seconds}"));
        time::Stamp::exact((seconds * 1000.0).round() as i64).apply(event, text);
    } else {
        set_time(event, cx, record.time);
    }
}

fn set_level<'a>(record: &Record<'a>, event: &mut Event<'a>) {
    if let Some(name) = record.level_name {
        event.set(Path::METADATA_LOG_LEVEL, name);
        event.severity = crate::error_log::severity(name);
        return;
    }
    event.severity = match record.level {
        Some(1) => Severity::Critical,
        Some(2) => Severity::High,
        Some(3) => Severity::Medium,
        _ => Severity::Informational,
    };
}

/// Audit success and failure are bits 53 and 52 of the keywords.
fn audit_status(record: &Record<'_>, event: &mut Event<'_>) {
    if event.has(Path::STATUS_ID) {
        let failed = event.get(Path::STATUS_ID) == Some(Value::Int(2));
        event.status(if failed { Status::Failure } else { Status::Success });
        return;
    }
    let text = record.keywords;
    // NXLog writes the same bits as a decimal number with a sign.
    let hex = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse::<i64>().ok().map(i64::cast_unsigned),
    };
    if hex.is_some_and(|bits| bits & 1 << 52 != 0) || text.contains("Audit Failure") {
        event.status(Status::Failure);
    } else if hex.is_some_and(|bits| bits & 1 << 53 != 0) || text.contains("Audit Success") {
        event.status(Status::Success);
    } else if let Some(status) = record.outcome.and_then(crate::words::outcome) {
        event.status(status);
    } else if record.channel == "Security"
        && matches!(record.code, "4768" | "4769" | "4771" | "4776")
    {
        // A domain controller's answer, where the shape has no keywords.
        let code = event.get(Path::STATUS_CODE).or(event.native("Status"));
        if let Some(Value::Str(code)) = code {
            let worked = code.trim_start_matches("0x").bytes().all(|byte| byte == b'0');
            event.status(if worked { Status::Success } else { Status::Failure });
        }
    }
}
