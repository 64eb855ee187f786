//! Sealing the audit log: what was written since the last time goes into the tree, and a signed
//! checkpoint beside it and into the service's log, from where it should leave the machine.

use super::record;
use crate::Error;
use crate::accounts::key_file;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use std::path::Path;
use tlog::{Checkpoint, Key, Tree};

/// The log's name in its checkpoints.
const NAME: &str = "prohori/audit";
/// The file of the secret key in the data folder.
const KEY_FILE: &str = "audit.key";

/// The key of `data_dir`, which is made where there is none yet.
pub(crate) fn key(data_dir: &Path) -> Result<Key, Error> {
    Ok(Key::new(NAME, &key_file::read_or_make(data_dir, KEY_FILE)?))
}

/// Adds what is new to the tree; the checkpoint, if anything was.
pub(crate) fn seal(
    connection: &mut Connection,
    key: &Key,
    now_ms: i64,
) -> Result<Option<String>, rusqlite::Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (size, mut seq, peaks): (i64, i64, Vec<u8>) =
        transaction.query_row("SELECT size, seq, peaks FROM audit_tree", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let size = u64::try_from(size).unwrap_or_default();
    // Peaks that do not fit were tampered with: a tree of their remains would only hide it.
    let Some(mut tree) = Tree::from_peaks(size, &peaks) else {
        tracing::error!(size, "the tree of the audit log is damaged; run `prohori audit verify`");
        return Ok(None);
    };
    record::after(&transaction, seq, None, |record| {
        tree.push(record.hash());
        seq = record.seq;
    })?;
    if tree.size() == size {
        return Ok(None);
    }
    let note = Checkpoint::of(&tree).signed(key);
    let size = i64::try_from(tree.size()).unwrap_or(i64::MAX);
    transaction.execute(
        "UPDATE audit_tree SET size = ?1, seq = ?2, peaks = ?3",
        params![size, seq, tree.peaks()],
    )?;
    transaction.execute(
        "INSERT INTO audit_checkpoints (size, at_ms, note) VALUES (?1, ?2, ?3)",
        params![size, now_ms, note],
    )?;
    transaction.commit()?;
    tracing::info!(target: "audit", size, checkpoint = note, "audit log sealed");
    Ok(Some(note))
}

/// The newest checkpoint: when it was made, and its note.
pub(crate) fn newest(connection: &Connection) -> Result<Option<(i64, String)>, rusqlite::Error> {
    connection
        .query_row(
            "SELECT at_ms, note FROM audit_checkpoints ORDER BY size DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
}

/// Every checkpoint's note, the oldest first.
pub(crate) fn notes(connection: &Connection) -> Result<Vec<String>, rusqlite::Error> {
    connection
        .prepare("SELECT note FROM audit_checkpoints ORDER BY size")?
        .query_map([], |row| row.get(0))?
        .collect()
}
