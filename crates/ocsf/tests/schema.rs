//! The product's own tables against the OCSF schema, where the shared corpora are at hand.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skips"
)]

use ocsf::classes::Class;
use ocsf::paths::Kind;
use ocsf::{HashKind, Path, Severity};
use serde_json::Value;
use std::path::PathBuf;

fn schema() -> Option<Value> {
    let given = std::env::var_os("PROHORI_SHARED").map(PathBuf::from);
    let found = given.or_else(|| {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        here.ancestors().map(|up| up.join("../shared")).find(|shared| shared.is_dir())
    });
    let file = found.map(|shared| shared.join("corpora/ocsf-schema/ocsf-1.8.0-compiled.json.zst"));
    let Some(bytes) = file.and_then(|file| std::fs::read(file).ok()) else {
        println!("skipped: shared corpora absent");
        return None;
    };
    Some(serde_json::from_slice(&zstd::decode_all(&*bytes).unwrap()).unwrap())
}

fn class_of(schema: &Value, uid: u32) -> &Value {
    let classes = schema["classes"].as_object().unwrap();
    classes.values().find(|class| class["uid"] == uid).unwrap_or_else(|| panic!("no class {uid}"))
}

#[test]
fn classes_are_the_schemas() {
    let Some(schema) = schema() else { return };
    for class in Class::all() {
        let theirs = class_of(&schema, class.uid);
        assert_eq!(theirs["caption"], class.caption);
        assert!(theirs["@deprecated"].is_null(), "{} is deprecated", class.caption);
        let category =
            &theirs["attributes"]["category_uid"]["enum"][class.category_uid.to_string()];
        assert_eq!(category["caption"], class.category, "{}", class.caption);
        let activities = theirs["attributes"]["activity_id"]["enum"].as_object().unwrap();
        assert_eq!(activities.len(), class.activities.len(), "{}", class.caption);
        for activity in &class.activities {
            assert_eq!(activities[&activity.id.to_string()]["caption"], activity.caption);
        }
        for path in Path::all() {
            let top = path.text().split(['.', '[']).next().unwrap();
            let theirs = !theirs["attributes"][top].is_null();
            assert_eq!(class.allows(path), theirs, "{}: {}", class.caption, path.text());
        }
        // Every required attribute is ours too, but for what the writer always writes.
        for (name, attribute) in theirs["attributes"].as_object().unwrap() {
            let by_writer = [
                "activity_id",
                "category_uid",
                "class_uid",
                "metadata",
                "severity_id",
                "time",
                "type_uid",
                "cloud",
                "osint",
            ];
            let required = attribute["requirement"] == "required" && !by_writer.contains(&&**name);
            let ours = class.required.iter().any(|r| r.name == name);
            assert_eq!(required, ours, "{}: {name}", class.caption);
        }
    }
}

/// The attribute that a path names, starting from any class that has its first part.
fn attribute(schema: &Value, path: Path) -> &Value {
    let mut names = path.text().split('.').map(|name| name.trim_end_matches("[]"));
    let first = names.next().unwrap();
    let classes = schema["classes"].as_object().unwrap().values();
    let ours = classes.filter(|class| {
        Class::of(class["uid"].as_u64().unwrap() as u32).uid as u64
            == class["uid"].as_u64().unwrap()
    });
    let mut at = ours
        .map(|class| &class["attributes"][first])
        .find(|attribute| !attribute.is_null())
        .unwrap_or_else(|| panic!("{}: no class has {first}", path.text()));
    for name in names {
        let object = at["type"].as_str().unwrap();
        at = &schema["objects"][object]["attributes"][name];
        assert!(!at.is_null(), "{}: {object} has no {name}", path.text());
    }
    at
}

fn kind(schema: &Value, attribute: &Value) -> Kind {
    let name = attribute["type"].as_str().unwrap();
    let many = attribute["is_array"] == true;
    if name == "fingerprint" && many {
        return Kind::Hashes;
    }
    if !schema["objects"][name].is_null() {
        return Kind::Json;
    }
    let base = schema["types"][name]["type"].as_str().unwrap_or(name);
    match (name, base) {
        ("ip_t" | "email_t", _) if many => Kind::List,
        ("ip_t", _) => Kind::Ip,
        ("email_t", _) => Kind::Email,
        ("mac_t", _) => Kind::Mac,
        ("json_t", _) => Kind::Json,
        (_, "integer_t" | "long_t") if many => Kind::IntList,
        (_, "integer_t" | "long_t") => Kind::Int,
        (_, "boolean_t") => Kind::Bool,
        (_, "float_t") => Kind::Float,
        _ if many => Kind::List,
        _ => Kind::Str,
    }
}

#[test]
fn paths_are_the_schemas() {
    let Some(schema) = schema() else { return };
    for path in Path::all() {
        let attribute = attribute(&schema, path);
        let expected = kind(&schema, attribute);
        assert_eq!(path.kind(), expected, "{}", path.text());
        let name = attribute["type"].as_str().unwrap();
        let observable = [&attribute["observable"], &schema["types"][name]["observable"]];
        let theirs = observable.iter().find_map(|o| o.as_u64()).unwrap_or(0);
        let ours = u64::from(path.observable());
        assert!(ours == 0 || ours == theirs, "{}: observable {ours} not {theirs}", path.text());
    }
}

#[test]
fn arrays_are_marked() {
    let Some(schema) = schema() else { return };
    for path in Path::all() {
        let mut prefix = String::new();
        for name in path.text().split('.') {
            if !prefix.is_empty() {
                prefix.push('.');
            }
            prefix.push_str(name);
            if prefix.len() == path.text().len() {
                break;
            }
            let here = Path::all().find(|p| p.text().starts_with(&prefix)).unwrap();
            let mut at = &Value::Null;
            for (i, part) in prefix.split('.').enumerate() {
                let part = part.trim_end_matches("[]");
                at = if i == 0 {
                    top(&schema, part)
                } else {
                    &schema["objects"][at["type"].as_str().unwrap()]["attributes"][part]
                };
            }
            assert_eq!(at["is_array"] == true, name.ends_with("[]"), "{}", here.text());
        }
    }
}

fn top<'s>(schema: &'s Value, name: &str) -> &'s Value {
    let mut classes = schema["classes"].as_object().unwrap().values();
    classes.find_map(|c| Some(&c["attributes"][name]).filter(|a| !a.is_null())).unwrap()
}

#[test]
fn names_of_numbers_are_the_schemas() {
    let Some(schema) = schema() else { return };
    let base = &class_of(&schema, 0)["attributes"];
    for severity in [
        Severity::Unknown,
        Severity::Informational,
        Severity::Low,
        Severity::Medium,
        Severity::High,
        Severity::Critical,
        Severity::Fatal,
    ] {
        let caption = &base["severity_id"]["enum"][(severity as u8).to_string()]["caption"];
        assert_eq!(caption, severity.name());
    }
    let algorithms = &schema["objects"]["fingerprint"]["attributes"]["algorithm_id"]["enum"];
    for kind in
        [HashKind::Md5, HashKind::Sha1, HashKind::Sha256, HashKind::Sha512, HashKind::Imphash]
    {
        assert_eq!(algorithms[(kind as u8).to_string()]["caption"], kind.name());
    }
}
