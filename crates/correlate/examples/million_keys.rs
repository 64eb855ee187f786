//! What a correlation of a million groups costs: time a match, the longest pause, memory.
//!
//! `cargo run --release -p correlate --example million_keys [GROUPS] [MATCHES_EACH]`

#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use correlate::{Engine, Found, Options, Plan};
use sigma::{Document, Placeholders};
use std::sync::Arc;
use std::time::{Duration, Instant};

const RULES: &str = "
title: Failure
name: failure
logsource: {product: linux}
detection: {s: [failed], condition: s}
---
title: Many
id: many
correlation: {type: event_count, rules: [failure], group-by: [src_ip], timespan: 1h, condition: {gte: 5}}
";
/// What the events of the benches have.
const EVENT_BYTES: usize = 1_100;
/// Matches between two tellings of progress.
const TELL: usize = 100;

/// Resident memory in MiB.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}

fn plan() -> Arc<Plan> {
    let parsed = sigma::parse("m.yml", RULES, &Placeholders::new());
    let (mut rules, mut correlations) = (Vec::new(), Vec::new());
    for document in parsed.documents {
        match document {
            Document::Rule(rule) => rules.push(*rule),
            Document::Correlation(correlation) => correlations.push(*correlation),
            Document::Filter(_) => {}
        }
    }
    Arc::new(Plan::new(&sigma::resolve(&rules, correlations).correlations).0)
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|word| word.parse::<usize>().ok());
    let groups = arguments.next().unwrap_or(1_000_000);
    let matches = groups * arguments.next().unwrap_or(1);
    let event = vec![b'x'; EVENT_BYTES];
    let plan = plan();
    let leaf = plan.leaves(0)[0];
    let (rule, scope): (Arc<str>, Arc<str>) = ("failure".into(), "mof".into());
    let mut engine = Engine::new(plan, Options::default());
    let (mut alarms, mut longest, before) = (Vec::new(), Duration::ZERO, resident_mib());
    let begun = Instant::now();
    for n in 0..matches {
        // All groups within the hour, so that none is forgotten.
        let time = (n as i64 * 3_000_000) / matches as i64;
        let step = Instant::now();
        let body = engine.body(&event, b"1\traw.mof\t0\t5\t17\t0\t1");
        let group = n.wrapping_mul(2_654_435_761) % groups;
        let values =
            [Some(format!("10.{}.{}.{}", group >> 16, group >> 8 & 255, group & 255).into())];
        engine.take(Found {
            leaf,
            rule: Arc::clone(&rule),
            uid: n as u128,
            time,
            arrival: time,
            scope: Arc::clone(&scope),
            values: values.into(),
            body,
        });
        if n % TELL == 0 {
            engine.progress(0, time, &mut alarms);
        }
        longest = longest.max(step.elapsed());
    }
    let took = begun.elapsed();
    println!(
        "{} matches in {:.1} s: {:.0} matches/s, longest pause {:.1} ms",
        matches,
        took.as_secs_f64(),
        matches as f64 / took.as_secs_f64(),
        longest.as_secs_f64() * 1e3
    );
    println!(
        "{} groups, {} alarms, {} MiB resident ({} MiB at the start), {} MiB of events kept, {:?}",
        engine.groups(),
        alarms.len(),
        resident_mib(),
        before,
        engine.evidence_bytes() >> 20,
        engine.counters()
    );
}
