//! The command line.

use crate::backup::{Backup, Restore};
use crate::config::ConfigCommand;
use crate::dead_letters::DeadLetters;
use crate::doctor::Doctor;
use crate::enrol::{AgencyCommand, EnrolCommand, TokenCommand};
use crate::hunt::Hunt;
use crate::ledger::Ledger;
use crate::parsers::Parsers;
use crate::rules::Rules;
use crate::topics::Topics;
use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;

/// A telemetry pipeline for a security operations centre.
#[derive(Debug, Parser)]
#[command(name = "prohori", version, propagate_version = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Every server part, and the tools.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a whole SOC on this machine: Kafka, ClickHouse, all services, dashboard
    Up(Up),
    /// Run the collector (the same as prohori-collector)
    Collect(Service),
    /// Run the normalizer, or with --stdin: raw lines in, OCSF events out
    Normalize(Normalize),
    /// Run the detector, or with --stdin: OCSF events in, alerts out
    Detect(Detect),
    /// Run the loader, which lands events and alerts in ClickHouse
    Load(Service),
    /// Run the API and the dashboard
    Serve(Service),
    /// Check, test, explain rules, and show what they cover
    #[command(subcommand)]
    Rules(Rules),
    /// Show what became no event, and send it once more
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    /// Show whom of the collectors is heard, how far each is, and what never came
    Ledger(Ledger),
    /// Check and test parsers that you wrote
    #[command(subcommand)]
    Parsers(Parsers),
    /// Run rules on stored events: the same alerts as live, with the same ids
    Hunt(Hunt),
    /// Run the ClickHouse engine of one machine
    ClickhouseEngine(Service),
    /// Run the Kafka broker of one machine
    Kafka(Service),
    /// Make keys that hide personal data, and ask what a value's token is
    #[command(subcommand)]
    Privacy(Privacy),
    /// Take the audit log out, and check that nobody changed it
    #[command(subcommand)]
    Audit(Audit),
    /// Print a one-time login for the dashboard, for whoever controls its host
    Login(Login),
    /// Add and remove agencies, and show whose collectors there are
    #[command(subcommand)]
    Agency(AgencyCommand),
    /// Make tokens with which collectors enrol
    #[command(subcommand)]
    EnrolToken(TokenCommand),
    /// Serve enrolment, revoke collectors, make certificates for servers
    #[command(subcommand)]
    Enrol(EnrolCommand),
    /// Make the Kafka topics of an installation where they are not there
    Topics(Topics),
    /// Check services' configurations without starting them
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look whether everything is there that this server's services need, and say what to do
    Doctor(Doctor),
    /// Put everything aside that cannot be made again, while the platform runs
    Backup(Backup),
    /// Bring a backup back, while nothing but Kafka and ClickHouse runs
    Restore(Restore),
    /// Print the API's contract (OpenAPI 3.1, JSON)
    Openapi,
}

/// Whose login, and where the accounts are.
#[derive(Debug, Args)]
pub(crate) struct Login {
    /// The data folder of the dashboard's service (`data_dir` of its configuration)
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The user
    #[arg(default_value = dashboard_api::accounts::FIRST_USER)]
    pub user: String,
    /// Take the user's second factor away too, where the app and the recovery codes are lost
    #[arg(long)]
    pub reset_second_factor: bool,
}

/// Keys and tokens of personal data.
#[derive(Debug, Subcommand)]
pub(crate) enum Privacy {
    /// Add a new key to a file, which only its owner may read; the newest key makes tokens
    Keygen {
        /// The file; made if it is not there
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Print the token of a value under each key of a file, the oldest key first
    Token {
        /// The file of keys
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// What the value is, where it does not say so itself: nid, phone, email or card
        #[arg(long, value_name = "KIND")]
        kind: Option<String>,
        /// The value
        value: String,
    },
}

/// The audit log of the dashboard's service.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Print the public key that checks the log; keep it elsewhere
    Key(AuditData),
    /// Seal the log and print its newest checkpoint; keep it elsewhere
    Checkpoint(AuditData),
    /// Write the log to standard output: entries and checkpoints, one JSON object a line
    Export(AuditData),
    /// Check an exported log; exit code 1 where it is not what its checkpoints say
    Verify {
        /// The exported log; - for standard input
        log: PathBuf,
        /// The public key, as `prohori audit key` printed it
        #[arg(long, value_name = "KEY")]
        key: String,
        /// A checkpoint that was kept elsewhere; may be given several times
        #[arg(long, value_name = "FILE")]
        checkpoint: Vec<PathBuf>,
    },
}

/// Where the log is.
#[derive(Debug, Args)]
pub(crate) struct AuditData {
    /// The data folder of the dashboard's service (`data_dir` of its configuration)
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
}

/// One service by its configuration file.
#[derive(Debug, Args)]
pub(crate) struct Service {
    /// The service's TOML file; `prohori up` writes working ones to config/ in its data folder
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// The normalizer as service or filter.
#[derive(Debug, Args)]
pub(crate) struct Normalize {
    /// The service's TOML file
    #[arg(long, value_name = "FILE", required_unless_present = "stdin", conflicts_with = "stdin")]
    pub config: Option<PathBuf>,
    /// Be a filter: raw lines from standard input, one event a line to standard output, in order
    #[arg(long)]
    pub stdin: bool,
    /// The source type of all lines; without it each line's own content decides
    #[arg(long, value_name = "TYPE", requires = "stdin")]
    pub source: Option<String>,
    /// Where to write lines that no parser could make an event of (JSON, one a line)
    #[arg(long, value_name = "FILE", requires = "stdin")]
    pub dead_letters: Option<PathBuf>,
    /// Lines are {"id", "raw", "source"?}; answer {"id", "events": […], "error"}
    #[arg(long, requires = "stdin")]
    pub framed: bool,
    /// Hide personal data with the keys in this file; see `prohori privacy keygen`
    #[arg(long, value_name = "FILE", requires = "stdin")]
    pub privacy_key: Option<PathBuf>,
    /// A folder of parsers that you wrote, or a file; may be given several times (docs/parsers.md)
    #[arg(long, value_name = "DIR", requires = "stdin")]
    pub parsers: Vec<PathBuf>,
    /// The zone of times that name none, such as Asia/Dhaka; without it: UTC
    #[arg(long, value_name = "ZONE", requires = "stdin")]
    pub zone: Option<String>,
    /// Enrich events from what the table [enrich] of this TOML file names, such as the service's own
    #[arg(long, value_name = "FILE", requires = "stdin")]
    pub enrich: Option<PathBuf>,
    /// How many threads; events keep the order of the lines. Without it: one a core
    #[arg(long, value_name = "N", requires = "stdin")]
    pub threads: Option<NonZero<usize>>,
}

/// The detector as service or filter.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").args(["rules", "indicators"]).multiple(true)))]
pub(crate) struct Detect {
    /// The service's TOML file
    #[arg(long, value_name = "FILE", required_unless_present = "stdin", conflicts_with = "stdin")]
    pub config: Option<PathBuf>,
    /// Be a filter: OCSF events from standard input, alerts to standard output
    #[arg(long, requires = "what")]
    pub stdin: bool,
    /// A folder of Sigma rules, or a rule file; may be given several times
    #[arg(long, value_name = "DIR", requires = "stdin")]
    pub rules: Vec<PathBuf>,
    /// A TOML file whose table [placeholders] has the values of %placeholders% in the rules
    #[arg(long, value_name = "FILE", requires = "rules")]
    pub placeholders: Option<PathBuf>,
    /// A file of indicators, or a folder of such: plain lists, CSV, STIX 2.1, MISP; several times
    #[arg(long, value_name = "FILE", requires = "stdin")]
    pub indicators: Vec<PathBuf>,
    /// A warning list, or a folder of such: what it names is no indicator; several times
    #[arg(long, value_name = "FILE", requires = "indicators")]
    pub warning_list: Vec<PathBuf>,
    /// How many threads; alerts keep the order of the events. Without it: one a core
    #[arg(long, value_name = "N", requires = "stdin")]
    pub threads: Option<NonZero<usize>>,
    /// Write a file (JSON) with what each rule was asked, matched and cost, the costliest first
    #[arg(long, value_name = "FILE", requires = "stdin")]
    pub stats: Option<PathBuf>,
}

/// A whole SOC on one machine.
#[derive(Debug, Args)]
pub(crate) struct Up {
    /// Replay the attack story and print a one-time login
    #[arg(long)]
    pub demo: bool,
    /// Where everything is kept
    #[arg(long, value_name = "DIR", default_value = ".prohori")]
    pub data: PathBuf,
    /// Bring this backup back into --data first, which must hold none of what the backup has
    #[arg(long, value_name = "DIR", conflicts_with = "demo")]
    pub restore: Option<PathBuf>,
    /// The dashboard's address; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8088")]
    pub listen: SocketAddr,
    /// Sigma rules to run
    #[arg(long, value_name = "DIR", default_value = "rules")]
    pub rules: PathBuf,
    /// Files to tail, as a glob; may be given several times. Without it: this machine's own logs
    #[arg(long, value_name = "GLOB")]
    pub tail: Vec<String>,
    /// The agency that this machine's own logs belong to
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub agency: String,
    /// Use this Kafka cluster instead of starting one
    #[arg(long, value_name = "HOST:PORT,…")]
    pub brokers: Option<String>,
    /// Use this ClickHouse server instead of starting an engine
    #[arg(long, value_name = "URL")]
    pub clickhouse: Option<String>,
    /// The user for --clickhouse
    #[arg(long, value_name = "NAME", default_value = "default", requires = "clickhouse")]
    pub clickhouse_user: String,
    /// A file with the password for --clickhouse
    #[arg(long, value_name = "FILE", requires = "clickhouse")]
    pub clickhouse_password_file: Option<PathBuf>,
    /// Kafka's port; the next one is its controller's. 0 takes free ones
    #[arg(long, value_name = "PORT", default_value_t = 19092)]
    pub kafka_port: u16,
    /// The ClickHouse engine's port; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 18123)]
    pub clickhouse_port: u16,
    /// The first of the services' ports for /metrics, /live and /ready; 0 takes free ones
    #[arg(long, value_name = "PORT", default_value_t = 19601)]
    pub metrics_port: u16,
    /// Address for syslog over UDP and TCP; 127.0.0.1:0 takes a free port
    #[arg(long, value_name = "ADDRESS")]
    pub syslog: Option<SocketAddr>,
}
