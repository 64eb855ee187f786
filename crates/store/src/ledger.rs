//! Counting what is stored, so that it can be held against what was received.

use crate::select::Select;
use crate::views::{AgencyLedger, Ledger};
use crate::{Error, Scope, Store};
use clickhouse::Row;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Over which time the way from line to store is measured.
const LATENCY_MINUTES: u32 = 10;
/// A stream that was heard within this time is not silent.
const HEARD_MINUTES: u32 = 15;
/// A stream that was not heard within this time is forgotten.
const KNOWN_HOURS: u32 = 24;

#[derive(Row, Deserialize)]
struct EventCount {
    agency: String,
    events: u64,
    raw_records: u64,
    newest_ms: i64,
}

#[derive(Row, Deserialize)]
struct DeadLetterCount {
    agency: String,
    dead_letters: u64,
}

#[derive(Row, Deserialize)]
struct AlertCount {
    agency: String,
    alerts: u64,
}

#[derive(Row, Deserialize)]
struct Streams {
    heard: u64,
    silent: u64,
}

#[derive(Row, Deserialize)]
struct Latency {
    events: u64,
    median: f64,
    p99: f64,
}

impl Store {
    /// What is stored within the scope. Counted from the rows (and from the projection inside
    /// their parts), not from a table beside them: a ledger that could be wrong in its own way
    /// would prove nothing.
    pub async fn ledger(&self, scope: &Scope) -> Result<Ledger, Error> {
        let (events, dead_letters, alerts, expired, streams, latency) = tokio::try_join!(
            self.count_events(scope),
            self.count_dead_letters(scope),
            self.count_alerts(scope),
            self.count_expired(scope),
            self.streams(scope),
            self.latency(scope),
        )?;
        let mut by_agency: BTreeMap<String, AgencyLedger> = BTreeMap::new();
        for row in events {
            let entry = by_agency.entry(row.agency).or_default();
            (entry.events, entry.raw_records) = (row.events, row.raw_records);
            entry.newest_ms = row.newest_ms;
        }
        for row in dead_letters {
            by_agency.entry(row.agency).or_default().dead_letters = row.dead_letters;
        }
        for row in expired {
            by_agency.entry(row.agency).or_default().expired = row.expired;
        }
        for row in alerts {
            by_agency.entry(row.agency).or_default().alerts = row.alerts;
        }
        let by_agency: Vec<AgencyLedger> = by_agency
            .into_iter()
            .map(|(agency, ledger)| AgencyLedger { agency, ..ledger })
            .collect();
        let sum = |count: fn(&AgencyLedger) -> u64| by_agency.iter().map(count).sum();
        Ok(Ledger {
            events: sum(|a| a.events),
            raw_records: sum(|a| a.raw_records),
            dead_letters: sum(|a| a.dead_letters),
            alerts: sum(|a| a.alerts),
            expired: sum(|a| a.expired),
            streams_heard: streams.heard,
            streams_silent: streams.silent,
            newest_ms: by_agency.iter().map(|a| a.newest_ms).filter(|ms| *ms > 0).max(),
            line_to_store_ms: latency,
            by_agency,
        })
    }

    async fn count_events(&self, scope: &Scope) -> Result<Vec<EventCount>, Error> {
        let sql = "SELECT agency, count() AS events, countIf(raw_index = 0) AS raw_records, \
             toUnixTimestamp64Milli(max(kafka_time)) AS newest_ms \
             FROM events WHERE {where} GROUP BY agency";
        Select::of(scope, None).fetch(self, "count events", sql).await
    }

    /// Of a raw record with several events of which one was unreadable, only the first counts.
    async fn count_dead_letters(&self, scope: &Scope) -> Result<Vec<DeadLetterCount>, Error> {
        let sql = "SELECT agency, countIf(raw_index = 0) AS dead_letters \
             FROM dead_letters WHERE {where} GROUP BY agency";
        Select::of(scope, None).fetch(self, "count dead letters", sql).await
    }

    async fn count_alerts(&self, scope: &Scope) -> Result<Vec<AlertCount>, Error> {
        let sql = "SELECT agency, count() AS alerts FROM alerts WHERE {where} GROUP BY agency";
        Select::of(scope, None).fetch(self, "count alerts", sql).await
    }

    async fn streams(&self, scope: &Scope) -> Result<Streams, Error> {
        let sql = format!(
            "SELECT countIf(newest > now() - INTERVAL {HEARD_MINUTES} MINUTE) AS heard, \
             toUInt64(count() - heard) AS silent \
             FROM (SELECT max(kafka_time) AS newest FROM events \
             WHERE {{where}} AND kafka_time > now() - INTERVAL {KNOWN_HOURS} HOUR \
             GROUP BY agency, host, source)"
        );
        let rows: Vec<Streams> = Select::of(scope, None).fetch(self, "count streams", &sql).await?;
        Ok(rows.into_iter().next().unwrap_or(Streams { heard: 0, silent: 0 }))
    }

    async fn latency(&self, scope: &Scope) -> Result<Option<(f64, f64)>, Error> {
        let sql = format!(
            "SELECT count() AS events, quantile(0.5)(ms) AS median, quantile(0.99)(ms) AS p99 \
             FROM (SELECT toUnixTimestamp64Milli(stored_time) - toUnixTimestamp64Milli(\
             if(toUnixTimestamp64Milli(logged_time) = 0, kafka_time, logged_time)) AS ms \
             FROM events WHERE {{where}} AND kafka_time > now() - INTERVAL {LATENCY_MINUTES} MINUTE)"
        );
        let rows: Vec<Latency> =
            Select::of(scope, None).fetch(self, "measure the way to the store", &sql).await?;
        Ok(rows.first().filter(|row| row.events > 0).map(|row| (row.median, row.p99)))
    }
}
