//! The parsers in force, and which of them may know a line.

use crate::file;
use crate::parser::{Level, Parser, Work};
use crate::problem::{Problem, Severity};
use aho_corasick::AhoCorasick;
use bumpalo::collections::Vec as ArenaVec;
use ocsf::Event;
use parse::{Custom, Cx, Unread};
use std::collections::HashMap;
use std::fmt::Write as _;
use xxhash_rust::xxh3::Xxh3Default;

/// Parsers in one set.
pub const PARSERS_MAX: usize = 1000;

/// How many bytes all parsers together may look at for one record. A line of 1,000 bytes that forty
/// patterns of ten steps are tried on takes at most a tenth of it.
pub const WORK_BYTES_MAX: usize = 4 << 20;

/// The label of an event for which that was not enough.
pub const GAVE_UP: &str = "custom:gave_up";

/// How much of a line is searched for markers.
const MARKED_BYTES_MAX: usize = 8192;

/// A parser's file: its name and its text.
pub type File = (String, String);

/// Parsers, ready for use.
#[derive(Debug, Default)]
pub struct Set {
    parsers: Vec<Parser>,
    /// Parsers by what a collector's `source` says.
    hinted: HashMap<String, Vec<usize>>,
    /// Parsers by program, where they ask for whole names.
    programs: HashMap<String, Vec<usize>>,
    /// Parsers that ask for the beginning of a program's name.
    families: Vec<(String, usize)>,
    /// Finds the markers of all parsers that ask for no program.
    markers: Option<AhoCorasick>,
    /// The parser of each marker.
    marked: Vec<usize>,
    version: String,
}

/// What became of the files of a set.
#[derive(Debug, Default)]
pub struct Read {
    /// Those that can be used.
    pub set: Set,
    /// What is to be told, in the order of the files.
    pub problems: Vec<Problem>,
}

impl Read {
    /// How many problems are of one severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.problems.iter().filter(|problem| problem.severity == severity).count()
    }

    /// The first of the errors.
    pub fn first_error(&self) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.severity == Severity::Error)
    }
}

/// Makes a set of files. One that is wrong is left out, and told.
pub fn read(files: &[File]) -> Read {
    let mut read = Read::default();
    let mut parsers: Vec<Parser> = Vec::new();
    for (name, text) in files {
        let (parser, mut problems) = file::read(name, text);
        read.problems.append(&mut problems);
        let Some(parser) = parser else { continue };
        if let Some(problem) = refused(&parser, &parsers, name) {
            read.problems.push(problem);
            continue;
        }
        parsers.push(parser);
    }
    read.set = Set::new(parsers, version(files));
    read
}

/// What the files before it leave no room for.
fn refused(parser: &Parser, before: &[Parser], file: &str) -> Option<Problem> {
    let (code, message, mend) = if before.iter().any(|other| other.name == parser.name) {
        let message = format!("a second parser is called {:?}", parser.name);
        ("duplicate-name", message, "give it another name")
    } else if before.len() >= PARSERS_MAX {
        ("slow", format!("more than {PARSERS_MAX} parsers"), "remove some")
    } else {
        return None;
    };
    let at = yaml::Position { line: 1, column: 1 };
    let mend = mend.to_owned();
    Some(Problem { severity: Severity::Error, code, file: file.to_owned(), at, message, mend })
}

/// Names the set: a hash of the files' names and texts, in hex.
fn version(files: &[File]) -> String {
    let mut hash = Xxh3Default::new();
    for part in files.iter().flat_map(|(name, text)| [name, text]) {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let mut out = String::new();
    let _ = write!(out, "{:016x}", hash.digest());
    out
}

impl Set {
    fn new(parsers: Vec<Parser>, version: String) -> Self {
        let mut set = Self { version, ..Self::default() };
        let mut markers = Vec::new();
        for (number, parser) in parsers.iter().enumerate() {
            let when = &parser.when;
            for hint in std::iter::once(&parser.name).chain(&when.hints) {
                set.hinted.entry(hint.clone()).or_default().push(number);
            }
            if when.hinted_only {
                continue;
            }
            for program in &when.programs {
                match program.strip_suffix('*') {
                    Some(head) => set.families.push((head.to_owned(), number)),
                    None => set.programs.entry(program.clone()).or_default().push(number),
                }
            }
            if when.programs.is_empty() {
                for marker in when.contains.iter().chain(&when.begins) {
                    markers.push(marker.clone());
                    set.marked.push(number);
                }
            }
        }
        if !markers.is_empty() {
            set.markers = AhoCorasick::new(&markers).ok();
        }
        set.parsers = parsers;
        set
    }

    /// The parsers.
    pub fn parsers(&self) -> &[Parser] {
        &self.parsers
    }

    /// Names the set: a hash of names and contents, in hex.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The parsers that may know a line, in the order of their files.
    fn candidates<'a>(&self, unread: Unread<'a>, cx: &Cx<'a>) -> ArenaVec<'a, usize> {
        let mut found = ArenaVec::new_in(cx.arena);
        if let Some(program) = unread.program {
            let base = program.rsplit('/').next().unwrap_or(program);
            for name in [program, base] {
                found.extend(self.programs.get(name).into_iter().flatten());
            }
            let of = |head: &str| base.starts_with(head) || program.starts_with(head);
            found.extend(self.families.iter().filter(|(head, _)| of(head)).map(|(_, at)| at));
        }
        if let Some(markers) = &self.markers {
            let text = unread.record.unwrap_or(unread.message);
            let near = &text.as_bytes()[..text.len().min(MARKED_BYTES_MAX)];
            for hit in markers.find_overlapping_iter(near) {
                let number = self.marked[hit.pattern().as_usize()];
                if found.last() != Some(&number) && found.len() < 4 * PARSERS_MAX {
                    found.push(number);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn try_each<'a>(
        &'a self,
        numbers: &[usize],
        hinted: bool,
        unread: Unread<'a>,
        cx: &Cx<'a>,
        event: &mut Event<'a>,
    ) -> bool {
        let mut work = Work::new(WORK_BYTES_MAX);
        let read = numbers
            .iter()
            .any(|number| self.parsers[*number].read(unread, hinted, cx, event, &mut work));
        if !work.left() {
            event.label(GAVE_UP);
        }
        read
    }
}

impl Custom for Set {
    fn knows(&self, hint: &str) -> bool {
        self.hinted.contains_key(hint)
    }

    fn hinted<'a>(
        &'a self,
        hint: &str,
        unread: Unread<'a>,
        cx: &Cx<'a>,
        event: &mut Event<'a>,
    ) -> bool {
        let numbers = self.hinted.get(hint).map(Vec::as_slice).unwrap_or_default();
        self.try_each(numbers, true, unread, cx, event)
    }

    fn read<'a>(&'a self, unread: Unread<'a>, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
        if self.parsers.is_empty() {
            return false;
        }
        let numbers = self.candidates(unread, cx);
        self.try_each(&numbers, false, unread, cx, event)
    }
}

impl Parser {
    /// Whether it reads whole lines rather than what stands behind syslog's header.
    pub fn is_of_records(&self) -> bool {
        self.level == Level::Record
    }
}

#[cfg(test)]
mod tests;
