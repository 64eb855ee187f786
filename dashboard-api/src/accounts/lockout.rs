//! How long wrong passwords keep a name or an address out: a delay that grows with each one.

use rusqlite::{OptionalExtension, Transaction, params};

/// A person mistypes; this many failures cost nothing.
const FREE_FAILURES: u32 = 5;
/// Many people may share an address, so it gets more.
const FREE_FAILURES_OF_ADDRESS: u32 = 20;
/// The first delay; it doubles from there.
const DELAY_FIRST_MS: i64 = 30_000;
/// The longest: 96 guesses a day at most, and a user who was attacked is not kept out for a day.
const DELAY_MAX_MS: i64 = 15 * 60_000;
/// After this long without a failure the count starts anew.
const FORGET_MS: i64 = 24 * 3_600_000;

/// What failures are counted against.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject<'a> {
    /// A user name as typed, existing or not.
    Name(&'a str),
    /// A client's address.
    Address(std::net::IpAddr),
}

impl Subject<'_> {
    fn key(self) -> String {
        match self {
            Self::Name(name) => format!("name:{name}"),
            Self::Address(address) => format!("address:{address}"),
        }
    }

    fn free(self) -> u32 {
        match self {
            Self::Name(_) => FREE_FAILURES,
            Self::Address(_) => FREE_FAILURES_OF_ADDRESS,
        }
    }
}

/// How long the `failures`-th failure in a row keeps its subject out.
fn delay_ms(failures: u32, free: u32) -> i64 {
    match failures.checked_sub(free) {
        None => 0,
        Some(over) => DELAY_MAX_MS.min(DELAY_FIRST_MS << over.min(16)),
    }
}

/// Until when `subject` is kept out, where it is at `now_ms`.
pub(crate) fn locked_until(
    transaction: &Transaction<'_>,
    subject: Subject<'_>,
    now_ms: i64,
) -> Result<Option<i64>, rusqlite::Error> {
    transaction
        .query_row(
            "SELECT locked_until_ms FROM login_failures \
             WHERE subject = ?1 AND locked_until_ms > ?2",
            params![subject.key(), now_ms],
            |row| row.get(0),
        )
        .optional()
}

/// Counts one failure of `subject`. It is counted before the password is looked at and cleared
/// when that was right, so that guesses sent side by side cannot slip past the count.
pub(crate) fn count(
    transaction: &Transaction<'_>,
    subject: Subject<'_>,
    now_ms: i64,
) -> Result<(), rusqlite::Error> {
    // Also keeps the table small: whoever invents names leaves a row for a day.
    transaction.execute("DELETE FROM login_failures WHERE last_ms < ?1", [now_ms - FORGET_MS])?;
    let failures: u32 = transaction.query_row(
        "INSERT INTO login_failures VALUES (?1, 1, ?2, 0) \
         ON CONFLICT (subject) DO UPDATE SET failures = failures + 1, last_ms = ?2 \
         RETURNING failures",
        params![subject.key(), now_ms],
        |row| row.get(0),
    )?;
    transaction.execute(
        "UPDATE login_failures SET locked_until_ms = ?2 WHERE subject = ?1",
        params![subject.key(), now_ms + delay_ms(failures, subject.free())],
    )?;
    Ok(())
}

/// The password was right: the name's failures are forgotten, and the one that was counted in
/// advance against the address is taken back.
pub(crate) fn clear(
    transaction: &Transaction<'_>,
    subject: Subject<'_>,
) -> Result<(), rusqlite::Error> {
    match subject {
        Subject::Name(_) => {
            let sql = "DELETE FROM login_failures WHERE subject = ?1";
            transaction.execute(sql, [subject.key()]).map(drop)
        }
        Subject::Address(_) => take_back(transaction, subject),
    }
}

/// Takes one failure back that was counted in advance. The password alone, without the second
/// factor, clears nothing: else whoever knows it could guess codes for ever.
pub(crate) fn take_back(
    transaction: &Transaction<'_>,
    subject: Subject<'_>,
) -> Result<(), rusqlite::Error> {
    let sql = "UPDATE login_failures SET failures = failures - 1, locked_until_ms = 0 \
               WHERE subject = ?1";
    transaction.execute(sql, [subject.key()]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_to_its_limit() {
        for (failures, expected_s) in
            [(1, 0), (4, 0), (5, 30), (6, 60), (7, 120), (9, 480), (10, 900), (u32::MAX, 900)]
        {
            assert_eq!(delay_ms(failures, FREE_FAILURES), expected_s * 1000, "{failures}");
        }
    }
}
