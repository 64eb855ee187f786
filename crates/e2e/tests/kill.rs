//! Any process of the stack may be killed at any time: nothing is lost and nothing is there twice.

use e2e::Stack;
use e2e::stack::wait_until;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Lines that are replayed while processes are killed.
const LINES: u64 = 140_000;
/// One line in so many raises an alert.
const ALERT_EVERY: u64 = 1_000;
/// Lines between two kills.
const BATCH: u64 = 10_000;
/// How long all lines may take to be stored after the last kill, restarts and backoff included.
const STORED_DEADLINE: Duration = Duration::from_secs(180);

/// The longest wait for the first of a batch to be stored before a process is killed.
const IN_FLIGHT: Duration = Duration::from_millis(1_500);

/// Lines `from..to`, each of a kind that makes one event, no two alike.
fn lines(from: u64, to: u64) -> String {
    let mut text = String::new();
    for n in from..to {
        let (minute, second, pid) = ((n / 60) % 60, n % 60, 1000 + n % 30_000);
        let _ = if n % ALERT_EVERY == 0 {
            writeln!(
                text,
                "Nov 20 08:{minute:02}:{second:02} kill-test sshd[{pid}]: Accepted password for \
                 svcbackup from 203.0.113.66 port {} ssh2",
                1024 + n % 60_000
            )
        } else {
            writeln!(
                text,
                "Nov 20 08:{minute:02}:{second:02} kill-test app[{pid}]: order {n} was stored"
            )
        };
    }
    text
}

/// Waits until the stack has as many events as lines were sent, and checks that each is there
/// once, in the events and among the dead letters together.
fn check(stack: &Stack, sent: u64) {
    let stored = || stack.count("SELECT count() FROM events");
    // What the killed collector sent again is a dead letter of that name; there is no other.
    let dead = || stack.count("SELECT count() FROM dead_letters WHERE code != 'repeated'");
    let began = Instant::now();
    loop {
        if stored().unwrap_or(0) >= sent {
            break;
        }
        let late = began.elapsed() > STORED_DEADLINE;
        assert!(!late, "{:?} of {sent} events stored\n{}", stored(), stack.report());
        std::thread::sleep(Duration::from_millis(200));
    }
    let alerts = sent.div_ceil(ALERT_EVERY);
    wait_until("every alert is stored", STORED_DEADLINE, || {
        stack.count("SELECT count() FROM alerts").unwrap_or(0) >= alerts
    });
    let distinct = stack.count("SELECT uniqExact(uid) FROM events");
    assert_eq!((stored(), distinct, dead()), (Ok(sent), Ok(sent), Ok(0)), "{}", stack.report());
    let counts = ("SELECT count() FROM alerts", "SELECT uniqExact(id) FROM alerts");
    let counts = (stack.count(counts.0), stack.count(counts.1));
    assert_eq!(counts, (Ok(alerts), Ok(alerts)));
}

#[test]
fn every_line_is_stored_once_whichever_process_is_killed() {
    let mut stack = Stack::start(&[]);
    let mut children = stack.children();
    children.sort();
    assert!(children.len() >= 7, "expected the whole stack, found {children:?}");
    let mut sent = 0;
    let mut next = |stack: &Stack| {
        let to = (sent + BATCH).min(LINES);
        stack.append("app.log", &lines(sent, to));
        sent = to;
        sent
    };
    for child in &children {
        let before = next(&stack) - BATCH;
        kill_in_flight(&stack, &[child], before);
    }
    // What a collector sends again is told by what the normalizer remembers: both at once.
    let collector = children.iter().find(|child| child.starts_with("collector"));
    let collector = collector.expect("a collector runs").as_str();
    for _ in 0..2 {
        let before = next(&stack) - BATCH;
        kill_in_flight(&stack, &[collector, "normalizer"], before);
    }
    next(&stack);
    stack.kill_and_start_again();
    while next(&stack) < LINES {}
    check(&stack, LINES);
    // What a late duplicate would change must still hold when everything was read again.
    for child in ["normalizer", "loader"] {
        kill_in_flight(&stack, &[child], 0);
    }
    stack.append("app.log", &lines(LINES, LINES + 1));
    check(&stack, LINES + 1);
    stack.stop();
}

/// Kills `children` at once when some of what was just written is stored and some is not (or, where
/// storing is what was interrupted before, after a moment), and waits until they run again.
fn kill_in_flight(stack: &Stack, children: &[&str], stored_before: u64) {
    let began = Instant::now();
    while stack.count("SELECT count() FROM events").unwrap_or(0) <= stored_before
        && began.elapsed() < IN_FLIGHT
    {
        std::thread::yield_now();
    }
    let old: Vec<_> = children.iter().map(|child| stack.kill(child)).collect();
    wait_until("the killed children run again", Duration::from_secs(60), || {
        let mut both = children.iter().zip(&old);
        both.all(|(child, old)| stack.pid(child).is_some_and(|pid| pid != *old))
    });
}
