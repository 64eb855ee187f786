//! Every event of every corpus is valid OCSF, and no record is lost.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skips"
)]

mod support;

use std::collections::BTreeMap;
use support::schema::Schema;

#[test]
fn every_event_of_every_corpus_is_valid() {
    let Some(corpora) = support::corpora() else { return };
    let schema = Schema::read(&corpora);
    let mut normalizer = support::normalizer();
    let mut faults: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let (mut records, mut events, mut dead) = (0, 0, 0);
    for (name, raw) in support::all_records() {
        records += 1;
        match support::normalize(&mut normalizer, &raw) {
            Ok(found) => {
                assert!(!found.is_empty(), "{name}: no event and no dead letter");
                events += found.len();
                for event in found {
                    for fault in schema.faults(&event) {
                        let row = faults.entry(fault).or_insert((0, name.clone()));
                        row.0 += 1;
                    }
                }
            }
            Err(code) => {
                assert!(
                    ["empty", "binary", "too_deep", "header"].contains(&code.as_str()),
                    "{name}: {code}"
                );
                dead += 1;
            }
        }
    }
    println!("{records} records, {events} events, {dead} dead letters");
    assert!(faults.is_empty(), "{} kinds of faults: {faults:#?}", faults.len());
}
