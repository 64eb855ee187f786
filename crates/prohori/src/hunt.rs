//! `prohori hunt`: rules on what is stored, by the same engine as the live detector.
//!
//! ClickHouse hands out, in the order of their times, the events that the rules could match: a
//! condition that never leaves one out. They run through the detection filter, correlations
//! included, as if they came from Kafka; so a hunt raises the alerts that the detector raised, with
//! the same ids, or would have raised.

mod report;

use crate::rules::{moment, range};
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use detector::live::{Origin, Ruleset, Source};
use model::Agency;
use query::Moment;
use report::Report;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use store::{History, HistoryCounts, HistoryOptions, Scope, Store};

/// For whom to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A line an alert, for people
    Text,
    /// The alerts as the detector writes them, one a line
    Json,
}

/// Run rules on stored events: the same alerts as live, with the same ids.
#[derive(Debug, Args)]
pub(crate) struct Hunt {
    /// Rule files, or folders of rules
    #[arg(value_name = "RULE", required_unless_present = "indicators")]
    rules: Vec<PathBuf>,
    /// A file of indicators, or a folder of such, as for the detector; may be given several times.
    /// All events in the range are read
    #[arg(long, value_name = "FILE")]
    indicators: Vec<PathBuf>,
    /// A warning list, or a folder of such: what it names is no indicator; several times
    #[arg(long, value_name = "FILE", requires = "indicators")]
    warning_list: Vec<PathBuf>,
    /// Events from this time on: -7d, 2026-11-25, 2026-11-25T10:00+06:00
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = moment)]
    from: Moment,
    /// Events before this time
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = moment)]
    to: Moment,
    /// Events of this agency only; may be given several times
    #[arg(long, value_name = "NAME", value_parser = agency)]
    agency: Vec<Agency>,
    /// ClickHouse's address, without a password
    #[arg(long, value_name = "URL", conflicts_with = "config", required_unless_present = "config")]
    clickhouse: Option<String>,
    /// The database at --clickhouse
    #[arg(long, value_name = "NAME", default_value = "prohori")]
    database: String,
    /// A TOML file whose table [store] says where ClickHouse is, such as the loader's configuration
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A TOML file whose table [placeholders] has the values of %placeholders% in the rules
    #[arg(long, value_name = "FILE")]
    placeholders: Option<PathBuf>,
    /// How to write alerts
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

fn agency(name: &str) -> Result<Agency, String> {
    Agency::new(name).map_err(|error| error.to_string())
}

/// Hunts, and tells on standard error how much was looked through.
pub(crate) fn run(args: &Hunt) -> anyhow::Result<()> {
    let range = range(args.from, args.to)?;
    let store = Store::connect(&config(args)?);
    let placeholders = crate::rules::placeholders(args.placeholders.as_deref())?;
    let source = Source::new(Origin::Folders(args.rules.clone()), placeholders)?;
    let ruleset = source.compile(|text| eprintln!("warning: {text}"))?;
    let rules = ruleset.rules().len();
    anyhow::ensure!(rules > 0 || !args.indicators.is_empty(), "there is no rule to hunt with");
    let scope = match args.agency.is_empty() {
        true => Scope::all(),
        false => Scope::of(args.agency.iter().cloned()),
    };
    let condition = match args.indicators.is_empty() {
        true => candidates(&ruleset, &source),
        false => query::sql::Condition::everything(),
    };
    let out = std::io::BufWriter::new(std::io::stdout());
    let mut report = Report::new(out, args.format);
    let options = detector::filter::Options {
        indicators: args.indicators.clone(),
        warning_lists: args.warning_list.clone(),
        ..detector::filter::Options::default()
    };
    let asked = HistoryOptions { scope, condition, range, events_max: None };
    let events = History::start(store, asked)?;
    let counts = hunt(&ruleset, &options, events, &mut report)?;
    report.flush().context("cannot write the alerts")?;
    eprintln!(
        "hunted {} to {}: {} events in the range, {} read and asked, {} alerts of {}",
        Moment::At(range.from_ms),
        Moment::At(range.to_ms),
        counts.total,
        counts.read,
        report.alerts(),
        match args.indicators.is_empty() {
            true => format!("{rules} rules"),
            false => format!("{rules} rules and the indicators"),
        },
    );
    Ok(())
}

/// What every event that some rule could match fulfils.
fn candidates(ruleset: &Ruleset, source: &Source) -> query::sql::Condition {
    let exprs: Vec<query::Expr> = ruleset.rules().iter().map(|rule| query::of_rule(rule)).collect();
    query::sql::candidates(&exprs, &source.tables, 0)
}

fn hunt(
    ruleset: &Ruleset,
    options: &detector::filter::Options,
    events: History,
    report: &mut (impl std::io::Write + Send),
) -> anyhow::Result<HistoryCounts> {
    let progress = events.progress();
    let done = detector::filter::run_with(ruleset, options, events, report);
    // What went wrong while reading says more than that the input broke off.
    if let Some(error) = progress.failure() {
        return Err(anyhow::Error::new(error).context("cannot read the events"));
    }
    done.context("hunt")?;
    Ok(progress.counts())
}

/// Where ClickHouse is.
fn config(args: &Hunt) -> anyhow::Result<store::Config> {
    match (&args.config, &args.clickhouse) {
        (Some(path), _) => of_file(path),
        (None, url) => Ok(store::Config::new(url.as_deref().unwrap_or_default(), &args.database)?),
    }
}

/// The table [store] of a TOML file, whatever else is in it.
fn of_file(path: &Path) -> anyhow::Result<store::Config> {
    #[derive(serde::Deserialize)]
    struct Settings {
        store: store::RawConfig,
    }
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let settings: Settings =
        toml::from_str(&text).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(settings.store.try_into()?)
}
