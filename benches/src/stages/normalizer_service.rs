//! The normalizer as a service: from a real broker's `raw` topic to its `events` topic.

use crate::Bench;
use crate::measure::{Service, cpu_s};
use anyhow::{Context as _, bail};
use bus::{Config, Outgoing, Producer, ProducerOptions, SendError, TopicSpec, admin};
use embedded_kafka::{Broker, testing};
use model::{Agency, Origin, origin, topic};
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How many records are read.
const RECORDS: usize = 600_000;
/// When this many have been read the start is over, and the clock begins.
const WARM: u64 = 60_000;
/// Partitions of each topic.
const PARTITIONS: i32 = 2;
/// The longest that all of it may take.
const END: Duration = Duration::from_secs(300);

pub(super) fn run_all(bench: &Bench) -> anyhow::Result<String> {
    let mut table = String::from(
        "From one broker on this machine to the same one, compressed by zstd; the processor time is the \n\
         normalizer's alone, once its start is over.\n\n\
         | threads | records/s a core | µs a record | wall, records/s | cores in use | peak MiB |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    for threads in [1, 2] {
        row(bench, threads, &mut table)?;
    }
    Ok(table)
}

fn row(bench: &Bench, threads: usize, table: &mut String) -> anyhow::Result<()> {
    let mut raw = testing::raw_config(&format!("bench-{threads}"));
    raw.heap_mib = 768;
    let broker = Broker::start(&embedded_kafka::Config::new(raw)?)?;
    let bus = Config::new(broker.address());
    let agency = Agency::new("bench")?;
    let mut topics = TopicSpec::shared(PARTITIONS);
    topics.push(TopicSpec::raw(&agency, PARTITIONS));
    admin::ensure_topics(&bus, &topics)?;
    produce(bench, &bus, &agency)?;
    let [port] = testing::free_ports();
    let listen = SocketAddr::from(([127, 0, 0, 1], port));
    let config = bench.scratch.path().join("normalizer.toml");
    let text = format!(
        "threads = {threads}\n[bus]\nbrokers = '{}'\n[http]\nlisten = '{listen}'\n",
        broker.address()
    );
    std::fs::write(&config, text)?;
    let arguments = ["normalize".to_owned(), "--config".into(), config.display().to_string()];
    let service = Service::start(&bench.prohori, &arguments)?;
    let begun = Instant::now();
    let wait = |wanted: u64| -> anyhow::Result<(u64, Instant, f64)> {
        loop {
            let read = counted(listen).unwrap_or_default();
            if read >= wanted {
                return Ok((read, Instant::now(), cpu_s(service.pid()).context("it ended")?));
            }
            if begun.elapsed() > END {
                bail!("{read} of {wanted} records after {END:?}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let (first, at, cpu) = wait(WARM)?;
    let (last, end, cpu_end) = wait(RECORDS as u64)?;
    let (records, used_s) = ((last - first) as f64, cpu_end - cpu);
    let wall_s = (end - at).as_secs_f64();
    writeln!(
        table,
        "| {threads} | {:.0} | {:.2} | {:.0} | {:.2} | {:.0} |",
        records / used_s,
        used_s * 1e6 / records,
        records / wall_s,
        used_s / wall_s,
        service.peak_mib().unwrap_or_default(),
    )?;
    Ok(())
}

/// Writes the mix to the raw topic, as one collector with a stream a partition would.
fn produce(bench: &Bench, bus: &Config, agency: &Agency) -> anyhow::Result<()> {
    let lines = std::fs::read_to_string(&bench.lines).context("lines")?;
    let producer = Producer::open(bus, &ProducerOptions::default(), |_, _| {})?;
    let raw = topic::raw(agency);
    let mut header = String::new();
    for (number, line) in lines.lines().cycle().take(RECORDS).enumerate() {
        let partition = number as i32 % PARTITIONS;
        let stream = format!("file:/var/log/{partition}");
        let origin = Origin {
            collector: "bench",
            stream: &stream,
            ..Origin::stdin(number as u64, number as u64, 1_773_500_966_000)
        };
        header.clear();
        origin.encode(&mut header);
        let record = Outgoing {
            topic: &raw,
            partition: Some(partition),
            key: None,
            value: line.as_bytes(),
            headers: &[(origin::HEADER, header.as_bytes())],
        };
        while let Err(error) = producer.try_send(&record, 0) {
            if error != SendError::QueueFull {
                return Err(error.into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    Ok(producer.flush(END)?)
}

/// How many records became events or dead letters, as the service's metrics say.
fn counted(listen: SocketAddr) -> Option<u64> {
    let mut stream = TcpStream::connect(listen).ok()?;
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let names = ["prohori_normalizer_records_total", "prohori_normalizer_dead_letters_total"];
    let values = answer.lines().filter(|line| names.iter().any(|name| line.starts_with(name)));
    Some(values.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum::<f64>() as u64)
}
