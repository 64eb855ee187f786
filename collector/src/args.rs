//! The command line of `prohori-collector`.

use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Collects logs on this host and writes them to Kafka.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    /// The configuration file.
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Checks a configuration file and says what it would collect.
    Check {
        /// The configuration file.
        file: PathBuf,
    },
    /// Looks whether everything is there that collecting takes, and says what to do if not.
    Doctor {
        /// The configuration file.
        #[arg(default_value = "/etc/prohori/collector.toml")]
        file: PathBuf,
        /// The language of the report, en or bn. Default: that of the environment.
        #[arg(long, value_name = "LANGUAGE")]
        language: Option<String>,
    },
    /// Makes a key and has it certified with a one-time token of the SOC.
    Enrol {
        /// The enrolment's server.
        #[arg(long, value_name = "HOST:PORT")]
        server: String,
        /// The token.
        // One in 64 of those given out before secrets became hex digits begins with a dash.
        #[arg(long, allow_hyphen_values = true)]
        token: String,
        /// Where key and certificate are put; made if it is not there.
        #[arg(long, default_value = "/etc/prohori/identity")]
        dir: PathBuf,
    },
    /// Renews the certificate if a third of its life is left; to be run daily.
    Renew {
        /// Where key and certificate are.
        #[arg(long, default_value = "/etc/prohori/identity")]
        dir: PathBuf,
        /// Whatever is left of it.
        #[arg(long)]
        now: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_asked_for_one_way_or_the_other() {
        let parse = |line: &str| Args::try_parse_from(line.split(' '));
        let collect = parse("x --config a.toml").unwrap();
        assert!(collect.config.is_some() && collect.command.is_none());
        let Some(Command::Check { file }) = parse("x check a.toml").unwrap().command else {
            panic!("no check");
        };
        assert_eq!(file, PathBuf::from("a.toml"));
        for line in ["x", "x check", "x --config a.toml check a.toml", "x a.toml"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_token_may_begin_with_a_dash() {
        let args = Args::try_parse_from("x enrol --server soc:8444 --token -6x.00".split(' '));
        let Some(Command::Enrol { token, .. }) = args.unwrap().command else {
            panic!("no enrolment");
        };
        assert_eq!(token, "-6x.00");
    }
}
