//! The audit log outside of the service: written to a file, and checked there or in place.

use super::record::{self, Record};
use super::seal;
use crate::Error;
use crate::accounts::Database;
use crate::clock::Clock;
use std::io::{BufRead, Write};
use std::path::Path;
use tlog::{Checkpoint, Hash, Tree, Verifier};

/// A line of an exported log.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// An entry.
    Entry(Record),
    /// A checkpoint's note.
    Checkpoint(String),
}

/// What a check found to be in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Entries looked at.
    pub entries: u64,
    /// Checkpoints that fit them.
    pub checkpoints: u64,
    /// Entries that the last of those holds fast; later ones are not sealed yet.
    pub sealed: u64,
}

/// Why a log is not what its checkpoints say.
#[derive(Debug, thiserror::Error)]
pub enum Breach {
    /// A line is neither entry nor checkpoint.
    #[error("line {line} cannot be read")]
    Line {
        /// Its number.
        line: usize,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The input failed.
    #[error("cannot read the log")]
    Read(#[from] std::io::Error),
    /// A note is not one of the key's.
    #[error("checkpoint {number}")]
    Note {
        /// Which, counted from 1.
        number: u64,
        /// Why.
        #[source]
        source: tlog::Error,
    },
    /// Entries are missing.
    #[error(
        "a checkpoint holds {size} entries fast, but there are {entries}: some were taken away"
    )]
    Missing {
        /// As signed.
        size: u64,
        /// As found.
        entries: u64,
    },
    /// Entries are not those that were sealed.
    #[error(
        "of entries {first} to {last} at least one was changed, added or taken away since they were sealed"
    )]
    Changed {
        /// Counted from 1.
        first: u64,
        /// The checkpoint's size.
        last: u64,
    },
    /// There is nothing to check by.
    #[error("there is no checkpoint: nothing is sealed yet, or all were taken away")]
    NoCheckpoint,
}

/// The key that checks the log of `data_dir`, to be kept elsewhere. Blocks.
pub fn verifier(data_dir: &Path) -> Result<Verifier, Error> {
    Ok(seal::key(data_dir)?.verifier())
}

/// Seals the log of `data_dir` and gives its newest checkpoint, to be kept elsewhere. Blocks.
pub fn checkpoint(data_dir: &Path) -> Result<Option<String>, Error> {
    let database = Database::open(data_dir)?;
    let (key, now_ms) = (seal::key(data_dir)?, Clock::system().now_ms());
    database.run("seal the audit log", |connection| {
        seal::seal(connection, &key, now_ms)?;
        Ok(seal::newest(connection)?.map(|(_, note)| note))
    })
}

/// Writes the log of `data_dir`, entries first, one JSON object a line. Blocks.
pub fn export(data_dir: &Path, out: &mut dyn Write) -> Result<(), Error> {
    checkpoint(data_dir)?;
    let database = Database::open(data_dir)?;
    let written = database.run("read the audit log", |connection| {
        let mut written = Ok(());
        let mut put = |line: &Line| {
            if written.is_ok() {
                written = serde_json::to_writer(&mut *out, line)
                    .map_err(std::io::Error::from)
                    .and_then(|()| out.write_all(b"\n"));
            }
        };
        record::after(connection, 0, None, |record| put(&Line::Entry(record)))?;
        seal::notes(connection)?.into_iter().for_each(|note| put(&Line::Checkpoint(note)));
        Ok(written)
    })?;
    written.map_err(|source| Error::AuditExport { source })
}

/// Checks an exported log by its key, and by `kept`: notes that were kept elsewhere, without which
/// somebody with the secret key could have signed another log.
pub fn verify(log: impl BufRead, verifier: &Verifier, kept: &[String]) -> Result<Verified, Breach> {
    let (mut tree, mut roots, mut notes) = (Tree::default(), Vec::new(), Vec::new());
    for (number, line) in log.lines().enumerate() {
        let read = |source| Breach::Line { line: number + 1, source };
        match serde_json::from_str(&line?).map_err(read)? {
            Line::Entry(record) => {
                tree.push(record.hash());
                roots.push(tree.root());
            }
            Line::Checkpoint(note) => notes.push(note),
        }
    }
    let sealed = Sealed::read(notes.iter().chain(kept), verifier)?;
    sealed.held(tree.size(), |size| {
        let at = usize::try_from(size).ok().and_then(|size| size.checked_sub(1));
        at.and_then(|at| roots.get(at)).copied()
    })
}

/// What checkpoints say, the smallest first.
pub(crate) struct Sealed(Vec<Checkpoint>);

impl Sealed {
    /// Checks the notes' signatures.
    pub(crate) fn read<'n>(
        notes: impl Iterator<Item = &'n String>,
        verifier: &Verifier,
    ) -> Result<Self, Breach> {
        let mut checkpoints = Vec::new();
        for (number, note) in (1..).zip(notes) {
            let checked = Checkpoint::verified(note, verifier);
            checkpoints.push(checked.map_err(|source| Breach::Note { number, source })?);
        }
        checkpoints.sort_by_key(|checkpoint| checkpoint.size);
        Ok(Self(checkpoints))
    }

    /// The sizes of the log that something is said about.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|checkpoint| checkpoint.size)
    }

    /// Holds them against a log of so many entries, whose root at a size `root` tells.
    pub(crate) fn held(
        &self,
        entries: u64,
        root: impl Fn(u64) -> Option<Hash>,
    ) -> Result<Verified, Breach> {
        let mut sealed = 0;
        for Checkpoint { size, root: signed } in &self.0 {
            match root(*size) {
                None => return Err(Breach::Missing { size: *size, entries }),
                Some(found) if found != *signed => {
                    return Err(Breach::Changed { first: sealed + 1, last: *size });
                }
                Some(_) => sealed = *size,
            }
        }
        if self.0.is_empty() {
            return Err(Breach::NoCheckpoint);
        }
        Ok(Verified { entries, checkpoints: self.0.len() as u64, sealed })
    }
}
