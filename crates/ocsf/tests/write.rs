//! What the writer makes of events, read back as JSON.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skips"
)]

use model::EventUid;
use ocsf::{Envelope, Event, HashKind, Path, Severity, Status, Store, Value, class, write};
use proptest::prelude::*;

fn envelope(raw: &str) -> Envelope<'_> {
    Envelope {
        uid: EventUid(0xabc),
        tenant: "mof",
        raw,
        raw_base64: None,
        logged_ms: 5,
        processed_ms: 6,
        fallback_ms: 5,
    }
}

fn written(fill: impl FnOnce(&mut Event<'static>)) -> serde_json::Value {
    let mut event = Event::new(Store::default());
    fill(&mut event);
    let mut out = Vec::new();
    write(&mut event, &envelope("raw \"text\"\n"), &mut out);
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn an_event_as_a_whole() {
    let json = written(|event| {
        event.kind(class::AUTHENTICATION, 1);
        event.parser = "test/1";
        event.severity = Severity::Medium;
        event.time = Some(1000);
        event.status(Status::Failure);
        event.message = Some("m");
        event.product("V", "P");
        event.label("time:zone_assumed");
        event.set(Path::USER_NAME, "alice");
        event.set(Path::SRC_ENDPOINT_PORT, "22");
        event.set(Path::SRC_ENDPOINT_IP, "10.0.0.1");
        event.set(Path::DEVICE_HOSTNAME, "h");
        event.unmapped("native", 7);
    });
    assert_eq!(
        json,
        serde_json::json!({
            "class_uid": 3002, "class_name": "Authentication", "category_uid": 3,
            "category_name": "Identity & Access Management", "type_uid": 300_201,
            "type_name": "Authentication: Logon", "activity_id": 1, "activity_name": "Logon",
            "severity_id": 3, "severity": "Medium", "time": 1000, "message": "m",
            "metadata": {
                "version": "1.8.0", "uid": "00000000000000000000000000000abc",
                "tenant_uid": "mof", "logged_time": 5, "processed_time": 6,
                "profiles": ["host"], "labels": ["parser:test/1", "time:zone_assumed"],
                "product": {"name": "P", "vendor_name": "V"},
            },
            "status_id": 2, "status": "Failure",
            "device": {"type_id": 0, "hostname": "h"},
            "user": {"name": "alice"},
            "src_endpoint": {"ip": "10.0.0.1", "port": 22},
            "observables": [
                {"name": "device.hostname", "type_id": 1, "type": "Hostname", "value": "h"},
                {"name": "user.name", "type_id": 4, "type": "User Name", "value": "alice"},
                {"name": "src_endpoint.ip", "type_id": 2, "type": "IP Address", "value": "10.0.0.1"},
            ],
            "unmapped": {"native": 7},
            "raw_data": "raw \"text\"\n",
        })
    );
}

#[test]
fn what_a_class_does_not_have_is_unmapped() {
    let json = written(|event| {
        event.kind(class::BASE, 0);
        event.set(Path::QUERY_HOSTNAME, "example.org");
    });
    assert_eq!(json["unmapped"]["query.hostname"], "example.org");
    assert!(json.get("query").is_none());
}

#[test]
fn a_user_without_a_home_acts() {
    let json = written(|event| {
        event.kind(class::HTTP, 3);
        event.set(Path::SRC_ENDPOINT_IP, "::1");
        event.set(Path::USER_NAME, "alice");
    });
    assert_eq!(json["actor"]["user"]["name"], "alice");
}

#[test]
fn classes_without_what_they_require_fall_back() {
    let json = written(|event| event.kind(class::AUTHENTICATION, 1));
    assert_eq!(json["class_uid"], 0);
    let json = written(|event| {
        event.kind(class::AUTHENTICATION, 1);
        event.set(Path::SRC_ENDPOINT_IP, "10.0.0.1");
    });
    assert_eq!(json["class_uid"], 4001);
    let json = written(|event| {
        event.kind(class::PROCESS, 1);
        event.set(Path::PROCESS_FILE_PATH, r"C:\Windows\cmd.exe");
    });
    assert_eq!(json["class_uid"], 1007);
    assert_eq!(json["process"]["file"]["name"], "cmd.exe");
    assert_eq!(json["process"]["file"]["type_id"], 0);
    assert_eq!(json["device"]["type_id"], 0);
    assert_eq!(json["actor"]["app_name"], "unknown");
}

#[test]
fn values_that_do_not_fit_are_unmapped() {
    let json = written(|event| {
        event.kind(class::NETWORK, 6);
        event.set(Path::SRC_ENDPOINT_IP, "not an address");
        event.set(Path::SRC_ENDPOINT_PORT, "x");
        event.set(Path::DST_ENDPOINT_IP, "::ffff:10.0.0.1");
        event.set(Path::DST_ENDPOINT_PORT, "0x1F90");
        event.set(Path::DST_ENDPOINT_MAC, "nope");
    });
    assert_eq!(json["unmapped"]["src_endpoint.ip"], "not an address");
    assert_eq!(json["unmapped"]["src_endpoint.port"], "x");
    assert_eq!(json["unmapped"]["dst_endpoint.mac"], "nope");
    assert_eq!(json["dst_endpoint"], serde_json::json!({"ip": "10.0.0.1", "port": 8080}));
}

#[test]
fn hashes_lists_and_arrays_of_one() {
    let json = written(|event| {
        event.kind(class::FILE, 1);
        event.set(Path::FILE_PATH, "/tmp/x");
        event.set(Path::FILE_HASHES, Value::Hashes(&[(HashKind::Md5, "aa")]));
        event.set(Path::ACTOR_USER_GROUPS_NAME, "wheel");
    });
    let hashes = serde_json::json!([{"algorithm_id": 1, "algorithm": "MD5", "value": "aa"}]);
    assert_eq!(json["file"]["hashes"], hashes);
    assert_eq!(json["actor"]["user"]["groups"], serde_json::json!([{"name": "wheel"}]));
}

proptest! {
    /// Any class with any attributes set to any text is well-formed JSON, with each attribute
    /// either in its place or in `unmapped`.
    #[test]
    fn any_event_is_json(
        class in prop::sample::select(vec![0u32, 1001, 1007, 3002, 4001, 4002, 6003, 201_002]),
        activity in 0u8..100,
        fields in prop::collection::vec((0usize..500, any::<String>()), 0..20),
    ) {
        let paths: Vec<Path> = Path::all().collect();
        let mut event = Event::new(Store::default());
        event.kind(class, activity);
        for (at, text) in &fields {
            event.set(paths[at % paths.len()], text.as_str());
        }
        let mut out = Vec::new();
        write(&mut event, &envelope("r"), &mut out);
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        prop_assert_eq!(&json["raw_data"], "r");
    }
}
