//! `prohori ledger`: collector by collector, what was made, what is confirmed, what never came.

use crate::rules::Format;
use anyhow::Context as _;
use bus::Partition;
use clap::Args;
use fleet::{Collector, Fleet, Gaps, State};
use model::{Agency, topic};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Exits with 0 if every collector is heard or has stopped and nothing is missing or lost, with 1
/// if not, with 2 if it could not look.
#[derive(Debug, Args)]
pub(crate) struct Ledger {
    /// The cluster
    #[arg(long, value_name = "HOST:PORT,…", required_unless_present = "config")]
    brokers: Option<String>,
    /// A service's TOML file, whose table [bus] says how to reach the cluster
    #[arg(long, value_name = "FILE", conflicts_with = "brokers")]
    config: Option<PathBuf>,
    /// Of this agency only; may be given several times
    #[arg(long, value_name = "NAME")]
    agency: Vec<String>,
    /// Name every stream
    #[arg(long)]
    streams: bool,
    /// How to write it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Looks, and makes the exit code.
pub(crate) fn run(args: &Ledger) -> ExitCode {
    match look(args) {
        Ok((report, good)) => match std::io::stdout().write_all(report.as_bytes()) {
            Ok(()) if good => ExitCode::SUCCESS,
            Ok(()) => ExitCode::FAILURE,
            Err(_) => ExitCode::from(2),
        },
        Err(error) => {
            eprintln!("prohori ledger: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn look(args: &Ledger) -> anyhow::Result<(String, bool)> {
    for name in &args.agency {
        Agency::new(name).with_context(|| format!("--agency {name}"))?;
    }
    let bus = crate::rules::bus(args.brokers.as_deref(), args.config.as_deref())?;
    let fleet = read(&bus)?;
    let now_ms = jiff::Timestamp::now().as_millisecond();
    let wanted = |agency: &Agency| {
        args.agency.is_empty() || args.agency.iter().any(|name| name == agency.as_str())
    };
    let found: Vec<_> = fleet.collectors().filter(|(agency, _)| wanted(agency)).collect();
    let good = found.iter().all(|(_, known)| is_good(known, now_ms));
    let report = match args.format {
        Format::Text => text(&found, args.streams, now_ms),
        Format::Json => found.iter().fold(String::new(), |mut lines, (agency, known)| {
            let _ = writeln!(lines, "{}", line(agency, known, args.streams, now_ms));
            lines
        }),
    };
    Ok((report, good))
}

/// All heartbeats and gaps that Kafka holds now.
fn read(bus: &bus::Config) -> anyhow::Result<Fleet> {
    let mut fleet = Fleet::default();
    for (name, partitions) in bus::admin::topics(bus)? {
        let agency = topic::agency_of_heartbeats(&name);
        if agency.is_none() && name != topic::STREAMS {
            continue;
        }
        for partition in 0..i32::try_from(partitions)? {
            bus::reader::read_all(bus, &Partition::new(&name, partition), |record| {
                let key = record.key.unwrap_or_default();
                match &agency {
                    Some(agency) => fleet.note(agency, key, record.value, record.kafka_ms),
                    None => {
                        if let Some(gaps) = Gaps::read(key, record.value) {
                            fleet.note_gaps(gaps);
                        }
                    }
                }
            })?;
        }
    }
    Ok(fleet)
}

fn is_good(known: &Collector, now_ms: i64) -> bool {
    known.state(now_ms) != State::Silent && known.missing() + known.lost() == 0
}

fn name_of(state: State) -> &'static str {
    match state {
        State::Alive => "alive",
        State::Late => "late",
        State::Silent => "silent",
        State::Stopped => "stopped",
    }
}

fn text(found: &[(&Agency, &Collector)], streams: bool, now_ms: i64) -> String {
    let mut text = format!(
        "{:<16} {:<20} {:<16} {:<8} {:>10} {:>8} {:>12} {:>8} {:>8}\n",
        "AGENCY", "COLLECTOR", "HOST", "STATE", "SEEN", "STREAMS", "CONFIRMED", "MISSING", "LOST"
    );
    for (agency, known) in found {
        let beat = &known.beat;
        let ago = now_ms.saturating_sub(known.seen_ms) / 1000;
        let seen = if known.seen_ms == 0 { "never".to_owned() } else { format!("{ago} s ago") };
        let confirmed = beat.counters.get("kafka_confirmed").copied().unwrap_or_default();
        let _ = writeln!(
            text,
            "{:<16} {:<20} {:<16} {:<8} {seen:>10} {:>8} {confirmed:>12} {:>8} {:>8}",
            agency.as_str(),
            beat.collector,
            beat.host.as_deref().unwrap_or("-"),
            name_of(known.state(now_ms)),
            known.streams.len(),
            known.missing(),
            known.lost(),
        );
        for (name, stream) in known.streams.iter().filter(|_| streams) {
            let _ = writeln!(
                text,
                "  {name}: generation {}, next number {}, {} bytes wait, {} missing",
                stream.beat.generation,
                stream.beat.sequence,
                stream.beat.waiting_bytes,
                stream.missing,
            );
        }
    }
    text
}

fn line(agency: &Agency, known: &Collector, streams: bool, now_ms: i64) -> Value {
    let stream = |(name, stream): (&String, &fleet::Stream)| {
        json!({
            "stream": name,
            "generation": stream.beat.generation,
            "sequence": stream.beat.sequence,
            "offset": stream.beat.offset,
            "waiting_records": stream.beat.waiting_records,
            "waiting_bytes": stream.beat.waiting_bytes,
            "missing": stream.missing,
        })
    };
    let mut line = json!({
        "agency": agency.as_str(),
        "collector": known.beat.collector,
        "host": known.beat.host,
        "state": name_of(known.state(now_ms)),
        "seen_ms": known.seen_ms,
        "spool_records": known.beat.spool_records,
        "counters": known.beat.counters,
        "missing": known.missing(),
        "lost": known.lost(),
    });
    if streams {
        line["streams"] = known.streams.iter().map(stream).collect();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use fleet::CollectorBeat;

    #[test]
    fn what_is_silent_or_missing_is_not_good() {
        let agency = Agency::new("mof").unwrap();
        let beat = CollectorBeat {
            collector: "c-1".into(),
            host: Some("web-07".into()),
            interval_s: 30,
            counters: [("kafka_confirmed".to_owned(), 12)].into(),
            ..CollectorBeat::default()
        };
        let known = Collector { beat, seen_ms: 1_000_000, ..Collector::default() };
        assert!(is_good(&known, 1_010_000) && !is_good(&known, 2_000_000));
        let mut gap = known.clone();
        gap.streams.entry("udp:a".into()).or_default().missing = 3;
        assert!(!is_good(&gap, 1_010_000));
        let report = text(&[(&agency, &gap)], true, 1_010_000);
        for word in ["mof", "c-1", "web-07", "alive", "10 s ago", "12", "udp:a", "3 missing"] {
            assert!(report.contains(word), "{word}: {report}");
        }
        let line = line(&agency, &gap, true, 1_010_000);
        assert_eq!((&line["missing"], &line["streams"][0]["missing"]), (&3.into(), &3.into()));
    }
}
