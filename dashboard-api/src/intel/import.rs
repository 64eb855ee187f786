//! Indicators on their way in: read in any form, judged, kept.

use super::{INDICATORS_MAX, Intel};
use crate::Error;
use crate::work::case::Tlp;
use indicators::{Indicator, Warnings};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, HashSet};

/// Stands for the feed's own name while a file is read: whatever else is there is whom it has it from.
const UNNAMED: &str = "\u{1}";
/// Rows of one transaction: others wait some ten milliseconds for it.
const ROWS: usize = 5_000;

/// What a file holds.
pub(crate) struct Found {
    pub(crate) indicators: Vec<Indicator>,
    /// Objects that their feed has taken back, by its ids.
    pub(crate) revoked: Vec<String>,
    pub(crate) told: Told,
}

/// What of a file is of no use.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = ImportTold)]
pub(crate) struct Told {
    /// Lines and objects that hold no indicator, and the first of them.
    pub(crate) skipped: u64,
    pub(crate) first: Vec<String>,
    /// What can be no indicator, such as a private address: how many, by reason.
    pub(crate) left_out: BTreeMap<String, u64>,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = ImportReport)]
pub(crate) struct Imported {
    /// Indicators that the file holds.
    pub(crate) indicators: u64,
    /// How many of them the feed did not have.
    pub(crate) added: u64,
    /// How many the feed has no longer.
    pub(crate) removed: u64,
    #[serde(flatten)]
    pub(crate) told: Told,
}

/// How a feed takes what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// Beside what it has.
    Beside,
    /// In the place of all that it has; what is withdrawn stays.
    Replace,
    /// In the place of what it has of the same objects.
    ByReference,
}

/// Reads a file in any form that the detector reads, and leaves out what can be no indicator.
pub(crate) fn read(bytes: &[u8]) -> Result<Found, indicators::Error> {
    let (warnings, mut told) = (Warnings::none(), Told::default());
    let mut indicators = Vec::new();
    let left_out = &mut told.left_out;
    let skipped = indicators::read(UNNAMED, bytes, &mut |one: Indicator| match warnings
        .reason(&one.value)
    {
        Some(reason) => *left_out.entry(reason.to_owned()).or_default() += 1,
        None => indicators.push(one),
    })?;
    told.skipped = skipped.total();
    told.first = skipped.told;
    Ok(Found { indicators, revoked: skipped.revoked, told })
}

impl Intel {
    /// How many indicators there are in all.
    pub(crate) async fn indicators_in_all(&self) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM indicators";
        let read = |connection: &mut Connection| {
            connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
        };
        self.database.call("count the indicators", read).await
    }

    /// Keeps what was found, in turns, so that nobody waits for all of it; nothing where there would be
    /// more than [`INDICATORS_MAX`]. Broken off, the feed has what was kept so far beside the rest.
    pub(crate) async fn import(
        &self,
        feed: i64,
        found: Found,
        how: How,
        by: &str,
    ) -> Result<Option<Imported>, Error> {
        let Found { indicators, revoked, told } = found;
        let count = indicators.len() as u64;
        let of_feed = count_of(feed);
        let before = self.database.call("count the indicators", of_feed.clone()).await?;
        let others = match how {
            How::Replace => self.indicators_in_all().await?.saturating_sub(before),
            How::Beside | How::ByReference => self.indicators_in_all().await?,
        };
        if others + count > INDICATORS_MAX {
            return Ok(None);
        }
        let batch = self.database.call("begin an import", move |connection| {
            let sql = "UPDATE feeds SET batch = batch + 1 WHERE id = ?1 RETURNING batch";
            connection.query_row(sql, [feed], |row| row.get::<_, i64>(0))
        });
        let batch = batch.await?;
        let now_ms = self.clock.now_ms();
        let mut references: HashSet<String> = revoked.into_iter().collect();
        let mut rest = indicators.into_iter();
        loop {
            let rows: Vec<Indicator> = rest.by_ref().take(ROWS).collect();
            if rows.is_empty() {
                break;
            }
            references.extend(rows.iter().filter_map(|row| row.note.reference.clone()));
            let by = by.to_owned();
            let insert = move |connection: &mut Connection| {
                let tx = connection.transaction()?;
                for row in &rows {
                    keep(&tx, feed, row, batch, now_ms, &by)?;
                }
                tx.commit()
            };
            self.database.call("keep indicators", insert).await?;
        }
        let added = self.database.call("count the indicators", of_feed).await? - before;
        let removed = self.remove_old(feed, batch, how, references).await?;
        if added + removed + count > 0 {
            self.changed.notify_one();
        }
        Ok(Some(Imported { indicators: count, added, removed, told }))
    }

    /// Takes away what the last import did not bring anew.
    async fn remove_old(
        &self,
        feed: i64,
        batch: i64,
        how: How,
        references: HashSet<String>,
    ) -> Result<u64, Error> {
        let remove = move |connection: &mut Connection| -> Result<usize, rusqlite::Error> {
            let old =
                "DELETE FROM indicators WHERE feed = ?1 AND batch < ?2 AND withdrawn_ms IS NULL";
            match how {
                How::Beside => Ok(0),
                How::Replace => connection.execute(old, [feed, batch]),
                How::ByReference => {
                    let tx = connection.transaction()?;
                    let mut removed = 0;
                    {
                        let mut of =
                            tx.prepare(&format!("{old} AND reference = ?3 AND reference <> ''"))?;
                        for reference in &references {
                            removed += of.execute(params![feed, batch, reference])?;
                        }
                    }
                    tx.commit()?;
                    Ok(removed)
                }
            }
        };
        Ok(self.database.call("remove old indicators", remove).await? as u64)
    }
}

fn count_of(
    feed: i64,
) -> impl Fn(&mut Connection) -> Result<u64, rusqlite::Error> + Clone + Send + 'static {
    move |connection| {
        let sql = "SELECT count(*) FROM indicators WHERE feed = ?1";
        connection.query_row(sql, [feed], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
    }
}

fn keep(
    connection: &Connection,
    feed: i64,
    indicator: &Indicator,
    batch: i64,
    now_ms: i64,
    by: &str,
) -> Result<(), rusqlite::Error> {
    let Indicator { value, note } = indicator;
    let mut statement = connection.prepare_cached(
        "INSERT INTO indicators (feed, kind, value, reference, source, label, confidence, tlp, \
         expires, batch, added_ms, added_by, listed_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?11) \
         ON CONFLICT (feed, kind, value, reference) DO UPDATE SET source = excluded.source, \
         label = excluded.label, confidence = excluded.confidence, tlp = excluded.tlp, \
         expires = excluded.expires, batch = excluded.batch, listed_ms = excluded.listed_ms",
    )?;
    statement.execute(params![
        feed,
        value.kind().as_str(),
        value.text(),
        note.reference.as_deref().unwrap_or_default(),
        source(&note.source),
        note.label,
        note.confidence,
        note.tlp.map(Tlp::from),
        note.expires,
        batch,
        now_ms,
        by,
    ])?;
    Ok(())
}

/// Whom a feed has an indicator from, by what the reader calls its source.
fn source(named: &str) -> &str {
    let rest = named.strip_prefix(UNNAMED).unwrap_or(named).trim();
    rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(rest)
}
