//! `prohori doctor`: is everything there that this server's services need, and if not, what to do.
//!
//! It looks and changes nothing, and may run beside services at work.

mod checks;

use crate::config::{Kind, files};
use clap::Args;
use service::doctor::{Finding, Language, Text, report};
use service::telemetry::chain;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Exits with 0 if there is no problem, with 1 if there is one, with 2 if it could not look.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The folder with the services' configurations; of `prohori up`, config/ in its data folder
    #[arg(long, value_name = "DIR", default_value = "/etc/prohori")]
    config: PathBuf,
    /// The language of the report: en or bn; else that of the environment
    #[arg(long, value_name = "LANG")]
    lang: Option<String>,
}

/// Looks, prints, and makes the exit code.
pub(crate) fn run(args: &Doctor) -> ExitCode {
    let environment = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let language = args.lang.clone().or(environment).unwrap_or_default();
    let looked = examine(&args.config);
    match looked {
        Ok(findings) => {
            let (text, healthy) = report(&findings, Language::of_tag(&language));
            let printed = std::io::stdout().write_all(text.as_bytes()).is_ok();
            if healthy && printed { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Err(error) => {
            eprintln!("prohori doctor: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn examine(config: &Path) -> anyhow::Result<Vec<Finding>> {
    let files = files(config)?;
    let mut findings = Vec::new();
    let mut good = Vec::new();
    for (kind, file) in &files {
        match kind.check(file) {
            Ok(()) => good.push((*kind, file.as_path())),
            Err(error) => findings.push(wrong(*kind, &chain(error.as_ref()))),
        }
    }
    if !good.is_empty() {
        let names: Vec<_> = good.iter().map(|(kind, _)| kind.name()).collect();
        let names = names.join(", ");
        findings.insert(
            0,
            Finding::good(Text::new(
                format!("configurations are good: {names}"),
                format!("কনফিগারেশন ঠিক আছে: {names}"),
            )),
        );
    }
    findings.push(service::doctor::clock());
    for (kind, file) in good {
        findings.extend(checks::of(kind, file)?);
    }
    Ok(findings)
}

fn wrong(kind: Kind, error: &str) -> Finding {
    let name = kind.name();
    Finding::problem(
        Text::new(format!("{name}: {error}"), format!("{name}: {error}")),
        Text::new(
            "correct it, then: prohori config check; the service keeps what it runs with until then",
            "ঠিক করে চালান: prohori config check; ততক্ষণ সার্ভিস আগের কনফিগারেশনেই চলে",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_with_its_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let loader = "[bus]\nbrokers = '127.0.0.1:1'\n[store]\nurl = 'http://127.0.0.1:1'\n\
             [http]\nlisten = '127.0.0.1:1'\n";
        std::fs::write(path("loader.toml"), loader).unwrap();
        std::fs::write(path("detector.toml"), "rules = 5\n").unwrap();
        let findings = examine(folder.path()).unwrap();
        let (text, healthy) = report(&findings, Language::English);
        assert!(!healthy);
        for expected in [
            "configurations are good: loader",
            "PROBLEM  detector: ",
            "PROBLEM  kafka does not answer at 127.0.0.1:1",
            "PROBLEM  clickhouse does not answer",
            "PROBLEM  loader does not answer at 127.0.0.1:1",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        let (text, _) = report(&findings, Language::Bangla);
        assert!(text.contains("সমস্যা") && !text.contains("loader does not answer"), "{text}");
    }
}
