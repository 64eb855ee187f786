//! The pure machines together, on a simulated partition and store, under seeded faults: whatever
//! happens in whatever order, each event ends up stored exactly once.
//!
//! Faults: commits and inserts that fail, that fail and were carried out all the same, or that are
//! carried out later than anybody waits; crashes before and after every one of them; a store that
//! forgets its tokens, or keeps the token of a part that it lost; normalizers that write again what
//! they wrote before; offsets that Kafka leaves out; a store that is put back to what a backup has. A failing seed is printed and repeats.

use crate::batch::Kind;
use crate::note::Note;
use crate::partition::{BATCH_WAIT_MS, Effect, Job, Machine, REPLAY_WAIT_MS};
use crate::writing::{Action, Writing};
use bus::{Headers, Record};
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use store::Block;

/// SplitMix64, so that one number is the whole history.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// A record of the partition.
struct Logged {
    offset: i64,
    /// The raw event that it holds: agency and number.
    raw: (usize, i64),
    header: String,
    value: String,
}

const AGENCIES: [&str; 3] = ["mof", "moh", "police"];

/// What normalizers wrote, restarts included, and which raw events there are.
fn log(random: &mut Random) -> Vec<Logged> {
    let (mut next, mut offset, mut log) = ([0_i64; AGENCIES.len()], 0, Vec::new());
    for _ in 0..40 + random.below(200) {
        if random.one_in(25) {
            // A restart: everything since the last commit is made again.
            let back = random.below(12) as i64;
            next.iter_mut().for_each(|n| *n = (*n - back).max(0));
        }
        let agency = random.below(AGENCIES.len() as u64) as usize;
        let number = next[agency];
        next[agency] += 1;
        offset += 1 + if random.one_in(20) { random.below(3) as i64 } else { 0 };
        let name = AGENCIES[agency];
        let bad = (number + agency as i64) % 17 == 0;
        let uid = format!("{:032x}", 1 + number as u128 + ((agency as u128) << 64));
        let event =
            format!(r#"{{"class_uid":1,"metadata":{{"uid":"{uid}","tenant_uid":"{name}"}}}}"#);
        log.push(Logged {
            offset,
            raw: (agency, number),
            header: format!("1\traw.{name}\t0\t{}\t1772323200000\t{}\t2", number / 2, number % 2),
            value: if bad { "no event".into() } else { event },
        });
    }
    log
}

/// A store that remembers tokens, as ClickHouse does.
#[derive(Default)]
struct FakeStore {
    rows: Vec<u64>,
    tokens: HashSet<String>,
    /// Inserts that will be carried out after so many more steps.
    late: Vec<(u64, Arc<Block>, String)>,
    last: Option<(String, Vec<u64>)>,
}

impl FakeStore {
    fn insert(&mut self, block: &Block, token: &str) {
        if self.tokens.insert(format!("{}:{token}", block.table())) {
            let offsets: Vec<u64> = block.offsets().collect();
            self.rows.extend(&offsets);
            self.last = Some((token.to_owned(), offsets));
        }
    }

    fn missing(&self, block: &Block) -> Block {
        let stored: HashSet<u64> = self.rows.iter().copied().collect();
        block.only(|offset, _| !stored.contains(&offset))
    }

    fn step(&mut self) {
        for late in &mut self.late {
            late.0 = late.0.saturating_sub(1);
        }
        let due: Vec<_> = self.late.extract_if(.., |late| late.0 == 0).collect();
        for (_, block, token) in due {
            self.insert(&block, &token);
        }
    }
}

/// A backup, taken while everything runs: the group's offset first, the rows some time later.
struct Backup {
    committed: Option<(i64, String)>,
    rows: Option<Vec<u64>>,
}

struct World {
    random: Random,
    backup: Option<Backup>,
    log: Vec<Logged>,
    committed: Option<(i64, String)>,
    store: FakeStore,
    machine: Machine,
    writing: Option<Writing>,
    /// Index in the log of what is read next.
    position: usize,
    now_ms: u64,
    /// Faults happen one time in so many; none when there are to be none.
    faults: Option<u64>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let log = log(&mut random);
        let faults = Some(2 + random.below(30));
        let machine = Machine::new(Kind::Events, 0, 0, Note::default());
        Self {
            random,
            backup: None,
            log,
            committed: None,
            store: FakeStore::default(),
            machine,
            writing: None,
            position: 0,
            now_ms: 0,
            faults,
        }
    }

    fn fault(&mut self) -> bool {
        self.faults.is_some_and(|n| self.random.one_in(n))
    }

    /// The process dies, or the partition goes to another member.
    fn crash(&mut self) {
        let (offset, metadata) = self.committed.clone().unwrap_or_default();
        self.lose_something(offset);
        let note = Note::decode(&metadata).unwrap();
        self.machine = Machine::new(Kind::Events, 0, offset, note);
        self.writing = None;
        self.position = self.log.iter().take_while(|record| record.offset < offset).count();
    }

    /// Takes a backup step by step, and one time in a while puts it back: the rows as they were, the
    /// group where it was, and no tokens.
    fn back_up(&mut self) {
        match &mut self.backup {
            None => self.backup = Some(Backup { committed: self.committed.clone(), rows: None }),
            Some(backup) if backup.rows.is_none() => backup.rows = Some(self.store.rows.clone()),
            Some(_) => self.restore(),
        }
    }

    fn restore(&mut self) {
        let Some(Backup { committed, rows: Some(rows) }) = self.backup.take() else { return };
        // Inserts under way have ended before a database is put back.
        self.store = FakeStore { rows, ..FakeStore::default() };
        let (offset, metadata) = committed.unwrap_or_default();
        let end = self.log.last().map_or(0, |record| record.offset + 1);
        self.committed = Some((offset, crate::restored(&metadata, end).unwrap()));
        self.crash();
    }

    /// The service ends in good order, or gives the partition back: it says what is stored.
    fn stop(&mut self) {
        let settled = match self.random.one_in(2) {
            true => self.machine.settle(),
            false => self.machine.settle_stored(),
        };
        if let Some(Effect::Commit { offset, metadata, .. }) = settled {
            self.committed = Some((offset, metadata));
        }
        self.crash();
    }

    /// With the process, the store may have died: of what nobody has acknowledged it may have lost
    /// a part and not its token, or its tokens and not the parts.
    fn lose_something(&mut self, acknowledged: i64) {
        let last = self.store.last.take();
        let fresh = last.filter(|(_, offsets)| offsets.iter().all(|o| *o as i64 >= acknowledged));
        if let Some((_, offsets)) = fresh.filter(|_| self.random.one_in(3)) {
            self.store.rows.retain(|offset| !offsets.contains(offset));
        } else if self.store.late.is_empty() && self.random.one_in(5) {
            self.store.tokens.clear();
        }
    }

    fn read(&mut self) {
        let Some(logged) = self.log.get(self.position) else { return };
        let headers: [(&str, &[u8]); 1] = [("raw", logged.header.as_bytes())];
        let record = Record {
            topic: "events",
            partition: 0,
            offset: logged.offset,
            kafka_ms: 1_772_323_200_000 + logged.offset,
            key: None,
            value: logged.value.as_bytes(),
            headers: Headers::new(&headers),
        };
        self.machine.take(&record, self.now_ms);
        self.position += 1;
    }

    fn commit(&mut self, offset: i64, metadata: String) {
        let carried_out = !self.fault();
        if carried_out {
            self.committed = Some((offset, metadata));
        }
        if self.fault() {
            return self.crash();
        }
        // A commit that was carried out may still look like a failure.
        let confirmed = carried_out && !self.fault();
        if let Some(Effect::Write(job)) = self.machine.committed(confirmed) {
            self.writing = Some(Writing::new(&job as &Job));
        }
    }

    fn insert(&mut self, block: Arc<Block>, token: String) -> bool {
        if self.fault() {
            match self.random.below(3) {
                0 => {}
                1 => self.store.insert(&block, &token),
                _ => {
                    let steps = 1 + self.random.below(60);
                    self.store.late.push((steps, block, token));
                }
            }
            return false;
        }
        self.store.insert(&block, &token);
        true
    }

    fn write(&mut self) {
        let Some(writing) = &self.writing else { return };
        match writing.next() {
            Action::Done => {
                self.writing = None;
                self.machine.written();
            }
            Action::Look(block) => {
                let missing = (!self.fault()).then(|| self.store.missing(&block));
                self.writing.as_mut().unwrap().looked(missing);
            }
            Action::Insert(block, token) => {
                let confirmed = self.insert(block, token);
                if self.fault() {
                    return self.crash();
                }
                self.writing.as_mut().unwrap().inserted(confirmed);
            }
        }
    }

    fn step(&mut self) {
        self.store.step();
        match self.random.below(10) {
            0..=4 => self.read(),
            5 => self.now_ms += BATCH_WAIT_MS / 2,
            6 | 7 => self.write(),
            8 if self.fault() => match self.random.below(5) {
                0 | 1 => self.crash(),
                2 | 3 => self.stop(),
                _ => self.back_up(),
            },
            _ => {
                let effect = self.machine.next(self.now_ms).or_else(|| self.machine.settle());
                if let Some(Effect::Commit { offset, metadata, .. }) = effect {
                    self.commit(offset, metadata);
                }
            }
        }
    }

    /// Goes on without faults until everything is acknowledged.
    fn finish(&mut self) {
        self.faults = None;
        let end = self.log.last().map_or(0, |record| record.offset + 1);
        for _ in 0..20_000 {
            self.step();
            let settled = self.committed.as_ref().is_some_and(|(offset, metadata)| {
                *offset == end && Note::decode(metadata).unwrap().batch.is_none()
            });
            if settled && self.store.late.is_empty() {
                return;
            }
        }
        panic!("not settled: {:?}, end {end}", self.committed);
    }

    fn check(&self) {
        let raw_of: HashMap<u64, (usize, i64)> =
            self.log.iter().map(|record| (record.offset as u64, record.raw)).collect();
        let mut stored: Vec<_> = self.store.rows.iter().map(|offset| raw_of[offset]).collect();
        stored.sort_unstable();
        let mut expected: Vec<_> = self.log.iter().map(|record| record.raw).collect();
        expected.sort_unstable();
        expected.dedup();
        assert_eq!(stored, expected);
    }
}

fn run(seed: u64) {
    let mut world = World::new(seed);
    for _ in 0..3_000 {
        world.step();
    }
    world.finish();
    world.check();
}

/// 2,000 seeds a run take two seconds; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.max(2_000), failure_persistence: None, ..usual }
}

proptest! {
    #![proptest_config(config())]
    #[test]
    fn each_event_is_stored_exactly_once(seed in any::<u64>()) {
        run(seed);
    }
}

#[test]
fn a_partition_without_faults_needs_one_insert_a_batch() {
    let mut world = World::new(7);
    world.faults = None;
    world.finish();
    world.check();
    // One batch makes two blocks at most: events and bad ones.
    assert!(world.store.tokens.len() <= 2 * world.log.len());
}

/// The last records of an announced batch are gone from the log: the others do not wait for ever.
#[test]
fn a_batch_whose_end_is_gone_is_written_after_a_while() {
    let mut world = World::new(1);
    world.faults = None;
    let end = world.log.last().unwrap().offset + 1_000;
    world.committed = Some((0, format!("1 e={end} n=5 h=")));
    world.crash();
    while world.position < world.log.len() {
        world.read();
    }
    assert!(world.machine.next(REPLAY_WAIT_MS - 1).is_none());
    let effect = world.machine.next(REPLAY_WAIT_MS);
    assert!(matches!(effect, Some(Effect::Commit { offset: 0, .. })), "{effect:?}");
    let Some(Effect::Write(job)) = world.machine.committed(true) else { panic!("no write") };
    assert!(job.replayed);
}
