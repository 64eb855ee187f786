//! `prohori privacy`: keys for hiding personal data, and the tokens that they make.

use crate::cli::Privacy;
use anyhow::{Context as _, bail};
use privacy::{Kind, Masker};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Runs one of the commands.
pub(crate) fn run(command: &Privacy) -> anyhow::Result<()> {
    match command {
        Privacy::Keygen { out } => keygen(out),
        Privacy::Token { key, kind, value } => token(key, kind.as_deref(), value),
    }
}

/// Adds a key behind those that the file has, so that it makes the tokens from now on.
fn keygen(path: &Path) -> anyhow::Result<()> {
    let there = if path.exists() { std::fs::read_to_string(path)? } else { String::new() };
    if !there.is_empty() {
        normalizer::masks::read(path)?;
    }
    let ids = there.lines().filter_map(|line| line.trim().split_once(':'));
    let number = |id: &str| id.strip_prefix('k').and_then(|digits| digits.parse::<u32>().ok());
    let next = ids.filter_map(|(id, _)| number(id)).max().map_or(1, |last| last + 1);
    let mut random = [0; 32];
    getrandom::fill(&mut random).context("the system gives no random bytes")?;
    let line = privacy::generate(&format!("k{next}"), random)?;
    let open = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    let mut file = open.with_context(|| format!("cannot write {}", path.display()))?;
    let newline = if there.is_empty() || there.ends_with('\n') { "" } else { "\n" };
    file.write_all(format!("{newline}{line}").as_bytes())?;
    file.sync_all()?;
    writeln!(std::io::stdout(), "key k{next} is in {}", path.display())?;
    Ok(())
}

fn token(path: &Path, kind: Option<&str>, value: &str) -> anyhow::Result<()> {
    let kind = match kind {
        None => None,
        Some(name) => match Kind::named(name) {
            Some(kind) => Some(kind),
            None => bail!("unknown kind {name:?}: use nid, phone, email or card"),
        },
    };
    let masker = Masker::new(normalizer::masks::read(path)?, &Kind::ALL);
    let tokens = masker.tokens(value, kind);
    if tokens.is_empty() {
        bail!("not recognised as personal data; say what it is with --kind");
    }
    for token in tokens {
        writeln!(std::io::stdout(), "{token}")?;
    }
    Ok(())
}
