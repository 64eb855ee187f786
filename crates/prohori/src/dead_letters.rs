//! `prohori dead-letters`: what became no event, and sending it once more.

use crate::rules::Format;
use anyhow::Context as _;
use clap::{Args, Subcommand};
use normalizer::dead_letters::{self, Fate, Filter, Letter};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// How much of a record is shown in a line.
const SHOWN_BYTES_MAX: usize = 160;

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub(crate) enum DeadLetters {
    /// Show dead letters, the newest last: where each lies, why it became no event, and its bytes
    List(List),
    /// Send their raw records to the normalizers once more, with the same ids
    Replay(Replay),
}

/// Which ones, and where.
#[derive(Debug, Args)]
pub(crate) struct Chosen {
    /// The cluster
    #[arg(long, value_name = "HOST:PORT,…", required_unless_present = "config")]
    brokers: Option<String>,
    /// A service's TOML file, whose table [bus] says how to reach the cluster
    #[arg(long, value_name = "FILE", conflicts_with = "brokers")]
    config: Option<PathBuf>,
    /// Of this agency only; may be given several times
    #[arg(long, value_name = "NAME")]
    agency: Vec<String>,
    /// With this code only, such as too_deep; may be given several times
    #[arg(long, value_name = "CODE")]
    code: Vec<String>,
    /// Given up by this parser only, as name or name/version; may be given several times
    #[arg(long, value_name = "PARSER")]
    parser: Vec<String>,
    /// Of this source type only, as collectors name it, or none; may be given several times
    #[arg(long, value_name = "TYPE")]
    source: Vec<String>,
    /// Arrived from this time on: -24h, 2026-11-25, 2026-11-25T10:00+06:00
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = crate::rules::moment)]
    from: Option<query::Moment>,
    /// Arrived before this time
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = crate::rules::moment)]
    to: Option<query::Moment>,
    /// How to write it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Exits with 0, or with 2 if it could not look.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    chosen: Chosen,
    /// Show at most this many, the newest
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
}

/// Exits with 0, with 1 if some raw records are no longer there, with 2 if it could not be done.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    #[command(flatten)]
    chosen: Chosen,
    /// Only say what would be sent; this is what happens without --yes
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Send
    #[arg(long)]
    yes: bool,
    /// Where the raw topic no longer holds a record, send the dead letter's bytes: they are masked
    /// where the agency hides personal data
    #[arg(long)]
    stored_bytes: bool,
}

/// Does it, and makes the exit code.
pub(crate) fn run(command: &DeadLetters) -> ExitCode {
    let done = match command {
        DeadLetters::List(args) => list(args),
        DeadLetters::Replay(args) => replay(args),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("prohori dead-letters: {error:#}");
            ExitCode::from(2)
        }
    }
}

impl Chosen {
    fn bus(&self) -> anyhow::Result<bus::Config> {
        crate::rules::bus(self.brokers.as_deref(), self.config.as_deref())
    }

    fn filter(&self) -> anyhow::Result<Filter> {
        for name in &self.agency {
            model::Agency::new(name).with_context(|| format!("--agency {name}"))?;
        }
        for code in &self.code {
            let known = model::DeadLetterCode::ALL.map(model::DeadLetterCode::as_str);
            let names = known.join(", ");
            anyhow::ensure!(known.contains(&code.as_str()), "--code {code}: known are {names}");
        }
        let now = jiff::Timestamp::now().as_millisecond();
        Ok(Filter {
            agencies: self.agency.clone(),
            codes: self.code.clone(),
            parsers: self.parser.clone(),
            sources: self.source.clone(),
            from_ms: self.from.map(|moment| moment.at(now)),
            to_ms: self.to.map(|moment| moment.at(now)),
        })
    }
}

fn list(args: &List) -> anyhow::Result<ExitCode> {
    let found = dead_letters::read(&args.chosen.bus()?, &args.chosen.filter()?)?;
    let skipped = found.list.len().saturating_sub(args.limit);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for letter in &found.list[skipped..] {
        line(&mut out, letter, None, args.chosen.format)?;
    }
    out.flush().context("cannot write the list")?;
    eprintln!(
        "{} dead letters{}{}",
        found.list.len() + found.left_out,
        more(skipped + found.left_out, "older ones not shown"),
        more(found.unreadable, "records of the topic cannot be read"),
    );
    Ok(ExitCode::SUCCESS)
}

fn more(count: usize, what: &str) -> String {
    if count == 0 { String::new() } else { format!("; {count} {what}") }
}

fn replay(args: &Replay) -> anyhow::Result<ExitCode> {
    let (bus, filter) = (args.chosen.bus()?, args.chosen.filter()?);
    let found = dead_letters::read(&bus, &filter)?;
    let planned = dead_letters::plan(&found.list, &filter.codes);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (letter, fate) in &planned {
        line(&mut out, letter, Some(*fate), args.chosen.format)?;
    }
    out.flush().context("cannot write the list")?;
    let again = planned.iter().filter(|(_, fate)| *fate == Fate::Again).count();
    let others = more(planned.len() - again, "are left out") + &more(found.left_out, "older ones");
    if !args.yes {
        eprintln!("{again} would be sent again{others}; nothing was sent: give --yes");
        return Ok(ExitCode::SUCCESS);
    }
    let done = dead_letters::replay(&bus, &planned, args.stored_bytes)?;
    let gone = more(done.gone, "are no longer in their raw topic (--stored-bytes)");
    eprintln!("{} were sent again{others}{gone}", done.sent);
    Ok(if done.gone > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn line(
    out: &mut impl Write,
    letter: &Letter,
    fate: Option<Fate>,
    format: Format,
) -> anyhow::Result<()> {
    let Letter { agency, topic, partition, offset, code, reason, parser, bytes, head, .. } = letter;
    let source = letter.source.as_deref().unwrap_or("none");
    let time = jiff::Timestamp::from_millisecond(letter.kafka_ms).unwrap_or_default();
    let origin = String::from_utf8_lossy(&letter.origin);
    let written = match format {
        Format::Json => {
            let mut row = json!({
                "agency": agency, "time": time.to_string(), "code": code, "reason": reason,
                "parser": parser, "source": letter.source, "topic": topic, "partition": partition,
                "offset": offset, "dead_letter_offset": letter.letter_offset, "origin": origin,
                "bytes": bytes, "raw": String::from_utf8_lossy(head), "mended": letter.mended,
            });
            if let Some(fate) = fate {
                row["again"] = (fate == Fate::Again).into();
                row["fate"] = fate.as_str().into();
            }
            writeln!(out, "{row}")
        }
        Format::Text => {
            let shown = head[..head.len().min(SHOWN_BYTES_MAX)].escape_ascii();
            let fate = match fate {
                Some(fate) => format!(" ({})", fate.as_str()),
                None if letter.mended => format!(" ({})", Fate::Mended.as_str()),
                None => String::new(),
            };
            let mut places = origin.split('\t').skip(1);
            let mut next = || places.next().unwrap_or("?").to_owned();
            let (collector, stream, generation) = (next(), next(), next());
            let position = places.nth(1).unwrap_or("?");
            writeln!(
                out,
                "{time} {agency} {code} {parser} source {source} at {topic}/{partition}/{offset}{fate}\n  \
                 {reason}; {collector} {stream}, generation {generation}, byte {position}\n  \
                 {bytes} bytes: {shown}"
            )
        }
    };
    written.context("cannot write the list")
}
