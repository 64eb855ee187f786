//! The shape of the code: import direction, homes of dependencies, licences, style.
//!
//! Each test prints every breach at once, so that one run shows all there is to mend.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Our crates from the bottom up: each may import only what stands on an earlier line.
const LAYERS: &[&[&str]] = &[
    &["model", "flows", "frame", "backoff", "turns", "yaml", "fuzz", "attack", "spool", "trial"],
    &["privacy", "cidr", "tlog", "fleet"],
    &["mapping", "ocsf", "sigma"],
    &["parse", "detect", "correlate", "ruleset"],
    &["indicators", "custom"],
    &["alert", "query", "lint", "enrich"],
    &["service", "tls"],
    &["https"],
    &["notice", "oidc", "taxii"],
    &["bus", "store", "embedded-clickhouse"],
    &["embedded-kafka", "control", "enrolment"],
    &["feeds"],
    &["collector", "normalizer", "detector", "loader", "dashboard-api"],
    &["workbench"],
    &["prohori"],
    &["benches", "e2e"],
];

/// Crates that only compute: values in, values out, without runtime, I/O or clock.
const PURE: &[&str] = &[
    "model",
    "flows",
    "attack",
    "frame",
    "yaml",
    "mapping",
    "parse",
    "ocsf",
    "sigma",
    "detect",
    "correlate",
    "ruleset",
    "trial",
    "alert",
    "query",
    "lint",
    "backoff",
    "privacy",
    "tlog",
    "cidr",
    "fleet",
    "indicators",
    "enrich",
    "custom",
];
/// What a pure crate must not reach, directly or through others.
const IMPURE: &[&str] = &["tokio", "mio", "socket2", "hyper", "rdkafka", "clickhouse", "rustix"];

/// Dependencies with exactly one home.
const HOMES: &[(&str, &str)] =
    &[("rdkafka", "bus"), ("clickhouse", "store"), ("libloading", "embedded-clickhouse")];

/// Licences that allow a government to ship the whole under Apache-2.0.
const LICENCES: &[&str] = &[
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "MIT",
    "MIT-0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unlicense",
    "0BSD",
    "BSL-1.0",
    "CC0-1.0",
    "Unicode-3.0",
    "CDLA-Permissive-2.0",
];

/// The longest file that one head can hold.
const LINES_MAX: usize = 500;

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("crates/e2e is two levels below the root").into()
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// Our packages: name and direct dependencies that are not only for tests.
fn ours(metadata: &Value) -> BTreeMap<&str, BTreeSet<&str>> {
    let members: BTreeSet<&str> =
        list(metadata, "workspace_members").iter().filter_map(Value::as_str).collect();
    list(metadata, "packages")
        .iter()
        .filter(|package| members.contains(text(package, "id")))
        .map(|package| {
            let normal = list(package, "dependencies").iter().filter(|d| d["kind"].is_null());
            (text(package, "name"), normal.map(|d| text(d, "name")).collect())
        })
        .collect()
}

fn none(what: &str, breaches: &[String]) {
    assert!(breaches.is_empty(), "{what}:\n  {}", breaches.join("\n  "));
}

#[test]
fn imports_run_downward_only() {
    let metadata = metadata();
    let layer: BTreeMap<&str, usize> = LAYERS
        .iter()
        .enumerate()
        .flat_map(|(i, names)| names.iter().map(move |name| (*name, i)))
        .collect();
    let mut breaches = Vec::new();
    for (name, imports) in ours(&metadata) {
        let Some(above) = layer.get(name) else {
            breaches.push(format!("{name} has no place in LAYERS"));
            continue;
        };
        for import in imports {
            if layer.get(import).is_some_and(|below| below >= above) {
                breaches.push(format!("{name} imports {import}, which does not lie below it"));
            }
        }
    }
    none("imports against the flow", &breaches);
}

#[test]
fn guarded_dependencies_have_one_home() {
    let metadata = metadata();
    let breaches: Vec<String> = ours(&metadata)
        .iter()
        .flat_map(|(name, imports)| {
            HOMES
                .iter()
                .filter(move |(guarded, home)| imports.contains(guarded) && name != home)
                .map(move |(guarded, home)| format!("{name} imports {guarded}; its home is {home}"))
        })
        .collect();
    none("dependencies outside their home", &breaches);
}

#[test]
fn pure_crates_reach_no_runtime_and_no_network() {
    let metadata = metadata();
    let names: BTreeMap<&str, &str> =
        list(&metadata, "packages").iter().map(|p| (text(p, "id"), text(p, "name"))).collect();
    let edges: BTreeMap<&str, Vec<&str>> = list(&metadata["resolve"], "nodes")
        .iter()
        .map(|node| {
            let normal = list(node, "deps")
                .iter()
                .filter(|dep| list(dep, "dep_kinds").iter().any(|kind| kind["kind"].is_null()));
            (text(node, "id"), normal.map(|dep| text(dep, "pkg")).collect())
        })
        .collect();
    let mut breaches = Vec::new();
    for (id, name) in names.iter().filter(|(_, name)| PURE.contains(name)) {
        let (mut seen, mut open) = (BTreeSet::new(), vec![*id]);
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(edges.get(id).into_iter().flatten());
            }
        }
        let reached = seen.iter().filter_map(|id| names.get(id)).filter(|n| IMPURE.contains(n));
        breaches.extend(reached.map(|reached| format!("{name} reaches {reached}")));
    }
    none("pure crates with impure dependencies", &breaches);
}

#[test]
fn every_licence_is_permissive() {
    let metadata = metadata();
    let mut breaches = Vec::new();
    for package in list(&metadata, "packages") {
        let licence = text(package, "license").replace('/', " OR ");
        // "A OR B" leaves the choice to us; in "A AND B" each part must fit.
        let fits = |choice: &str| {
            let parts = choice.trim_matches(['(', ')', ' ']).split(" AND ");
            parts.into_iter().all(|part| LICENCES.contains(&part.trim_matches(['(', ')', ' '])))
        };
        if !licence.split(" OR ").any(fits) && !fits_conjunction(&licence) {
            breaches.push(format!(
                "{} {}: {licence:?}",
                text(package, "name"),
                text(package, "version")
            ));
        }
    }
    none("licences to look at", &breaches);
}

/// "(A OR B) AND C": each bracket must offer a permissive choice.
fn fits_conjunction(licence: &str) -> bool {
    licence.split(" AND ").all(|part| {
        part.split(" OR ").any(|choice| LICENCES.contains(&choice.trim_matches(['(', ')', ' '])))
    })
}

/// Source files of ours with an ending, generated and fetched ones left out.
fn sources(ending: &str) -> Vec<PathBuf> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", ending])
        .current_dir(root())
        .output()
        .expect("git runs");
    let names = String::from_utf8(output.stdout).expect("our file names are UTF-8");
    names.lines().map(PathBuf::from).filter(|path| root().join(path).exists()).collect()
}

#[test]
fn files_say_what_they_are_for_and_stay_small() {
    let mut breaches = Vec::new();
    for path in sources("*.rs") {
        let source = std::fs::read_to_string(root().join(&path)).expect("a listed file is there");
        let purpose: Vec<&str> = source.lines().take_while(|l| l.starts_with("//!")).collect();
        let said = purpose.iter().any(|line| line.contains(['.', ':', '?']));
        if !said {
            breaches.push(format!("{}: does not begin with a `//!` sentence", path.display()));
        }
        let lines = source.lines().count();
        if lines > LINES_MAX && !path.ends_with("table.rs") {
            breaches.push(format!("{}: {lines} lines", path.display()));
        }
        // Below tests/ a `foo.rs` would be a test of its own.
        if path.ends_with("mod.rs") && !path.iter().any(|folder| folder == "tests") {
            breaches.push(format!("{}: use foo.rs beside foo/", path.display()));
        }
    }
    none("files against the house style", &breaches);
}

/// Under which name a type that derives `ToSchema` stands in the API's document.
fn schema_name<'a>(lines: &[&'a str]) -> &'a str {
    let named = |line: &&'a str| line.split_once("schema(as = ").map(|(_, name)| name);
    let own = |line: &&'a str| {
        let (_, name) = line.split_once("struct ").or_else(|| line.split_once("enum "))?;
        (!line.trim_start().starts_with('/')).then_some(name)
    };
    let of_type = lines.iter().position(|line| own(line).is_some()).unwrap_or(lines.len());
    let name = lines[..of_type].iter().find_map(named);
    let name = name.or_else(|| lines.get(of_type).and_then(own)).unwrap_or_default();
    name.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default()
}

#[test]
fn two_types_of_the_api_never_share_a_name_in_its_document() {
    let (mut homes, mut breaches) = (BTreeMap::<String, PathBuf>::new(), Vec::new());
    for path in sources("*.rs").into_iter().filter(|path| !path.ends_with("tests/tidy.rs")) {
        let text = std::fs::read_to_string(root().join(&path)).expect("a listed file is there");
        let lines: Vec<&str> = text.lines().collect();
        let derives = |line: &str| line.starts_with("#[derive(") && line.contains("ToSchema");
        for at in (0..lines.len()).filter(|at| derives(lines[*at])) {
            let name = schema_name(&lines[at + 1..]);
            if let Some(other) = homes.insert(name.to_owned(), path.clone()) {
                breaches.push(format!("{name}: {other:?} and {path:?}; give one schema(as = …)"));
            }
        }
    }
    assert!(homes.len() > 100, "only {} types found", homes.len());
    none("types that share a name", &breaches);
}

#[test]
fn versions_stand_at_the_root_only() {
    let mut breaches = Vec::new();
    for path in sources("**/Cargo.toml") {
        // Other engines, which are only measured, are a workspace of their own.
        if path.starts_with("benches/peers") {
            continue;
        }
        let manifest = std::fs::read_to_string(root().join(&path)).expect("a listed file is there");
        let mut in_dependencies = false;
        for line in manifest.lines() {
            if let Some(section) = line.strip_prefix('[') {
                in_dependencies = section.contains("dependencies");
            } else if in_dependencies && line.contains('=') && !line.contains("workspace = true") {
                breaches.push(format!("{}: {line}", path.display()));
            }
        }
    }
    none("versions outside the workspace's manifest", &breaches);
}

#[test]
fn the_map_names_every_room() {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the map is there");
    let metadata = metadata();
    let breaches: Vec<String> = ours(&metadata)
        .keys()
        .filter(|name| !map.contains(&format!("`{name}`")) && !map.contains(&format!("`{name}/`")))
        .map(|name| format!("`{name}` is not in ARCHITECTURE.md"))
        .collect();
    none("the map is not true", &breaches);
}
