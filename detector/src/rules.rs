//! Sigma rules from folders and files.

use crate::Error;
use correlate::Plan;
use ruleset::{Policy, Stages, Unaimed};
use sigma::{Correlation, Document, Filter, Placeholders, Rule};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// How many rule files are read: ten times SigmaHQ's, and few enough to notice a wrong folder.
const FILES_MAX: usize = 50_000;
/// How deep folders are gone into, which also ends loops of links.
const DEPTH_MAX: usize = 32;
/// Folders that stand among the rules and have none: mapping tables, and parsers.
const OTHERS: [&str; 2] = ["mappings", "parsers"];

/// Rules as read.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Those that can be used and are to be loaded.
    pub rules: Vec<Rule>,
    /// The correlations of their matches.
    pub plan: Plan,
    /// What becomes of their matches.
    pub policy: Policy,
    /// What cannot be used.
    pub errors: Vec<sigma::Error>,
    /// What filters aim at and miss, in words.
    pub unaimed: Vec<String>,
    /// Names the set: a hash of names and contents, in hex.
    pub version: String,
}

/// A rule file: its name and its text.
pub type File = (String, String);

/// The rule files under `paths`: a folder's are those that end in `.yml` or `.yaml`, sorted.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for path in paths {
        let first = found.len();
        let meta = std::fs::metadata(path).map_err(|source| read(path, source))?;
        match meta.is_dir() {
            true => folder(path, 0, &mut found)?,
            false => found.push(path.clone()),
        }
        found[first..].sort();
    }
    Ok(found)
}

fn read(path: &Path, source: std::io::Error) -> Error {
    Error::Read { path: path.to_owned(), source }
}

fn folder(path: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    if depth > DEPTH_MAX {
        return Ok(());
    }
    for entry in std::fs::read_dir(path).map_err(|source| read(path, source))? {
        let entry = entry.map_err(|source| read(path, source))?;
        let inner = entry.path();
        // A file that goes away between the two calls is no rule file any more.
        let Ok(meta) = std::fs::metadata(&inner) else { continue };
        if meta.is_dir() {
            if !OTHERS.iter().any(|other| entry.file_name() == *other) {
                folder(&inner, depth + 1, found)?;
            }
        } else if inner.extension().is_some_and(|end| end == "yml" || end == "yaml") {
            found.push(inner);
        }
        if found.len() > FILES_MAX {
            return Err(Error::TooManyFiles { path: path.to_owned(), files_max: FILES_MAX });
        }
    }
    Ok(())
}

/// What tells that rule files have changed: their names, sizes and times.
pub fn fingerprint(paths: &[PathBuf]) -> Result<u64, Error> {
    let mut hash = xxhash_rust::xxh3::Xxh3Default::new();
    for file in files(paths)? {
        hash.update(file.as_os_str().as_encoded_bytes());
        let Ok(meta) = std::fs::metadata(&file) else { continue };
        hash.update(&meta.len().to_le_bytes());
        let modified =
            meta.modified().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        hash.update(&modified.map_or(0, |time| time.as_nanos()).to_le_bytes());
    }
    Ok(hash.digest())
}

/// Reads the rules under `paths`. A file that is wrong is among the errors; a folder that cannot be
/// read fails the whole.
pub fn load(paths: &[PathBuf], placeholders: &Placeholders) -> Result<Loaded, Error> {
    Ok(assemble(&texts(paths)?, placeholders))
}

/// The texts of the rule files under `paths`.
pub fn texts(paths: &[PathBuf]) -> Result<Vec<File>, Error> {
    let text = |path: PathBuf| -> Result<File, Error> {
        let bytes = std::fs::read(&path).map_err(|source| read(&path, source))?;
        let name = path.to_string_lossy().into_owned();
        Ok((name, String::from_utf8_lossy(&bytes).into_owned()))
    };
    files(paths)?.into_iter().map(text).collect()
}

/// Makes a set of rule files: rules, correlations, filters and stages.
pub fn assemble(files: &[File], placeholders: &Placeholders) -> Loaded {
    let mut loaded = Loaded::default();
    let (mut correlations, mut filters) = (Vec::new(), Vec::new());
    let mut stages = Stages::default();
    for (name, text) in files.iter().filter(|(name, _)| Stages::are_in(name)) {
        loaded.errors.extend(stages.add(name, text));
    }
    for (name, text) in files.iter().filter(|(name, _)| !Stages::are_in(name)) {
        let parsed = sigma::parse(name, text, placeholders);
        loaded.errors.extend(parsed.errors);
        for document in parsed.documents {
            match document {
                Document::Rule(rule) => loaded.rules.push(*rule),
                Document::Correlation(correlation) => correlations.push(*correlation),
                Document::Filter(filter) => filters.push(*filter),
            }
        }
    }
    loaded.rules.retain(|rule| stages.get(rule.uid()).is_loaded());
    correlations.retain(|correlation: &Correlation| stages.get(correlation.uid()).is_loaded());
    loaded.correlate(correlations);
    loaded.apply(filters, &stages);
    let named = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes()));
    loaded.version = ruleset::version(named);
    loaded
}

impl Loaded {
    /// Resolves and compiles correlations; what cannot be used is among the errors.
    fn correlate(&mut self, correlations: Vec<Correlation>) {
        let resolved = sigma::resolve(&self.rules, correlations);
        let (plan, too_large) = Plan::with_rules(&self.rules, &resolved.correlations);
        self.plan = plan;
        self.errors.extend(resolved.errors.into_iter().chain(too_large));
    }

    /// Joins filters and stages to the rules.
    fn apply(&mut self, filters: Vec<Filter>, stages: &Stages) {
        self.policy = Policy::new(&self.rules, filters, stages);
        let tell = |Unaimed { filter, name }: Unaimed| {
            let filter = &self.policy.filters()[filter];
            let (file, line, title) = (&filter.file, filter.at.line, &filter.title);
            match name {
                Some(name) => format!(
                    "{file}:{line}: filter {title:?}: no rule {name:?} of its log source is loaded"
                ),
                None => {
                    format!("{file}:{line}: filter {title:?}: no rule of its log source is loaded")
                }
            }
        };
        self.unaimed = self.policy.unaimed(&self.rules).into_iter().map(tell).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "title: t\nlogsource: {product: p}\ndetection: {s: {a: 1}, condition: s}\n";

    #[test]
    fn rules_are_found_in_folders_and_what_is_wrong_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(path("a/mappings")).unwrap();
        std::fs::write(path("a/one.yml"), RULE).unwrap();
        std::fs::write(
            path("a/two.yaml"),
            "title: x\n---\ntitle: c\nlogsource: {product: p}\nfilter: {rules: [two], s: {a: 1}, condition: not s}\n---\ntitle: d\ncorrelation: {type: event_count, rules: [one], timespan: 5m, condition: {gte: 2}}\n",
        )
        .unwrap();
        std::fs::write(path("a/one.match.log"), "no rule").unwrap();
        std::fs::write(path("a/mappings/t.yml"), "- when: {}\n").unwrap();
        let paths = [folder.path().to_owned()];
        let loaded = load(&paths, &Placeholders::new()).unwrap();
        assert_eq!((loaded.rules.len(), loaded.errors.len(), loaded.unaimed.len()), (1, 2, 1));
        let told = "two.yaml:3: filter \"c\": no rule \"two\" of its log source is loaded";
        assert!(loaded.unaimed[0].ends_with(told), "{}", loaded.unaimed[0]);
        assert!(loaded.errors[1].to_string().contains("no rule \"one\" is known"));
        let before = fingerprint(&paths).unwrap();
        assert_eq!(before, fingerprint(&paths).unwrap());
        std::fs::write(path("a/three.yml"), RULE).unwrap();
        assert_ne!(before, fingerprint(&paths).unwrap());
        let again = load(&paths, &Placeholders::new()).unwrap();
        assert_ne!(loaded.version, again.version);
        std::fs::write(path("a/stages.yml"), "t: retired\n").unwrap();
        let retired = load(&paths, &Placeholders::new()).unwrap();
        assert!(retired.rules.is_empty() && retired.version != again.version);
        assert_eq!(load(&[path("a/one.yml")], &Placeholders::new()).unwrap().rules.len(), 1);
        assert!(matches!(files(&[path("none")]), Err(Error::Read { .. })));
    }
}
