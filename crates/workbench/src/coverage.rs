//! `prohori rules coverage`: which of ATT&CK's techniques the rules look for, and which are tested.

use crate::samples::{self, Tested};
use crate::{Error, Input, Verdict};
use attack::{Coverage, Covering, TACTICS, full_name};
use serde_json::{Value, json};
use sigma::Document;
use std::collections::{BTreeSet, HashSet};
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

/// Writes the coverage of the rules to `out`. The verdict is about reading the rules, not about
/// how much they cover.
pub fn run(input: &Input, view: View, out: &mut impl Write) -> Result<Verdict, Error> {
    let tested = samples::test(input)?;
    let coverage = coverage(input, &tested)?;
    let written = match view {
        View::Text => text(&coverage, out),
        View::Json => writeln!(out, "{:#}", document(&coverage)),
        View::Navigator => writeln!(out, "{:#}", attack::layer(&coverage)),
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

fn count_tested<'c>(rules: impl IntoIterator<Item = &'c Covering>) -> usize {
    rules.into_iter().filter(|rule| rule.tested).count()
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
