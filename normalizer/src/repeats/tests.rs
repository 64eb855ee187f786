//! What is a repetition, also for the next owner of a partition.

use super::*;
use proptest::prelude::*;

fn header(stream: &str, generation: u64, offset: u64) -> String {
    let mut header = String::new();
    Origin { stream, generation, ..Origin::stdin(0, offset, 0) }.encode(&mut header);
    header
}

fn ask(repeats: &mut Repeats, stream: &str, place: (u64, u64), raw: i64) -> bool {
    let header = header(stream, place.0, place.1);
    let origin = Origin::decode(header.as_bytes()).unwrap();
    let sent =
        Sent { topic: "raw.mof", partition: 1, raw, origin: &origin, header: header.as_bytes() };
    repeats.judge(&sent).repeated
}

/// Rows of (stream, generation, offset, raw offset) and whether it is a repetition.
fn check(rows: &[(&str, u64, u64, i64, bool)]) {
    let mut repeats = Repeats::default();
    for (stream, generation, offset, raw, expected) in rows.iter().copied() {
        let found = ask(&mut repeats, stream, (generation, offset), raw);
        assert_eq!(found, expected, "{stream} {generation} {offset} at {raw}");
    }
}

#[test]
fn what_does_not_rise_is_a_repetition() {
    check(&[
        ("a", 1, 0, 10, false),
        ("a", 1, 5, 11, false),
        ("b", 1, 0, 12, false),
        ("a", 1, 0, 13, true),
        ("a", 1, 5, 14, true),
        ("a", 1, 9, 15, false),
        ("a", 2, 0, 16, false),
        ("a", 1, 9, 17, true),
    ]);
}

#[test]
fn what_the_relay_reads_again_is_judged_as_the_first_time() {
    let first = [
        ("a", 1, 0, 10, false),
        ("a", 1, 5, 11, false),
        ("a", 1, 5, 12, true),
        ("a", 1, 9, 13, false),
    ];
    check(&[first, first].concat());
}

#[test]
fn a_saved_place_comes_back_and_one_of_a_later_version_is_passed_over() {
    let saved = Saved { topic: "raw.mof", partition: 3, key: b"1\tc\tfile:/a b" };
    for repeats in [None, Some(5..=9)] {
        let known = Seen { missing: 4, missing_ms: 1_700, ..Seen::at((2, u64::MAX), 77) };
        let seen = Seen { repeats, next: Some(9), ..known };
        let (key, value) = (saved.key(), saved.value(&seen));
        assert_eq!(Saved::read(&key, value.as_bytes()), Some((saved, seen)));
        assert_eq!(Saved::read(&key, value.replacen('1', "2", 1).as_bytes()), None);
        assert_eq!(Saved::read(b"raw.mof", value.as_bytes()), None);
    }
}

#[test]
fn a_place_that_was_saved_without_gaps_is_read_too() {
    let (saved, seen) = Saved::read(b"raw.mof\t3\t1\tc\ts", b"1\t2\t5\t77\t-\t-").unwrap();
    assert_eq!((saved.partition, seen), (3, Seen::at((2, 5), 77)));
}

/// Rows of (generation, sequence, missing); each record has ten bytes and comes next.
#[test]
fn numbers_that_are_passed_over_are_missing_and_a_repetition_passes_over_none() {
    let mut repeats = Repeats::default();
    let mut written = Vec::new();
    for (raw, (generation, sequence, expected)) in [
        // The first that is seen says nothing of what was before.
        (1, 5, 0),
        (1, 6, 0),
        (1, 9, 2),
        (1, 6, 0),
        (1, 10, 0),
        // A generation begins with 0.
        (2, 0, 0),
        (2, 1, 0),
        (3, 2, 2),
    ]
    .into_iter()
    .enumerate()
    {
        let mut header = String::new();
        let origin =
            Origin { stream: "s", generation, ..Origin::stdin(sequence, 10 * sequence, 0) };
        origin.encode(&mut header);
        let header = header.as_bytes();
        let sent =
            Sent { topic: "raw.mof", partition: 1, raw: raw as i64, origin: &origin, header };
        let judged = repeats.judge(&sent);
        assert_eq!(judged.missing, expected, "{generation} {sequence}");
        if judged.missing > 0 {
            repeats.note_gap(&sent, 1_000 + raw as i64, |key, value| {
                written.push(fleet::Gaps::read(key, value).unwrap());
            });
        }
        // Read again by the relay: not counted twice.
        assert_eq!(repeats.judge(&sent).missing, 0);
    }
    let told: Vec<_> = written.iter().map(|gaps| (gaps.missing, gaps.found_ms)).collect();
    assert_eq!(told, [(2, 1_002), (4, 1_007)]);
    assert!(written.iter().all(|gaps| gaps.stream == "s" && gaps.agency.as_str() == "mof"));
}

#[test]
fn a_partition_that_is_given_away_is_forgotten() {
    let mut repeats = Repeats::default();
    assert!(!ask(&mut repeats, "a", (1, 5), 10));
    repeats.forget("raw.mof", 0);
    assert!(ask(&mut repeats, "a", (1, 5), 11));
    repeats.forget("raw.mof", 1);
    assert!(!ask(&mut repeats, "a", (1, 5), 12));
}

proptest! {
    /// A normalizer that is killed at any record and begins anew from what was saved and the tail
    /// of the partition judges the rest as one that was never killed.
    #[test]
    fn the_next_owner_knows_what_the_last_one_knew(
        steps in proptest::collection::vec((0usize..40, 0u64..6), 1..400),
        stop in 0usize..400,
        spacing in 1i64..400,
    ) {
        let records: Vec<_> = steps
            .iter()
            .enumerate()
            .map(|(at, (stream, offset))| (format!("s{stream}"), (1, *offset), at as i64 * spacing))
            .collect();
        let stop = stop.min(records.len());
        let mut topic = HashMap::new();
        let mut first = Repeats::default();
        let mut told = Vec::new();
        for (index, (stream, place, raw)) in records.iter().enumerate() {
            let mut save = Vec::new();
            first.save("raw.mof", 1, *raw, |key, value| save.push((key.to_vec(), value.to_vec())));
            if index < stop {
                topic.extend(save);
            }
            told.push(ask(&mut first, stream, *place, *raw));
        }
        let mut next = Repeats::default();
        topic.iter().for_each(|(key, value)| next.recall(key, value));
        let committed = records.get(stop).map_or(i64::MAX, |record| record.2);
        for (index, (stream, place, raw)) in records.iter().enumerate() {
            if *raw >= committed {
                next.save("raw.mof", 1, *raw, |_, _| ());
                prop_assert_eq!(ask(&mut next, stream, *place, *raw), told[index]);
            } else if *raw >= committed.saturating_sub(2 * SAVE_OFFSETS) {
                ask(&mut next, stream, *place, *raw);
            }
        }
    }
}
