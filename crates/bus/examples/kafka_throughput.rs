//! Measures producer, consumer and relay against a real broker on this machine.
//!
//! `PROHORI_KAFKA_LIBS=… cargo run --release -p bus --example kafka_throughput -- [records] [bytes]`

#![expect(clippy::print_stdout, reason = "its output is its purpose")]
#![expect(clippy::unwrap_used, reason = "a measurement that fails may panic")]

use bus::relay::{self, Metrics, Options, Outbox, Stage};
use bus::{
    Config, Consumer, ConsumerOptions, Outgoing, Polled, Producer, ProducerOptions, Record,
    SendError, Subscription, TopicSpec, admin,
};
use std::time::{Duration, Instant};

const PARTITIONS: i32 = 4;
const PATIENCE: Duration = Duration::from_secs(300);

/// Copies every record, with the header that it came with.
struct Copy;

impl Stage for Copy {
    fn process(&mut self, record: &Record<'_>, out: &mut dyn Outbox) {
        let headers = [("origin", record.headers.get("origin").unwrap_or_default())];
        let copy = Outgoing {
            topic: "out",
            partition: Some(record.partition),
            key: None,
            value: record.value,
            headers: &headers,
        };
        out.send(&copy).unwrap();
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse::<usize>().unwrap());
    let records = arguments.next().unwrap_or(2_000_000);
    let bytes = arguments.next().unwrap_or(300);
    let broker = embedded_kafka::testing::broker();
    let config = Config::new(broker.address());
    let topics = ["in", "out"].map(|name| TopicSpec::new(name, PARTITIONS));
    admin::ensure_topics(&config, &topics).unwrap();
    println!("{records} records of {bytes} bytes, {PARTITIONS} partitions");

    measure("produce", records, broker.pid(), || produce(&config, records, bytes));
    measure("consume", records, broker.pid(), || consume(&config, records));
    for threads in [1, 2] {
        measure(&format!("relay, {threads} threads"), records, broker.pid(), || {
            pass_through(&config, records, threads);
        });
    }
}

/// Seconds of processor time that `pid` has used (user and system, in ticks of 10 ms).
fn cpu(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks = |i: usize| fields[i].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}

fn measure(what: &str, records: usize, broker: u32, work: impl FnOnce()) {
    let (begun, own, theirs) = (Instant::now(), cpu(std::process::id()), cpu(broker));
    work();
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{what}: {:.0} records/s; processor: client {:.2} us, broker {:.2} us a record",
        records as f64 / seconds,
        1e6 * (cpu(std::process::id()) - own) / records as f64,
        1e6 * (cpu(broker) - theirs) / records as f64,
    );
}

fn produce(config: &Config, records: usize, bytes: usize) {
    let producer =
        Producer::open(config, &ProducerOptions::default(), |_, outcome| _ = outcome.unwrap())
            .unwrap();
    let mut value = String::new();
    for n in 0..records {
        // A log line whose numbers change, so that it compresses as logs do.
        value.clear();
        let noise = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        value.push_str(&format!(
            "<86>Nov 22 06:{:02}:{:02} web-{:02} sshd[{}]: Failed password for invalid user u{} from 10.{}.{}.{} port {} ssh2 {noise:016x} ",
            n / 60 % 60, n % 60, n % 37, 1000 + n % 30000, noise % 5000,
            noise >> 8 & 255, noise >> 16 & 255, noise >> 24 & 255, noise >> 32 & 65535,
        ));
        while value.len() < bytes {
            value.push_str("GET /index.html HTTP/1.1 200 512 ");
        }
        value.truncate(bytes);
        let origin = format!(
            "1\tcollector-1\tfile:/var/log/auth.log\t0\t{n}\t{}\t1763791200000\tsshd\tweb-01\t-\t-\t-",
            n * bytes
        );
        let record = Outgoing {
            topic: "in",
            partition: Some(n as i32 / 1000 % PARTITIONS),
            key: None,
            value: value.as_bytes(),
            headers: &[("origin", origin.as_bytes())],
        };
        while producer.try_send(&record, n as u64) == Err(SendError::QueueFull) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    producer.flush(PATIENCE).unwrap();
}

fn consume(config: &Config, records: usize) {
    let options = ConsumerOptions::new("measure", Subscription::topic("in"));
    let consumer = Consumer::open(config, &options).unwrap();
    let (mut count, mut bytes) = (0, 0);
    while count < records {
        if let Polled::Record(message) = consumer.next(Duration::from_millis(100)).unwrap() {
            count += 1;
            let record = message.record();
            bytes += record.value.len() + record.headers.get("origin").unwrap().len();
        }
    }
    assert!(bytes > records);
}

fn pass_through(config: &Config, records: usize, threads: usize) {
    let group = format!("relay-{threads}");
    let consumer = ConsumerOptions::new(&group, Subscription::topic("in"));
    let options = Options::new(config.clone(), consumer, threads);
    let metrics = Metrics::register(&prometheus::Registry::new()).unwrap();
    // Its end drains and commits, so the time is that until all is confirmed.
    let stop = || metrics.records_in.get() >= records as u64;
    relay::run(&options, &metrics, &stop, &|_| Copy).unwrap();
    assert_eq!(metrics.restarts.get(), 0);
}
