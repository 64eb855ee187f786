//! The state directory: one collector at a time, its identity, its checkpoint.

use crate::Error;
use crate::checkpoint::{Found, State, Store, write_whole};
use crate::stream::Generations;
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

/// An open state directory.
pub(crate) struct StateDir {
    pub(crate) store: Store,
    pub(crate) collector: String,
    /// Held as long as the collector runs; the kernel lets go of it when the process ends.
    _lock: File,
}

impl StateDir {
    /// Opens `dir`, making it if need be. The identity is `configured`, or what was drawn when the
    /// collector first started here.
    pub(crate) fn open(dir: &Path, configured: Option<String>) -> Result<Self, Error> {
        let failed = |source| Error::StateDir { path: dir.into(), source };
        std::fs::create_dir_all(dir).map_err(failed)?;
        let lock = File::create(dir.join("lock")).map_err(failed)?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(Error::StateLocked { path: dir.into() });
        }
        let collector = match configured {
            Some(id) => id,
            None => identity(&dir.join("collector-id"))?,
        };
        Ok(Self { store: Store::new(dir), collector, _lock: lock })
    }

    /// The state as it was saved last. After damage there is none, and files are read from their
    /// beginning, whatever their input's start: lines come twice rather than never.
    pub(crate) fn load<'a>(&self, inputs: impl Iterator<Item = &'a str>) -> Result<State, Error> {
        match self.store.load()? {
            Found::Nothing => Ok(State::default()),
            Found::Saved(state) => Ok(state),
            Found::Damaged(aside) => {
                tracing::error!(
                    aside = %aside.display(),
                    "the checkpoint is damaged: every file is read again from its beginning"
                );
                Ok(State { inputs: inputs.map(ToOwned::to_owned).collect(), ..State::default() })
            }
        }
    }
}

/// The next generations of `streams`, noted in `state`, which is to be saved before they are used.
pub(crate) fn begin_streams(state: &mut State, streams: &[String], now_ms: i64) -> Vec<u64> {
    let mut generations = Generations::new(std::mem::take(&mut state.generations));
    let begun = streams.iter().map(|stream| generations.next(stream, now_ms)).collect();
    state.generations = generations.saved().clone();
    begun
}

/// The collector's id: drawn once. The host's name is no identity: hosts are cloned and renamed.
fn identity(path: &Path) -> Result<String, Error> {
    let id = match std::fs::read_to_string(path) {
        Ok(text) => text.trim_end().to_owned(),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let id = draw().map_err(|source| Error::WriteState { path: path.into(), source })?;
            write_whole(path, id.as_bytes())
                .map_err(|source| Error::WriteState { path: path.into(), source })?;
            tracing::info!(id, "this collector has a new identity");
            id
        }
        Err(source) => return Err(Error::ReadState { path: path.into(), source }),
    };
    let checked = model::origin::check_name("collector id", &id);
    checked.map_err(|source| Error::Identity { path: path.into(), source })?;
    Ok(id)
}

fn draw() -> std::io::Result<String> {
    let number = getrandom::u64().map_err(std::io::Error::other)?;
    Ok(format!("c-{number:016x}"))
}

/// What the host calls itself.
pub(crate) fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = name.trim();
    model::origin::check_name("host", name).ok().map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identity_is_drawn_once_and_the_configured_one_wins() {
        let dir = tempfile::tempdir().unwrap();
        let open = |id: Option<&str>| {
            StateDir::open(&dir.path().join("new"), id.map(ToOwned::to_owned)).map(|s| s.collector)
        };
        let first = open(None).unwrap();
        assert_eq!((first.len(), &first[..2]), (18, "c-"));
        assert_eq!(open(None).unwrap(), first);
        assert_eq!(open(Some("mine")).unwrap(), "mine");
        std::fs::write(dir.path().join("new/collector-id"), "a\tb").unwrap();
        assert!(open(None).unwrap_err().to_string().contains("remove the file"));
    }

    #[test]
    fn two_collectors_do_not_share_a_directory() {
        let dir = tempfile::tempdir().unwrap();
        let first = StateDir::open(dir.path(), None).unwrap();
        let error = StateDir::open(dir.path(), None).err().unwrap();
        assert!(error.to_string().contains("in use by another collector"), "{error}");
        drop(first);
        assert!(StateDir::open(dir.path(), None).is_ok());
    }

    #[test]
    fn after_damage_every_input_reads_from_the_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let state_dir = StateDir::open(dir.path(), None).unwrap();
        let load = || state_dir.load(["a", "b"].into_iter()).unwrap().inputs;
        assert!(load().is_empty());
        std::fs::write(dir.path().join("checkpoint"), "no checkpoint").unwrap();
        assert_eq!(load(), ["a".to_owned(), "b".to_owned()].into());
    }

    #[test]
    fn each_start_of_a_socket_is_a_generation() {
        let mut state = State::default();
        let streams = ["udp:a".to_owned(), "tcp:a".to_owned()];
        assert_eq!(begin_streams(&mut state, &streams, 9_000), [9, 9]);
        assert_eq!(begin_streams(&mut state, &streams[..1], 9_000), [10]);
    }
}
