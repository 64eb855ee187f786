//! The shared corpora, and a validator of events against the OCSF schema.

#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod schema;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Origin;
use normalizer::{Normalized, Normalizer, Settings};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// When every record arrives: 2026-03-14 15:09:26 UTC.
pub(crate) const ARRIVAL: i64 = 1_773_500_966_000;

/// The corpora's folder, or `None` with a word about it.
pub(crate) fn corpora() -> Option<PathBuf> {
    let given = std::env::var_os("PROHORI_SHARED").map(PathBuf::from);
    let found = given.or_else(|| {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        here.ancestors().map(|up| up.join("../shared")).find(|shared| shared.is_dir())
    });
    if found.is_none() {
        println!("skipped: shared corpora absent");
    }
    found.map(|shared| shared.join("corpora"))
}

/// A file's bytes, unpacked if it is packed.
pub(crate) fn bytes(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    if path.extension().is_some_and(|e| e == "zst") {
        return zstd::decode_all(&*bytes).unwrap();
    }
    bytes
}

/// The JSON values of an NDJSON file.
pub(crate) fn rows(path: &Path) -> Vec<Value> {
    let bytes = bytes(path);
    let lines = bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// All files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// The raw records of all corpora, with where they come from.
pub(crate) fn all_records() -> Vec<(String, Vec<u8>)> {
    let Some(corpora) = corpora() else { return Vec::new() };
    let mut records = Vec::new();
    for folder in ["normalizer", "syslog-vectors", "ocsf-examples"] {
        for file in files(&corpora.join(folder))
            .iter()
            .filter(|f| f.extension().is_some_and(|e| e == "ndjson"))
        {
            for row in rows(file) {
                let Some(raw) = row["raw"].as_str() else { continue };
                records
                    .push((format!("{}:{}", file.display(), row["id"]), raw.as_bytes().to_vec()));
            }
        }
    }
    let lines = |file: &Path, records: &mut Vec<(String, Vec<u8>)>| {
        for (at, line) in bytes(file).split(|b| *b == b'\n').enumerate() {
            records.push((format!("{}:{}", file.display(), at + 1), line.to_vec()));
        }
    };
    for file in files(&corpora.join("robustness/lnav")) {
        lines(&file, &mut records);
    }
    for file in
        files(&corpora.join("loghub")).iter().filter(|f| f.extension().is_some_and(|e| e == "log"))
    {
        lines(file, &mut records);
    }
    for folder in ["sigma-regression", "windows-ordinary"] {
        for file in files(&corpora.join(folder))
            .iter()
            .filter(|f| f.to_string_lossy().contains("events.ndjson"))
        {
            lines(file, &mut records);
        }
    }
    for file in files(&corpora.join("correlation-crowdsec/logs")) {
        lines(&file, &mut records);
    }
    for file in
        files(&corpora.join("zeek")).iter().filter(|f| f.extension().is_some_and(|e| e == "zst"))
    {
        let text = bytes(file);
        for (at, line) in text.split(|b| *b == b'\n').enumerate() {
            records.push((format!("{}:{}", file.display(), at + 1), line.to_vec()));
        }
    }
    for row in rows(&corpora.join("bench/templates.ndjson.zst")) {
        let raw = row["raw"].as_str().unwrap();
        records.push((format!("bench:{}", row["source"]), raw.as_bytes().to_vec()));
    }
    for row in rows(&corpora.join("robustness/malformed.ndjson.zst")) {
        let payload = STANDARD.decode(row["payload_b64"].as_str().unwrap()).unwrap();
        records.push((format!("malformed:{}", row["id"]), payload));
    }
    records
}

/// The lines that our own rules are tried on, with where they stand.
pub(crate) fn sample_records() -> Vec<(String, Vec<u8>)> {
    let rules = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../rules");
    let mut records = Vec::new();
    for file in files(&rules).iter().filter(|f| f.extension().is_some_and(|e| e == "log")) {
        for (at, line) in bytes(file).split(|b| *b == b'\n').enumerate() {
            records.push((format!("{}:{}", file.display(), at + 1), line.to_vec()));
        }
    }
    records
}

/// A fresh normalizer.
pub(crate) fn normalizer() -> Normalizer {
    Normalizer::new(Arc::new(mapping::Tables::builtin().unwrap()), Settings::default())
}

/// A normalizer that finds something about every address and many users, from files in `folder`.
pub(crate) fn enriching(folder: &Path) -> Normalizer {
    let mut writer = enrich::testing::Writer::new("GeoLite2-City", 1_764_115_200);
    for net in ["0.0.0.0/1", "128.0.0.0/1", "2000::/3"] {
        let record = serde_json::json!({
            "continent": {"names": {"en": "Asia"}},
            "country": {"iso_code": "BD"},
            "city": {"names": {"en": "Dhaka"}},
            "subdivisions": [{"iso_code": "C"}],
            "location": {"latitude": 23.7, "longitude": 90.4},
            "autonomous_system_number": 64_500,
            "autonomous_system_organization": "Example",
        });
        writer.add(cidr::Net::parse(net).unwrap(), &record);
    }
    std::fs::write(folder.join("g.mmdb"), writer.finish()).unwrap();
    let file = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    file("assets.csv", "agency,address,criticality,tags\n*,0.0.0.0/0;::/0,high,a;b\n");
    file(
        "people.csv",
        "agency,user,full_name,criticality\nlocal,root;administrator;admin,A B,low\n",
    );
    let nets: Vec<String> = (1..224).map(|first| format!("{first}.0.0.0/8\n")).collect();
    file("feed.txt", &format!("{}com.example\nexample.com\n", nets.concat()));
    let path = |name: &str| folder.join(name).display().to_string();
    file(
        "n.toml",
        &format!(
            "[enrich]\ngeoip = [{:?}]\nassets = [{:?}]\nidentities = [{:?}]\nindicators = [{:?}]\n",
            path("g.mmdb"),
            path("assets.csv"),
            path("people.csv"),
            path("feed.txt"),
        ),
    );
    let enrichment = normalizer::Enrichment::of_file(&folder.join("n.toml")).unwrap();
    let settings = Settings { enrichment, ..Settings::default() };
    Normalizer::new(Arc::new(mapping::Tables::builtin().unwrap()), settings)
}

/// The events of one record, or its dead letter's code.
pub(crate) fn normalize(normalizer: &mut Normalizer, raw: &[u8]) -> Result<Vec<Value>, String> {
    match normalizer.normalize(raw, &Origin::stdin(0, 0, ARRIVAL), "local", ARRIVAL) {
        Normalized::Events(events) => {
            let parsed = events.iter().map(|json| {
                serde_json::from_slice(json).unwrap_or_else(|e| {
                    panic!("{e}: {}", String::from_utf8_lossy(json));
                })
            });
            Ok(parsed.collect())
        }
        Normalized::Dead(dead) => Err(dead.code.to_string()),
    }
}
