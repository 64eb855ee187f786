//! The parsers that users wrote: read from folders, taken over by every thread when they change.

use crate::Error;
use custom::{File, Read, Set, Severity};
use service::reload::{self, Live};
use service::{Part, Shutdown};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The parsers in force; none where none are configured.
#[derive(Debug, Clone, Default)]
pub struct Parsers(Option<Arc<Live<Set>>>);

impl Parsers {
    /// Begins with `set`.
    pub fn new(set: Set) -> Self {
        Self(Some(Arc::new(Live::new(set))))
    }

    /// Changes with every set that is taken over.
    pub(crate) fn generation(&self) -> u64 {
        self.0.as_ref().map_or(0, |live| live.generation())
    }

    /// What is in force.
    pub(crate) fn get(&self) -> Option<Arc<Set>> {
        self.0.as_ref().map(|live| live.get())
    }
}

/// Whether a file describes a parser: samples stand beside them, and so may other things.
fn is_parser(name: &str) -> bool {
    let path = Path::new(name);
    let end = path.extension().is_some_and(|end| end == "yml" || end == "yaml");
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    end && !stem.ends_with(".samples")
}

/// The parsers' files among `paths`: those of a folder that end in `.yml` or `.yaml`, sorted.
pub fn files(paths: &[PathBuf]) -> Result<Vec<File>, Error> {
    let contents = reload::contents(paths).map_err(Error::ParserFiles)?;
    let named = contents.into_iter().filter(|(name, _)| is_parser(name));
    Ok(named.map(|(name, bytes)| (name, String::from_utf8_lossy(&bytes).into_owned())).collect())
}

/// Reads parsers; one that is wrong refuses all of them.
pub fn load(paths: &[PathBuf]) -> Result<Set, Error> {
    whole(custom::read(&files(paths)?))
}

fn whole(read: Read) -> Result<Set, Error> {
    let count = read.count(Severity::Error);
    match read.first_error() {
        Some(first) => Err(Error::Parsers { first: Box::new(first.clone()), count }),
        None => {
            let (parsers, version) = (read.set.parsers().len(), read.set.version());
            tracing::info!(parsers, version, "parsers read");
            Ok(read.set)
        }
    }
}

/// The parsers to begin with, and the fingerprint of their files. One that is wrong is told and left
/// out: a normalizer that does not start would be worse than one that reads some lines by their words.
pub(crate) fn first(paths: &[PathBuf], part: &Part) -> Result<(Parsers, u64), Error> {
    // Before the files are read: a change in between is then seen as one.
    let seen = reload::fingerprint(paths).map_err(Error::ParserFiles)?;
    let read = custom::read(&files(paths)?);
    match read.first_error() {
        None => part.up(),
        Some(first) => part.down(first.to_string()),
    }
    for problem in read.problems.iter().filter(|p| p.severity == Severity::Error) {
        tracing::error!(%problem, "a parser is left out");
    }
    Ok((Parsers::new(read.set), seen))
}

/// Takes over files that change; one that is wrong leaves in force what is.
pub(crate) async fn watch(
    parsers: Parsers,
    paths: Vec<PathBuf>,
    seen: u64,
    interval: Duration,
    part: Part,
    shutdown: Shutdown,
) -> Result<(), std::convert::Infallible> {
    if let Some(live) = parsers.0 {
        let read = paths.clone();
        let compile = move || load(&read);
        let look = move || reload::fingerprint(&paths);
        reload::watch(live, look, seen, compile, interval, part, shutdown).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "name: gate\nversion: 1\nwhen: {program: gated}\npattern: 'x {u}'\n\
         fields: {u: user.name}\n";

    #[test]
    fn files_that_describe_parsers() {
        for (name, expected) in [
            ("p/a.yml", true),
            ("p/a.yaml", true),
            ("p/a.samples.yml", false),
            ("p/README.md", false),
        ] {
            assert_eq!(is_parser(name), expected, "{name}");
        }
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("a.yml", GOOD);
        write("a.samples.yml", "- raw: x\n");
        let paths = [folder.path().to_owned()];
        assert_eq!(load(&paths).unwrap().parsers().len(), 1);
        write("b.yml", &GOOD.replace("user.name", "user.nam"));
        let error = load(&paths).unwrap_err();
        assert!(matches!(error, Error::Parsers { count: 1, .. }), "{error}");
        assert!(error.to_string().contains("b.yml:5:13: error [unknown-path]"), "{error}");
        assert!(matches!(load(&[folder.path().join("none")]), Err(Error::ParserFiles(_))));
    }

    #[tokio::test]
    async fn changed_parsers_are_taken_over_and_wrong_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gate.yml");
        std::fs::write(&path, GOOD).unwrap();
        let (status, shutdown) = (service::Status::new(), Shutdown::new());
        let part = status.part("parsers");
        let paths = vec![folder.path().to_owned()];
        let (parsers, seen) = first(&paths, &part).unwrap();
        let interval = Duration::from_millis(1);
        let watching = watch(parsers.clone(), paths, seen, interval, part, shutdown.clone());
        let version = || parsers.get().unwrap().parsers()[0].label;
        let steps = async {
            for (text, label, down) in [
                (GOOD.replace("version: 1", "version: 22"), "gate/22", 0),
                (GOOD.replace("user.name", "nothing"), "gate/22", 1),
                (GOOD.replace("version: 1", "version: 333"), "gate/333", 0),
            ] {
                std::fs::write(&path, text).unwrap();
                while version() != label || status.down().len() != down {
                    tokio::time::sleep(interval).await;
                }
            }
            shutdown.begin();
        };
        tokio::join!(watching, steps).0.unwrap();
        assert_eq!(parsers.generation(), 3);
    }
}
