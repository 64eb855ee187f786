//! One-time login tokens: one sign-in each, within a quarter of an hour.

use super::secret::{Secret, SecretHash};
use rusqlite::{OptionalExtension, Transaction, params};

/// Long enough to copy a link, too short to find it in a scrollback.
pub(super) const LIFE_MS: i64 = 15 * 60_000;
/// Long enough that a colleague finds the link the next working day after a weekend.
pub(super) const FIRST_MS: i64 = 72 * 3_600_000;
/// How long a used or expired token's hash is kept, to tell a replay from an unknown token.
const KEEP_MS: i64 = 30 * 24 * 3_600_000;

/// Stores a new token of `user`.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    token: &Secret,
    user: i64,
    now_ms: i64,
    life_ms: i64,
) -> Result<(), rusqlite::Error> {
    transaction.execute("DELETE FROM login_tokens WHERE expires_ms < ?1", [now_ms - KEEP_MS])?;
    transaction.execute(
        "INSERT INTO login_tokens VALUES (?1, ?2, ?3, ?4, NULL)",
        params![token.hash().0, user, now_ms, now_ms + life_ms],
    )?;
    Ok(())
}

/// Ends every token of `user`.
pub(super) fn end_all(transaction: &Transaction<'_>, user: i64) -> Result<(), rusqlite::Error> {
    let sql = "DELETE FROM login_tokens WHERE user_id = ?1 AND used_ms IS NULL";
    transaction.execute(sql, [user]).map(drop)
}

/// The id of the user whose good token it is; it stays good.
pub(super) fn owner(
    transaction: &Transaction<'_>,
    token: SecretHash,
    now_ms: i64,
) -> Result<Option<i64>, rusqlite::Error> {
    transaction
        .query_row(
            "SELECT user_id FROM login_tokens \
             WHERE hash = ?1 AND used_ms IS NULL AND expires_ms > ?2",
            params![token.0, now_ms],
            |row| row.get(0),
        )
        .optional()
}

/// Uses the token up: the id of its user, once.
pub(super) fn redeem(
    transaction: &Transaction<'_>,
    token: SecretHash,
    now_ms: i64,
) -> Result<Option<i64>, rusqlite::Error> {
    transaction
        .query_row(
            "UPDATE login_tokens SET used_ms = ?2 \
             WHERE hash = ?1 AND used_ms IS NULL AND expires_ms > ?2 RETURNING user_id",
            params![token.0, now_ms],
            |row| row.get(0),
        )
        .optional()
}
