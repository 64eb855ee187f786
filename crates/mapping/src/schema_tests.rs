//! The tables held against the OCSF schema and SigmaHQ's rules.

use super::*;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

/// The shared corpora, if they are here.
fn corpora() -> Option<PathBuf> {
    let from_env = std::env::var_os("PROHORI_SHARED").map(PathBuf::from);
    let above = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = from_env.unwrap_or(above).join("corpora");
    if !folder.is_dir() {
        eprintln!("skipped: shared corpora absent");
        return None;
    }
    Some(folder)
}

/// The type of the attribute at `path` in a class, or why there is none.
fn type_at(schema: &Value, class_uid: u32, path: &str) -> Result<String, String> {
    let classes = schema["classes"].as_object().unwrap();
    let class = classes.values().find(|c| c["uid"] == class_uid).ok_or("no such class")?;
    let mut attributes = &class["attributes"];
    let mut found = String::new();
    for name in path.split('.') {
        let attribute = &attributes[name];
        found = attribute["type"].as_str().ok_or(format!("no {name:?}"))?.to_owned();
        if let Some(object) = attribute["object_type"].as_str().or(Some(&found)) {
            attributes = &schema["objects"][object]["attributes"];
        }
    }
    Ok(found)
}

/// Whether a Sigma name's path is in the entry's class; in any, where its events are of several.
fn sigma_path(schema: &Value, class_uid: Option<u32>, path: &str) -> Result<(), String> {
    if let Some(class_uid) = class_uid {
        return type_at(schema, class_uid, path).map(drop);
    }
    let classes = schema["classes"].as_object().unwrap().values();
    let mut uids = classes.filter_map(|class| u32::try_from(class["uid"].as_u64()?).ok());
    let found = uids.any(|uid| type_at(schema, uid, path).is_ok());
    found.then_some(()).ok_or("in no class".to_owned())
}

fn agrees(convert: As, found: &str) -> bool {
    match convert {
        As::Text | As::Account => {
            found.ends_with("_t")
                && !["integer_t", "long_t", "port_t", "ip_t", "timestamp_t", "boolean_t", "json_t"]
                    .contains(&found)
        }
        As::Int => ["integer_t", "long_t", "port_t"].contains(&found),
        As::Ip => found == "ip_t",
        As::Time => found == "timestamp_t",
        As::Bool => found == "boolean_t",
        As::Hashes => found == "fingerprint",
    }
}

#[test]
fn every_path_is_in_the_schema_with_the_type_of_its_conversion() {
    let Some(corpora) = corpora() else { return };
    let file = corpora.join("ocsf-schema/ocsf-1.8.0-compiled.json.zst");
    let text = zstd::decode_all(std::fs::File::open(file).unwrap()).unwrap();
    let schema: Value = serde_json::from_slice(&text).unwrap();
    let tables = Tables::builtin().unwrap();
    let mut wrong = BTreeSet::new();
    for (file, line, key) in tables.examples() {
        let map = tables.event_map(&key).unwrap();
        let class = map.class_uid.unwrap_or(0);
        let mut taken = HashMap::new();
        for field in map.fields() {
            let found = type_at(&schema, class, &field.path);
            if !found.as_ref().is_ok_and(|found| agrees(field.convert, found)) {
                wrong.insert(format!(
                    "{file}:{line}: {} -> {}: {found:?}",
                    field.native, field.path
                ));
            }
            if let Some(Err(why)) = field.base.as_ref().map(|base| type_at(&schema, class, base)) {
                wrong.insert(format!("{file}:{line}: {:?}: {why}", field.base));
            }
            if let Some(other) = taken.insert(&field.path, &field.native) {
                wrong.insert(format!(
                    "{file}:{line}: {} and {other} share {}",
                    field.native, field.path
                ));
            }
        }
        for (path, _) in &map.set {
            if let Err(why) = type_at(&schema, class, path) {
                wrong.insert(format!("{file}:{line}: set {path}: {why}"));
            }
        }
        for name in map.sigma_names() {
            for path in map.paths(name).iter().filter(|path| !path.is_unmapped()) {
                if let Err(why) = sigma_path(&schema, map.class_uid, path.name()) {
                    wrong.insert(format!("{file}:{line}: sigma {name}: {path}: {why}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_log_source_of_sigmahq_is_served() {
    let Some(corpora) = corpora() else { return };
    let text = std::fs::read_to_string(corpora.join("sigma/rules_index.ndjson")).unwrap();
    let tables = Tables::builtin().unwrap();
    let served: Vec<LogSource> = tables
        .examples()
        .filter_map(|(_, _, key)| tables.event_map(&key))
        .flat_map(|map| map.log_sources.iter().map(|s| s.source.clone()).collect::<Vec<_>>())
        .collect();
    let mut missing = BTreeSet::new();
    for line in text.lines() {
        let rule: Value = serde_json::from_str(line).unwrap();
        let path = rule["path"].as_str().unwrap();
        let ours = ["rules/", "rules-threat-hunting/", "rules-emerging-threats/"];
        if !ours.iter().any(|tree| path.starts_with(tree)) {
            continue;
        }
        let part = |name: &str| rule["logsource"][name].as_str().map(str::to_owned);
        let wanted = LogSource {
            product: part("product"),
            category: part("category"),
            service: part("service"),
        };
        if !served.iter().any(|source| source.fits(&wanted)) {
            missing.insert(wanted);
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
