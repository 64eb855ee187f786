//! The reference pages are what the code says: written from it, and compared with it here.
//!
//! `PROHORI_REFERENCE=write cargo test -p e2e --test reference` writes them anew.

use bus::TopicSpec;
use e2e::stack::wait_until;
use e2e::{Stack, binary, http};
use model::{Agency, DeadLetterCode};
use regex::Regex;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the demo's story may take until its alerts are stored.
const STORY_DEADLINE: Duration = Duration::from_secs(150);
/// Partitions of the topics here; the number is each installation's.
const PARTITIONS: i32 = 4;
/// The services whose configurations are told, in the order of the flow.
const EXAMPLES: &[&str] = &[
    "deploy/collector/collector.toml",
    "deploy/normalizer/normalizer.toml",
    "deploy/detector/detector.toml",
    "deploy/loader/loader.toml",
    "deploy/dashboard-api/dashboard-api.toml",
    "deploy/enrolment/enrolment.toml",
    "deploy/server/kafka.toml",
    "deploy/server/clickhouse.toml",
];

fn read(path: &str) -> String {
    let file = binary::root().join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn is_writing() -> bool {
    std::env::var_os("PROHORI_REFERENCE").is_some_and(|what| what == "write")
}

/// Compares a page with what the code says, or writes it.
fn page(name: &str, text: &str) {
    let path = binary::root().join("docs/reference").join(name);
    if is_writing() {
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = text.lines().zip(stands.lines()).find(|(code, page)| code != page);
    assert!(
        text == stands,
        "docs/reference/{name} is not what the code says; first: {differs:#?}\n\
         PROHORI_REFERENCE=write cargo test -p e2e --test reference"
    );
}

/// A line of an example: a table or a key, in force or commented out.
fn key_of(line: &str) -> Option<(bool, &str)> {
    let (in_force, line) = line.strip_prefix("# ").map_or((true, line), |inner| (false, inner));
    let table = line.starts_with('[') && line.ends_with(']') && !line.contains(' ');
    let name = line.split_once(" = ").map_or("", |(name, _)| name);
    let key = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_lowercase() || b"_.0123456789".contains(&b));
    (table || key).then_some((in_force, line))
}

/// The keys of an example with what its comments say of them.
fn keys(example: &str) -> String {
    let mut text =
        format!("\n## `{example}`\n\n| key | value there | what it is |\n| --- | --- | --- |\n");
    let (mut said, mut table) = (Vec::new(), String::new());
    let mut lines = example_lines(example);
    // What the file says of itself.
    while lines.first().is_some_and(|line| line.starts_with('#') && key_of(line).is_none()) {
        lines.remove(0);
    }
    for line in &lines {
        match key_of(line) {
            Some((_, head)) if head.starts_with('[') => {
                table = format!("{}.", head.trim_matches(['[', ']']));
                if !said.is_empty() {
                    let _ = writeln!(text, "| `{head}` | | {} |", said.join(" "));
                }
                said.clear();
            }
            Some((in_force, line)) => {
                let (name, value) = line.split_once(" = ").unwrap_or((line, ""));
                let default = if in_force { "" } else { " (default or example)" };
                let value = value.replace('|', "\\|");
                let said = std::mem::take(&mut said).join(" ");
                let _ = writeln!(text, "| `{table}{name}` | `{value}`{default} | {said} |");
            }
            None if line.starts_with('#') => {
                said.push(line.trim_start_matches(['#', ' ']).replace('|', "\\|"));
            }
            None => said.clear(),
        }
    }
    text
}

fn example_lines(example: &str) -> Vec<String> {
    read(example).lines().map(str::to_owned).collect()
}

#[test]
fn configuration() {
    let mut text = String::from(
        "# Every configuration key\n\nFrom the examples under `deploy/`, each of which is loaded by a test with every \
         key in force; a key that the\nservice does not know is refused. `prohori-collector check` and the start of a \
         service name a mistake with its line.\n",
    );
    for example in EXAMPLES {
        text.push_str(&keys(example));
    }
    page("configuration.md", &text);
}

#[test]
fn topics() {
    let agency = Agency::new("agency").expect("a name");
    let mut text = String::from(
        "# Every topic\n\n`prohori topics` makes them, with the same number of partitions each: the event of a raw record \
         goes to the\npartition of `events` with the raw partition's number. What travels is in \
         [the map](../../ARCHITECTURE.md).\n\n| topic | settings |\n| --- | --- |\n",
    );
    let raw = TopicSpec::raw(&agency, PARTITIONS);
    for topic in std::iter::once(raw).chain(TopicSpec::shared(PARTITIONS)) {
        let settings: Vec<_> =
            topic.config.iter().map(|(key, value)| format!("`{key}={value}`")).collect();
        let name = topic.name.replace("raw.agency", "raw.<agency>");
        let _ = writeln!(text, "| `{name}` | {} |", settings.join(", "));
    }
    page("topics.md", &text);
}

#[test]
fn codes() {
    let source = read("dashboard-api/src/problem.rs");
    let (_, source) = source.split_once("\ncodes! {\n").expect("the list of codes");
    let (source, _) = source.split_once("\n}\n").expect("its end");
    let codes = Regex::new(r#"=\s+"([a-z_]+)",\s+([A-Z_]+),\s+"([^"]+)";"#).expect("a pattern");
    let mut text = String::from(
        "# Every error code\n\n## Of the API\n\nRFC 9457 problem documents carry one of these as `code`; it never changes its \
         meaning.\n\n| code | status | what |\n| --- | --- | --- |\n",
    );
    let mut count = 0;
    for found in codes.captures_iter(source) {
        let (_, [code, status, title]) = found.extract();
        let _ =
            writeln!(text, "| `{code}` | {} | {title} |", status.to_lowercase().replace('_', " "));
        count += 1;
    }
    let all = source.matches("\";").count();
    assert!(count > 20 && all == count, "{count} codes read of {all}");
    text.push_str("\n## Of dead letters\n\nWhat to do about each is in [operating](../operate.md#dead-letters).\n\n| code |\n| --- |\n");
    for code in DeadLetterCode::ALL {
        let _ = writeln!(text, "| `{code}` |");
    }
    page("codes.md", &text);
}

/// Every table with its columns, as the store has them after its migrations.
fn tables(stack: &Stack) -> String {
    let sql = "SELECT table, name, type FROM system.columns WHERE database = 'prohori' \
               ORDER BY table, position FORMAT TabSeparatedRaw";
    let rows = stack.ask(sql).unwrap_or_else(|error| panic!("{error}"));
    let mut text = String::from(
        "# Every table\n\nOf ClickHouse's database, as the migrations in `crates/store/migrations` make it; they say why each column is\n\
         as it is. Read by `Scope` only: every query of the API carries the caller's agencies.\n",
    );
    let mut last = "";
    for row in rows.lines() {
        let mut cells = row.split('\t');
        let [table, name, of] = [(); 3].map(|()| cells.next().unwrap_or_default());
        if table != last {
            let _ = write!(text, "\n## `{table}`\n\n| column | type |\n| --- | --- |\n");
            last = table;
        }
        let _ = writeln!(text, "| `{name}` | `{of}` |");
    }
    text
}

/// What a service's `/metrics` tells: name to type and help.
type Told = BTreeMap<String, (String, String)>;

fn scrape(stack: &Stack) -> Told {
    let mut told = Told::new();
    let listen = Regex::new(r#"(?m)^listen = "([^"]+)""#).expect("a pattern");
    let folder: PathBuf = stack.data().join("config");
    for entry in std::fs::read_dir(folder).expect("configurations").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("a configuration");
        let Some(found) = listen.captures(&text) else { continue };
        let answer = http::send(&found[1], "GET", "/metrics", &[], "").expect("metrics");
        assert_eq!(answer.status, 200, "{}", entry.path().display());
        add(&mut told, &answer.body);
    }
    told
}

fn add(told: &mut Told, exposition: &str) {
    for line in exposition.lines() {
        let Some((what, rest)) = line.strip_prefix("# ").and_then(|line| line.split_once(' '))
        else {
            continue;
        };
        let Some((name, text)) = rest.split_once(' ') else { continue };
        let of = told.entry(name.to_owned()).or_default();
        match what {
            "TYPE" => text.clone_into(&mut of.0),
            _ => text.clone_into(&mut of.1),
        }
    }
}

/// The rows that stand in the page.
fn stands(path: &Path) -> Told {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let name = cells.next()?.trim_end_matches('`').to_owned();
        let of = cells.next()?.to_owned();
        Some((name, (of, cells.next()?.trim_end_matches(" |").to_owned())))
    };
    text.lines().filter_map(row).collect()
}

/// A metric with labels is told only once it has counted: those that the demo never counts stay in the
/// page as long as the code has a name of that ending.
fn metrics(stack: &Stack) -> String {
    let told = scrape(stack);
    assert!(told.keys().all(|name| name.starts_with("prohori_")), "named otherwise: {told:?}");
    let sources =
        ["collector/src", "normalizer/src", "detector/src", "dashboard-api/src", "crates"];
    let mut grep = std::process::Command::new("git");
    grep.args(["grep", "-h", "-oE", "\"[a-z_]*[a-z]\"", "--"]).args(sources);
    let found = grep.current_dir(binary::root()).output().expect("git runs");
    let names = String::from_utf8(found.stdout).expect("text");
    let names: Vec<&str> = names.lines().map(|name| name.trim_matches('"')).collect();
    let rare = stands(&binary::root().join("docs/reference/metrics.md")).into_iter().filter(
        |(name, _)| {
            let short = name.trim_end_matches("_total");
            !told.contains_key(name)
                && names
                    .iter()
                    .any(|of| of.len() > 3 && (name.ends_with(of) || short.ends_with(of)))
        },
    );
    let all: Told = rare.chain(told.clone()).collect();
    let mut text = String::from(
        "# Every metric\n\nServed at `/metrics` of each service in Prometheus's form. Labels come from closed lists. What each \
         means for an operator\nis in [the collector](../collector.md#what-to-watch) and [faults](../faults.md); alert rules are in \
         `deploy/prometheus`, dashboards in\n`deploy/grafana`.\n\n| metric | type | what |\n| --- | --- | --- |\n",
    );
    for (name, (of, help)) in all {
        let _ = writeln!(text, "| `{name}` | {of} | {help} |");
    }
    text
}

#[test]
fn metrics_and_tables() {
    let stack = Stack::start(&["--demo", "--syslog", "127.0.0.1:0"]);
    wait_until("alerts are stored", STORY_DEADLINE, || {
        stack.count("SELECT count() FROM alerts").unwrap_or(0) > 0
    });
    let written = [("metrics.md", metrics(&stack)), ("tables.md", tables(&stack))];
    stack.stop();
    for (name, text) in written {
        page(name, &text);
    }
}
