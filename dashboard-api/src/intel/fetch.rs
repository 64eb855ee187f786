//! The task that reads the collections of TAXII servers in turns.

use super::import::{How, read};
use super::{INDICATORS_MAX, Intel, Origin, Spec};
use crate::work::json;
use crate::{Error, Metrics};
use service::Shutdown;
use std::time::Duration;
use taxii::{From, Page, Server};

/// Pause between two looks for a collection that is due.
const LOOK: Duration = Duration::from_secs(10);
const MINUTE_MS: i64 = 60_000;
/// A read that failed is tried again after this, or after the feed's own pause where that is shorter.
const AGAIN_MINUTES: i64 = 15;
/// Who adds, in the list.
const ACTOR: &str = "taxii";

/// What the task works with.
pub(crate) struct Fetcher {
    pub(crate) intel: Intel,
    pub(crate) metrics: Metrics,
}

impl Fetcher {
    /// Reads what is due until the shutdown begins.
    ///
    /// # Cancel safety
    /// How far a collection was read is kept page by page: what is broken off is read again from there,
    /// and reading a page twice changes nothing.
    pub(crate) async fn run(self, shutdown: Shutdown) -> Result<(), Error> {
        let reading = async {
            loop {
                if let Err(error) = self.look().await {
                    let error = service::telemetry::chain(&error);
                    tracing::error!(error, "feeds cannot be kept");
                }
                let _ = tokio::time::timeout(LOOK, self.intel.asked.notified()).await;
            }
        };
        tokio::select! {
            () = reading => {}
            () = shutdown.begun() => {}
        }
        Ok(())
    }

    /// Reads each collection that is due.
    pub(crate) async fn look(&self) -> Result<(), Error> {
        for (id, spec) in self.intel.due_feeds().await? {
            let Origin::Taxii { server, collection, minutes } = &spec.origin else { continue };
            let result = self.read(id, server, collection).await?;
            let label = if result.is_ok() { "read" } else { "failed" };
            self.metrics.feeds.with_label_values(&[label]).inc();
            if let Err(fault) = &result {
                tracing::warn!(feed = spec.name, fault, "a collection could not be read");
            }
            self.intel.fetched(id, i64::from(*minutes), result.err()).await?;
        }
        Ok(())
    }

    /// Reads a collection from where the last read ended; in words why it could not be.
    async fn read(
        &self,
        feed: i64,
        server: &str,
        collection: &str,
    ) -> Result<Result<(), String>, Error> {
        let (intel, name) = (self.intel.clone(), server.to_owned());
        let opened =
            tokio::task::spawn_blocking(move || intel.server(&name).map(std::sync::Arc::new))
                .await
                .map_err(|_| Error::Stopped { what: "open a TAXII server" })?;
        let server = match opened {
            Ok(server) => server,
            Err(fault) => return Ok(Err(fault)),
        };
        let mut from = self.intel.place(feed).await?;
        loop {
            let page = match page(&server, collection, &from).await? {
                Ok(page) => page,
                Err(fault) => return Ok(Err(fault)),
            };
            let next = page.next(&from);
            let last = page.added_last.clone().or_else(|| from.added_after.clone());
            let found = tokio::task::spawn_blocking(move || parsed(&page))
                .await
                .map_err(|_| Error::Stopped { what: "read a page of objects" })?;
            let found = match found {
                Ok(found) => found,
                Err(fault) => return Ok(Err(fault)),
            };
            if self.intel.import(feed, found, How::ByReference, ACTOR).await?.is_none() {
                let fault = format!("with it there would be more than {INDICATORS_MAX} indicators");
                return Ok(Err(fault));
            }
            let Some(next) = next else {
                // Behind the end the next read begins with what is added from now on.
                self.intel.set_place(feed, &From { added_after: last, next: None }).await?;
                return Ok(Ok(()));
            };
            self.intel.set_place(feed, &next).await?;
            from = next;
        }
    }
}

async fn page(
    server: &std::sync::Arc<Server>,
    collection: &str,
    from: &From,
) -> Result<Result<Page, String>, Error> {
    let (server, collection, from) = (server.clone(), collection.to_owned(), from.clone());
    let ask = move || server.page(&collection, &from).map_err(|error| error.to_string());
    tokio::task::spawn_blocking(ask)
        .await
        .map_err(|_| Error::Stopped { what: "ask a TAXII server" })
}

/// A page without objects has no member `objects` at all.
fn parsed(page: &Page) -> Result<super::import::Found, String> {
    match read(&page.objects) {
        Err(indicators::Error::Form { .. }) => read(b"{\"objects\":[]}"),
        other => other,
    }
    .map_err(|error| error.to_string().replace('\u{1}', "the page"))
}

impl Intel {
    /// Feeds in force whose time has come, without their counts: this is asked every few seconds.
    async fn due_feeds(&self) -> Result<Vec<(i64, Spec)>, Error> {
        let now_ms = self.clock.now_ms();
        let read = move |connection: &mut rusqlite::Connection| {
            let sql = "SELECT id, spec FROM feeds WHERE deleted = 0 AND next_ms <= ?1 \
                       AND json_extract(spec, '$.enabled') ORDER BY next_ms, id";
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, json(row, 1)?));
            connection.prepare_cached(sql)?.query_map([now_ms], row)?.collect()
        };
        self.database.call("read which feeds are due", read).await
    }

    async fn place(&self, feed: i64) -> Result<From, Error> {
        let read = move |connection: &mut rusqlite::Connection| {
            let sql = "SELECT place FROM feeds WHERE id = ?1";
            connection.query_row(sql, [feed], |row| row.get::<_, String>(0))
        };
        let text = self.database.call("read where a collection goes on", read).await?;
        // A place that is not understood is the beginning: reading twice changes nothing.
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    async fn set_place(&self, feed: i64, from: &From) -> Result<(), Error> {
        let text = serde_json::json!(from).to_string();
        let keep = move |connection: &mut rusqlite::Connection| {
            let sql = "UPDATE feeds SET place = ?2 WHERE id = ?1";
            connection.execute(sql, rusqlite::params![feed, text])
        };
        self.database.call("keep where a collection goes on", keep).await.map(drop)
    }

    /// Keeps what became of a read.
    async fn fetched(&self, feed: i64, minutes: i64, fault: Option<String>) -> Result<(), Error> {
        let now_ms = self.clock.now_ms();
        let pause = if fault.is_some() { minutes.min(AGAIN_MINUTES) } else { minutes };
        let keep = move |connection: &mut rusqlite::Connection| {
            connection.execute(
                "UPDATE feeds SET next_ms = ?2, fault = ?3, \
                 read_ms = CASE WHEN ?3 = '' THEN ?4 ELSE read_ms END WHERE id = ?1",
                rusqlite::params![
                    feed,
                    now_ms + pause * MINUTE_MS,
                    fault.unwrap_or_default(),
                    now_ms
                ],
            )
        };
        self.database.call("keep what became of a read", keep).await.map(drop)
    }
}
