//! How fast a collector reads files into Kafka: lines a second, and a second of processor time.
//!
//! `cargo run --release -p collector --example speed -- target/release/prohori-collector [LINES]
//! [FILES]` starts the embedded Kafka, writes files of ssh log lines, runs the collector on them
//! until all is confirmed, and prints its rate, processor time and peak memory.

#![expect(clippy::unwrap_used, reason = "a measurement that fails has nothing to clean up")]
#![expect(clippy::print_stdout, reason = "it is a command")]

use bus::{Config, TopicSpec, admin};
use embedded_kafka::testing;
use model::Agency;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const PARTITIONS: i32 = 4;

fn main() {
    let mut args = std::env::args().skip(1);
    let binary = PathBuf::from(args.next().expect("the path of prohori-collector"));
    let lines: usize = args.next().map_or(3_000_000, |n| n.parse().unwrap());
    let files: usize = args.next().map_or(4, |n| n.parse().unwrap());

    let broker = testing::broker();
    let bus = Config::new(broker.address());
    let topic = TopicSpec::raw(&Agency::new("speed").unwrap(), PARTITIONS);
    admin::ensure_topics(&bus, &[topic]).unwrap();
    let dir = std::env::temp_dir().join(format!("collector-speed-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let bytes = write_files(&dir, lines, files);
    let mut collector = start(&binary, &dir, &broker.address());

    let begun = Instant::now();
    while confirmed(&bus) < lines as i64 {
        assert!(collector.try_wait().unwrap().is_none(), "the collector has ended");
        std::thread::sleep(Duration::from_millis(20));
    }
    let took = begun.elapsed().as_secs_f64();
    let (cpu, peak) = usage(&collector);
    // A second for the last confirmations, then what it costs to do nothing.
    std::thread::sleep(Duration::from_secs(1));
    let idle = usage(&collector).0;
    std::thread::sleep(Duration::from_secs(10));
    let idle = usage(&collector).0 - idle;
    collector.kill().unwrap();
    collector.wait().unwrap();
    fs::remove_dir_all(&dir).unwrap();

    let (n, mib) = (lines as f64, 1024.0 * 1024.0);
    println!("{lines} lines of {} bytes in {files} files", bytes / lines);
    println!("{:.0} lines/s, {:.1} MiB/s", n / took, bytes as f64 / took / mib);
    println!("{:.0} lines per second of processor time ({cpu:.2} s)", n / cpu);
    println!("{:.1} MiB resident at most, {:.2} % of a core when idle", peak, 10.0 * idle);
}

fn write_files(dir: &Path, lines: usize, files: usize) -> usize {
    let mut bytes = 0;
    for file in 0..files {
        let mut text = String::new();
        for n in 0..lines / files + usize::from(file < lines % files) {
            let (second, port, pid) = (n % 60, 1024 + n * 7919 % 60_000, 1000 + n * 31 % 30_000);
            let _ = writeln!(
                text,
                "Oct  1 10:{:02}:{second:02} web-{file:02} sshd[{pid}]: Failed password for invalid \
                 user admin{} from 203.0.113.{} port {port} ssh2",
                n / 60 % 60,
                n % 1000,
                n % 250
            );
        }
        bytes += text.len();
        fs::write(dir.join(format!("{file}.log")), text).unwrap();
    }
    bytes
}

fn start(binary: &Path, dir: &Path, brokers: &str) -> Child {
    let config = dir.join("collector.toml");
    let state = dir.join("state");
    let text = format!(
        "agency = 'speed'\nstate_dir = '{}'\nbus = {{ brokers = '{brokers}' }}\n\
         [[file]]\nname = 'speed'\ninclude = ['{}/*.log']\n",
        state.display(),
        dir.display()
    );
    fs::write(&config, text).unwrap();
    let mut command = Command::new(binary);
    command.arg("--config").arg(&config).env("PROHORI_LOG", "warn").spawn().unwrap()
}

fn confirmed(bus: &Config) -> i64 {
    admin::end_offsets(bus, &["raw.speed"]).unwrap().values().sum()
}

/// Seconds of processor time so far, and the most memory that was resident, in MiB.
fn usage(child: &Child) -> (f64, f64) {
    let read = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", child.id())).unwrap();
    let stat = read("stat");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    // Fields 14 and 15 of proc_pid_stat(5), in ticks of 10 ms.
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    let status = read("status");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: f64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    (ticks / 100.0, kib / 1024.0)
}
