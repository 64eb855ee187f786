//! Dead letters listed and sent again, on a real broker, through the running service.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use bus::{
    Config as Bus, DeliveryError, Outgoing, OwnedRecord, Partition, Producer, ProducerOptions,
};
use bus::{TopicSpec, admin, reader};
use embedded_kafka::testing;
use model::dead_letter::{CODE_HEADER, REPLAY_HEADER};
use model::origin::HEADER as ORIGIN_HEADER;
use model::{Origin, topic};
use normalizer::dead_letters::{self, Fate, Filter, Replayed};
use normalizer::{Config, RawConfig};
use serde_json::Value;
use service::{Registry, Shutdown};
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
const RAW: &str = "raw.mof";
/// Where in its stream the record lies that is nested too deep.
const DEEP: u64 = 10;

/// The service with some parsers, on a thread of its own.
struct Running {
    shutdown: Shutdown,
    thread: std::thread::JoinHandle<()>,
}

impl Running {
    fn start(bus: &Bus, parsers: &std::path::Path) -> Self {
        let [port] = testing::free_ports();
        let text = format!(
            "parsers = ['{}']\n[bus]\nbrokers = '{}'\n[http]\nlisten = '127.0.0.1:{port}'\n",
            parsers.display(),
            bus.brokers
        );
        let raw: RawConfig = toml_of(&text);
        let (config, shutdown) = (Config::try_from(raw).unwrap(), Shutdown::new());
        let stop = shutdown.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(normalizer::run(config, &Registry::new(), stop)).unwrap();
        });
        Self { shutdown, thread }
    }

    fn stop(self) {
        self.shutdown.begin();
        self.thread.join().unwrap();
    }
}

fn toml_of(text: &str) -> RawConfig {
    service::config::parse(std::path::Path::new("n.toml"), text).unwrap()
}

fn send(bus: &Bus, value: &[u8], offset: u64, headers: &[(&str, &[u8])]) {
    let mut origin = String::new();
    let source = (offset == DEEP).then_some("deep");
    Origin { source, ..Origin::stdin(offset, offset, 1_773_500_966_000) }.encode(&mut origin);
    let mut all = vec![(ORIGIN_HEADER, origin.as_bytes())];
    all.extend_from_slice(headers);
    let on_delivery = |_, outcome: Result<_, DeliveryError>| _ = outcome.unwrap();
    let producer = Producer::open(bus, &ProducerOptions::default(), on_delivery).unwrap();
    let record = Outgoing { topic: RAW, partition: Some(0), key: None, value, headers: &all };
    producer.try_send(&record, 0).unwrap();
    producer.flush(PATIENCE).unwrap();
}

fn all(bus: &Bus, topic: &str) -> Vec<OwnedRecord> {
    let mut found = Vec::new();
    reader::read_all(bus, &Partition::new(topic, 0), |record| found.push(record.to_owned()))
        .unwrap();
    found
}

/// Waits until a topic holds so many records, and no more.
fn wait(bus: &Bus, topic: &str, count: usize) -> Vec<OwnedRecord> {
    let begun = Instant::now();
    loop {
        let found = all(bus, topic);
        assert!(found.len() <= count, "{topic}: {} records, not {count}", found.len());
        if found.len() == count {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{topic}: {} of {count} records", found.len());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn codes(letters: &[OwnedRecord]) -> Vec<String> {
    let code = |record: &OwnedRecord| {
        let found = record.headers.iter().find(|(key, _)| key == CODE_HEADER);
        String::from_utf8(found.unwrap().1.clone()).unwrap()
    };
    letters.iter().map(code).collect()
}

#[test]
fn a_dead_letter_becomes_its_events_once() {
    let bus = Bus::new(testing::broker().address());
    let topics = [RAW, topic::EVENTS, topic::DEAD_LETTERS, topic::STREAMS]
        .map(|name| TopicSpec::new(name, 1));
    admin::ensure_topics(&bus, &topics).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(&bus, folder.path());

    // No parser reads it: it is nested too deep. And an empty one, and one sent twice.
    let deep = format!("{}1{}", "{\"a\":".repeat(120), "}".repeat(120));
    send(&bus, deep.as_bytes(), DEEP, &[]);
    send(&bus, b" ", 20, &[]);
    send(&bus, b"a line", 30, &[]);
    send(&bus, b"a line", 30, &[]);
    let letters = wait(&bus, topic::DEAD_LETTERS, 3);
    assert_eq!(codes(&letters), ["too_deep", "empty", "repeated"]);
    wait(&bus, topic::EVENTS, 1);

    // Sent again while nothing is mended: a dead letter again, of one record still.
    let read = |filter: &Filter| dead_letters::read(&bus, filter).unwrap();
    let found = read(&Filter::default());
    let planned = dead_letters::plan(&found.list, &[]);
    let fates: Vec<(String, Fate)> = planned.iter().map(|(l, f)| (l.code.clone(), *f)).collect();
    let expected =
        [("too_deep", Fate::Again), ("empty", Fate::Nothing), ("repeated", Fate::Repeated)];
    assert_eq!(fates, expected.map(|(code, fate)| (code.to_owned(), fate)));
    assert_eq!(planned[0].0.offset, 0);
    let again = || {
        let found = read(&Filter { codes: vec!["too_deep".into()], ..Filter::default() });
        let planned = dead_letters::plan(&found.list, &[]);
        dead_letters::replay(&bus, &planned, false).unwrap()
    };
    assert_eq!(again(), Replayed { sent: 1, gone: 0 });
    let letters = wait(&bus, topic::DEAD_LETTERS, 4);
    assert_eq!(codes(&letters)[3], "too_deep");
    assert_eq!(read(&Filter::default()).list.len(), 3);

    // What was sent is the record that the raw topic holds, with its own origin.
    let raw = all(&bus, RAW);
    assert_eq!((raw.len(), &raw[4].value), (5, &raw[0].value));
    let header = |record: &OwnedRecord, name: &str| {
        record.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    };
    assert_eq!(header(&raw[4], ORIGIN_HEADER), header(&raw[0], ORIGIN_HEADER));
    let first = String::from_utf8(header(&raw[4], REPLAY_HEADER).unwrap()).unwrap();
    assert!(first.starts_with("1\traw.mof\t0\t0\t"), "{first}");

    // Mended: a parser of the name that its collector gives reads it.
    running.stop();
    let parser = "name: deep\nversion: 7\nwhen: {hint_only: true}\nread: record\npattern: '{_}'\n";
    std::fs::write(folder.path().join("deep.yml"), parser).unwrap();
    let running = Running::start(&bus, folder.path());
    assert_eq!(again(), Replayed { sent: 1, gone: 0 });
    let events = wait(&bus, topic::EVENTS, 2);
    assert!(read(&Filter::default()).list.iter().any(|l| l.code == "too_deep" && l.mended));
    assert_eq!(again(), Replayed::default());

    // However often it is sent, and whoever owns the partition: it is an event once.
    running.stop();
    let running = Running::start(&bus, folder.path());
    send(&bus, deep.as_bytes(), DEEP, &[(REPLAY_HEADER, first.as_bytes())]);
    let letters = wait(&bus, topic::DEAD_LETTERS, 5);
    assert_eq!(codes(&letters)[4], "repeated");
    wait(&bus, topic::EVENTS, 2);
    running.stop();

    // It has the id that the record's place in its stream makes.
    let event: Value = serde_json::from_slice(&events[1].value).unwrap();
    let uid = model::UidSeed::new(&Origin::stdin(DEEP, DEEP, 0)).uid(0).to_string();
    assert_eq!(event["metadata"]["uid"], uid);
    assert_eq!(event["metadata"]["labels"][0], "parser:deep/7");
}
