//! The rule files that a tool is given, and the samples beside them.

use crate::Error;
use lint::RuleFile;
use ruleset::Stages;
use sigma::Placeholders;
use std::path::{Path, PathBuf};
pub(crate) use trial::Kind;

/// For whom a tool writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON document.
    Json,
}

/// What a tool's findings come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is wrong.
    Good,
    /// Something is.
    Bad,
}

impl Verdict {
    /// Good, if `good`.
    pub(crate) fn of(good: bool) -> Self {
        if good { Self::Good } else { Self::Bad }
    }
}

/// What every tool is given.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// Folders of rules, or rule files.
    pub paths: Vec<PathBuf>,
    /// The values of `%placeholders%`.
    pub placeholders: Placeholders,
}

impl Input {
    /// The rule files, in order, without those that hold stages.
    pub(crate) fn rules(&self) -> Result<Vec<RuleFile>, Error> {
        let mut files = self.files()?;
        files.retain(|file| !Stages::are_in(&file.name));
        Ok(files)
    }

    /// The rule files and those with stages, in order.
    pub(crate) fn files(&self) -> Result<Vec<RuleFile>, Error> {
        let paths = detector::rules::files(&self.paths)?;
        paths.iter().map(|path| rule_file(path)).collect()
    }
}

fn rule_file(path: &Path) -> Result<RuleFile, Error> {
    let bytes = read(path)?;
    let has = |kind| samples(kind, path).into_iter().any(|path| !is_blank(&path));
    Ok(RuleFile {
        name: path.to_string_lossy().into_owned(),
        text: String::from_utf8_lossy(&bytes).into_owned(),
        has_match_samples: has(Kind::Match),
        has_miss_samples: has(Kind::Miss),
    })
}

/// Whether there is nothing to read, or nothing in it.
fn is_blank(path: &Path) -> bool {
    std::fs::read(path).map_or(true, |bytes| bytes.trim_ascii().is_empty())
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// The files beside a rule that hold its samples of a kind, of which any may be absent: raw lines,
/// and framed ones that say their source.
pub(crate) fn samples(kind: Kind, rule: &Path) -> [PathBuf; 2] {
    ["log", "ndjson"].map(|end| rule.with_extension(format!("{}.{end}", kind.as_str())))
}
