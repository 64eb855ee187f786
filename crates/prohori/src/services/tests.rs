//! The example configurations under `deploy/` are whole and work.

use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

fn example(service: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    root.join(service).join(format!("{service}.toml"))
}

/// The example with every key that is commented out put in force: a key that is misspelt there, or
/// that the service no longer has, does not read.
fn all_keys(service: &str) -> String {
    let text = std::fs::read_to_string(example(service)).unwrap();
    let is_key = |line: &str| {
        let (name, _) = line.split_once(" = ").unwrap_or(("", ""));
        let named = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        named || line.starts_with('[') && line.ends_with(']')
    };
    let lines = text.lines().map(|line| match line.strip_prefix("# ") {
        Some(inner) if is_key(inner) => inner,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn check<Raw: DeserializeOwned, E: std::fmt::Debug>(
    service: &str,
    check: impl Fn(Raw) -> Result<(), E>,
    keys: &[&str],
) {
    check(service::load(&example(service)).unwrap()).unwrap();
    let kubernetes = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../deploy/kubernetes/base/config")
        .join(format!("{service}.toml"));
    service::load::<Raw>(&kubernetes).unwrap();
    let text = all_keys(service);
    if let Err(error) = service::config::parse::<Raw>(&example(service), &text) {
        panic!("with all keys: {error}");
    }
    for key in keys {
        let set = format!("{key} = ");
        let told = text.lines().any(|line| line == *key || line.starts_with(&set));
        assert!(told, "{service}: {key} is not explained");
    }
}

#[test]
fn normalizer() {
    let config = |raw| normalizer::Config::try_from(raw).map(drop);
    let keys = [
        "zone",
        "threads",
        "parsers",
        "brokers",
        "listen",
        "[bus.tls]",
        "[bus.sasl]",
        "[privacy]",
        "kinds",
        "keys",
        "[enrich]",
        "geoip",
        "assets",
        "identities",
        "indicators",
        "warning_lists",
        "reload_ms",
    ];
    check::<normalizer::RawConfig, _>("normalizer", config, &keys);
}

#[test]
fn detector() {
    let config = |raw| detector::Config::try_from(raw).map(drop);
    let keys = [
        "rules",
        "control",
        "indicators",
        "warning_lists",
        "threads",
        "correlators",
        "lateness_ms",
        "reload_ms",
        "brokers",
        "listen",
        "[placeholders]",
    ];
    check::<detector::RawConfig, _>("detector", config, &keys);
}

#[test]
fn loader() {
    let config = |raw: loader::Config| store::Config::try_from(raw.store).map(drop);
    let keys = [
        "brokers",
        "listen",
        "url",
        "user",
        "password_file",
        "database",
        "group",
        "[loader]",
        "threads",
    ];
    check::<loader::Config, _>("loader", config, &keys);
}

#[test]
fn dashboard_api() {
    let config = |raw| dashboard_api::Config::try_from(raw).map(drop);
    let keys = [
        "data_dir",
        "rules",
        "[placeholders]",
        "brokers",
        "url",
        "user",
        "password_file",
        "database",
        "listen",
        "origins",
        "idle_minutes",
        "absolute_minutes",
    ];
    check::<dashboard_api::RawConfig, _>("dashboard-api", config, &keys);
}

#[test]
fn broker_and_engine_of_one_machine() {
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/server");
    service::load::<embedded_kafka::RawConfig>(&server.join("kafka.toml")).unwrap();
    service::load::<embedded_clickhouse::Config>(&server.join("clickhouse.toml")).unwrap();
}
