//! Measures a running server with the official client: rows in, round trips, bytes out.
//!
//! `cargo run --release -p embedded-clickhouse --example engine_measure -- --url http://127.0.0.1:18123`

use clap::Parser;
use clickhouse::{Client, Compression, Row};
use serde::Serialize;
use std::io::Write;
use std::time::{Duration, Instant};

/// Measures a ClickHouse server.
#[derive(Parser)]
struct Options {
    #[arg(long)]
    url: String,
    #[arg(long, default_value_t = 2_000_000)]
    rows: u64,
    #[arg(long, default_value_t = 50_000)]
    batch: u64,
    #[arg(long, default_value_t = 2_000)]
    round_trips: u32,
}

/// Some 330 bytes, of which most are the raw line: as wide as an event's main columns.
#[derive(Row, Serialize)]
struct Event {
    time: i64,
    agency: String,
    class_uid: u32,
    host: String,
    message: String,
    raw: String,
}

type Failure = clickhouse::error::Error;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let client = Client::default().with_url(&options.url);
    for (name, compression) in [("lz4", Compression::Lz4), ("plain", Compression::None)] {
        let client = client.clone().with_compression(compression);
        let (took, mut ends) = insert(&client, &options).await?;
        ends.sort();
        let end = ends[ends.len() / 2];
        let rate = options.rows as f64 / took.as_secs_f64();
        say(&format!(
            "insert {name}: {rate:.0} rows/s, p50 from the last row to the answer {end:?}"
        ));
    }
    let mut took = round_trips(&client, options.round_trips).await?;
    took.sort();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    say(&format!("SELECT 1: p50 {:?}, p99 {:?}", at(0.5), at(0.99)));
    let (bytes, took) = read(&client).await?;
    say(&format!("read: {:.0} MB/s", bytes as f64 / 1e6 / took.as_secs_f64()));
    client.query("DROP TABLE measured").execute().await
}

async fn insert(client: &Client, options: &Options) -> Result<(Duration, Vec<Duration>), Failure> {
    client.query("DROP TABLE IF EXISTS measured").execute().await?;
    let create = "CREATE TABLE measured (time DateTime64(3), agency LowCardinality(String), \
                  class_uid UInt32, host LowCardinality(String), message String, raw String) \
                  ENGINE = MergeTree ORDER BY (agency, time)";
    client.query(create).execute().await?;
    let (started, mut ends) = (Instant::now(), Vec::new());
    for start in (0..options.rows).step_by(options.batch as usize) {
        let mut insert = client.insert::<Event>("measured").await?;
        for n in start..options.rows.min(start + options.batch) {
            insert.write(&event(n)).await?;
        }
        let written = Instant::now();
        insert.end().await?;
        ends.push(written.elapsed());
    }
    Ok((started.elapsed(), ends))
}

fn event(n: u64) -> Event {
    let raw = format!(
        "<38>1 2026-11-22T06:00:00.{:03}Z web-{} sshd {} - - Failed password for invalid user \
         u{n} from 203.0.113.{} port {} ssh2; request {n:x} of the measured batch, which goes on \
         for as long as an ordinary line of an ordinary log does, to some three hundred bytes",
        n % 1000,
        n % 200,
        n % 32_768,
        n % 250,
        1024 + n % 60_000
    );
    Event {
        time: 1_700_000_000_000 + n as i64,
        agency: format!("agency-{}", n % 40),
        class_uid: 3002,
        host: format!("web-{}", n % 200),
        message: format!("Failed password for invalid user u{n}"),
        raw,
    }
}

async fn round_trips(client: &Client, count: u32) -> Result<Vec<Duration>, Failure> {
    let mut took = Vec::new();
    for _ in 0..count {
        let started = Instant::now();
        client.query("SELECT 1").fetch_one::<u8>().await?;
        took.push(started.elapsed());
    }
    Ok(took)
}

async fn read(client: &Client) -> Result<(u64, Duration), Failure> {
    let started = Instant::now();
    let client = client.clone().with_compression(Compression::None);
    let mut cursor = client.query("SELECT raw FROM measured").fetch_bytes("RowBinary")?;
    let mut bytes = 0;
    while let Some(part) = cursor.next().await? {
        bytes += part.len() as u64;
    }
    Ok((bytes, started.elapsed()))
}

fn say(line: &str) {
    // A closed pipe only means that nobody reads the figures.
    let _ = writeln!(std::io::stdout(), "{line}");
}
