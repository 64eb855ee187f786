//! Cutting and joining gives the same document.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn check(json: &str) {
    let document = members(json).unwrap();
    let parts = cut(&document).unwrap();
    let joined = join(&parts);
    let expected: Value = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&joined).unwrap(), expected, "{joined}");
}

#[test]
fn a_whole_event_is_cut_into_columns() {
    let event = json!({
        "class_uid": 3002, "time": 1_772_323_200_000_i64, "message": "Failed password",
        "raw_data": "line \"quoted\"\n", "metadata": {
            "version": "1.8.0", "uid": "0123456789abcdef0123456789abcdef",
            "logged_time": 1_772_323_200_037_i64, "processed_time": 1_772_323_200_090_i64,
        },
    })
    .to_string();
    let document = members(&event).unwrap();
    let parts = cut(&document).unwrap();
    assert_eq!(parts.rest, r#"{"metadata":{"version":"1.8.0"},"class_uid":3002}"#);
    assert_eq!(parts.uid[..4], [0x01, 0x23, 0x45, 0x67]);
    assert_eq!((parts.time_ms, parts.logged_ms), (1_772_323_200_000, 1_772_323_200_037));
    assert_eq!(parts.processed_ms, 1_772_323_200_090);
    assert_eq!((&*parts.message, &*parts.raw), ("Failed password", "line \"quoted\"\n"));
    check(&event);
}

#[test]
fn what_a_column_cannot_hold_stays() {
    for json in [
        "{}",
        r#"{"metadata":{}}"#,
        r#"{"metadata":[]}"#,
        r#"{"metadata":null,"time":1}"#,
        r#"{"metadata":{"uid":"short"},"message":"","raw_data":""}"#,
        r#"{"metadata":{"uid":"0123456789ABCDEF0123456789ABCDEF"}}"#,
        r#"{"metadata":{"uid":"0123456789abcdef0123456789abcdef"}}"#,
        r#"{"metadata":{"uid":"00000000000000000000000000000000"}}"#,
        r#"{"time":"1772323200000","message":5,"raw_data":{"a":[1,null]}}"#,
        r#"{"time":1.5}"#,
        r#"{"time":0,"metadata":{"logged_time":0}}"#,
        r#"{"time":99999999999999999}"#,
        r#"{"time":-5,"a\"b":"\u0000","metadata":{"k\n":1e300}}"#,
        r#"{ "metadata" : { "logged_time" : 5 } , "x" : [ ] }"#,
    ] {
        check(json);
    }
}

#[test]
fn bytes_of_other_members_are_untouched() {
    let json = r#"{"metadata":{"x":1.50e+3},"unmapped":{"big":123456789012345678901234567890}}"#;
    assert_eq!(cut(&members(json).unwrap()).unwrap().rest, json);
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~\\n\"\\\\]{0,12}|\\PC{0,6}".prop_map(Value::from),
        "[0-9a-f]{32}".prop_map(Value::from),
        (1_700_000_000_000_i64..1_800_000_000_000).prop_map(Value::from),
    ]
}

fn object(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let name = prop_oneof![prop::sample::select(names).prop_map(str::to_owned), "\\PC{0,5}"];
    prop::collection::btree_map(name, scalar(), 0..7).prop_map(Value::from_iter)
}

proptest! {
    #[test]
    fn any_document_comes_back(
        top in object(&["time", "message", "raw_data", "metadata", "class_uid"]),
        metadata in object(&["uid", "logged_time", "processed_time", "version"]),
        nested in any::<bool>(),
    ) {
        let mut event = top;
        if nested {
            event["metadata"] = metadata;
        }
        check(&event.to_string());
    }

    #[test]
    fn foreign_bytes_never_panic(json in "\\PC{0,80}|[{}\\[\\]\",:a-z0-9\\\\]{0,80}") {
        if let Ok(document) = members(&json) {
            let _ = cut(&document);
        }
    }
}
