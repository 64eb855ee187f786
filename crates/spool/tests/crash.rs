//! A process that uses a spool is killed at each named point, and at each the next one finds
//! everything that was taken; and a file that may not grow is a disk that fills in mid-frame.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, setrlimit};
use spool::{Chunk, Options, Point, Pushed, Spool, WhenFull};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

const DIR: &str = "SPOOL_CRASH_DIR";
const POINT: &str = "SPOOL_CRASH_POINT";
/// Longer than a sixteenth of a segment, so that there are several.
const RECORD_BYTES: usize = 100_000;
const RECORDS: u64 = 60;

fn options(hook: Option<spool::Hook>) -> Options {
    Options { bytes_max: 0, when_full: WhenFull::Block, hook }
}

fn text(number: u64) -> Vec<u8> {
    let mut text = number.to_le_bytes().to_vec();
    text.resize(RECORD_BYTES, number as u8);
    text
}

/// What the killed process does, and reports on standard error as it goes: records are taken,
/// read, and half of them confirmed; now and then the disk is full.
fn work(dir: &Path, point: Point, at: u64) {
    let seen = Arc::new(AtomicU64::new(0));
    let full = Arc::new(AtomicU64::new(0));
    let (count, is_full) = (seen.clone(), full.clone());
    let hook: spool::Hook = Arc::new(move |here| {
        if here == point && count.fetch_add(1, Ordering::Relaxed) == at {
            kill_process(Pid::from_raw(std::process::id() as i32).unwrap(), Signal::KILL)?;
        }
        let fails = here == Point::Append && is_full.load(Ordering::Relaxed) == 1;
        if fails { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    });
    let mut spool = Spool::open(dir, options(Some(hook))).unwrap();
    let mut chunk = Chunk::default();
    let mut report = std::io::stderr();
    for number in 0..RECORDS {
        full.store(u64::from(number % 20 == 7), Ordering::Relaxed);
        assert_eq!(spool.push(&[&text(number)]), Pushed::Taken);
        spool.flush();
        full.store(0, Ordering::Relaxed);
        if number % 10 == 9 {
            while spool.read(&mut chunk) {}
            spool.confirm(number / 2);
            spool.tend();
        }
        // Only what is on disk outlives a kill.
        if spool.level().memory_bytes == 0 {
            writeln!(report, "taken {number}").unwrap();
        }
    }
    spool.confirm(RECORDS);
    spool.close();
    writeln!(report, "closed").unwrap();
}

/// The other process. Run by itself it does nothing.
#[test]
fn the_process_that_is_killed() {
    let (Ok(dir), Ok(point)) = (std::env::var(DIR), std::env::var(POINT)) else { return };
    if point == "limit" {
        return work_under_a_limit(Path::new(&dir));
    }
    let (name, at) = point.split_once(' ').unwrap();
    let point = Point::ALL.into_iter().find(|point| format!("{point:?}") == name).unwrap();
    work(Path::new(&dir), point, at.parse().unwrap());
}

fn run_child(dir: &Path, point: &str) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_process_that_is_killed", "--nocapture"])
        .env(DIR, dir)
        .env(POINT, point)
        .output()
        .unwrap();
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_kill_at_any_named_point_loses_nothing_that_was_taken() {
    let mut killed = BTreeSet::new();
    for point in Point::ALL {
        for at in [0, 1, 3] {
            let dir = TempDir::new().unwrap();
            let report = run_child(dir.path(), &format!("{point:?} {at}"));
            assert!(!report.contains("panicked"), "{report}");
            let taken = report.lines().filter_map(|line| line.strip_prefix("taken "));
            let taken = taken.filter_map(|number| number.parse::<u64>().ok()).max();
            let mut spool = Spool::open(dir.path(), options(None)).unwrap();
            if report.contains("closed") {
                continue;
            }
            killed.insert(format!("{point:?}"));
            let (mut chunk, mut at, mut gone) = (Chunk::default(), spool.confirmed(), 0);
            while spool.read(&mut chunk) {
                while let Some((number, payload)) = chunk.peek() {
                    // What was held in memory is gone, and was not said to be taken.
                    assert!(number == at || Some(at) > taken, "{point:?}: {at} is gone");
                    assert!(payload == text(number), "{point:?}: {number} is not what was pushed");
                    gone += number - at;
                    at = number + 1;
                    chunk.advance();
                }
            }
            assert!(Some(at) > taken, "{point:?}: {at}, {taken:?} taken");
            gone += spool.next() - at;
            let losses = spool::Losses { damaged: gone, ..spool::Losses::default() };
            assert_eq!(spool.take_losses(), losses, "{point:?}");
        }
    }
    let all: BTreeSet<String> = Point::ALL.iter().map(|point| format!("{point:?}")).collect();
    assert_eq!(killed, all, "every point was reached");
}

/// A file that may not grow beyond its limit takes a part of a write, as a full disk does.
fn work_under_a_limit(dir: &Path) {
    let limit = Rlimit { current: Some(1_050_000), maximum: None };
    setrlimit(Resource::Fsize, limit).unwrap();
    let mut spool = Spool::open(dir, options(None)).unwrap();
    for number in 0..RECORDS {
        assert_eq!(spool.push(&[&text(number)]), Pushed::Taken);
        spool.flush();
    }
    assert!(spool.failure().is_some(), "the limit was never met");
    setrlimit(Resource::Fsize, Rlimit { current: None, maximum: None }).unwrap();
    spool.tend();
    assert_eq!(spool.level().memory_bytes, 0);
}

#[test]
fn a_disk_that_fills_in_the_middle_of_a_frame_costs_nothing() {
    let dir = TempDir::new().unwrap();
    // The kernel ends a process that writes beyond its limit, unless it ignores the signal: as it
    // does when started so by a shell.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" --exact the_process_that_is_killed --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .env(DIR, dir.path())
        .env(POINT, "limit")
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{report}");
    let mut spool = Spool::open(dir.path(), options(None)).unwrap();
    let (mut chunk, mut numbers) = (Chunk::default(), Vec::new());
    while spool.read(&mut chunk) {
        while let Some((number, payload)) = chunk.peek() {
            assert_eq!(payload, text(number));
            numbers.push(number);
            chunk.advance();
        }
    }
    assert_eq!(numbers, Vec::from_iter(0..RECORDS));
    assert_eq!(spool.take_losses(), spool::Losses::default());
}
