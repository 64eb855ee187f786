//! Files that change under a running service: read and compiled aside, swapped whole or not at all.

use crate::{Part, Shutdown};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// How many files a folder may hold; more is a wrong folder.
const FILES_MAX: usize = 10_000;

/// What is in force; threads look at its generation, which costs nothing, before they ask for it.
#[derive(Debug)]
pub struct Live<T> {
    generation: AtomicU64,
    current: RwLock<Arc<T>>,
}

impl<T> Live<T> {
    /// Begins with `first`.
    pub fn new(first: T) -> Self {
        Self { generation: AtomicU64::new(1), current: RwLock::new(Arc::new(first)) }
    }

    /// Changes with every swap.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// What is in force.
    pub fn get(&self) -> Arc<T> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts `next` in force.
    pub fn swap(&self, next: T) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        self.generation.fetch_add(1, Ordering::Release);
    }
}

/// The files of `paths`: of a folder those in it, sorted; hidden ones (an editor's, a copy under
/// way) do not count.
pub fn files(paths: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        if !std::fs::metadata(path).map_err(|error| named(path, &error))?.is_dir() {
            found.push(path.clone());
            continue;
        }
        let first = found.len();
        for entry in std::fs::read_dir(path).map_err(|error| named(path, &error))? {
            let inner = entry?.path();
            let hidden = inner.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
            if !hidden && inner.is_file() {
                found.push(inner);
            }
            if found.len() > FILES_MAX {
                let text = format!("more than {FILES_MAX} files in {}", path.display());
                return Err(io::Error::other(text));
            }
        }
        found[first..].sort();
    }
    Ok(found)
}

/// Name and bytes of each of the files of `paths`.
pub fn contents(paths: &[PathBuf]) -> io::Result<Vec<(String, Vec<u8>)>> {
    let read = |path: PathBuf| {
        let bytes = std::fs::read(&path).map_err(|error| named(&path, &error))?;
        Ok((path.display().to_string(), bytes))
    };
    files(paths)?.into_iter().map(read).collect()
}

/// What tells that files have changed: their names, sizes and times.
pub fn fingerprint(paths: &[PathBuf]) -> io::Result<u64> {
    let mut hash = DefaultHasher::new();
    for file in files(paths)? {
        file.hash(&mut hash);
        // One that goes away between the two calls is none.
        if let Ok(meta) = std::fs::metadata(&file) {
            (meta.len(), meta.modified().ok()).hash(&mut hash);
        }
    }
    Ok(hash.finish())
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Asks `fingerprint` every `interval` and puts in force what `compile` makes when the answer is
/// another; what is wrong is told and leaves in force what is. `seen` is the fingerprint of what `live`
/// began with.
///
/// # Cancel safety
/// The task ends with `shutdown`; a compilation under way is finished and dropped.
pub async fn watch<T, E, F>(
    live: Arc<Live<T>>,
    fingerprint: impl Fn() -> Result<u64, F> + Clone + Send + 'static,
    mut seen: u64,
    compile: impl Fn() -> Result<T, E> + Clone + Send + 'static,
    interval: Duration,
    part: Part,
    shutdown: Shutdown,
) where
    T: Send + Sync + 'static,
    E: std::error::Error + Send + 'static,
    F: std::error::Error + Send + 'static,
{
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut watched = Watched::new(part);
    loop {
        // Cancel safety: neither `begun` nor `tick` loses anything when dropped.
        tokio::select! {
            () = shutdown.begun() => return,
            _ = ticks.tick() => {}
        }
        let (fingerprint, compile) = (fingerprint.clone(), compile.clone());
        let look = tokio::task::spawn_blocking(move || match fingerprint() {
            Ok(same) if same == seen => Ok(None),
            Ok(other) => Ok(Some((other, compile().map_err(|e| crate::telemetry::chain(&e))))),
            Err(error) => Err(crate::telemetry::chain(&error)),
        });
        let look =
            look.await.unwrap_or_else(|error| Err(format!("the compiler panicked: {error}")));
        match look {
            Ok(None) => watched.is_same(),
            Ok(Some((other, Ok(next)))) => {
                seen = other;
                live.swap(next);
                watched.is_taken();
                tracing::info!(generation = live.generation(), "changed files taken over");
            }
            Ok(Some((other, Err(error)))) => {
                seen = other;
                tracing::error!(error, "changed files refused; what was in force stays");
                watched.is_refused(error);
            }
            Err(error) => watched.is_unseen(error),
        }
    }
}

/// What a part of a service says of something that is looked at for changes.
#[derive(Debug)]
pub struct Watched {
    part: Part,
    /// What is wrong with what was seen last.
    refused: Option<String>,
    /// Whether the last look could not be taken.
    is_unseen: bool,
}

impl Watched {
    /// Begins with what is in force; `part` has said so.
    pub fn new(part: Part) -> Self {
        Self { part, refused: None, is_unseen: false }
    }

    /// It is as it was at the last look that could be taken.
    pub fn is_same(&mut self) {
        if std::mem::take(&mut self.is_unseen) {
            match &self.refused {
                Some(why) => self.part.down(why.clone()),
                None => self.part.up(),
            }
        }
    }

    /// It has changed, and the change is in force.
    pub fn is_taken(&mut self) {
        (self.refused, self.is_unseen) = (None, false);
        self.part.up();
    }

    /// It has changed, and what was in force stays, because of `why`.
    pub fn is_refused(&mut self, why: String) {
        self.part.down(why.clone());
        (self.refused, self.is_unseen) = (Some(why), false);
    }

    /// It could not be looked at, because of `why`.
    pub fn is_unseen(&mut self, why: String) {
        self.is_unseen = true;
        self.part.down(why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_files_are_seen_and_hidden_ones_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [folder.path().to_owned()];
        let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        file("b", "1");
        file("a", "2");
        file(".c", "3");
        let found: Vec<Vec<u8>> = contents(&paths).unwrap().into_iter().map(|(_, b)| b).collect();
        assert_eq!(found, [b"2", b"1"]);
        let before = fingerprint(&paths).unwrap();
        file(".d", "4");
        assert_eq!(fingerprint(&paths).unwrap(), before);
        file("a", "22");
        assert_ne!(fingerprint(&paths).unwrap(), before);
        let error = files(&[folder.path().join("none")]).unwrap_err().to_string();
        assert!(error.contains("none: "), "{error}");
    }

    #[tokio::test]
    async fn what_is_wrong_leaves_in_force_what_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n");
        std::fs::write(&path, "1").unwrap();
        let paths = vec![path.clone()];
        let live = Arc::new(Live::new(1));
        let status = crate::Status::new();
        let (part, shutdown) = (status.part("numbers"), Shutdown::new());
        part.up();
        let seen = fingerprint(&paths).unwrap();
        let read = path.clone();
        let compile = move || std::fs::read_to_string(&read).unwrap().trim().parse::<i32>();
        let interval = Duration::from_millis(1);
        let look = move || fingerprint(&paths);
        let watching =
            watch(Arc::clone(&live), look, seen, compile, interval, part, shutdown.clone());
        let steps = async {
            for (text, value, down) in [("22", 22, 0), ("bad", 22, 1), ("4444", 4444, 0)] {
                std::fs::write(&path, text).unwrap();
                while *live.get() != value || status.down().len() != down {
                    tokio::time::sleep(interval).await;
                }
            }
            // A folder that is away for a while, and comes back as it was.
            let aside = path.with_extension("aside");
            for (from, to, down) in [(&path, &aside, 1), (&aside, &path, 0)] {
                std::fs::rename(from, to).unwrap();
                while status.down().len() != down {
                    tokio::time::sleep(interval).await;
                }
            }
            shutdown.begin();
        };
        tokio::join!(watching, steps);
        assert_eq!(live.generation(), 3);
    }
}
