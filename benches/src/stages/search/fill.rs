//! Events into the store, as the loader brings them, and what that costs.

use super::engine::{DATABASE, Engine};
use crate::history::{History, START_S, Telling, agency};
use anyhow::Context as _;
use model::{EventPlace, RawPlace};
use std::fmt::Write as _;
use std::sync::Arc;
use store::{Block, EventRow, Place, Store};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// Rows of an insert: what the loader gathers under load.
const BLOCK: u64 = 50_000;
/// Inserts under way at the same time.
const FLIGHT: usize = 2;
/// The time that the events stand for.
pub(super) const DAYS: i64 = 7;
/// Of so many events one has a word that no other has.
pub(super) const NEEDLE_EVERY: u64 = 1_000_000;

/// The same rows as most people would keep them: sorted by time, nothing else.
pub(super) const PLAIN: &str = "CREATE TABLE plain (time DateTime64(3, 'UTC'), kafka_time DateTime64(3, 'UTC'), \
    agency LowCardinality(String), uid FixedString(16), class_uid UInt32, severity_id UInt8, \
    source LowCardinality(String), host LowCardinality(String), user String, src_ip IPv6, dst_ip IPv6, process String, \
    message String, raw String, rest String) \
    ENGINE = MergeTree PARTITION BY toDate(kafka_time) ORDER BY time";
pub(super) const PLAIN_ROWS: &str = "INSERT INTO plain SELECT time, kafka_time, agency, uid, class_uid, severity_id, \
    source, host, user, src_ip, dst_ip, process, message, raw, rest FROM events \
    SETTINGS max_threads = 1, max_block_size = 8192, min_insert_block_size_rows = 100000, \
    min_insert_block_size_bytes = 134217728";

/// What was filled and what it took.
pub(super) struct Filled {
    pub(super) store: Store,
    pub(super) rows: u64,
    json_bytes: u64,
    encode_s: f64,
    insert_s: f64,
    merge_s: f64,
}

/// The word that event `number` has.
pub(super) fn needle(number: u64) -> String {
    format!("ndl{:09x}", number.wrapping_mul(0x9e37_79b9) % 0xff_ffff_ffff)
}

pub(super) fn events(
    runtime: &Runtime,
    engine: &Engine,
    history: &History,
    rows: u64,
) -> anyhow::Result<Filled> {
    let store = Store::connect(&store::Config::new(&engine.url(), DATABASE)?);
    runtime.block_on(store.migrate())?;
    // Inserts first, merges behind: what each costs is known apart where few are merged meanwhile.
    let before = engine.cpu_s()?;
    let mut filled =
        Filled { store, rows, json_bytes: 0, encode_s: 0.0, insert_s: 0.0, merge_s: 0.0 };
    let step_us = DAYS * 86_400_000_000 / rows.max(1) as i64;
    let mut inserts = JoinSet::new();
    for first in (0..rows).step_by(BLOCK as usize) {
        let told: Vec<(u64, Telling, String)> = (first..rows.min(first + BLOCK))
            .map(|number| {
                let telling =
                    Telling { number, time_ms: START_S * 1_000 + number as i64 * step_us / 1_000 };
                let mut json = String::with_capacity(3_000);
                let agency = history.tell(telling, &mut json);
                (agency, telling, with_needle(json, number))
            })
            .collect();
        filled.json_bytes += told.iter().map(|(_, _, json)| json.len() as u64).sum::<u64>();
        let began = thread_cpu_s()?;
        let block = Arc::new(block(&told)?);
        filled.encode_s += thread_cpu_s()? - began;
        while inserts.len() >= FLIGHT {
            inserts.join_next().await_in(runtime)?;
        }
        let store = filled.store.clone();
        let token = format!("events/0/{first}");
        inserts.spawn_on(async move { store.insert(&block, &token).await }, runtime.handle());
    }
    while !inserts.is_empty() {
        inserts.join_next().await_in(runtime)?;
    }
    filled.insert_s = engine.cpu_s()? - before;
    engine.settle()?;
    filled.merge_s = engine.cpu_s()? - before - filled.insert_s;
    Ok(filled)
}

/// A task's end, waited for where there is no async.
trait AwaitIn {
    fn await_in(self, runtime: &Runtime) -> anyhow::Result<()>;
}

impl<F> AwaitIn for F
where
    F: Future<Output = Option<Result<Result<(), store::Error>, tokio::task::JoinError>>>,
{
    fn await_in(self, runtime: &Runtime) -> anyhow::Result<()> {
        runtime.block_on(self).context("no insert was under way")???;
        Ok(())
    }
}

/// Processor time of this thread.
fn thread_cpu_s() -> anyhow::Result<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let ns: f64 = text.split(' ').next().unwrap_or_default().parse()?;
    Ok(ns / 1e9)
}

fn with_needle(json: String, number: u64) -> String {
    match number % NEEDLE_EVERY == NEEDLE_EVERY / 2 {
        true => json.replacen(r#""raw_data":""#, &format!(r#""raw_data":"{} "#, needle(number)), 1),
        false => json,
    }
}

fn block(told: &[(u64, Telling, String)]) -> anyhow::Result<Block> {
    let mut block = Block::events();
    for (whose, telling, json) in told {
        let topic = format!("raw.{}", agency(*whose));
        let raw = RawPlace {
            topic: &topic,
            partition: 0,
            offset: telling.number as i64,
            kafka_ms: telling.time_ms + 700,
        };
        let place = Place { partition: 0, offset: telling.number };
        let from = EventPlace { raw, index: 0, count: 1 };
        let row = EventRow::new(json.as_bytes(), &from, place).map_err(anyhow::Error::msg)?;
        block.push_event(&row);
    }
    Ok(block)
}

impl Filled {
    /// The table of what an event takes.
    pub(super) fn tell(&self, engine: &Engine, table: &mut String) -> anyhow::Result<()> {
        let rows = self.rows as f64;
        let json = self.json_bytes as f64 / rows;
        let total: f64 = engine.sql(&size("sum(bytes_on_disk)"))?.parse()?;
        let parts = engine.sql(&size("count()"))?;
        writeln!(
            table,
            "{} events over {DAYS} days, {json:.0} bytes of OCSF JSON each: **{:.1} bytes an event on disk** with \
             indexes and projections, 1/{:.1} of the JSON; {parts} parts once merges had ended.\n\n\
             | step | µs of processor an event | events/s a core |\n| --- | --- | --- |",
            self.rows,
            total / rows,
            json * rows / total,
        )?;
        for (step, seconds) in [
            ("record to row (loader)", self.encode_s),
            ("insert (engine), with the merges meanwhile", self.insert_s),
            ("both", self.encode_s + self.insert_s),
            ("merges after the last insert", self.merge_s),
        ] {
            let (us, rate) = (seconds * 1e6 / rows, rows / seconds.max(1e-9));
            writeln!(table, "| {step} | {us:.1} | {rate:.0} |")?;
        }
        writeln!(table, "\n| what | bytes an event |\n| --- | --- |")?;
        for line in engine.sql(WHERE_BYTES)?.lines() {
            let (name, bytes) = line.split_once('\t').context("two cells")?;
            writeln!(table, "| {name} | {:.2} |", bytes.parse::<f64>()? / rows)?;
        }
        Ok(())
    }
}

fn size(what: &str) -> String {
    format!(
        "SELECT {what} FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active"
    )
}

/// Columns, indexes and projections by size.
const WHERE_BYTES: &str = "SELECT name, sum(bytes) AS total FROM (\
    SELECT column AS name, column_data_compressed_bytes + column_marks_bytes AS bytes FROM system.parts_columns \
    WHERE database = currentDatabase() AND table = 'events' AND active \
    UNION ALL SELECT concat('projection ', name), bytes_on_disk FROM system.projection_parts \
    WHERE database = currentDatabase() AND table = 'events' AND active \
    UNION ALL SELECT concat('index ', name), data_compressed_bytes + marks_bytes FROM system.data_skipping_indices \
    WHERE database = currentDatabase() AND table = 'events') GROUP BY name ORDER BY total DESC, name";
