//! How entries fit, merge and resolve.

use super::*;

fn names(map: &EventMap) -> Vec<String> {
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    let sources = map.log_sources.iter().map(|s| &s.source);
    sources
        .map(|s| format!("{}/{}/{}", part(&s.product), part(&s.category), part(&s.service)))
        .collect()
}

fn paths(map: &EventMap, name: &str) -> Vec<String> {
    map.paths(name).iter().map(Path::to_string).collect()
}

#[test]
fn the_particular_wins_and_log_sources_add_up() {
    let tables = Tables::builtin().unwrap();
    let map = tables.native("Security", "Microsoft-Windows-Security-Auditing", "4688").unwrap();
    assert_eq!((map.class_uid, map.activity_id), (Some(1007), Some(1)));
    assert_eq!(
        names(&map),
        ["windows//", "windows//security", "windows/process_creation/security"]
    );
    assert_eq!(map.field("NewProcessName").unwrap().path, "process.file.path");
    assert_eq!(map.field("ProcessId").unwrap().convert, As::Int);
    let nginx =
        RouteKey { log_source: Some("nginx"), class_uid: Some("4002"), ..RouteKey::default() };
    assert_eq!(names(&tables.event_map(&nginx).unwrap()), ["/webserver/", "/webserver/nginx"]);
    assert_eq!(tables.event_map(&RouteKey::default()), None);
    let linux = tables.native("Linux-Sysmon/Operational", "Linux-Sysmon", "1").unwrap();
    assert_eq!(names(&linux), ["linux//sysmon", "linux/process_creation/sysmon"]);
}

#[test]
fn sigma_names_lead_to_paths() {
    let tables = Tables::builtin().unwrap();
    let security = tables.native("Security", "x", "4688").unwrap();
    let defender =
        tables.native("Microsoft-Windows-Windows Defender/Operational", "x", "1116").unwrap();
    for (map, name, expected) in [
        (&security, "Image", "unmapped.Image unmapped.NewProcessName process.file.path"),
        (&security, "CommandLine", "unmapped.CommandLine process.cmd_line"),
        (&security, "EventID", "unmapped.EventID metadata.event_code"),
        (&security, "Nothing", "unmapped.Nothing"),
        (&defender, "Signature", "unmapped.Signature unmapped.ThreatName"),
    ] {
        assert_eq!(paths(map, name).join(" "), expected, "{name}");
    }
}

#[test]
fn paths_anywhere_has_the_paths_of_every_event() {
    let tables = Tables::builtin().unwrap();
    for (_, _, key) in tables.examples() {
        let map = tables.event_map(&key).unwrap();
        for name in map.sigma_names().chain(map.fields().map(|field| field.native.as_str())) {
            let anywhere = tables.paths_anywhere(name);
            for path in map.paths(name) {
                assert!(anywhere.contains(&path), "{name} {path}");
            }
        }
    }
}

#[test]
fn a_rule_for_less_fits_an_event_that_serves_more() {
    let have = LogSource {
        product: Some("windows".into()),
        category: Some("process_creation".into()),
        service: Some("sysmon".into()),
    };
    for (product, category, service, fits) in [
        ("windows", "", "", true),
        ("", "process_creation", "", true),
        ("Windows", "process_creation", "sysmon", true),
        ("linux", "process_creation", "", false),
        ("windows", "", "security", false),
        ("", "", "", false),
    ] {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let wanted =
            LogSource { product: some(product), category: some(category), service: some(service) };
        assert_eq!(have.fits(&wanted), fits, "{wanted:?}");
    }
}

#[test]
fn wrong_tables_say_where_and_how_to_mend() {
    for (text, expected) in [
        ("- fields: {}", "line 1, column 3: an entry needs a `when`"),
        (
            "- when: {log_nam: x}",
            "line 1, column 10: cannot compare \"log_nam\"; known are log_name, event_code, log_provider, log_source, class_uid",
        ),
        (
            "- when: {log_name: x}\n  fields:\n    A: {path: a, as: number}",
            "line 3, column 22: unknown conversion \"number\"; known are text, int, ip, time, bool, account, hashes",
        ),
        (
            "- when: {log_name: x}\n  sigma: {A: {native: B}}",
            "line 2, column 14: expected a native name, or `{path: …}` and nothing else",
        ),
        ("when: x", "line 1, column 1: expected a list, found a map"),
        ("- when: {log_name: x}\n  class_uid: -1", "line 2, column 14: expected a number from 0"),
    ] {
        let error = Tables::new([("t.yml", text)]).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot read mapping t.yml: {expected}"));
    }
}

#[test]
fn every_table_of_the_folder_is_compiled_in() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/mappings");
    let tables = Tables::builtin().unwrap();
    let known: std::collections::HashSet<_> =
        tables.examples().map(|(file, ..)| file.to_owned()).collect();
    for file in std::fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(!name.ends_with(".yml") || known.contains(&name), "{name} is not in tables.rs");
    }
}
