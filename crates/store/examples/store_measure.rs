//! Measures what events cost in the store: encoding, inserting, bytes, and the questions analysts ask.
//!
//! `cargo run --release -p store --example store_measure -- URL EVENTS.ndjson [COPIES]`
//!
//! The events are what `prohori normalize --stdin` writes. Each copy gets uids and times of its
//! own, so that the store cannot profit from repetition in those; the rest repeats, which
//! flatters compression across copies a little.

#![allow(clippy::print_stdout, reason = "it is a command")]
#![allow(clippy::unwrap_used, reason = "a measurement that fails is none")]

use clickhouse::Client;
use model::{Agency, EventPlace, RawPlace};
use std::sync::Arc;
use std::time::Instant;
use store::{Block, Config, EventFilter, EventRow, Page, Place, Scope, Store};

/// Rows of a batch, as the loader cuts them at speed.
const BATCH: usize = 25_000;
/// 2026-03-01T00:00:00Z in ms; events are spread over the day.
const START_MS: i64 = 1_772_323_200_000;
const DAY_MS: i64 = 86_400_000;
const AGENCIES: [&str; 8] = ["mof", "moh", "trs", "police", "nbr", "bb", "cabinet", "edu"];

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [url, file, ..] = args.as_slice() else {
        panic!("give the address of a ClickHouse and a file of events");
    };
    let copies: usize = args.get(2).map_or(1, |n| n.parse().unwrap());
    let text = std::fs::read_to_string(file).unwrap();
    let events: Vec<&str> = text.lines().collect();
    let store = Store::connect(&Config::new(url, "measure").unwrap());
    let client = Client::default().with_url(url).with_database("measure");
    Client::default()
        .with_url(url)
        .query("DROP DATABASE IF EXISTS measure")
        .execute()
        .await
        .unwrap();
    store.migrate().await.unwrap();
    load(&store, &events, copies).await;
    sizes(&client, text.len() as f64 / events.len() as f64).await;
    questions(&store).await;
}

/// The event as copy `number` of all: an agency, a time and a uid of its own.
fn vary(event: &str, number: usize, total: usize) -> String {
    let mut value: serde_json::Value = serde_json::from_str(event).unwrap();
    let time = START_MS + DAY_MS * number as i64 / total as i64;
    let mut mix = (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    mix ^= mix >> 61;
    value["time"] = time.into();
    let metadata = &mut value["metadata"];
    metadata["uid"] = format!("{mix:032x}").into();
    metadata["tenant_uid"] = AGENCIES[(mix % 23 % 8) as usize].into();
    metadata["logged_time"] = (time + 37).into();
    metadata["processed_time"] = (time + 90).into();
    value.to_string()
}

async fn load(store: &Store, events: &[&str], copies: usize) {
    let total = events.len() * copies;
    let (mut encode, mut insert) = (0.0, 0.0);
    for start in (0..total).step_by(BATCH) {
        let numbers = start..(start + BATCH).min(total);
        let varied: Vec<(usize, String)> =
            numbers.map(|n| (n, vary(events[n % events.len()], n, total))).collect();
        let begun = Instant::now();
        let mut block = Block::events();
        for (n, json) in &varied {
            push(&mut block, json, *n, START_MS + DAY_MS * *n as i64 / total as i64 + 55);
        }
        encode += begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        store.insert(&Arc::new(block), &format!("measure/{start}")).await.unwrap();
        insert += begun.elapsed().as_secs_f64();
    }
    let rate = |seconds: f64| total as f64 / seconds;
    println!("events {total}, encoded at {:.0}/s, inserted at {:.0}/s", rate(encode), rate(insert));
}

fn push(block: &mut Block, json: &str, n: usize, kafka_ms: i64) {
    let start = json.find(r#""tenant_uid":""#).unwrap() + 14;
    let agency = &json[start..start + json[start..].find('"').unwrap()];
    let topic = format!("raw.{agency}");
    let raw = RawPlace { topic: &topic, partition: 0, offset: n as i64, kafka_ms };
    let from = EventPlace { raw, index: 0, count: 1 };
    let place = Place { partition: (n % 4) as u16, offset: n as u64 };
    block.push_event(&EventRow::new(json.as_bytes(), &from, place).unwrap());
}

async fn sizes(client: &Client, json_bytes: f64) {
    let begun = Instant::now();
    client.query("OPTIMIZE TABLE events FINAL").execute().await.unwrap();
    println!("merged to one part in {:.1} s", begun.elapsed().as_secs_f64());
    let sql = "SELECT sum(rows), sum(data_compressed_bytes), \
        sum(secondary_indices_compressed_bytes), sum(primary_key_size + marks_bytes) \
        FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active";
    let (rows, data, indexes, marks): (u64, u64, u64, u64) =
        client.query(sql).fetch_one().await.unwrap();
    let per = |bytes: u64| bytes as f64 / rows as f64;
    let total = per(data + indexes + marks);
    println!(
        "bytes an event: {total:.1} (data {:.1}, indexes {:.1}) of {json_bytes:.0} as JSON: 1/{:.1}",
        per(data),
        per(indexes),
        json_bytes / total,
    );
    let sql = "SELECT name, sum(data_compressed_bytes) AS bytes FROM system.columns \
        WHERE database = currentDatabase() AND table = 'events' GROUP BY name \
        ORDER BY bytes DESC LIMIT 12";
    let columns: Vec<(String, u64)> = client.query(sql).fetch_all().await.unwrap();
    let columns: Vec<String> =
        columns.iter().map(|(name, bytes)| format!("{name} {:.1}", per(*bytes))).collect();
    println!("by column: {}", columns.join(", "));
}

async fn questions(store: &Store) {
    let all = Scope::of(AGENCIES.map(|name| Agency::new(name).unwrap()));
    let one = Scope::of([Agency::new("moh").unwrap()]);
    let day = EventFilter { from_ms: START_MS, to_ms: START_MS + DAY_MS, ..EventFilter::default() };
    let tables = mapping::Tables::builtin().unwrap();
    let text = |text: &str| {
        let query = query::parse(text, &tables).unwrap();
        let search = Some(query::sql::condition(&query.expr, &tables, 0));
        EventFilter { search, ..day.clone() }
    };
    let first = &store.events(&all, &day, &Page::first(1)).await.unwrap().items[0];
    for (name, scope, filter) in [
        ("latest 100, all agencies", &all, day.clone()),
        ("latest 100, one agency", &one, day.clone()),
        ("text: common word", &all, text("failed")),
        ("text: part of a word", &all, text("asswor")),
        ("text: needle that is nowhere", &all, text("zq7needle")),
        ("text: address", &all, text("10.23.4")),
        ("one host", &all, EventFilter { host: Some(first.host.clone()), ..day.clone() }),
    ] {
        let mut best = f64::MAX;
        let mut found = 0;
        for _ in 0..3 {
            let begun = Instant::now();
            found = store.events(scope, &filter, &Page::first(100)).await.unwrap().items.len();
            best = best.min(begun.elapsed().as_secs_f64());
        }
        println!("{name}: {:.0} ms ({found} items)", best * 1_000.0);
    }
    let begun = Instant::now();
    store.event(&all, &first.uid).await.unwrap().unwrap();
    println!("one event by uid: {:.0} ms", begun.elapsed().as_secs_f64() * 1_000.0);
    let begun = Instant::now();
    store.event_histogram(&all, &day, 60).await.unwrap();
    println!("histogram of a day: {:.0} ms", begun.elapsed().as_secs_f64() * 1_000.0);
    let begun = Instant::now();
    store.ledger(&all).await.unwrap();
    println!("ledger: {:.0} ms", begun.elapsed().as_secs_f64() * 1_000.0);
}
