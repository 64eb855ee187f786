//! Lines from files, TCP and UDP to Kafka, and what idle files cost; beside rsyslog with omkafka,
//! where Debian's package of it is installed, on the same lines to the same broker.

mod rsyslog;
mod source;

use crate::Bench;
use crate::measure::{cpu_s, peak_mib};
use anyhow::{Context as _, bail};
use bus::{Config, TopicSpec, admin};
use embedded_kafka::testing;
use model::Agency;
use rustix::process::Pid;
use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PARTITIONS: i32 = 4;
const FILE_LINES: usize = 2_000_000;
const FILES: usize = 4;
const SOCKET_LINES: usize = 1_000_000;
const DATAGRAMS: usize = 300_000;
/// Datagrams a second: about what one sender's socket takes without loss on two busy cores.
const DATAGRAMS_S: usize = 30_000;
const IDLE_FILES: usize = 10_000;
const IDLE: Duration = Duration::from_secs(30);
const PATIENCE: Duration = Duration::from_secs(300);

/// What comes in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    Files,
    Tcp,
    Udp,
}

/// Where a program reads from and writes to.
struct Place<'a> {
    dir: &'a Path,
    input: Input,
    address: SocketAddr,
    brokers: &'a str,
    topic: &'a str,
}

/// Runs every combination.
pub(super) fn run_all(bench: &Bench) -> anyhow::Result<String> {
    let collector = bench.prohori.with_file_name("prohori-collector");
    let dir = bench.scratch.path();
    let logs = dir.join("logs");
    fs::create_dir_all(&logs)?;
    source::write_files(&logs, FILE_LINES, FILES)?;
    let mut table = String::from(
        "| input | program | lines | arrived | lines/s | lines per second of processor time | resident at most |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for (input, name, lines) in [
        (Input::Files, "4 files", FILE_LINES),
        (Input::Tcp, "syslog TCP, one connection", SOCKET_LINES),
        (Input::Udp, "syslog UDP, 30,000/s offered", DATAGRAMS),
    ] {
        for program in ["prohori-collector", "rsyslog"] {
            if program == "rsyslog" && !rsyslog::is_installed() {
                let _ = writeln!(table, "| {name} | {program} | not installed | | | | |");
                continue;
            }
            let figures = measure(&collector, program, dir, input, lines)?;
            let _ = writeln!(table, "| {name} | {program} | {lines} | {figures} |");
        }
    }
    let idle = idle(&collector, dir)?;
    let _ = writeln!(
        table,
        "\n{IDLE_FILES} idle files: {:.2} % of a core over {} s, {:.1} MiB resident at most.",
        100.0 * idle.0,
        IDLE.as_secs(),
        idle.1
    );
    Ok(table)
}

/// One program with one input; its cells of the table.
fn measure(
    collector: &Path,
    program: &str,
    dir: &Path,
    input: Input,
    lines: usize,
) -> anyhow::Result<String> {
    let (broker, [port]) = (testing::broker().address(), testing::free_ports());
    let kind = match input {
        Input::Files => "files",
        Input::Tcp => "tcp",
        Input::Udp => "udp",
    };
    let agency = format!("{program}-{kind}");
    let topic = TopicSpec::raw(&Agency::new(&agency)?, PARTITIONS);
    let name = model::topic::raw(&Agency::new(&agency)?);
    let bus = Config::new(&broker);
    admin::ensure_topics(&bus, &[topic])?;
    let work = dir.join(&agency);
    fs::create_dir_all(&work)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let place = Place { dir: &work, input, address, brokers: &broker, topic: &name };
    let logs = dir.join("logs");
    let begun = Instant::now();
    let mut child = if program == "rsyslog" {
        rsyslog::command(&place, &logs)?
    } else {
        command(collector, &place, &agency, &logs)?
    };
    let mut running = Running(child.stdin(Stdio::null()).stderr(Stdio::null()).spawn()?);
    let id = Pid::from_child(&running.0);
    let mut took = begun;
    match input {
        Input::Files => {}
        Input::Tcp => {
            wait_for_port(address)?;
            took = Instant::now();
            source::send_lines(address, lines)?;
        }
        Input::Udp => {
            // Nothing tells when a program has bound its port.
            std::thread::sleep(Duration::from_secs(3));
            took = Instant::now();
            source::send_datagrams(address, lines, DATAGRAMS_S)?;
        }
    }
    let arrived = wait_for_records(&bus, &name, lines, &mut running.0)?;
    let wall_s = took.elapsed().as_secs_f64();
    let cpu_s = cpu_s(id).context("no times of the process")?;
    let peak = peak_mib(id).context("no memory of the process")?;
    let n = arrived as f64;
    Ok(format!("{arrived} | {:.0} | {:.0} | {peak:.1} MiB", n / wall_s, n / cpu_s))
}

/// The collector's command, with its configuration written.
fn command(
    program: &Path,
    place: &Place<'_>,
    agency: &str,
    logs: &Path,
) -> anyhow::Result<Command> {
    let Place { dir, input, address, brokers, .. } = place;
    let state = dir.join("state");
    let input = match input {
        Input::Files => format!("[[file]]\nname = 'b'\ninclude = ['{}/*.log']\n", logs.display()),
        Input::Tcp => format!("[[syslog]]\ntcp = '{address}'\n"),
        Input::Udp => format!("[[syslog]]\nudp = '{address}'\n"),
    };
    let text = format!(
        "agency = '{agency}'\nstate_dir = '{}'\nbus = {{ brokers = '{brokers}' }}\n{input}",
        state.display()
    );
    let file: PathBuf = dir.join("collector.toml");
    fs::write(&file, text)?;
    let mut command = Command::new(program);
    command.arg("--config").arg(file).env("PROHORI_LOG", "error");
    Ok(command)
}

/// The part of a core that idle files take, and the memory.
fn idle(collector: &Path, dir: &Path) -> anyhow::Result<(f64, f64)> {
    let (broker, logs) = (testing::broker().address(), dir.join("idle"));
    fs::create_dir_all(&logs)?;
    for n in 0..IDLE_FILES {
        fs::write(logs.join(format!("{n}.log")), format!("the only line of {n}\n"))?;
    }
    let agency = "idle";
    let bus = Config::new(&broker);
    admin::ensure_topics(&bus, &[TopicSpec::raw(&Agency::new(agency)?, PARTITIONS)])?;
    let work = dir.join(agency);
    fs::create_dir_all(&work)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let name = model::topic::raw(&Agency::new(agency)?);
    let place = Place { dir: &work, input: Input::Files, address, brokers: &broker, topic: &name };
    let mut child = command(collector, &place, agency, &logs)?;
    let mut running = Running(child.stdin(Stdio::null()).spawn()?);
    wait_for_records(&bus, &name, IDLE_FILES, &mut running.0)?;
    std::thread::sleep(Duration::from_secs(2));
    let id = Pid::from_child(&running.0);
    let before = cpu_s(id).context("no times of the process")?;
    std::thread::sleep(IDLE);
    let after = cpu_s(id).context("no times of the process")?;
    let peak = peak_mib(id).context("no memory of the process")?;
    Ok(((after - before) / IDLE.as_secs_f64(), peak))
}

/// Waits until all records are there or no more come; how many there are.
fn wait_for_records(
    bus: &Config,
    topic: &str,
    wanted: usize,
    child: &mut Child,
) -> anyhow::Result<usize> {
    let (begun, mut last, mut since) = (Instant::now(), 0, Instant::now());
    loop {
        let now: i64 = admin::end_offsets(bus, &[topic])?.values().sum();
        let now = usize::try_from(now)?;
        if now >= wanted {
            return Ok(now);
        }
        if now != last {
            (last, since) = (now, Instant::now());
        }
        if let Some(status) = child.try_wait()? {
            bail!("the program has ended: {status}");
        }
        if now > 0 && since.elapsed() > Duration::from_secs(10) || begun.elapsed() > PATIENCE {
            return Ok(now);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn wait_for_port(address: SocketAddr) -> anyhow::Result<()> {
    let begun = Instant::now();
    while TcpStream::connect(address).is_err() {
        if begun.elapsed() > PATIENCE {
            bail!("nobody listens on {address}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// A program that does not outlive its measurement.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It fails where the program has ended, which is as well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
