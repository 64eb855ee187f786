//! `prohori agency`, `prohori enrol-token` and `prohori enrol`: who may send.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use enrolment::{Config, Office, RawConfig};
use model::Agency;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Agencies, and the collectors that they have.
#[derive(Debug, Subcommand)]
pub(crate) enum AgencyCommand {
    /// Make what an agency needs: topics, and its place in the registry; once more changes nothing
    /// but the limit
    Add(AddAgency),
    /// Shut an agency out: its tokens are void, its collectors revoked; what it sent stays
    Remove(OneAgency),
    /// Show all agencies and collectors
    List(At),
}

/// Where the configuration is.
#[derive(Debug, Args)]
pub(crate) struct At {
    /// The configuration file of the enrolment
    #[arg(long, value_name = "FILE", default_value = "/etc/prohori/enrolment.toml")]
    config: PathBuf,
}

/// Which agency.
#[derive(Debug, Args)]
pub(crate) struct OneAgency {
    /// 1 to 40 of a-z, 0-9 and '-'
    name: String,
    #[command(flatten)]
    at: At,
}

/// What it gets.
#[derive(Debug, Args)]
pub(crate) struct AddAgency {
    #[command(flatten)]
    agency: OneAgency,
    /// Partitions of its raw topic: as many as `events` has
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(i32).range(1..=1000))]
    partitions: i32,
    /// What each of its collectors may send, in bytes a second to each broker; without it, any
    #[arg(long, value_name = "BYTES")]
    bytes_per_second: Option<u32>,
}

/// Tokens with which collectors enrol.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Print a new token; it is shown once
    Add(AddToken),
}

/// What a token is good for.
#[derive(Debug, Args)]
pub(crate) struct AddToken {
    /// The agency
    #[arg(long)]
    agency: String,
    /// Where the collectors are: a district, a data centre
    #[arg(long, default_value = "main")]
    site: String,
    /// How many collectors may enrol with it
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    count: u32,
    /// For how long
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=8760))]
    hours: u32,
    #[command(flatten)]
    at: At,
}

/// The server and what it decides.
#[derive(Debug, Subcommand)]
pub(crate) enum EnrolCommand {
    /// Serve enrolment until it is ended
    Serve(At),
    /// Shut one collector out: Kafka takes nothing of it from then on
    Revoke(Revoke),
    /// Write a certificate and key of the authority for a Kafka broker or another server
    Server(ServerCertificate),
}

/// Which collector.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// Its id
    id: String,
    #[command(flatten)]
    at: At,
}

/// Which server.
#[derive(Debug, Args)]
pub(crate) struct ServerCertificate {
    /// A name or address by which it is reached; may be given several times
    #[arg(long, required = true)]
    name: Vec<String>,
    /// Where NAME.pem, NAME.key and ca.pem are written
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    #[command(flatten)]
    at: At,
}

/// Prints one line.
fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

fn load(at: &At) -> anyhow::Result<Config> {
    Ok(Config::try_from(service::load::<RawConfig>(&at.config)?)?)
}

fn office(at: &At) -> anyhow::Result<Office> {
    Ok(Office::open(load(at)?)?)
}

fn named(name: &str) -> anyhow::Result<Agency> {
    Agency::new(name).with_context(|| format!("agency {name:?}"))
}

/// `prohori agency`
pub(crate) fn agency(command: &AgencyCommand) -> anyhow::Result<()> {
    match command {
        AgencyCommand::Add(args) => {
            let name = named(&args.agency.name)?;
            let office = office(&args.agency.at)?;
            office.add_agency(&name, args.partitions, args.bytes_per_second)?;
            say(&format!("agency {name} is ready; next: prohori enrol-token add --agency {name}"))?;
        }
        AgencyCommand::Remove(args) => {
            let name = named(&args.name)?;
            let collectors = office(&args.at)?.remove_agency(&name)?;
            say(&format!(
                "agency {name} is shut out, with {collectors} collectors; what it sent stays"
            ))?;
        }
        AgencyCommand::List(at) => list(&office(at)?)?,
    }
    Ok(())
}

fn list(office: &Office) -> anyhow::Result<()> {
    for agency in office.agencies()? {
        let state = if agency.removed { "removed" } else { "active" };
        let limit = agency.bytes_per_second.map(|bytes| format!(", {bytes} bytes/s a collector"));
        say(&format!("{} {state}{}", agency.name, limit.unwrap_or_default()))?;
        for row in office.collectors(Some(&named(&agency.name)?))? {
            let state = if row.revoked { "revoked" } else { "enrolled" };
            let until = jiff::Timestamp::from_millisecond(row.expires_ms)?;
            say(&format!(
                "  {} {state} at {}, host {:?}, until {until}",
                row.id, row.site, row.host
            ))?;
        }
    }
    Ok(())
}

/// `prohori enrol-token`
pub(crate) fn token(command: &TokenCommand) -> anyhow::Result<()> {
    let TokenCommand::Add(args) = command;
    let agency = named(&args.agency)?;
    say(&office(&args.at)?.add_token(&agency, &args.site, args.count, args.hours)?)
}

/// `prohori enrol`
pub(crate) fn enrol(command: &EnrolCommand) -> anyhow::Result<()> {
    match command {
        EnrolCommand::Serve(at) => {
            let config = load(at)?;
            crate::services::run(|_, shutdown| enrolment::service::run(config, shutdown))
        }
        EnrolCommand::Revoke(args) => Ok(office(&args.at)?.revoke(&args.id)?),
        EnrolCommand::Server(args) => write_server(&office(&args.at)?, &args.name, &args.out),
    }
}

fn write_server(office: &Office, names: &[String], dir: &Path) -> anyhow::Result<()> {
    office.write_server(names, dir)?;
    let file = dir.join("ca.pem");
    std::fs::write(&file, office.authority().pem()).with_context(|| file.display().to_string())?;
    say(&format!("written to {}", dir.display()))
}
