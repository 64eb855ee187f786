//! What waits to be told, what is on its way, and what became of it.

use super::{Channel, read};
use crate::Error;
use crate::work::{Work, json};
use notice::storm::{self, Plan};
use notice::{Message, Subject};
use rusqlite::{OptionalExtension, Transaction, params};
use std::collections::BTreeMap;

/// Messages of a channel that are shown.
const SHOWN_MAX: u32 = 50;
/// How long what was told is remembered, so that it is not told again.
const NOTICE_KEPT_MS: i64 = 7 * 24 * 3_600_000;
/// How long messages are shown.
const MESSAGE_KEPT_MS: i64 = 90 * 24 * 3_600_000;
/// After so long nobody needs to be told any more.
const GIVE_UP_MS: i64 = 24 * 3_600_000;
/// The first wait after a try that failed; each further one is twice as long, up to the last.
const AGAIN_MS: i64 = 15_000;
const AGAIN_MS_MAX: i64 = 30 * 60_000;
/// While a message does not get through, what comes meanwhile waits so long to be folded.
const HOLD_MS: i64 = 10 * 60_000;

/// How far alerts were read.
const ALERTS: &str = "alerts";
/// Before what is wrong.
const TROUBLE: &str = "trouble:";

/// Something to be said to a channel.
pub(crate) struct Notice {
    pub(crate) channel: i64,
    pub(crate) key: String,
    pub(crate) subject: Subject,
}

/// A message whose time has come.
#[derive(Debug, Clone)]
pub(crate) struct Due {
    pub(crate) id: i64,
    pub(crate) channel: Channel,
    pub(crate) message: Message,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Outcome {
    /// As it stands in `X-Prohori-Delivery` and `Message-ID`.
    pub(crate) id: String,
    pub(crate) made: i64,
    /// What it says, in one line.
    pub(crate) headline: String,
    /// How many alerts and troubles were folded into it.
    pub(crate) notices: u32,
    pub(crate) tries: u32,
    /// When it got through.
    pub(crate) sent: Option<i64>,
    /// When the next try is; none: it got through, or was given up.
    pub(crate) next: Option<i64>,
    /// Why the last try failed; empty where none did.
    pub(crate) fault: String,
}

/// As a receiver sees a message's number.
fn name(id: i64) -> String {
    format!("prohori-{id}")
}

impl Work {
    /// Up to when alerts were read; `now_ms` the first time.
    pub(crate) async fn notified_to(&self, now_ms: i64) -> Result<i64, Error> {
        self.database
            .call("read how far alerts were told", move |connection| {
                let sql = "SELECT at_ms FROM notified WHERE what = ?1";
                let kept = connection.query_row(sql, [ALERTS], |row| row.get(0)).optional()?;
                Ok(kept.unwrap_or(now_ms))
            })
            .await
    }

    /// Keeps what is to be said of alerts up to a moment, as one; what was said to a channel before is
    /// not said again.
    pub(crate) async fn notify_alerts(
        &self,
        to_ms: i64,
        notices: Vec<Notice>,
    ) -> Result<(), Error> {
        let now_ms = self.clock.now_ms();
        self.database
            .call("keep what is to be told", move |connection| {
                let tx = connection.transaction()?;
                notices.iter().try_for_each(|notice| keep(&tx, notice, now_ms))?;
                tx.execute(
                    "INSERT OR REPLACE INTO notified (what, at_ms) VALUES (?1, ?2)",
                    params![ALERTS, to_ms],
                )?;
                tx.commit()
            })
            .await
    }

    /// The troubles that were told and are not over, with their beginning.
    pub(crate) async fn troubles(&self) -> Result<BTreeMap<String, i64>, Error> {
        self.database
            .call("read the troubles", |connection| {
                let sql = "SELECT what, at_ms FROM notified WHERE what LIKE 'trouble:%'";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map([], |row| {
                    let what: String = row.get(0)?;
                    Ok((what[TROUBLE.len()..].to_owned(), row.get(1)?))
                })?;
                rows.collect()
            })
            .await
    }

    /// Keeps that a trouble began or, where `over`, ended, with what is to be said of it.
    pub(crate) async fn notify_trouble(
        &self,
        what: &str,
        since_ms: i64,
        over: bool,
        notices: Vec<Notice>,
    ) -> Result<(), Error> {
        let (what, now_ms) = (format!("{TROUBLE}{what}"), self.clock.now_ms());
        self.database
            .call("keep a trouble", move |connection| {
                let tx = connection.transaction()?;
                notices.iter().try_for_each(|notice| keep(&tx, notice, now_ms))?;
                if over {
                    tx.execute("DELETE FROM notified WHERE what = ?1", [what])?;
                } else {
                    let sql = "INSERT OR REPLACE INTO notified VALUES (?1, ?2)";
                    tx.execute(sql, params![what, since_ms])?;
                }
                tx.commit()
            })
            .await
    }

    /// Makes messages of what waits, as the storm guard lets them; how many.
    pub(crate) async fn make_messages(&self) -> Result<usize, Error> {
        let now_ms = self.clock.now_ms();
        self.database
            .call("make messages", move |connection| {
                let tx = connection.transaction()?;
                let waiting = "SELECT DISTINCT channel FROM notices WHERE message IS NULL";
                let channels: Vec<i64> = tx
                    .prepare_cached(waiting)?
                    .query_map([], |row| row.get(0))?
                    .collect::<Result<_, _>>()?;
                let mut made = 0;
                for channel in channels {
                    made += make(&tx, channel, now_ms)?;
                }
                tx.commit()?;
                Ok(made)
            })
            .await
    }

    /// A message that only tries the channel; its number.
    pub(crate) async fn try_channel(&self, channel: &Channel) -> Result<Due, Error> {
        let (channel, now_ms) = (channel.clone(), self.clock.now_ms());
        self.database
            .call("try a channel", move |connection| {
                let tx = connection.transaction()?;
                let (id, message) = write(&tx, &channel, vec![Subject::Test], now_ms)?;
                // Whoever tries it tells what became of it; where nobody waits for that, nobody sends it
                // another time.
                tx.execute(
                    "UPDATE messages SET gave_up_ms = ?2, fault = ?3 WHERE id = ?1",
                    params![id, now_ms, "nobody waited for what became of it"],
                )?;
                tx.commit()?;
                Ok(Due { id, channel, message })
            })
            .await
    }

    /// The oldest message of each channel whose time has come.
    pub(crate) async fn due_messages(&self) -> Result<Vec<Due>, Error> {
        let now_ms = self.clock.now_ms();
        self.database
            .call("read what is to be sent", move |connection| {
                let sql = "SELECT c.id, c.agency, c.version, c.spec, c.secret, c.changed_by, \
                     c.changed_ms, m.id, m.body FROM messages AS m JOIN channels AS c \
                     ON c.id = m.channel WHERE c.deleted = 0 AND m.id IN \
                     (SELECT min(id) FROM messages WHERE sent_ms IS NULL AND gave_up_ms IS NULL \
                      AND next_ms <= ?1 GROUP BY channel)";
                let due = |row: &rusqlite::Row<'_>| {
                    Ok(Due { channel: read(row)?, id: row.get(7)?, message: json(row, 8)? })
                };
                connection.prepare_cached(sql)?.query_map([now_ms], due)?.collect()
            })
            .await
    }

    /// Keeps what became of a try; where it is the only one there will be no other. Also what got
    /// through may have a fault: not everybody got it.
    pub(crate) async fn sent(
        &self,
        id: i64,
        got_through: bool,
        fault: Option<String>,
        only: bool,
    ) -> Result<Outcome, Error> {
        let now_ms = self.clock.now_ms();
        self.database
            .call("keep what became of a message", move |connection| {
                let tx = connection.transaction()?;
                let fault = fault.unwrap_or_default();
                match got_through {
                    true => tx.execute(
                        "UPDATE messages SET tries = tries + 1, sent_ms = ?2, gave_up_ms = NULL, fault = ?3 WHERE id = ?1",
                        params![id, now_ms, fault],
                    )?,
                    false => {
                        let sql = "SELECT tries, made_ms FROM messages WHERE id = ?1";
                        let (tries, made_ms): (u32, i64) =
                            tx.query_row(sql, [id], |row| Ok((row.get(0)?, row.get(1)?)))?;
                        let wait = AGAIN_MS.saturating_mul(1 << tries.min(20)).min(AGAIN_MS_MAX);
                        let gave_up = (only || now_ms - made_ms > GIVE_UP_MS).then_some(now_ms);
                        tx.execute(
                            "UPDATE messages SET tries = tries + 1, next_ms = ?2, gave_up_ms = ?3, \
                             fault = ?4 WHERE id = ?1",
                            params![id, now_ms + wait, gave_up, fault],
                        )?
                    }
                };
                let outcome = tx.query_row(
                    &format!("SELECT {OUTCOME} FROM messages WHERE id = ?1"),
                    [id],
                    outcome,
                )?;
                tx.commit()?;
                Ok(outcome)
            })
            .await
    }

    /// A channel's last messages, newest first, and how many notices wait behind the storm guard.
    pub(crate) async fn outcomes(&self, channel: i64) -> Result<(Vec<Outcome>, u64), Error> {
        self.database
            .call("read what became of messages", move |connection| {
                let sql = format!(
                    "SELECT {OUTCOME} FROM messages WHERE channel = ?1 ORDER BY id DESC LIMIT {SHOWN_MAX}"
                );
                let outcomes: Vec<Outcome> =
                    connection.prepare_cached(&sql)?.query_map([channel], outcome)?.collect::<Result<_, _>>()?;
                let sql = "SELECT count(*) FROM notices WHERE channel = ?1 AND message IS NULL";
                let waiting: i64 = connection.query_row(sql, [channel], |row| row.get(0))?;
                Ok((outcomes, waiting.unsigned_abs()))
            })
            .await
    }

    /// Forgets what nobody looks at any more.
    pub(crate) async fn forget_messages(&self) -> Result<(), Error> {
        let now_ms = self.clock.now_ms();
        self.database
            .call("forget old messages", move |connection| {
                let tx = connection.transaction()?;
                tx.execute(
                    "DELETE FROM notices WHERE message IS NOT NULL AND made_ms < ?1",
                    [now_ms - NOTICE_KEPT_MS],
                )?;
                tx.execute("DELETE FROM messages WHERE made_ms < ?1", [now_ms - MESSAGE_KEPT_MS])?;
                tx.commit()
            })
            .await
    }
}

const OUTCOME: &str = "id, made_ms, headline, notices, tries, sent_ms, next_ms, fault, gave_up_ms";

fn outcome(row: &rusqlite::Row<'_>) -> Result<Outcome, rusqlite::Error> {
    let (sent, gave_up): (Option<i64>, Option<i64>) = (row.get(5)?, row.get(8)?);
    let is_over = sent.is_some() || gave_up.is_some();
    Ok(Outcome {
        id: name(row.get(0)?),
        made: row.get(1)?,
        headline: row.get(2)?,
        notices: row.get(3)?,
        tries: row.get(4)?,
        sent,
        next: if is_over { None } else { Some(row.get(6)?) },
        fault: row.get(7)?,
    })
}

pub(in crate::work) fn keep(
    tx: &Transaction<'_>,
    notice: &Notice,
    now_ms: i64,
) -> Result<(), rusqlite::Error> {
    let subject = serde_json::json!(notice.subject).to_string();
    tx.prepare_cached(
        "INSERT OR IGNORE INTO notices (channel, key, made_ms, subject) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![notice.channel, notice.key, now_ms, subject])
    .map(drop)
}

/// Makes what messages the guard lets a channel have; how many.
fn make(tx: &Transaction<'_>, id: i64, now_ms: i64) -> Result<usize, rusqlite::Error> {
    let Some(channel) = super::of(tx, id)? else { return Ok(0) };
    let fails = "SELECT count(*) FROM messages WHERE channel = ?1 AND sent_ms IS NULL \
         AND gave_up_ms IS NULL AND tries > 0 AND made_ms > ?2";
    if tx.query_row(fails, [id, now_ms - HOLD_MS], |row| row.get::<_, i64>(0))? > 0 {
        return Ok(0);
    }
    let recent = "SELECT made_ms FROM messages WHERE channel = ?1 AND made_ms > ?2";
    let made_ms: Vec<i64> = tx
        .prepare_cached(recent)?
        .query_map([id, now_ms - storm::WINDOW_MS], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let waiting =
        "SELECT seq, subject FROM notices WHERE channel = ?1 AND message IS NULL ORDER BY seq";
    let waiting: Vec<(i64, Subject)> = tx
        .prepare_cached(waiting)?
        .query_map([id], |row| Ok((row.get(0)?, json(row, 1)?)))?
        .collect::<Result<_, _>>()?;
    let parts: Vec<Vec<(i64, Subject)>> = match storm::plan(now_ms, &made_ms, waiting.len()) {
        Plan::Wait => return Ok(0),
        Plan::Each => waiting.into_iter().map(|notice| vec![notice]).collect(),
        Plan::Fold => vec![waiting],
    };
    let made = parts.len();
    for part in parts {
        let (seqs, subjects): (Vec<i64>, Vec<Subject>) = part.into_iter().unzip();
        let (message, _) = write(tx, &channel, subjects, now_ms)?;
        for seq in seqs {
            tx.prepare_cached("UPDATE notices SET message = ?2 WHERE seq = ?1")?
                .execute([seq, message])?;
        }
    }
    Ok(made)
}

/// Writes a message; it and its number, which it needs to know itself.
fn write(
    tx: &Transaction<'_>,
    channel: &Channel,
    subjects: Vec<Subject>,
    now_ms: i64,
) -> Result<(i64, Message), rusqlite::Error> {
    let notices = u32::try_from(subjects.len()).unwrap_or(u32::MAX);
    tx.execute(
        "INSERT INTO messages (channel, made_ms, body, headline, notices, next_ms) \
         VALUES (?1, ?2, '', '', ?3, ?2)",
        params![channel.id, now_ms, notices],
    )?;
    let id = tx.last_insert_rowid();
    let message = Message::of(name(id), channel.spec.language, now_ms, subjects);
    tx.execute(
        "UPDATE messages SET body = ?2, headline = ?3 WHERE id = ?1",
        params![id, serde_json::json!(message).to_string(), message.headline()],
    )?;
    Ok((id, message))
}
