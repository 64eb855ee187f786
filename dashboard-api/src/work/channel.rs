//! Channels, what waits for them and what became of it, as they are kept.

mod outbox;

pub(super) use outbox::keep;
pub(crate) use outbox::{Due, Notice, Outcome};

use super::sla::Unkept;
use super::{Work, json};
use crate::Error;
use crate::roles::EVERYWHERE;
use notice::{Language, Target};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// What a channel is told.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Spec {
    pub(crate) name: String,
    pub(crate) target: Target,
    pub(crate) language: Language,
    /// Alerts of this OCSF severity or a higher one; none: no alerts.
    pub(crate) severity_min: Option<u8>,
    /// Troubles of the platform itself.
    pub(crate) platform: bool,
    pub(crate) enabled: bool,
}

/// A channel as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Channel {
    pub(crate) id: i64,
    /// `*`: of every agency.
    pub(crate) agency: String,
    pub(crate) version: u32,
    pub(crate) spec: Spec,
    pub(crate) secret: Vec<u8>,
    pub(crate) changed_by: String,
    pub(crate) changed_ms: i64,
}

impl Channel {
    /// Whether it is told of alerts of that agency and severity.
    pub(crate) fn hears(&self, agency: &str, severity_id: u8) -> bool {
        let own = self.agency == EVERYWHERE || self.agency == agency;
        self.spec.enabled && own && self.spec.severity_min.is_some_and(|min| severity_id >= min)
    }

    /// Whether it is told of a trouble of that agency, or of the platform as a whole.
    pub(crate) fn hears_trouble(&self, agency: Option<&str>) -> bool {
        let own = self.agency == EVERYWHERE || agency == Some(&self.agency);
        self.spec.enabled && self.spec.platform && own
    }
}

const COLUMNS: &str = "id, agency, version, spec, secret, changed_by, changed_ms";

impl Work {
    /// Every channel, by agency and then in the order in which they were made.
    pub(crate) async fn channels(&self) -> Result<Vec<Channel>, Error> {
        self.database
            .call("read the channels", |connection| {
                let sql =
                    format!("SELECT {COLUMNS} FROM channels WHERE deleted = 0 ORDER BY agency, id");
                connection.prepare_cached(&sql)?.query_map([], read)?.collect()
            })
            .await
    }

    /// One of them.
    pub(crate) async fn channel(&self, id: i64) -> Result<Option<Channel>, Error> {
        self.database.call("read a channel", move |connection| of(connection, id)).await
    }

    /// Makes a channel.
    pub(crate) async fn add_channel(
        &self,
        agency: &str,
        spec: Spec,
        secret: Vec<u8>,
        by: &str,
    ) -> Result<Channel, Error> {
        let (agency, by, changed_ms) = (agency.to_owned(), by.to_owned(), self.clock.now_ms());
        self.database
            .call("make a channel", move |connection| {
                let text = serde_json::json!(spec).to_string();
                connection.execute(
                    "INSERT INTO channels (agency, version, spec, secret, changed_by, changed_ms) \
                     VALUES (?1, 1, ?2, ?3, ?4, ?5)",
                    params![agency, text, secret, by, changed_ms],
                )?;
                let id = connection.last_insert_rowid();
                Ok(Channel { id, agency, version: 1, spec, secret, changed_by: by, changed_ms })
            })
            .await
    }

    /// Changes a channel whose version is still `expected`; `None` takes it away. What waits for one that
    /// is taken away or switched off is dropped.
    pub(crate) async fn set_channel(
        &self,
        id: i64,
        expected: u32,
        spec: Option<Spec>,
        by: &str,
    ) -> Result<Result<Option<Channel>, Unkept>, Error> {
        let (by, now_ms) = (by.to_owned(), self.clock.now_ms());
        self.database
            .call("change a channel", move |connection| {
                let tx = connection.transaction()?;
                let Some(kept) = of(&tx, id)? else { return Ok(Err(Unkept::NotFound)) };
                if kept.version != expected {
                    return Ok(Err(Unkept::Conflict(kept.version)));
                }
                let deleted = spec.is_none();
                let is_over = spec.as_ref().is_none_or(|spec| !spec.enabled);
                let text = serde_json::json!(spec.unwrap_or(kept.spec)).to_string();
                tx.execute(
                    "UPDATE channels SET version = version + 1, spec = ?2, changed_by = ?3, \
                     changed_ms = ?4, deleted = ?5 WHERE id = ?1",
                    params![id, text, by, now_ms, deleted],
                )?;
                if is_over {
                    tx.execute("DELETE FROM notices WHERE channel = ?1 AND message IS NULL", [id])?;
                    tx.execute(
                        "DELETE FROM messages WHERE channel = ?1 AND sent_ms IS NULL",
                        [id],
                    )?;
                }
                let changed = of(&tx, id)?;
                tx.commit()?;
                Ok(Ok(changed))
            })
            .await
    }
}

fn of(connection: &Connection, id: i64) -> Result<Option<Channel>, rusqlite::Error> {
    let sql = format!("SELECT {COLUMNS} FROM channels WHERE id = ?1 AND deleted = 0");
    connection.prepare_cached(&sql)?.query_row([id], read).optional()
}

fn read(row: &Row<'_>) -> Result<Channel, rusqlite::Error> {
    Ok(Channel {
        id: row.get(0)?,
        agency: row.get(1)?,
        version: row.get(2)?,
        spec: json(row, 3)?,
        secret: row.get(4)?,
        changed_by: row.get(5)?,
        changed_ms: row.get(6)?,
    })
}
