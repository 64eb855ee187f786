//! The task that gives detectors and normalizers the indicators that are kept.

use super::indicator::COLUMNS;
use super::{Intel, Published};
use crate::Error;
use crate::work::case::Tlp;
use indicators::{Indicator, Note, Value};
use ruleset::{Bundle, Content};
use rusqlite::{Connection, Row, params};
use service::{Part, Shutdown};
use std::sync::PoisonError;
use std::time::Duration;

/// Several changes at once are one set.
const GATHER: Duration = Duration::from_secs(2);
/// How long to wait after Kafka did not take a set.
const TRY_AGAIN: Duration = Duration::from_secs(5);
/// Rows that are read at a time, so that nobody waits for all of them.
const ROWS: u32 = 20_000;
/// Text of a file within the set.
const FILE_BYTES_MAX: usize = 1024 * 1024;
/// An indicator that ended longer ago than this meets no event any more, as late as it may come.
const ENDED_SECONDS: i64 = 30 * 86_400;

/// What the task works with.
pub(crate) struct Publisher {
    pub(crate) intel: Intel,
    pub(crate) bus: bus::Config,
    pub(crate) part: Part,
}

impl Publisher {
    /// Publishes what changes until the shutdown begins.
    ///
    /// # Cancel safety
    /// What is under way in a thread is finished: a set is published whole or is found missing parts
    /// by whoever reads it, and published again at the next start.
    pub(crate) async fn run(self, shutdown: Shutdown) -> Result<(), Error> {
        let keep = async {
            loop {
                match self.once().await {
                    Ok(()) => {
                        self.part.up();
                        self.intel.changed.notified().await;
                        tokio::time::sleep(GATHER).await;
                    }
                    Err(error) => {
                        let text = service::telemetry::chain(&error);
                        tracing::error!(error = text, "indicators are not given to the detectors");
                        self.part.down(text);
                        tokio::time::sleep(TRY_AGAIN).await;
                    }
                }
            }
        };
        tokio::select! {
            () = keep => {}
            () = shutdown.begun() => {}
        }
        Ok(())
    }

    /// Publishes the set that is kept, unless it is the one that services have. Where no feed was ever
    /// kept, what was published stays, as this may be a new database beside an old cluster.
    async fn once(&self) -> Result<(), Error> {
        let Some((bundle, indicators)) = self.intel.bundle().await? else { return Ok(()) };
        let known = self.intel.published();
        if known.as_ref().is_some_and(|known| known.version == bundle.version) {
            return Ok(());
        }
        let (config, first) = (self.bus.clone(), known.is_none());
        let send = move || -> Result<String, control::Error> {
            let known = if first { control::whole(&config, Content::Indicators)? } else { None };
            if known.is_none_or(|known| known.version != bundle.version) {
                control::publish(&config, Content::Indicators, &bundle)?;
            }
            Ok(bundle.version)
        };
        let version = tokio::task::spawn_blocking(send)
            .await
            .map_err(|_| Error::Stopped { what: "publish the indicators" })??;
        tracing::info!(version, indicators, "indicators given to the detectors");
        let published = Published { version, at_ms: self.intel.clock.now_ms(), indicators };
        *self.intel.published.lock().unwrap_or_else(PoisonError::into_inner) = Some(published);
        Ok(())
    }
}

impl Intel {
    /// All that counts, as files for the services, and how many that is; none where no feed ever was.
    pub(crate) async fn bundle(&self) -> Result<Option<(Bundle, u64)>, Error> {
        let any = |connection: &mut Connection| {
            connection.query_row("SELECT count(*) FROM feeds", [], |row| row.get::<_, i64>(0))
        };
        if self.database.call("look for feeds", any).await? == 0 {
            return Ok(None);
        }
        let ended = self.clock.now_ms() / 1_000 - ENDED_SECONDS;
        let (mut last, mut files, mut count) = (0, Vec::new(), 0);
        loop {
            let rows = move |connection: &mut Connection| some(connection, last, ended);
            let rows = self.database.call("read the indicators", rows).await?;
            let Some((id, _)) = rows.last() else { break };
            last = *id;
            count += rows.len() as u64;
            let name = format!("kept.{last}");
            files.extend(indicators::write(&name, FILE_BYTES_MAX, rows.iter().map(|(_, row)| row)));
        }
        Ok(Some((Bundle::new(files), count)))
    }
}

/// The next rows behind id `last` that count.
fn some(
    connection: &Connection,
    last: i64,
    ended: i64,
) -> Result<Vec<(i64, Indicator)>, rusqlite::Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM indicators i JOIN feeds f ON f.id = i.feed \
         WHERE f.deleted = 0 AND json_extract(f.spec, '$.enabled') AND i.withdrawn_ms IS NULL \
         AND i.id > ?1 AND ifnull(ends, ?2) >= ?2 ORDER BY i.id LIMIT ?3"
    );
    connection.prepare_cached(&sql)?.query_map(params![last, ended, ROWS], read)?.collect()
}

fn read(row: &Row<'_>) -> Result<(i64, Indicator), rusqlite::Error> {
    let (feed, agency): (String, String) = (row.get(2)?, row.get(3)?);
    let kind: super::IndicatorKind = row.get(4)?;
    let (text, reference): (String, String) = (row.get(5)?, row.get(6)?);
    let from: String = row.get(7)?;
    let tlp: Option<Tlp> = row.get(10)?;
    let unreadable =
        || rusqlite::Error::InvalidColumnType(5, "value".into(), rusqlite::types::Type::Text);
    let value = Value::parse(kind.into(), &text).ok_or_else(unreadable)?;
    let note = Note {
        source: if from.is_empty() { feed } else { format!("{feed} ({from})") },
        reference: Some(reference).filter(|text| !text.is_empty()),
        label: row.get(8)?,
        confidence: row.get(9)?,
        tlp: tlp.map(Into::into),
        expires: row.get(11)?,
        agency: Some(agency).filter(|agency| agency != crate::roles::EVERYWHERE),
    };
    Ok((row.get(0)?, Indicator { value, note }))
}
