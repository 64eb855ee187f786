//! Order, failures and panics.

use super::*;
use std::time::Duration;

/// Counts up to a number, or fails there.
struct Count {
    next: u64,
    end: u64,
    fails: bool,
}

impl Source for Count {
    type Piece = u64;
    type Error = String;

    fn fill(&mut self, piece: &mut u64) -> Result<bool, String> {
        *piece = self.next;
        self.next += 1;
        match *piece < self.end {
            true => Ok(true),
            false if self.fails => Err("source".to_owned()),
            false => Ok(false),
        }
    }
}

/// Takes numbers up to a limit.
struct Take(Vec<u64>, usize);

impl Sink for Take {
    type Done = u64;
    type Error = String;

    fn take(&mut self, done: u64) -> Result<(), String> {
        if self.0.len() == self.1 {
            return Err("sink".to_owned());
        }
        self.0.push(done);
        Ok(())
    }
}

fn count(end: u64) -> Count {
    Count { next: 0, end, fails: false }
}

/// The smaller the number within its eight, the longer the work.
fn uneven() -> impl FnMut(&mut u64) -> u64 {
    |piece| {
        thread::sleep(Duration::from_micros(50 * (8 - *piece % 8)));
        *piece * 2
    }
}

#[test]
fn results_come_in_order_whoever_is_first() {
    for threads in [1, 2, 7] {
        let mut sink = Take(Vec::new(), usize::MAX);
        run(threads, count(300), &mut sink, uneven).unwrap();
        assert_eq!(sink.0, (0..300).map(|n| n * 2).collect::<Vec<_>>());
    }
}

#[test]
fn a_failure_ends_all_threads_after_what_came_before_it() {
    let mut sink = Take(Vec::new(), 10);
    assert_eq!(run(4, count(1_000_000), &mut sink, uneven), Err("sink".to_owned()));
    assert_eq!(sink.0.len(), 10);
    let mut sink = Take(Vec::new(), usize::MAX);
    let source = Count { fails: true, ..count(100) };
    assert_eq!(run(4, source, &mut sink, uneven), Err("source".to_owned()));
    assert!(sink.0.len() <= 100);
}

#[test]
fn a_panic_is_passed_on_and_nobody_waits_for_its_piece() {
    let outcome = std::panic::catch_unwind(|| {
        let mut sink = Take(Vec::new(), usize::MAX);
        let work = || |piece: &mut u64| if *piece == 5 { panic!("as told") } else { *piece };
        run(4, count(10_000), &mut sink, work)
    });
    assert!(outcome.is_err());
}
