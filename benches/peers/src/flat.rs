//! A Windows event as these engines want it.

use anyhow::Context as _;
use serde_json::{Map, Value, json};
use std::io::{BufRead as _, BufWriter, Write as _};

/// Sysmon's events by number, as Sigma's categories.
const SYSMON: &[(u64, &str)] = &[
    (1, "process_creation"),
    (2, "file_change"),
    (3, "network_connection"),
    (5, "process_termination"),
    (6, "driver_load"),
    (7, "image_load"),
    (8, "create_remote_thread"),
    (9, "raw_access_thread"),
    (10, "process_access"),
    (11, "file_event"),
    (12, "registry_event"),
    (13, "registry_set"),
    (14, "registry_rename"),
    (15, "create_stream_hash"),
    (17, "pipe_created"),
    (18, "pipe_created"),
    (22, "dns_query"),
    (23, "file_delete"),
    (25, "process_tampering"),
];

/// Channels by Sigma's name of the service.
const SERVICES: &[(&str, &str)] = &[
    ("Security", "security"),
    ("System", "system"),
    ("Application", "application"),
    ("Microsoft-Windows-Sysmon/Operational", "sysmon"),
    ("Microsoft-Windows-PowerShell/Operational", "powershell"),
    ("Windows PowerShell", "powershell-classic"),
    ("Microsoft-Windows-WMI-Activity/Operational", "wmi"),
    ("Microsoft-Windows-TaskScheduler/Operational", "taskscheduler"),
    ("Microsoft-Windows-Windows Defender/Operational", "windefend"),
];

/// Standard input to standard output.
pub(crate) fn flatten() -> anyhow::Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let raw: Value = serde_json::from_str(&line?).context("an event")?;
        if let Some(event) = flat(&raw) {
            writeln!(out, "{}", Value::Object(event))?;
        }
    }
    Ok(out.flush()?)
}

fn flat(raw: &Value) -> Option<Map<String, Value>> {
    let event = raw.get("Event")?;
    let system = event.get("System")?.as_object()?;
    let mut flat = Map::new();
    for name in ["EventID", "Channel", "Computer", "Level", "Task", "Opcode", "Keywords"] {
        if let Some(value) = system.get(name) {
            flat.insert(name.into(), value.clone());
        }
    }
    if let Some(provider) = raw.pointer("/Event/System/Provider/#attributes/Name") {
        flat.insert("Provider_Name".into(), provider.clone());
    }
    for part in ["EventData", "UserData"] {
        for (name, value) in event.get(part).and_then(Value::as_object).into_iter().flatten() {
            flat.insert(name.clone(), value.clone());
        }
    }
    let channel = system.get("Channel").and_then(Value::as_str).unwrap_or_default();
    let code = system.get("EventID").and_then(Value::as_u64).unwrap_or_default();
    let service = SERVICES.iter().find(|(name, _)| *name == channel).map(|(_, service)| *service);
    let category = match (service, code) {
        (Some("sysmon"), code) => SYSMON.iter().find(|(id, _)| *id == code).map(|(_, name)| *name),
        (Some("security"), 4688) => Some("process_creation"),
        (Some("powershell"), 4104) => Some("ps_script"),
        (Some("powershell"), 4103) => Some("ps_module"),
        (Some("powershell-classic"), 400 | 403 | 600) => Some("ps_classic_start"),
        _ => None,
    };
    flat.insert("product".into(), json!("windows"));
    if let Some(service) = service {
        flat.insert("service".into(), json!(service));
    }
    if let Some(category) = category {
        flat.insert("category".into(), json!(category));
    }
    Some(flat)
}
