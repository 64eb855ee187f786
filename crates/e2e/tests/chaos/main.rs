//! Whatever breaks, nothing is lost, nothing is there twice, and nobody needs to lend a hand.
//!
//! While lines are written without a pause, one fault after the other strikes the real stack: kills,
//! pauses, full disks, a cut network, rules reloaded, poison, records delivered twice, members that
//! come and go. After each, a line that every host writes must reach the store by itself; at the end
//! the oracle compares the store with what was written and with what a clean run raises.
//!
//! `make chaos` runs it at length: SEED= for the order of faults, SECONDS= for how long, ONLY= for
//! faults whose names have one of these words, with commas between.

#![expect(clippy::print_stdout, reason = "recovery times are part of the result")]

mod dice;
mod faults;
mod ground;
mod keeper;
mod oracle;
mod site;
mod traffic;

use dice::Dice;
use faults::{Done, Fault};
use site::{Site, Size};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use traffic::Traffic;

/// The rules of the site.
const RULES: &str = include_str!("rules.yml");
/// Seed and length where none is asked for: the same faults at every run of the tests.
const SEED: u64 = 20;
const SECONDS: u64 = 60;
/// One site at a time: two would only starve each other.
static TURN: Mutex<()> = Mutex::new(());
/// Work in flight when a fault strikes: the wait before it is between none and this.
const PAUSE_MS_MAX: usize = 1_500;

/// A number from the environment.
fn asked(variable: &str, otherwise: u64) -> u64 {
    let text = std::env::var(variable).ok().filter(|text| !text.is_empty());
    text.map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{variable}: {text:?}")))
}

/// What took how long to recover from, by kind.
#[derive(Default)]
struct Recoveries(BTreeMap<String, Vec<Duration>>);

impl Recoveries {
    fn note(&mut self, fault: &Fault, took: Duration) {
        self.0.entry(fault.to_string()).or_default().push(took);
    }

    fn print(&self) {
        let mut all: Vec<Duration> = Vec::new();
        println!("| fault | times | recovered after, p50 | max |\n| --- | --- | --- | --- |");
        for (fault, times) in &self.0 {
            row(fault, times);
            all.extend(times);
        }
        row("all", &all);
    }
}

fn row(what: &str, times: &[Duration]) {
    let mut times = times.to_vec();
    times.sort_unstable();
    let (Some(last), middle) = (times.last(), times.get(times.len() / 2)) else { return };
    let seconds = |time: Option<&Duration>| time.map_or(0.0, Duration::as_secs_f64);
    println!(
        "| {what} | {} | {:.1} s | {:.1} s |",
        times.len(),
        seconds(middle),
        last.as_secs_f64()
    );
}

fn run(test: &str, size: Size) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(ground) = ground::enter(test) else { return };
    let seed = asked("PROHORI_CHAOS_SEED", SEED);
    let length = Duration::from_secs(asked("PROHORI_CHAOS_SECONDS", SECONDS));
    println!(
        "chaos: {test}, seed {seed}, {length:?}; again: make chaos SEED={seed} SECONDS={}",
        length.as_secs()
    );
    let mut dice = Dice::new(seed);
    let mut site = Site::start(size, ground);
    let mut traffic = Traffic::start(&site.stack.logs(), seed);
    let (mut done, mut recoveries, mut number) = (Done::default(), Recoveries::default(), 0);
    let began = Instant::now();
    oracle::recovery(&site, &traffic, began, number);
    'length: loop {
        for fault in faults::deck(&site, size, ground, &mut dice) {
            if began.elapsed() > length {
                break 'length;
            }
            std::thread::sleep(Duration::from_millis(dice.below(PAUSE_MS_MAX) as u64));
            println!("chaos: {:>6.1} s  {fault}", began.elapsed().as_secs_f64());
            let over = fault.strike(&mut site, &mut done);
            number += 1;
            let took = oracle::recovery(&site, &traffic, over, number);
            recoveries.note(&fault, took);
        }
    }
    traffic.end();
    let broken = began.elapsed();
    oracle::check(&site, &traffic, &done);
    let lines = traffic.written().lines.len();
    println!(
        "chaos: {test}: {number} faults in {broken:.0?}; {lines} lines and every alert there once"
    );
    recoveries.print();
    site.stop();
}

#[test]
fn one_machine_loses_nothing() {
    run("one_machine_loses_nothing", Size::OneMachine);
}

#[test]
fn a_cluster_loses_nothing() {
    run("a_cluster_loses_nothing", Size::Cluster);
}
