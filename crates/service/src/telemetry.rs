//! Structured logs on standard error.

use std::fmt::Write as _;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Installs the process's log subscriber: human lines on a terminal, JSON lines elsewhere (force
/// one with `PROHORI_LOG_FORMAT=text|json`); the level from `PROHORI_LOG`, default `info`.
/// A second call does nothing.
pub fn init() {
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::Level::INFO.into())
        .with_env_var("PROHORI_LOG")
        .from_env_lossy();
    let json = match std::env::var("PROHORI_LOG_FORMAT").as_deref() {
        Ok("json") => true,
        Ok("text") => false,
        _ => !std::io::stderr().is_terminal(),
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // An error here means that a subscriber is installed already, which is what was asked for.
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
}

/// An error and its sources on one line: `a: b: c`.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_chain_names_every_cause() {
        let source = std::io::Error::other("disk on fire");
        let error = crate::Error::ReadConfig { path: "a.toml".into(), source };
        assert_eq!(super::chain(&error), "cannot read configuration a.toml: disk on fire");
    }
}
