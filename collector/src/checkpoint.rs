//! What outlives the process: which files were read how far, confirmed by Kafka.
//!
//! The file is a line `prohori-collector-checkpoint 1 <bytes> <XXH3-64 in hex>` and so many bytes
//! of JSON. It is written to a file beside it, synced, renamed over the old one, and the directory
//! is synced: a crash at any point leaves the old or the new one whole. One that is damaged all
//! the same (a bad disk) is put aside, and everything is read again from the beginning: lines come
//! twice rather than never.

use crate::Error;
use crate::files::prefix::Prefix;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

const MAGIC: &str = "prohori-collector-checkpoint";
const VERSION: u32 = 1;
/// Longest first line that is looked for.
const HEAD_BYTES_MAX: usize = 128;

/// Everything that is saved.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct State {
    /// File inputs that have looked for their files at least once: what they find from then on is
    /// new and is read from its beginning.
    pub(crate) inputs: BTreeSet<String>,
    /// The last generation of each stream.
    pub(crate) generations: BTreeMap<String, u64>,
    /// The files.
    pub(crate) files: Vec<FileState>,
    /// Fingerprints of files that were read to their end and let go: a packed file that holds the
    /// same is a copy.
    #[serde(default)]
    pub(crate) let_go: Vec<Prefix>,
}

/// How far one file was read and confirmed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct FileState {
    /// The stream it belongs to.
    pub(crate) stream: String,
    /// Its generation there.
    pub(crate) generation: u64,
    /// Where it lay last, escaped ([`crate::stream::escape`]).
    pub(crate) path: String,
    /// The input that found it.
    pub(crate) input: String,
    /// Its device.
    pub(crate) device: u64,
    /// Its inode.
    pub(crate) inode: u64,
    /// Its fingerprint.
    pub(crate) prefix: Prefix,
    /// Everything before this offset is confirmed.
    pub(crate) offset: u64,
    /// Number of the record that begins there.
    pub(crate) sequence: u64,
    /// How long it was when last looked at.
    pub(crate) size: u64,
    /// A record ends here though no newline does: an unfinished last line that was sent.
    pub(crate) barrier: Option<u64>,
    /// When it was followed last, in ms since the epoch.
    pub(crate) seen_ms: i64,
    /// It is a packed file that is done with.
    #[serde(default)]
    pub(crate) unpacked: bool,
}

/// What was found when starting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing: this collector starts for the first time.
    Nothing,
    /// The saved state.
    Saved(State),
    /// Something that is no checkpoint; it was moved to the path given.
    Damaged(PathBuf),
}

/// The checkpoint's place.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    dir: PathBuf,
}

impl Store {
    /// A checkpoint in `dir`, which must exist.
    pub(crate) fn new(dir: &Path) -> Self {
        Self { dir: dir.into() }
    }

    fn path(&self) -> PathBuf {
        self.dir.join("checkpoint")
    }

    /// Reads the checkpoint.
    pub(crate) fn load(&self) -> Result<Found, Error> {
        let path = self.path();
        let failed = |source| Error::ReadState { path: path.clone(), source };
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(failed(error)),
        };
        match decode(&bytes) {
            Decoded::State(state) => Ok(Found::Saved(state)),
            Decoded::Newer(version) => Err(Error::NewerCheckpoint { path, version }),
            Decoded::Damaged => {
                let aside = self.dir.join("checkpoint.damaged");
                std::fs::rename(&path, &aside).map_err(failed)?;
                Ok(Found::Damaged(aside))
            }
        }
    }

    /// Writes the checkpoint. When this returns, it is on disk.
    pub(crate) fn save(&self, state: &State) -> Result<(), Error> {
        let path = self.path();
        let failed = |source| Error::WriteState { path: path.clone(), source };
        let bytes = encode(state).map_err(|error| failed(error.into()))?;
        write_whole(&path, &bytes).map_err(failed)
    }
}

/// Replaces the file at `path` by `bytes`, so that a crash leaves one or the other.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    // The rename itself is on disk only once the directory is.
    let dir = path.parent().ok_or_else(|| io::Error::from(ErrorKind::InvalidInput))?;
    File::open(dir)?.sync_all()
}

fn encode(state: &State) -> serde_json::Result<Vec<u8>> {
    let body = serde_json::to_vec(state)?;
    let hash = xxh3_64(&body);
    let mut bytes = format!("{MAGIC} {VERSION} {} {hash:016x}\n", body.len()).into_bytes();
    bytes.extend_from_slice(&body);
    Ok(bytes)
}

enum Decoded {
    State(State),
    Newer(u32),
    Damaged,
}

fn decode(bytes: &[u8]) -> Decoded {
    let Some(at) = bytes.iter().take(HEAD_BYTES_MAX).position(|b| *b == b'\n') else {
        return Decoded::Damaged;
    };
    let (head, body) = (&bytes[..at], &bytes[at + 1..]);
    let words: Vec<&str> = std::str::from_utf8(head).unwrap_or_default().split(' ').collect();
    let [MAGIC, version, length, hash] = words[..] else { return Decoded::Damaged };
    match version.parse::<u32>() {
        Ok(VERSION) => {}
        Ok(version) if version > VERSION => return Decoded::Newer(version),
        _ => return Decoded::Damaged,
    }
    let whole = length.parse() == Ok(body.len());
    if !whole || u64::from_str_radix(hash, 16) != Ok(xxh3_64(body)) {
        return Decoded::Damaged;
    }
    serde_json::from_slice(body).map_or(Decoded::Damaged, Decoded::State)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn state(offset: u64) -> State {
        let file = FileState {
            stream: "file:/var/log/a".into(),
            generation: 1_790_000_000,
            path: "/var/log/a%0A".into(),
            input: "system".into(),
            device: 1,
            inode: u64::MAX,
            prefix: Prefix::of(b"abc"),
            offset,
            sequence: 3,
            size: 900,
            barrier: Some(7),
            seen_ms: 9,
            unpacked: true,
        };
        State {
            inputs: ["system".to_owned()].into(),
            generations: [("file:/var/log/a".to_owned(), 1_790_000_000)].into(),
            files: vec![file],
            let_go: vec![Prefix::of(b"abc")],
        }
    }

    #[test]
    fn the_first_start_finds_nothing_and_the_second_what_was_saved() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        assert_eq!(store.load().unwrap(), Found::Nothing);
        for offset in [1, 2] {
            store.save(&state(offset)).unwrap();
            assert_eq!(store.load().unwrap(), Found::Saved(state(offset)));
        }
    }

    /// Crash points of [`write_whole`]: the new file not begun, torn at any byte, whole but not
    /// renamed, renamed.
    #[test]
    fn a_crash_while_saving_leaves_the_old_or_the_new() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        store.save(&state(1)).unwrap();
        let new = encode(&state(2)).unwrap();
        let beside = store.path().with_extension("new");
        for torn in 0..=new.len() {
            std::fs::write(&beside, &new[..torn]).unwrap();
            assert_eq!(store.load().unwrap(), Found::Saved(state(1)), "torn at {torn}");
        }
        std::fs::rename(&beside, store.path()).unwrap();
        assert_eq!(store.load().unwrap(), Found::Saved(state(2)));
        // What a crash left beside is written over.
        std::fs::write(&beside, b"left").unwrap();
        store.save(&state(3)).unwrap();
        assert_eq!(store.load().unwrap(), Found::Saved(state(3)));
        assert!(!beside.exists());
    }

    #[test]
    fn a_damaged_checkpoint_is_put_aside_at_every_length() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        let whole = encode(&state(1)).unwrap();
        let aside = dir.path().join("checkpoint.damaged");
        for length in 0..whole.len() {
            std::fs::write(store.path(), &whole[..length]).unwrap();
            assert_eq!(store.load().unwrap(), Found::Damaged(aside.clone()), "{length}");
            assert_eq!(store.load().unwrap(), Found::Nothing);
        }
    }

    #[test]
    fn a_newer_version_stops_the_start_and_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        std::fs::write(store.path(), format!("{MAGIC} 2 1 00\nx")).unwrap();
        let error = store.load().unwrap_err();
        assert!(error.to_string().contains("version 2"), "{error}");
        assert!(store.path().exists());
    }

    #[test]
    fn a_state_that_cannot_be_written_is_an_error_that_names_it() {
        let store = Store::new(Path::new("/nonexistent"));
        let error = store.save(&state(1)).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/checkpoint"), "{error}");
    }

    proptest! {
        /// Any one byte changed is noticed (or was none that matters, and the state is the same).
        #[test]
        fn no_damage_goes_unseen(at: prop::sample::Index, byte: u8) {
            let mut bytes = encode(&state(1)).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Decoded::State(found) = decode(&bytes) {
                prop_assert_eq!(found, state(1));
            }
        }

        #[test]
        fn foreign_bytes_are_damage(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(matches!(decode(&bytes), Decoded::Damaged));
        }
    }
}
