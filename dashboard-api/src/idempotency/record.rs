//! What is remembered of requests with a key: in the accounts' database, for a day.

use crate::App;
use crate::Error;
use rusqlite::{OptionalExtension as _, TransactionBehavior, params};

/// How long a key is remembered.
const KEEP_MS: i64 = 24 * 3_600_000;
/// Keys of one user; the oldest give way.
const KEYS_MAX: u32 = 10_000;

/// How a request with a key begins.
pub(super) enum Begun {
    /// It is the first.
    New,
    /// The first has not ended yet, or never told its end.
    Running,
    /// The first was another request.
    Other,
    /// The first is done; its answer where it could be kept.
    Done(Option<Kept>),
}

/// An answer as kept.
pub(super) struct Kept {
    pub(super) status: u16,
    pub(super) content_type: Option<String>,
    pub(super) etag: Option<String>,
    pub(super) location: Option<String>,
    pub(super) body: Vec<u8>,
}

/// Remembers the request, if it is the first with its key.
pub(super) async fn begin(
    app: &App,
    user: i64,
    key: String,
    print: [u8; 32],
) -> Result<Begun, Error> {
    let now_ms = app.clock.now_ms();
    let begin = move |connection: &mut rusqlite::Connection| {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("DELETE FROM idempotency WHERE at_ms < ?1", [now_ms - KEEP_MS])?;
        let found = transaction
            .query_row(
                "SELECT print, done, status, content_type, etag, location, body \
                 FROM idempotency WHERE user_id = ?1 AND key = ?2",
                params![user, key],
                |row| {
                    let first: Vec<u8> = row.get(0)?;
                    if first != print {
                        return Ok(Begun::Other);
                    }
                    if !row.get::<_, bool>(1)? {
                        return Ok(Begun::Running);
                    }
                    let Some(status) = row.get(2)? else { return Ok(Begun::Done(None)) };
                    Ok(Begun::Done(Some(Kept {
                        status,
                        content_type: row.get(3)?,
                        etag: row.get(4)?,
                        location: row.get(5)?,
                        body: row.get(6)?,
                    })))
                },
            )
            .optional()?;
        if let Some(found) = found {
            transaction.commit()?;
            return Ok(found);
        }
        transaction.execute(
            "DELETE FROM idempotency WHERE rowid IN (SELECT rowid FROM idempotency \
             WHERE user_id = ?1 ORDER BY at_ms DESC LIMIT -1 OFFSET ?2)",
            params![user, KEYS_MAX - 1],
        )?;
        transaction.execute(
            "INSERT INTO idempotency (user_id, key, print, at_ms, done) VALUES (?1, ?2, ?3, ?4, 0)",
            params![user, key, print, now_ms],
        )?;
        transaction.commit()?;
        Ok(Begun::New)
    };
    app.accounts.database().call("begin a request with a key", begin).await
}

/// The request is done; `kept` is its answer, if that can be given again.
pub(super) async fn done(
    app: &App,
    user: i64,
    key: String,
    kept: Option<Kept>,
) -> Result<(), Error> {
    let done = move |connection: &mut rusqlite::Connection| {
        let (status, content_type, etag, location, body) = match kept {
            None => (None, None, None, None, None),
            Some(k) => (Some(k.status), k.content_type, k.etag, k.location, Some(k.body)),
        };
        connection.execute(
            "UPDATE idempotency SET done = 1, status = ?3, content_type = ?4, etag = ?5, \
             location = ?6, body = ?7 WHERE user_id = ?1 AND key = ?2",
            params![user, key, status, content_type, etag, location, body],
        )
    };
    app.accounts.database().call("end a request with a key", done).await.map(drop)
}

/// The request changed nothing and may be sent again.
pub(super) async fn forget(app: &App, user: i64, key: String) -> Result<(), Error> {
    let forget = move |connection: &mut rusqlite::Connection| {
        let sql = "DELETE FROM idempotency WHERE user_id = ?1 AND key = ?2";
        connection.execute(sql, params![user, key])
    };
    app.accounts.database().call("forget a request with a key", forget).await.map(drop)
}
