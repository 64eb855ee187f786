//! From indicators one by one to a set.

use crate::note::Note;
use crate::set::Keys;
use crate::{Error, Indicator, Set, Warnings};
use std::collections::{BTreeMap, HashMap};

/// The most indicators in a set: beyond this, memory is for events.
pub(crate) const INDICATORS_MAX: usize = 50_000_000;

/// What was left out of a set, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut(pub BTreeMap<String, u64>);

impl LeftOut {
    /// How many there are.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// Gathers indicators.
pub struct Builder<'w> {
    warnings: &'w Warnings,
    left_out: LeftOut,
    notes: Vec<Note>,
    numbers: HashMap<Note, u32>,
    /// The note before, which is mostly the next one's too.
    last: Option<(Note, u32)>,
    keys: Keys,
}

impl<'w> Builder<'w> {
    /// Begins with nothing; what `warnings` names will be left out.
    pub fn new(warnings: &'w Warnings) -> Self {
        Self {
            warnings,
            left_out: LeftOut::default(),
            notes: Vec::new(),
            numbers: HashMap::new(),
            last: None,
            keys: Keys::default(),
        }
    }

    /// Adds an indicator, or counts why not.
    pub fn add(&mut self, indicator: Indicator) {
        if let Some(reason) = self.warnings.reason(&indicator.value) {
            *self.left_out.0.entry(reason.to_owned()).or_default() += 1;
            return;
        }
        if self.keys.len() >= INDICATORS_MAX {
            let reason = format!("more than {INDICATORS_MAX} indicators");
            *self.left_out.0.entry(reason).or_default() += 1;
            return;
        }
        let number = self.number(indicator.note);
        self.keys.add(&indicator.value, number);
    }

    fn number(&mut self, note: Note) -> u32 {
        if let Some((_, number)) = self.last.as_ref().filter(|(last, _)| *last == note) {
            return *number;
        }
        let next = self.notes.len() as u32;
        let number = *self.numbers.entry(note.clone()).or_insert_with(|| {
            self.notes.push(note.clone());
            next
        });
        self.last = Some((note, number));
        number
    }

    /// The set of what was added, and what was not.
    pub fn build(mut self, version: String) -> (Set, LeftOut) {
        self.notes.shrink_to_fit();
        (Set::new(self.keys, self.notes, version), self.left_out)
    }
}

/// What became of the files of a set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Indicators of each file.
    pub taken: Vec<(String, u64)>,
    /// How many lines and objects could not be used, and the first ones.
    pub skipped: u64,
    /// The first of them, with their file.
    pub told: Vec<String>,
    /// What warning lists and special addresses left out, by reason.
    pub left_out: LeftOut,
}

impl Report {
    /// Tells what of the files is not in `set`, and why.
    pub fn tell(&self, set: &Set, mut tell: impl FnMut(String)) {
        self.told.iter().for_each(|told| tell(told.clone()));
        if self.skipped > self.told.len() as u64 {
            tell(format!("{} lines and objects hold no indicator", self.skipped));
        }
        for (reason, count) in &self.left_out.0 {
            tell(format!("{count} indicators left out: {reason}"));
        }
        if !self.taken.is_empty() && set.is_empty() {
            tell("no indicator is in force".to_owned());
        }
    }
}

/// A set of whole files, each with its name; `warnings` are warning lists.
pub fn load(
    files: &[(String, Vec<u8>)],
    warnings: &[(String, Vec<u8>)],
) -> Result<(Set, Report), Error> {
    let mut lists = Warnings::none();
    for (name, bytes) in warnings {
        lists.add(name, bytes)?;
    }
    let mut report = Report::default();
    let mut builder = Builder::new(&lists);
    let mut hash = xxhash_rust::xxh3::Xxh3Default::new();
    for (name, bytes) in files {
        let mut count = 0;
        let skipped = crate::read(name, bytes, &mut |indicator| {
            count += 1;
            builder.add(indicator);
        })?;
        report.taken.push((name.clone(), count));
        report.skipped += skipped.total();
        report.told.extend(skipped.told.into_iter().map(|told| format!("{name}: {told}")));
        hash.update(name.as_bytes());
        hash.update(&(bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    let (set, left_out) = builder.build(format!("{:016x}", hash.digest()));
    report.left_out = left_out;
    Ok((set, report))
}
