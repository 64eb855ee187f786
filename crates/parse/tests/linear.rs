//! Long lines of each character that tempts a scanner to look back or ahead, behind every beginning that
//! chooses a parser: eight times the length may not take more than some eight times the time.
//!
//! Time is the processor's for this thread, and compared only with itself, so that a busy machine
//! changes little.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../fuzz/beginnings.rs"]
mod beginnings;

use bumpalo::Bump;
use ocsf::{Envelope, Event, Store, write};
use parse::{Cx, Scratch, Zone};
use rustix::time::{ClockId, clock_gettime};
use std::sync::Arc;
use std::time::Duration;

const ARRIVAL: i64 = 1_773_500_966_000;
/// The shorter line; the longer has eight times as many bytes, and quadratic work takes 64 times as
/// long.
const SHORT_BYTES: usize = 8 * 1024;
const LONG_BYTES: usize = 8 * SHORT_BYTES;
/// The longest record there is.
const LONGEST_BYTES: usize = 1_000_000;
/// How many times as long the longer line may take.
const RATIO_MAX: u32 = 28;
/// What is too short to be compared: pages that are touched for the first time, and the clock's grain.
const NOISE: Duration = Duration::from_millis(20);

const TRAPS: [&str; 34] = [
    "\"",
    "\\",
    "[",
    "]",
    "{",
    "(",
    "=",
    "|",
    ",",
    ":",
    ";",
    " ",
    "\t",
    "a",
    "1",
    ".",
    "%",
    "&",
    "<",
    "a=",
    "from ",
    " port ",
    "<a ",
    "\\\"",
    "from 1.1.1.1 port 1 ",
    "=\"",
    "1.1.1.1 ",
    "a:",
    "::",
    "অ",
    "user ",
    "a=\"b\" ",
    "\n",
    "#",
];

fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

struct Bench {
    tables: Arc<mapping::Tables>,
}

impl Bench {
    /// What one line takes: the better of two, so that first touches do not count.
    fn time(&self, raw: &str) -> Duration {
        self.once(raw).min(self.once(raw))
    }

    fn once(&self, raw: &str) -> Duration {
        let mut scratch = Scratch::new(Arc::clone(&self.tables));
        let arena = Bump::with_capacity(4 * raw.len());
        let mut out = Vec::with_capacity(8 * raw.len());
        let zone = &Zone::UTC;
        let cx =
            Cx { arena: &arena, arrival_ms: ARRIVAL, zone, hint: None, stream: 0, custom: None };
        let envelope = Envelope {
            uid: model::EventUid(1),
            tenant: "local",
            raw,
            raw_base64: None,
            logged_ms: ARRIVAL,
            processed_ms: ARRIVAL,
            fallback_ms: ARRIVAL,
        };
        let mut event = Event::new(Store::default());
        let begun = cpu();
        parse::parse(raw, &cx, &mut scratch, &mut event, &mut |event| {
            write(event, &envelope, &mut out);
        });
        cpu() - begun
    }

    /// Holds two lengths of one line against each other.
    fn compare(&self, beginning: &str, trap: &str, (short, long): (usize, usize)) {
        let line = |bytes: usize| format!("{beginning}{}", trap.repeat(bytes / trap.len()));
        let (short_line, long_line) = (line(short), line(long));
        let bound = |time: Duration| NOISE + time * RATIO_MAX;
        let (brief, lengthy) = (self.time(&short_line), self.time(&long_line));
        // A second look before it is said to be so.
        assert!(
            lengthy < bound(brief) || self.time(&long_line) < bound(self.time(&short_line)),
            "{beginning:?} and {trap:?}: {short} bytes take {brief:?}, {long} take {lengthy:?}"
        );
    }
}

fn bench() -> Bench {
    Bench { tables: Arc::new(mapping::Tables::builtin().unwrap()) }
}

#[test]
fn eight_times_the_bytes_take_no_sixty_four_times_the_time() {
    let bench = bench();
    for beginning in beginnings::BEGINNINGS.iter().chain(&["", "{\"a\":\"", "[", "<13>"]) {
        for trap in TRAPS {
            bench.compare(beginning, trap, (SHORT_BYTES, LONG_BYTES));
        }
    }
}

#[test]
fn the_longest_record_of_each_trap_is_read_in_linear_time() {
    let bench = bench();
    for beginning in ["", "Mar  1 10:00:00 h app[7]: ", "{\"a\":\""] {
        for trap in TRAPS {
            bench.compare(beginning, trap, (LONGEST_BYTES / 8, LONGEST_BYTES));
        }
    }
}
