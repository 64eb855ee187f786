//! `prohori rules`: the rule writer's tools.

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use workbench::{Input, Verdict};

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub(crate) enum Rules {
    /// Find what is wrong with rules, and say how to mend it
    Check(Check),
    /// Run the samples beside each rule through the normalizer and the engine
    Test(Test),
    /// Tell a rule in words, or why it matches an event or does not
    Explain(Explain),
    /// Print rules as queries for ClickHouse, which run as they stand
    Sql(Sql),
    /// Show which of ATT&CK's techniques the rules look for
    Coverage(Coverage),
    /// Write rules, filters and stages to Kafka as one set, which detectors take over whole
    Publish(Publish),
}

/// Which rules.
#[derive(Debug, Args)]
pub(crate) struct Files {
    /// Folders of Sigma rules, or rule files
    #[arg(value_name = "PATH", default_value = "rules")]
    paths: Vec<PathBuf>,
    /// A TOML file whose table [placeholders] has the values of %placeholders%, such as the
    /// detector's configuration
    #[arg(long, value_name = "FILE")]
    placeholders: Option<PathBuf>,
}

/// For whom to write.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

impl From<Format> for workbench::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Json => Self::Json,
        }
    }
}

/// Exits with 0 if nothing is wrong, with 1 if there are errors, with 2 if it could not look.
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    files: Files,
    /// How to write what is found
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The language of what is found, for people
    #[arg(long, value_enum, default_value = "en")]
    lang: Lang,
    /// Exit with 1 for warnings as well
    #[arg(long)]
    strict: bool,
    /// Do not give this warning; may be given several times
    #[arg(long, value_name = "CODE")]
    allow: Vec<String>,
}

/// Exits with 0 if every sample does as it should, with 1 if not, with 2 if it could not run.
#[derive(Debug, Args)]
pub(crate) struct Test {
    #[command(flatten)]
    files: Files,
    /// How to write the outcome
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Exit with 1 as well where a rule has no samples to match or none to miss
    #[arg(long)]
    strict: bool,
}

/// A language.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Lang {
    /// English
    En,
    /// Bangla
    Bn,
}

impl From<Lang> for workbench::Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::En => Self::English,
            Lang::Bn => Self::Bangla,
        }
    }
}

/// Exits with 0 if the rule matches every event (or was told in words), with 1 if it misses one.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The rule file
    #[arg(value_name = "RULE")]
    rule: PathBuf,
    /// A file of OCSF events to hold the rule against, one a line; - is standard input
    #[arg(long, value_name = "FILE")]
    event: Option<PathBuf>,
    /// The file holds raw log lines instead
    #[arg(long, requires = "event")]
    raw: bool,
    /// A folder or file whose exceptions and stages decide what becomes of a match; several times
    #[arg(long, value_name = "PATH", requires = "event")]
    with: Vec<PathBuf>,
    /// The language of the rule in words
    #[arg(long, value_enum, default_value = "en", conflicts_with = "event")]
    lang: Lang,
    /// How to write it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// A TOML file whose table [placeholders] has the values of %placeholders%
    #[arg(long, value_name = "FILE")]
    placeholders: Option<PathBuf>,
}

/// Exits with 0, or with 1 if some rules could not be read.
#[derive(Debug, Args)]
pub(crate) struct Sql {
    #[command(flatten)]
    files: Files,
    /// Events of this agency only; may be given several times
    #[arg(long, value_name = "NAME")]
    agency: Vec<String>,
    /// Events from this time on: -24h, 2026-11-25, 2026-11-25T10:00+06:00
    #[arg(long, value_name = "TIME", default_value = "-24h", allow_hyphen_values = true, value_parser = moment)]
    from: query::Moment,
    /// Events before this time
    #[arg(long, value_name = "TIME", default_value = "now", allow_hyphen_values = true, value_parser = moment)]
    to: query::Moment,
    /// The database that has the table of events
    #[arg(long, value_name = "NAME", default_value = "prohori")]
    database: String,
    /// How to write it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// What to write about coverage.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum View {
    /// A table for people
    Text,
    /// The table for programs
    Json,
    /// A layer for the ATT&CK Navigator (format 4.5)
    Navigator,
}

/// Exits with 0, or with 1 if some rules could not be read.
#[derive(Debug, Args)]
pub(crate) struct Coverage {
    #[command(flatten)]
    files: Files,
    /// What to write
    #[arg(long, value_enum, default_value = "text")]
    format: View,
}

/// Exits with 0 if the set is published, with 1 if it has errors (and is not), with 2 if Kafka does
/// not take it.
#[derive(Debug, Args)]
pub(crate) struct Publish {
    #[command(flatten)]
    files: Files,
    /// The cluster
    #[arg(long, value_name = "HOST:PORT,…", required_unless_present = "config")]
    brokers: Option<String>,
    /// A service's TOML file, whose table [bus] says how to reach the cluster
    #[arg(long, value_name = "FILE", conflicts_with = "brokers")]
    config: Option<PathBuf>,
}

/// Does it, and makes the exit code of the verdict; 2 where it could not be done.
pub(crate) fn run(command: &Rules) -> ExitCode {
    let done = match command {
        Rules::Check(args) => check(args),
        Rules::Test(args) => test(args),
        Rules::Explain(args) => explain(args),
        Rules::Sql(args) => sql(args),
        Rules::Coverage(args) => coverage(args),
        Rules::Publish(args) => publish(args),
    };
    verdict("prohori rules", done)
}

/// The exit code of what a tool came to.
pub(crate) fn verdict(tool: &str, done: anyhow::Result<Verdict>) -> ExitCode {
    match done {
        Ok(Verdict::Good) => ExitCode::SUCCESS,
        Ok(Verdict::Bad) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{tool}: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn check(args: &Check) -> anyhow::Result<Verdict> {
    let named = |name: &String| {
        let known = || lint::Code::names().collect::<Vec<_>>().join(", ");
        lint::Code::named(name).with_context(|| format!("--allow {name}: known are {}", known()))
    };
    let options = workbench::check::Options {
        allow: args.allow.iter().map(named).collect::<anyhow::Result<_>>()?,
        strict: args.strict,
        format: args.format.into(),
        language: args.lang.into(),
        now_ms: jiff::Timestamp::now().as_millisecond(),
    };
    let input = args.files.input()?;
    written(|out| workbench::check::run(&input, &options, out))
}

fn test(args: &Test) -> anyhow::Result<Verdict> {
    let options = workbench::samples::Options { strict: args.strict, format: args.format.into() };
    let input = args.files.input()?;
    written(|out| workbench::samples::run(&input, &options, out))
}

fn explain(args: &Explain) -> anyhow::Result<Verdict> {
    let options = workbench::explain::Options {
        events: args.event.as_deref().map(events).transpose()?,
        raw: args.raw,
        with: args.with.clone(),
        language: args.lang.into(),
        format: args.format.into(),
    };
    let placeholders = placeholders(args.placeholders.as_deref())?;
    let input = Input { paths: vec![args.rule.clone()], placeholders };
    written(|out| workbench::explain::run(&input, &options, out))
}

fn sql(args: &Sql) -> anyhow::Result<Verdict> {
    let agencies = args.agency.iter().map(|name| model::Agency::new(name).map(|_| name.clone()));
    let database = args.database.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    anyhow::ensure!(database, "--database {}: letters, digits and _", args.database);
    let options = workbench::sql::Options {
        database: args.database.clone(),
        agencies: agencies.collect::<Result<_, _>>()?,
        range: range(args.from, args.to)?,
        format: args.format.into(),
    };
    let input = args.files.input()?;
    written(|out| workbench::sql::run(&input, &options, out))
}

/// A time on the command line.
pub(crate) fn moment(text: &str) -> Result<query::Moment, String> {
    let mend = "write it as -24h, now, 2026-11-25 or 2026-11-25T10:00+06:00";
    query::moment(text).ok_or_else(|| mend.to_owned())
}

/// From one time until before another.
pub(crate) fn range(from: query::Moment, to: query::Moment) -> anyhow::Result<query::Range> {
    let now_ms = jiff::Timestamp::now().as_millisecond();
    let range = query::Range { from_ms: from.at(now_ms), to_ms: to.at(now_ms) };
    anyhow::ensure!(range.from_ms < range.to_ms, "--from {from} is not before --to {to}");
    Ok(range)
}

fn coverage(args: &Coverage) -> anyhow::Result<Verdict> {
    let view = match args.format {
        View::Text => workbench::coverage::View::Text,
        View::Json => workbench::coverage::View::Json,
        View::Navigator => workbench::coverage::View::Navigator,
    };
    let input = args.files.input()?;
    written(|out| workbench::coverage::run(&input, view, out))
}

fn publish(args: &Publish) -> anyhow::Result<Verdict> {
    let texts = detector::rules::texts(&args.files.paths)?;
    let placeholders = placeholders(args.files.placeholders.as_deref())?;
    let loaded = detector::rules::assemble(&texts, &placeholders);
    if !loaded.errors.is_empty() {
        for error in &loaded.errors {
            eprintln!("{error}");
        }
        return Ok(Verdict::Bad);
    }
    let bundle = ruleset::Bundle::new(texts);
    let cluster = bus(args.brokers.as_deref(), args.config.as_deref())?;
    control::publish(&cluster, ruleset::Content::Rules, &bundle)?;
    let (rules, version) = (loaded.rules.len(), &bundle.version);
    written(|out| {
        writeln!(out, "published ruleset {version}: {rules} rules in {} files", bundle.files.len())
            .map_err(workbench::Error::Write)?;
        Ok(Verdict::Good)
    })
}

/// How to reach the cluster: by its brokers, or as a service's file says.
pub(crate) fn bus(brokers: Option<&str>, config: Option<&Path>) -> anyhow::Result<bus::Config> {
    #[derive(serde::Deserialize)]
    struct Settings {
        bus: bus::Config,
    }
    let Some(path) = config else {
        let brokers = brokers.unwrap_or_default().to_owned();
        return Ok(bus::Config { brokers, tls: None, sasl: None });
    };
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let settings: Settings =
        toml::from_str(&text).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(settings.bus)
}

/// Runs a tool with standard output, which is written at the end of it.
pub(crate) fn written(
    tool: impl FnOnce(
        &mut std::io::BufWriter<std::io::StdoutLock<'_>>,
    ) -> Result<Verdict, workbench::Error>,
) -> anyhow::Result<Verdict> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let verdict = tool(&mut out)?;
    out.flush().context("cannot write the result")?;
    Ok(verdict)
}

fn events(path: &Path) -> anyhow::Result<(PathBuf, Vec<u8>)> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
    } else {
        bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    }
    Ok((path.to_owned(), bytes))
}

impl Files {
    fn input(&self) -> anyhow::Result<Input> {
        let placeholders = placeholders(self.placeholders.as_deref())?;
        Ok(Input { paths: self.paths.clone(), placeholders })
    }
}

/// The table [placeholders] of a TOML file, whatever else is in it.
pub(crate) fn placeholders(path: Option<&Path>) -> anyhow::Result<sigma::Placeholders> {
    #[derive(serde::Deserialize)]
    struct Settings {
        #[serde(default)]
        placeholders: sigma::Placeholders,
    }
    let Some(path) = path else { return Ok(sigma::Placeholders::new()) };
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let settings: Settings =
        toml::from_str(&text).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(settings.placeholders)
}
