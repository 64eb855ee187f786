//! All that all rules ask of one field, answered for a value in one go.

use crate::costs::Clock;
use crate::{Error, gate};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use sigma::{Address, Matcher, Network, Number, Part, Pattern, Value};
use std::collections::HashMap;

/// An automaton over texts of up to this many bytes in all is built as a DFA: twice as fast, at
/// about 250 bytes of memory for each byte of text.
const DFA_BYTES_MAX: usize = 24 * 1024;

/// How a text that was found in a value bears on a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    /// It holds.
    Anywhere,
    /// It holds if the text was found at the value's start.
    Start,
    /// It holds if the text was found at the value's end.
    End,
    /// It may hold: ask the matcher.
    Ask,
}

/// The tests of a field, by how they are answered.
#[derive(Debug)]
pub(crate) struct FieldTests {
    matchers: Vec<Matcher>,
    /// Whole values, folded.
    exact: HashMap<String, Vec<u32>>,
    /// Numbers: by the text as written, for values that are texts, and by value.
    written: HashMap<String, Vec<u32>>,
    numbers: HashMap<Number, Vec<u32>>,
    automaton: Option<AhoCorasick>,
    /// By the automaton's pattern.
    needles: Vec<Vec<(u32, Check)>>,
    /// Networks that an address may be in.
    networks: Vec<(Network, u32)>,
    /// Tests that no text can announce.
    ask: Vec<u32>,
    /// Tests that hold where the field is absent, and where it is null.
    pub(crate) absent: Vec<u32>,
    null: Vec<u32>,
    /// Tests that hold where the field is present, whatever its value.
    present: Vec<u32>,
}

/// What is needed while a value is looked at, kept between values.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    folded: String,
    /// Tests that the value at hand has met already, or been asked about.
    met: Vec<bool>,
    /// Tests that were timed, and how long they took in nanoseconds.
    pub(crate) timed: Vec<(u32, u64)>,
}

/// A builder's view: texts to look for and whom they concern.
#[derive(Default)]
struct Needles {
    index: HashMap<String, usize>,
    tests: Vec<Vec<(u32, Check)>>,
}

impl Needles {
    fn add(&mut self, text: String, test: u32, check: Check) {
        let next = self.tests.len();
        let index = *self.index.entry(text).or_insert(next);
        if index == next {
            self.tests.push(Vec::new());
        }
        self.tests[index].push((test, check));
    }
}

impl FieldTests {
    /// Builds the tests of `field`; their numbers are their places in `matchers`.
    pub(crate) fn new(field: &str, matchers: Vec<Matcher>) -> Result<Self, Error> {
        let mut tests = Self {
            matchers,
            exact: HashMap::new(),
            written: HashMap::new(),
            numbers: HashMap::new(),
            automaton: None,
            needles: Vec::new(),
            networks: Vec::new(),
            ask: Vec::new(),
            absent: Vec::new(),
            null: Vec::new(),
            present: Vec::new(),
        };
        let mut needles = Needles::default();
        for test in 0..tests.matchers.len() {
            tests.sort(test as u32, &mut needles);
        }
        tests.build(field, needles)?;
        Ok(tests)
    }

    fn sort(&mut self, test: u32, needles: &mut Needles) {
        match &self.matchers[test as usize] {
            Matcher::Null => {
                self.absent.push(test);
                self.null.push(test);
            }
            Matcher::Exists(true) => self.present.push(test),
            Matcher::Exists(false) => self.absent.push(test),
            Matcher::Equals(number, written) => {
                self.numbers.entry(number.clone()).or_default().push(test);
                self.written.entry(written.clone()).or_default().push(test);
            }
            Matcher::Text { pattern, cased } => match (pattern.as_literal(), cased) {
                (Some(text), false) => self.exact.entry(text.to_owned()).or_default().push(test),
                _ => match announce(pattern) {
                    Some((text, check)) => {
                        let check = if *cased { Check::Ask } else { check };
                        needles.add(sigma::fold::fold(text), test, check);
                    }
                    None => self.ask.push(test),
                },
            },
            Matcher::Regex(regex) => match gate::texts(regex.source()) {
                Some(texts) => {
                    for text in texts {
                        needles.add(text, test, Check::Ask);
                    }
                }
                None => self.ask.push(test),
            },
            Matcher::Network(network) => self.networks.push((*network, test)),
            Matcher::Compare(..) | Matcher::Date(..) => self.ask.push(test),
            // Asked of two fields; see `engine::Reference`.
            Matcher::Reference { .. } => {}
        }
    }

    fn build(&mut self, field: &str, needles: Needles) -> Result<(), Error> {
        self.needles = needles.tests;
        if self.needles.is_empty() {
            return Ok(());
        }
        let mut texts: Vec<(String, usize)> = needles.index.into_iter().collect();
        texts.sort_by_key(|(_, index)| *index);
        let bytes: usize = texts.iter().map(|(text, _)| text.len()).sum();
        let kind = match bytes <= DFA_BYTES_MAX {
            true => AhoCorasickKind::DFA,
            false => AhoCorasickKind::ContiguousNFA,
        };
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(kind))
            .build(texts.iter().map(|(text, _)| text));
        self.automaton = Some(automaton.map_err(|source| Error::Automaton {
            field: field.to_owned(),
            needles: texts.len(),
            source,
        })?);
        Ok(())
    }

    /// What is asked of the field, by number.
    pub(crate) fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }

    /// Appends the tests that hold for one value of the field; some perhaps twice. With a clock, those
    /// that are asked one by one are timed.
    pub(crate) fn holding(
        &self,
        value: Value<'_>,
        clock: Option<Clock>,
        scratch: &mut Scratch,
        holding: &mut Vec<u32>,
    ) {
        holding.extend(&self.present);
        let Some(text) = value.text() else {
            holding.extend(&self.null);
            return;
        };
        let Scratch { folded, met, timed } = scratch;
        folded.clear();
        sigma::fold::fold_into(text, folded);
        if let Some(tests) = self.exact.get(folded.as_str()) {
            holding.extend(tests);
        }
        self.numbers_holding(value, text, holding);
        self.networks_holding(text, holding);
        let mut ask = |test: u32, holding: &mut Vec<u32>| {
            let began = clock.map(|clock| (clock, clock()));
            if self.matchers[test as usize].matches_folded(value, folded) {
                holding.push(test);
            }
            if let Some((clock, began)) = began {
                timed.push((test, clock().saturating_sub(began)));
            }
        };
        for test in &self.ask {
            ask(*test, holding);
        }
        let Some(automaton) = &self.automaton else { return };
        met.clear();
        for found in automaton.find_overlapping_iter(folded.as_str()) {
            met.resize(self.matchers.len(), false);
            for (test, check) in &self.needles[found.pattern().as_usize()] {
                let bears = match check {
                    Check::Anywhere | Check::Ask => true,
                    Check::Start => found.start() == 0,
                    Check::End => found.end() == folded.len(),
                };
                // A text may be found as often as the value has bytes.
                if !bears || std::mem::replace(&mut met[*test as usize], true) {
                    continue;
                }
                match check {
                    Check::Ask => ask(*test, holding),
                    _ => holding.push(*test),
                }
            }
        }
    }

    fn networks_holding(&self, text: &str, holding: &mut Vec<u32>) {
        let address = if self.networks.is_empty() { None } else { Address::parse(text) };
        let Some(address) = address else { return };
        let within = self.networks.iter().filter(|(network, _)| network.has(address));
        holding.extend(within.map(|(_, test)| test));
    }

    fn numbers_holding(&self, value: Value<'_>, text: &str, holding: &mut Vec<u32>) {
        if self.numbers.is_empty() {
            return;
        }
        let tests = match value {
            Value::Number(text) => Number::parse(text).and_then(|number| self.numbers.get(&number)),
            _ => self.written.get(text),
        };
        holding.extend(tests.into_iter().flatten());
    }
}

/// The text that a value which fits `pattern` must have, and what having it means: the longest, or
/// the only one.
fn announce(pattern: &Pattern) -> Option<(&str, Check)> {
    Some(match pattern.parts() {
        [Part::Any, Part::Text(text), Part::Any] => (text, Check::Anywhere),
        [Part::Text(text), Part::Any] => (text, Check::Start),
        [Part::Any, Part::Text(text)] => (text, Check::End),
        parts => {
            let texts = parts.iter().filter_map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                Part::Any | Part::One => None,
            });
            (texts.max_by_key(|text| text.len())?, Check::Ask)
        }
    })
}
