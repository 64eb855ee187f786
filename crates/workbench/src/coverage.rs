//! `prohori rules coverage`: which of ATT&CK's techniques the rules look for, and which are tested.

use crate::samples::{self, Tested};
use crate::{Error, Input, Verdict, navigator};
use attack::{TACTICS, Tactic, Tag, Technique};
use serde_json::{Value, json};
use sigma::Document;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Write;

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// A table for people.
    #[default]
    Text,
    /// The table for programs.
    Json,
    /// A layer for the ATT&CK Navigator.
    Navigator,
}

/// A rule, as far as coverage is concerned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Covering {
    pub(crate) uid: String,
    pub(crate) title: String,
    /// Whether all of its samples pass, and there are some of both kinds.
    pub(crate) tested: bool,
}

/// The rules for each technique that there are rules for.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    /// By tactic's place in [`TACTICS`] and technique's id.
    pub(crate) cells: BTreeMap<(usize, &'static str), BTreeSet<Covering>>,
    /// Rules that name no technique which ATT&CK has.
    pub(crate) without: BTreeSet<Covering>,
    /// How many rules there are.
    pub(crate) rules: usize,
}

/// Writes the coverage of the rules to `out`. The verdict is about reading the rules, not about
/// how much they cover.
pub fn run(input: &Input, view: View, out: &mut impl Write) -> Result<Verdict, Error> {
    let tested = samples::test(input)?;
    let coverage = coverage(input, &tested)?;
    let written = match view {
        View::Text => text(&coverage, out),
        View::Json => writeln!(out, "{:#}", document(&coverage)),
        View::Navigator => writeln!(out, "{:#}", navigator::layer(&coverage)),
    };
    written.map_err(Error::Write)?;
    Ok(Verdict::of(tested.iter().all(|entry| entry.errors.is_empty())))
}

fn coverage(input: &Input, tested: &[Tested]) -> Result<Coverage, Error> {
    let good: HashSet<&str> = tested
        .iter()
        .filter(|entry| entry.passes() && entry.is_whole())
        .map(|entry| entry.file.as_str())
        .collect();
    let mut coverage = Coverage::default();
    for file in input.rules()? {
        let is_tested = good.contains(file.name.as_str());
        let parsed = sigma::parse(&file.name, &file.text, &input.placeholders);
        for document in parsed.documents {
            if let Document::Rule(rule) = document {
                let (uid, title) = (rule.uid().to_owned(), rule.title.clone());
                coverage.add(&rule.tags, Covering { uid, title, tested: is_tested });
            }
        }
    }
    Ok(coverage)
}

impl Coverage {
    fn add(&mut self, tags: &[String], rule: Covering) {
        self.rules += 1;
        let read: Vec<Tag> = tags.iter().filter_map(|tag| attack::read(tag)).collect();
        let techniques = read.iter().filter_map(|tag| match tag {
            Tag::Technique(technique) | Tag::Revoked(Some(technique)) => Some(*technique),
            _ => None,
        });
        let tactics: Vec<&Tactic> = read
            .iter()
            .filter_map(|tag| if let Tag::Tactic(tactic) = tag { Some(*tactic) } else { None })
            .collect();
        let mut found = false;
        for technique in techniques {
            found = true;
            for tactic in serving(technique, &tactics) {
                let place = TACTICS.iter().position(|known| known.tag == tactic.tag);
                let cell = (place.unwrap_or_default(), technique.id);
                self.cells.entry(cell).or_default().insert(rule.clone());
            }
        }
        if !found {
            self.without.insert(rule);
        }
    }

    /// The rules for each technique, whatever the tactic.
    pub(crate) fn techniques(&self) -> BTreeMap<&'static str, BTreeSet<&Covering>> {
        let mut techniques: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for ((_, technique), rules) in &self.cells {
            techniques.entry(*technique).or_default().extend(rules);
        }
        techniques
    }
}

/// The tactics of a rule that a technique serves; all that it serves, where the rule names none.
fn serving<'t>(technique: &'static Technique, tactics: &[&'t Tactic]) -> Vec<&'t Tactic> {
    let named: Vec<&Tactic> =
        tactics.iter().copied().filter(|tactic| technique.serves(tactic)).collect();
    if named.is_empty() { technique.tactics().collect() } else { named }
}

fn count_tested<'c>(rules: impl IntoIterator<Item = &'c Covering>) -> usize {
    rules.into_iter().filter(|rule| rule.tested).count()
}

/// A technique's name, with its parent's in front.
pub(crate) fn full_name(id: &str) -> String {
    let own = attack::technique(id).map_or(id, |technique| technique.name);
    match id.split_once('.').and_then(|(whole, _)| attack::technique(whole)) {
        Some(whole) => format!("{}: {own}", whole.name),
        None => own.to_owned(),
    }
}

fn text(coverage: &Coverage, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{:<26} {:<10} {:>5} {:>6}  technique", "tactic", "id", "rules", "tested")?;
    for ((tactic, technique), rules) in &coverage.cells {
        let (count, tested) = (rules.len(), count_tested(rules));
        let (tactic, name) = (TACTICS[*tactic].name, full_name(technique));
        writeln!(out, "{tactic:<26} {technique:<10} {count:>5} {tested:>6}  {name}")?;
    }
    let techniques = coverage.techniques();
    let tested = techniques.values().filter(|rules| rules.iter().any(|rule| rule.tested)).count();
    writeln!(
        out,
        "{} rules cover {} techniques, {tested} of them tested; {} rules name none",
        coverage.rules,
        techniques.len(),
        coverage.without.len()
    )
}

fn document(coverage: &Coverage) -> Value {
    let cell = |((tactic, technique), rules): (&(usize, &str), &BTreeSet<Covering>)| {
        json!({
            "tactic": TACTICS[*tactic].tag,
            "technique": technique,
            "name": full_name(technique),
            "rules": rules.len(),
            "tested": count_tested(rules),
            "ids": rules.iter().map(|rule| &rule.uid).collect::<Vec<_>>(),
        })
    };
    json!({
        "attack": attack::RELEASE,
        "rules": coverage.rules,
        "techniques": coverage.techniques().len(),
        "cells": coverage.cells.iter().map(cell).collect::<Vec<_>>(),
        "without": coverage.without.iter().map(|rule| &rule.uid).collect::<Vec<_>>(),
    })
}
