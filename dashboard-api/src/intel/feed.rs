//! Feeds, as they are kept.

use super::{Intel, indicator};
use crate::Error;
use crate::work::case::Tlp;
use crate::work::json;
use crate::work::sla::Unkept;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Where a feed's indicators come from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = FeedOrigin)]
pub(crate) enum Origin {
    /// People import files and add single ones.
    Kept {},
    /// A collection of a TAXII 2.1 server, read in turns.
    Taxii {
        /// The server's name in the service's configuration.
        #[schema(min_length = 1, max_length = 100)]
        server: String,
        /// The collection's id.
        #[schema(pattern = "^[0-9A-Za-z_-]{1,100}$")]
        collection: String,
        /// Pause between two reads.
        #[schema(minimum = 5, maximum = 10_080)]
        minutes: u32,
    },
}

/// What a feed is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Spec {
    /// The source that alerts name.
    pub(crate) name: String,
    pub(crate) origin: Origin,
    /// Of indicators that bring none of their own.
    pub(crate) confidence: Option<u8>,
    pub(crate) tlp: Option<Tlp>,
    /// For how many days such count as bring no end of their own.
    pub(crate) days: Option<u32>,
    pub(crate) enabled: bool,
}

/// A feed as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Feed {
    pub(crate) id: i64,
    /// `*`: it counts in the events of every agency.
    pub(crate) agency: String,
    pub(crate) version: u32,
    pub(crate) spec: Spec,
    pub(crate) changed_by: String,
    pub(crate) changed_ms: i64,
    /// When its collection was read to the end; when it is read next; why the last read failed.
    pub(crate) read_ms: Option<i64>,
    pub(crate) next_ms: i64,
    pub(crate) fault: String,
    /// How many it has, and how many of them are withdrawn.
    pub(crate) indicators: u64,
    pub(crate) withdrawn: u64,
}

const COLUMNS: &str = "id, agency, version, spec, changed_by, changed_ms, read_ms, next_ms, fault, \
    (SELECT count(*) FROM indicators WHERE feed = feeds.id), \
    (SELECT count(*) FROM indicators WHERE feed = feeds.id AND withdrawn_ms IS NOT NULL)";

impl Intel {
    /// Every feed, by agency and then in the order in which they were made.
    pub(crate) async fn feeds(&self) -> Result<Vec<Feed>, Error> {
        self.database.call("read the feeds", all).await
    }

    /// One of them.
    pub(crate) async fn feed(&self, id: i64) -> Result<Option<Feed>, Error> {
        self.database.call("read a feed", move |connection| of(connection, id)).await
    }

    /// Makes a feed.
    pub(crate) async fn add_feed(
        &self,
        agency: &str,
        spec: Spec,
        by: &str,
    ) -> Result<Option<Feed>, Error> {
        let (agency, by, now_ms) = (agency.to_owned(), by.to_owned(), self.clock.now_ms());
        let made = self.database.call("make a feed", move |connection| {
            connection.execute(
                "INSERT INTO feeds (agency, version, spec, changed_by, changed_ms) \
                 VALUES (?1, 1, ?2, ?3, ?4)",
                params![agency, serde_json::json!(spec).to_string(), by, now_ms],
            )?;
            of(connection, connection.last_insert_rowid())
        });
        let made = made.await?;
        self.asked.notify_one();
        Ok(made)
    }

    /// Changes a feed whose version is still `expected`; `None` takes it away with its indicators. What
    /// came from another collection goes.
    pub(crate) async fn set_feed(
        &self,
        id: i64,
        expected: u32,
        spec: Option<Spec>,
        by: &str,
    ) -> Result<Result<Option<Feed>, Unkept>, Error> {
        let (by, now_ms) = (by.to_owned(), self.clock.now_ms());
        let change = move |connection: &mut Connection| {
            let tx = connection.transaction()?;
            let Some(kept) = of(&tx, id)? else { return Ok(Err(Unkept::NotFound)) };
            if kept.version != expected {
                return Ok(Err(Unkept::Conflict(kept.version)));
            }
            let deleted = spec.is_none();
            let is_other = |new: &Spec| collection(&new.origin) != collection(&kept.spec.origin);
            let anew = spec.as_ref().is_some_and(is_other);
            if deleted || anew {
                tx.execute("DELETE FROM indicators WHERE feed = ?1", [id])?;
                tx.execute(
                    "UPDATE feeds SET place = '{}', read_ms = NULL, fault = '' WHERE id = ?1",
                    [id],
                )?;
            }
            let text = serde_json::json!(spec.unwrap_or(kept.spec)).to_string();
            tx.execute(
                "UPDATE feeds SET version = version + 1, spec = ?2, changed_by = ?3, \
                 changed_ms = ?4, deleted = ?5, next_ms = 0 WHERE id = ?1",
                params![id, text, by, now_ms, deleted],
            )?;
            let changed = of(&tx, id)?;
            tx.commit()?;
            Ok(Ok(changed))
        };
        let kept = self.database.call("change a feed", change).await?;
        if kept.is_ok() {
            self.changed.notify_one();
            self.asked.notify_one();
        }
        Ok(kept)
    }

    /// Has a collection read at the next opportunity.
    pub(crate) async fn fetch_now(&self, id: i64) -> Result<(), Error> {
        let sql = "UPDATE feeds SET next_ms = 0 WHERE id = ?1";
        self.database
            .call("have a collection read", move |connection| connection.execute(sql, [id]))
            .await?;
        self.asked.notify_one();
        Ok(())
    }
}

fn collection(origin: &Origin) -> Option<(&str, &str)> {
    match origin {
        Origin::Kept {} => None,
        Origin::Taxii { server, collection, .. } => Some((server, collection)),
    }
}

fn all(connection: &mut Connection) -> Result<Vec<Feed>, rusqlite::Error> {
    let sql = format!("SELECT {COLUMNS} FROM feeds WHERE deleted = 0 ORDER BY agency, id");
    connection.prepare_cached(&sql)?.query_map([], read)?.collect()
}

fn of(connection: &Connection, id: i64) -> Result<Option<Feed>, rusqlite::Error> {
    let sql = format!("SELECT {COLUMNS} FROM feeds WHERE id = ?1 AND deleted = 0");
    connection.prepare_cached(&sql)?.query_row([id], read).optional()
}

fn read(row: &Row<'_>) -> Result<Feed, rusqlite::Error> {
    Ok(Feed {
        id: row.get(0)?,
        agency: row.get(1)?,
        version: row.get(2)?,
        spec: json(row, 3)?,
        changed_by: row.get(4)?,
        changed_ms: row.get(5)?,
        read_ms: row.get(6)?,
        next_ms: row.get(7)?,
        fault: row.get(8)?,
        indicators: indicator::count(row, 9)?,
        withdrawn: indicator::count(row, 10)?,
    })
}
