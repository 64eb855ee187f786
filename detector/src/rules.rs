//! Sigma rules from folders and files.

use crate::Error;
use correlate::Plan;
use sigma::{Correlation, Document, Placeholders, Rule};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// How many rule files are read: ten times SigmaHQ's, and few enough to notice a wrong folder.
const FILES_MAX: usize = 50_000;
/// How deep folders are gone into, which also ends loops of links.
const DEPTH_MAX: usize = 32;
/// The folder of mapping tables, which stands among the rules and has none.
const MAPPINGS: &str = "mappings";

/// Rules as read.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Those that can be used.
    pub rules: Vec<Rule>,
    /// The correlations of their matches.
    pub plan: Plan,
    /// What cannot.
    pub errors: Vec<sigma::Error>,
    /// Documents that are no rules over single events: `file:line: what, title`.
    pub not_run: Vec<String>,
    /// Names the set: a hash of names and contents, in hex.
    pub version: String,
}

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
            if entry.file_name() != MAPPINGS {
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
    let (mut loaded, mut correlations) = (Loaded::default(), Vec::new());
    let mut hash = xxhash_rust::xxh3::Xxh3Default::new();
    for file in files(paths)? {
        let bytes = std::fs::read(&file).map_err(|source| read(&file, source))?;
        let name = file.to_string_lossy();
        hash.update(name.as_bytes());
        hash.update(&(bytes.len() as u64).to_le_bytes());
        hash.update(&bytes);
        let parsed = sigma::parse(&name, &String::from_utf8_lossy(&bytes), placeholders);
        loaded.errors.extend(parsed.errors);
        for document in parsed.documents {
            loaded.take(document, &mut correlations);
        }
    }
    loaded.correlate(correlations);
    loaded.version = format!("{:016x}", hash.digest());
    Ok(loaded)
}

impl Loaded {
    /// Resolves and compiles correlations; what cannot be used is among the errors.
    fn correlate(&mut self, correlations: Vec<Correlation>) {
        let resolved = sigma::resolve(&self.rules, correlations);
        let (plan, too_large) = Plan::new(&resolved.correlations);
        self.plan = plan;
        self.errors.extend(resolved.errors.into_iter().chain(too_large));
    }

    fn take(&mut self, document: Document, correlations: &mut Vec<Correlation>) {
        match document {
            Document::Rule(rule) => self.rules.push(*rule),
            Document::Correlation(correlation) => correlations.push(*correlation),
            Document::Filter(filter) => {
                let (file, line, title) = (filter.file, filter.at.line, filter.title);
                self.not_run.push(format!("{file}:{line}: filter {title:?} is not yet applied"));
            }
        }
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
            "title: x\n---\ntitle: c\nfilter: {}\n---\ntitle: d\ncorrelation: {type: event_count, rules: [one], timespan: 5m, condition: {gte: 2}}\n",
        )
        .unwrap();
        std::fs::write(path("a/one.match.log"), "no rule").unwrap();
        std::fs::write(path("a/mappings/t.yml"), "- when: {}\n").unwrap();
        let paths = [folder.path().to_owned()];
        let loaded = load(&paths, &Placeholders::new()).unwrap();
        assert_eq!((loaded.rules.len(), loaded.errors.len(), loaded.not_run.len()), (1, 2, 1));
        assert!(loaded.not_run[0].ends_with("two.yaml:3: filter \"c\" is not yet applied"));
        assert!(loaded.errors[1].to_string().contains("no rule \"one\" is known"));
        let before = fingerprint(&paths).unwrap();
        assert_eq!(before, fingerprint(&paths).unwrap());
        std::fs::write(path("a/three.yml"), RULE).unwrap();
        assert_ne!(before, fingerprint(&paths).unwrap());
        let again = load(&paths, &Placeholders::new()).unwrap();
        assert_ne!(loaded.version, again.version);
        assert_eq!(load(&[path("a/one.yml")], &Placeholders::new()).unwrap().rules.len(), 1);
        assert!(matches!(files(&[path("none")]), Err(Error::Read { .. })));
    }
}
