//! Sessions: begun at sign-in under a new secret, ended by time, by sign-out or by a new password.

use super::secret::{Secret, SecretHash};
use super::user::{self, User};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::net::IpAddr;

/// `seen_ms` is written at most this often, so that polling does not write at each request.
const TOUCH_MS: i64 = 60_000;
/// Sessions of one user; the oldest gives way.
const SESSIONS_MAX: u32 = 20;

/// How long a session lives.
#[derive(Debug, Clone, Copy)]
pub struct SessionLimits {
    /// Without a request, in milliseconds.
    pub idle_ms: i64,
    /// At most, in milliseconds.
    pub absolute_ms: i64,
}

/// Begins a session of `user` and ends the one that the browser had.
pub(super) fn begin(
    transaction: &Transaction<'_>,
    secret: &Secret,
    user: i64,
    replaced: Option<SecretHash>,
    address: Option<IpAddr>,
    limits: SessionLimits,
    now_ms: i64,
) -> Result<(), rusqlite::Error> {
    if let Some(replaced) = replaced {
        end(transaction, replaced)?;
    }
    transaction.execute("DELETE FROM sessions WHERE expires_ms <= ?1", [now_ms])?;
    transaction.execute(
        "DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions WHERE user_id = ?1 \
         ORDER BY created_ms DESC LIMIT -1 OFFSET ?2)",
        params![user, SESSIONS_MAX - 1],
    )?;
    transaction.execute(
        "INSERT INTO sessions (hash, user_id, created_ms, seen_ms, expires_ms, address) \
         VALUES (?1, ?2, ?3, ?3, ?4, ?5)",
        params![
            secret.hash().0,
            user,
            now_ms,
            now_ms + limits.absolute_ms,
            address.map(|address| address.to_string())
        ],
    )?;
    Ok(())
}

/// Ends one session.
pub(super) fn end(connection: &Connection, hash: SecretHash) -> Result<(), rusqlite::Error> {
    connection.execute("DELETE FROM sessions WHERE hash = ?1", params![hash.0]).map(drop)
}

/// A live session as its user and administrators see it.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    /// The first bytes of the secret's hash, as hex: names it and opens nothing.
    pub(crate) id: String,
    pub(crate) created_ms: i64,
    pub(crate) seen_ms: i64,
    pub(crate) expires_ms: i64,
    pub(crate) address: Option<String>,
}

/// The name of the session with that hash.
pub(crate) fn id(hash: SecretHash) -> String {
    super::secret::hex(&hash.0[..8])
}

/// The live sessions of `user`, the newest first.
pub(super) fn list(
    connection: &Connection,
    user: i64,
    limits: SessionLimits,
    now_ms: i64,
) -> Result<Vec<Live>, rusqlite::Error> {
    connection
        .prepare_cached(
            "SELECT hash, created_ms, seen_ms, expires_ms, address FROM sessions \
             WHERE user_id = ?1 AND expires_ms > ?2 AND seen_ms > ?3 ORDER BY created_ms DESC",
        )?
        .query_map(params![user, now_ms, now_ms - limits.idle_ms], |row| {
            Ok(Live {
                id: id(SecretHash(row.get(0)?)),
                created_ms: row.get(1)?,
                seen_ms: row.get(2)?,
                expires_ms: row.get(3)?,
                address: row.get(4)?,
            })
        })?
        .collect()
}

/// Ends the session of `user` with that name; `false` where there is none.
pub(super) fn end_named(
    connection: &Connection,
    user: i64,
    name: &str,
) -> Result<bool, rusqlite::Error> {
    let sql = "DELETE FROM sessions WHERE user_id = ?1 AND lower(hex(substr(hash, 1, 8))) = ?2";
    Ok(connection.execute(sql, params![user, name])? > 0)
}

/// Ends every session of `user`.
pub(super) fn end_all(connection: &Connection, user: i64) -> Result<(), rusqlite::Error> {
    connection.execute("DELETE FROM sessions WHERE user_id = ?1", [user]).map(drop)
}

/// The user whose live session `hash` is; notes that it was used.
pub(super) fn user(
    connection: &Connection,
    hash: SecretHash,
    limits: SessionLimits,
    now_ms: i64,
) -> Result<Option<User>, rusqlite::Error> {
    let row: Option<(i64, i64)> = connection
        .prepare_cached(
            "SELECT user_id, seen_ms FROM sessions \
             WHERE hash = ?1 AND expires_ms > ?2 AND seen_ms > ?3",
        )?
        .query_row(params![hash.0, now_ms, now_ms - limits.idle_ms], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((id, seen_ms)) = row else { return Ok(None) };
    if now_ms - seen_ms >= TOUCH_MS {
        connection
            .execute("UPDATE sessions SET seen_ms = ?2 WHERE hash = ?1", params![hash.0, now_ms])?;
    }
    user::by_id(connection, id)
}
