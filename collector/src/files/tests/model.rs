//! Random writing, rotation, truncation, deletion, loss of events, crashes and lost producers,
//! against a model that only remembers what was written where.
//!
//! A *life* is what one file holds from its creation or truncation to the next: its bytes say
//! what may be sent. Nothing is lost: in the end every byte of every finished line of a life was
//! sent, unless the world took it away first ([`World::excuse`] has the list). Nothing is
//! invented: every record lies in its life's bytes where its offset says. Order is kept: within a
//! generation offsets and sequence numbers rise, leaving out what is sent again. Ids are
//! unique: a place never has two texts, but for what a truncation leaves of a line sent again.

use super::*;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;

/// SplitMix64, so that a seed is a test.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// What one file held from its creation or truncation to the next.
#[derive(Default)]
struct Life {
    bytes: Vec<u8>,
    /// It need not be complete: the world took (part of) it away.
    excused: bool,
}

/// An open file and the life that is written to it.
struct Writer {
    file: File,
    life: usize,
}

struct World {
    seed: u64,
    random: Random,
    lab: Lab,
    /// The pattern matches renamed files too.
    wide: bool,
    up: bool,
    lives: Vec<Life>,
    /// Life by inode, of files that exist.
    inodes: HashMap<u64, usize>,
    /// The daemon's handles; the last one is where it should write.
    writers: Vec<Writer>,
    confirmed: usize,
    lines: usize,
}

const NAMES: [&str; 5] = ["app.log", "app.log.1", "app.log.2", "app.log.3", "app.log.4"];

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let wide = random.chance(50);
        let lab = Lab::new(if wide { "app.log*" } else { "app.log" });
        Self {
            seed,
            random,
            lab,
            wide,
            up: true,
            lives: Vec::new(),
            inodes: HashMap::new(),
            writers: Vec::new(),
            confirmed: 0,
            lines: 0,
        }
    }

    fn create(&mut self) {
        let path = self.lab.path(NAMES[0]);
        if path.exists() {
            return;
        }
        let file = OpenOptions::new().append(true).create_new(true).open(path).unwrap();
        self.lives.push(Life::default());
        let life = self.lives.len() - 1;
        self.inodes.insert(file.metadata().unwrap().ino(), life);
        self.writers.push(Writer { file, life });
        if self.writers.len() > 3 {
            self.writers.remove(0);
        }
        self.event(0);
    }

    fn append(&mut self, writer: usize) {
        if self.writers.is_empty() {
            return self.create();
        }
        let writer = &mut self.writers[writer];
        let life = &mut self.lives[writer.life];
        let mut text = String::new();
        for _ in 0..=self.random.below(4) {
            self.lines += 1;
            let (number, pad) = (self.lines, "x".repeat(self.random.below(40)));
            text.push_str(&format!("L{}-{number} {pad}", writer.life));
            text.push_str(["\n", "\n", "\n", "\r\n", "\n\n", ""][self.random.below(6)]);
        }
        if self.random.chance(3) {
            text = format!("L{}-{} {}\n", writer.life, self.lines, "y".repeat(300_000));
        }
        writer.file.write_all(text.as_bytes()).unwrap();
        life.bytes.extend_from_slice(text.as_bytes());
        let metadata = writer.file.metadata().unwrap();
        let (inode, nameless) = (metadata.ino(), metadata.nlink() == 0);
        if nameless && !self.is_known(inode) {
            // It was deleted and let go.
            self.excuse(inode);
        }
        let at = |name: &str| self.lab.path(name).metadata().is_ok_and(|m| m.ino() == inode);
        if let Some(name) = NAMES.iter().position(|name| at(name)) {
            self.event(name);
        }
    }

    /// The tailer is told, mostly.
    fn event(&mut self, name: usize) {
        if self.up && self.random.chance(80) {
            self.lab.look(NAMES[name]);
        }
    }

    fn rotate(&mut self) {
        for n in (0..NAMES.len() - 1).rev() {
            if self.lab.path(NAMES[n]).exists() {
                if n == NAMES.len() - 2 {
                    self.delete(n + 1);
                }
                let inode = self.lab.path(NAMES[n]).metadata().unwrap().ino();
                self.lab.rename(NAMES[n], NAMES[n + 1]);
                let seen = self.is_known(inode);
                if !self.wide && !seen {
                    self.excuse(inode);
                }
            }
        }
        if self.random.chance(80) {
            self.create();
        }
        for n in 0..NAMES.len() {
            self.event(n);
        }
    }

    /// Whether the collector, or its checkpoint while it is down, knows the file.
    fn is_known(&self, inode: u64) -> bool {
        if self.up {
            self.lab.tailer.by_id.keys().any(|id| id.inode == inode)
        } else {
            self.lab.saved.files.iter().any(|file| file.inode == inode)
        }
    }

    /// What the world takes away, nobody can send: what a truncation or a deletion takes before
    /// it was read, what was renamed out of the pattern before anybody saw it, what a crash
    /// leaves in files that have no name any more, and what is written to them long after.
    fn excuse(&mut self, inode: u64) {
        if let Some(life) = self.inodes.get(&inode) {
            self.lives[*life].excused = true;
        }
    }

    fn delete(&mut self, name: usize) {
        let Ok(metadata) = self.lab.path(NAMES[name]).metadata() else { return };
        self.lab.delete(NAMES[name]);
        if !self.up || !self.is_known(metadata.ino()) {
            self.excuse(metadata.ino());
            if !self.writers.iter().any(|w| w.file.metadata().unwrap().ino() == metadata.ino()) {
                self.inodes.remove(&metadata.ino());
            }
        }
        self.event(name);
    }

    fn truncate(&mut self) {
        if self.up && self.random.chance(70) {
            self.lab.rescan();
        }
        let Some(writer) = self.writers.last_mut() else { return };
        let inode = writer.file.metadata().unwrap().ino();
        writer.file.set_len(0).unwrap();
        self.lives[writer.life].excused = true;
        self.lives.push(Life::default());
        writer.life = self.lives.len() - 1;
        let life = writer.life;
        self.inodes.insert(inode, life);
        // A file that nobody knows and no pattern finds.
        let found = |name: &str| self.lab.path(name).metadata().is_ok_and(|m| m.ino() == inode);
        let names = if self.wide { &NAMES[..] } else { &NAMES[..1] };
        if !self.is_known(inode) && !names.iter().any(|name| found(name)) {
            self.lives[life].excused = true;
        }
        let at = |name: &str| self.lab.path(name).metadata().is_ok_and(|m| m.ino() == inode);
        // Now and then nobody looks until it has grown again: the bytes tell.
        if let Some(name) = NAMES.iter().position(|name| at(name)) {
            self.event(name);
        }
    }

    fn crash(&mut self) {
        self.excuse_unreachable();
        self.lab.crash();
        self.confirmed = self.lab.out.taken.len();
        self.up = false;
        for _ in 0..self.random.below(6) {
            self.act();
        }
        self.excuse_unreachable();
        self.up = true;
        self.lab.tailer.discover(self.lab.now_ms);
    }

    /// What a collector that starts now cannot know of.
    fn excuse_unreachable(&mut self) {
        let nameless = |w: &&Writer| w.file.metadata().unwrap().nlink() == 0;
        for writer in self.writers.iter().filter(nameless) {
            self.lives[writer.life].excused = true;
        }
        let named: Vec<u64> = NAMES
            .iter()
            .filter_map(|name| self.lab.path(name).metadata().ok().map(|m| m.ino()))
            .collect();
        for (inode, life) in &self.inodes {
            let wanted = self.wide || at_first(&self.lab, *inode);
            let saved = self.lab.saved.files.iter().any(|file| file.inode == *inode);
            if !named.contains(inode) || !(wanted || saved) {
                self.lives[*life].excused = true;
            }
        }
    }

    fn confirm(&mut self) {
        let taken = self.lab.out.taken.len();
        // Out of order, and some never before the end.
        for at in self.confirmed..taken {
            if self.random.chance(70) {
                self.lab.tailer.confirm(self.lab.out.taken[at].tag);
            }
        }
        if self.random.chance(50) {
            for at in self.confirmed..taken {
                self.lab.tailer.confirm(self.lab.out.taken[at].tag);
            }
            self.confirmed = taken;
        }
    }

    fn step(&mut self) {
        if self.lab.tailer.step(&mut self.lab.out, self.lab.now_ms) == Step::Unsaved {
            self.lab.save();
        }
    }

    fn act(&mut self) {
        let up = self.up;
        match self.random.below(100) {
            0..30 => self.append(self.writers.len().saturating_sub(1)),
            30..36 if !self.writers.is_empty() => {
                let any = self.random.below(self.writers.len());
                self.append(any);
            }
            36..40 => self.create(),
            40..48 => self.rotate(),
            48..51 => self.truncate(),
            51..54 => {
                let name = self.random.below(NAMES.len());
                self.delete(name);
            }
            54..60 if up => self.lab.tailer.discover(self.lab.now_ms),
            60..72 if up => self.step(),
            72..76 if up => drop(self.lab.run()),
            76..84 if up => self.confirm(),
            84..88 if up => self.lab.save(),
            88..93 if up => {
                let seconds = [1, 1, 2, 7, 100][self.random.below(5)];
                self.lab.wait(seconds);
            }
            93..96 => self.lab.out.room = [0, 3, 50, usize::MAX][self.random.below(4)],
            96..97 if up => {
                self.lab.tailer.rewind();
                self.confirmed = self.lab.out.taken.len();
            }
            97..100 if up => self.crash(),
            _ => {}
        }
    }

    fn finish(&mut self) {
        self.lab.out.room = usize::MAX;
        for _ in 0..3 {
            assert_eq!(self.lab.rescan(), Step::Idle, "seed {}", self.seed);
            self.lab.wait(10);
            self.lab.confirm();
        }
        assert_eq!(self.lab.tailer.in_flight(), 0, "seed {}", self.seed);
    }

    fn check(&self) {
        let seed = self.seed;
        let mut of_generation: HashMap<(&str, u64), usize> = HashMap::new();
        let mut places = HashMap::new();
        let mut newest: HashMap<(&str, u64), (u64, u64)> = HashMap::new();
        let mut covered: Vec<Vec<bool>> =
            self.lives.iter().map(|life| vec![false; life.bytes.len()]).collect();
        for record in &self.lab.out.taken {
            let key = (record.stream.as_str(), record.generation);
            let life = *of_generation.entry(key).or_insert_with(|| life_of(record, seed));
            let from = record.offset as usize;
            let to = from + record.text.len();
            let bytes = &self.lives[life].bytes;
            let there = bytes.get(from..to);
            assert_eq!(there, Some(record.text.as_bytes()), "seed {seed}: invented {record:?}");
            let place = (key, record.offset);
            let first = *places.entry(place).or_insert((record.sequence, record.text.as_str()));
            assert_eq!(first.0, record.sequence, "seed {seed}: two numbers at one place");
            // Of a line that was sent, is read again and truncated meanwhile, a part may be left.
            let part = first.1.starts_with(&record.text) && self.lives[life].excused;
            assert!(first.1 == record.text || part, "seed {seed}: two texts at one place");
            let here = (record.offset, record.sequence);
            match newest.get_mut(&key) {
                Some(last) if *last >= here => {}
                Some(last) => {
                    assert_eq!(here.1, last.1 + 1, "seed {seed}: a gap before {record:?}");
                    *last = here;
                }
                None => {
                    assert_eq!(here.1, 0, "seed {seed}: a gap before {record:?}");
                    newest.insert(key, here);
                }
            }
            covered[life][from..to].fill(true);
        }
        for (n, life) in self.lives.iter().enumerate().filter(|(_, life)| !life.excused) {
            let finished = life.bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            let lost = (0..finished)
                .find(|at| !covered[n][*at] && !matches!(life.bytes[*at], b'\n' | b'\r'));
            assert_eq!(lost, None, "seed {seed}: life {n} of {finished} bytes, lost from there");
        }
    }
}

fn at_first(lab: &Lab, inode: u64) -> bool {
    lab.path(NAMES[0]).metadata().is_ok_and(|m| m.ino() == inode)
}

/// Records begin with the number of their life.
fn life_of(record: &Taken, seed: u64) -> usize {
    let number = record.text.strip_prefix('L').and_then(|rest| rest.split('-').next());
    let number = number.and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("seed {seed}: a generation begins with {record:?}"))
}

/// How much a run does, so that a model that tests nothing would be noticed.
fn run(seed: u64, acts: usize) -> usize {
    let mut world = World::new(seed);
    for _ in 0..acts {
        world.act();
    }
    world.finish();
    world.check();
    let whole = world.lives.iter().filter(|life| !life.excused && !life.bytes.is_empty());
    whole.count()
}

#[test]
fn nothing_lost_nothing_invented_order_kept() {
    let seeds: u64 = std::env::var("PROHORI_SEEDS").map_or(150, |n| n.parse().unwrap());
    let whole: usize = (0..seeds).map(|seed| run(seed, 150)).sum();
    assert!(whole as u64 > 2 * seeds, "only {whole} lives were whole to the end");
}
