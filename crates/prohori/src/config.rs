//! `prohori config check`: whether services would start with their files, without starting them.

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use service::telemetry::chain;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Services' configurations.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check files: each is told with its service, or with the line that is wrong and the mend
    Check(Check),
}

/// Exits with 0 if all are good, with 1 if one is not, with 2 if it could not look.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Files, or folders of them; a file's name says whose it is (loader.toml, collector-mof.toml)
    #[arg(value_name = "PATH", default_value = "/etc/prohori")]
    paths: Vec<PathBuf>,
}

/// Whose a configuration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Kafka,
    Clickhouse,
    Collector,
    Normalizer,
    Detector,
    Loader,
    Dashboard,
    Enrolment,
}

/// How the files begin that packages, examples and `prohori up` call so.
const NAMES: [(&str, Kind); 8] = [
    ("kafka", Kind::Kafka),
    ("clickhouse", Kind::Clickhouse),
    ("collector", Kind::Collector),
    ("normalizer", Kind::Normalizer),
    ("detector", Kind::Detector),
    ("loader", Kind::Loader),
    ("dashboard", Kind::Dashboard),
    ("enrolment", Kind::Enrolment),
];

impl Kind {
    /// The service that a file's name says.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let stem = path.file_stem()?.to_str()?;
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        let named = |(name, _): &&(&str, Self)| {
            stem.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        NAMES.iter().find(named).filter(|_| is_toml).map(|(_, kind)| *kind)
    }

    pub(crate) fn name(self) -> &'static str {
        NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Reads the file as the service does at its start.
    pub(crate) fn check(self, path: &Path) -> anyhow::Result<()> {
        match self {
            Self::Kafka => {
                let raw = service::load::<embedded_kafka::RawConfig>(path)?;
                embedded_kafka::Config::new(raw)?;
            }
            Self::Clickhouse => service::load::<embedded_clickhouse::Config>(path)?.check()?,
            Self::Collector => {
                collector::Config::load(path)?.try_out()?;
            }
            Self::Normalizer => {
                let raw = service::load::<normalizer::RawConfig>(path)?;
                normalizer::Config::try_from(raw)?;
            }
            Self::Detector => {
                let raw = service::load::<detector::RawConfig>(path)?;
                detector::Config::try_from(raw)?;
            }
            Self::Loader => {
                let config = service::load::<loader::Config>(path)?;
                config.loader.check()?;
                store::Config::try_from(config.store)?;
            }
            Self::Dashboard => {
                let raw = service::load::<dashboard_api::RawConfig>(path)?;
                dashboard_api::Config::try_from(raw)?;
            }
            Self::Enrolment => {
                let raw = service::load::<enrolment::RawConfig>(path)?;
                enrolment::Config::try_from(raw)?;
            }
        }
        Ok(())
    }
}

/// The configurations in a folder, or the file itself, in order of their names.
pub(crate) fn files(path: &Path) -> anyhow::Result<Vec<(Kind, PathBuf)>> {
    if path.is_file() {
        let Some(kind) = Kind::of(path) else {
            let names: Vec<_> = NAMES.iter().map(|(name, _)| format!("{name}.toml")).collect();
            bail!(
                "whose is {}? its name must begin as one of {}",
                path.display(),
                names.join(", ")
            );
        };
        return Ok(vec![(kind, path.to_owned())]);
    }
    let failed = || format!("cannot look into {}", path.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        if let Some(kind) = Kind::of(&path) {
            found.push((kind, path));
        }
    }
    if found.is_empty() {
        bail!("{} has no configuration of a service", path.display());
    }
    found.sort();
    Ok(found)
}

/// Checks, and makes the exit code.
pub(crate) fn run(ConfigCommand::Check(args): &ConfigCommand) -> ExitCode {
    match check(&args.paths) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("prohori config check: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn check(paths: &[PathBuf]) -> anyhow::Result<bool> {
    let mut all_good = true;
    let mut out = std::io::stdout();
    for path in paths {
        for (kind, file) in files(path)? {
            let line = match kind.check(&file) {
                Ok(()) => format!("{}: good, of the {}", file.display(), kind.name()),
                Err(error) => {
                    all_good = false;
                    format!("{}: {}", file.display(), chain(error.as_ref()))
                }
            };
            writeln!(out, "{line}").context("cannot print")?;
        }
    }
    Ok(all_good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_whose_a_file_is() {
        for (name, expected) in [
            ("loader.toml", Some(Kind::Loader)),
            ("dashboard-api.toml", Some(Kind::Dashboard)),
            ("collector-mof.toml", Some(Kind::Collector)),
            ("loaders.toml", None),
            ("loader.toml.dpkg-new", None),
            ("parsers.toml", None),
        ] {
            assert_eq!(Kind::of(Path::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn the_line_that_is_wrong_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("loader.toml");
        let good = "[bus]\nbrokers = '127.0.0.1:1'\n[store]\nurl = 'http://127.0.0.1:1'\n";
        std::fs::write(&file, good).unwrap();
        assert!(check(&[folder.path().to_owned()]).unwrap());
        std::fs::write(&file, format!("{good}\n[loader]\nthread = 1\n")).unwrap();
        let (kind, path) = files(folder.path()).unwrap().remove(0);
        let error = kind.check(&path).unwrap_err().to_string();
        assert!(error.contains("loader.toml") && error.contains("thread"), "{error}");
        assert!(!check(&[file]).unwrap());
        assert!(check(&[folder.path().join("absent")]).is_err());
    }
}
