//! What keeps the detector from starting, or ends it.

use std::path::PathBuf;

/// A failure of the service or the filter. A rule that does not compile is none of them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration has a value that cannot be.
    #[error("configuration: {key} {what}")]
    Config {
        /// The key.
        key: &'static str,
        /// What is wrong with it, and what would be right.
        what: String,
    },
    /// A rule folder or file cannot be read.
    #[error("cannot read rules {path}", path = path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There are more rule files than can be meant.
    #[error("more than {files_max} rule files under {path}; name a smaller folder", path = path.display())]
    TooManyFiles {
        /// The folder.
        path: PathBuf,
        /// The limit.
        files_max: usize,
    },
    /// The rules cannot be made into an engine.
    #[error("cannot compile the rules")]
    Engine(#[from] detect::Error),
    /// A set that was to replace the rules in force has files that do not compile.
    #[error("{first}{}; the rules in force stay", others(*count))]
    Rejected {
        /// The first that is wrong.
        first: Box<sigma::Error>,
        /// How many are.
        count: usize,
    },
    /// Indicators cannot be had, or are wrong.
    #[error(transparent)]
    Feeds(#[from] feeds::Error),
    /// Standard input cannot be read.
    #[error("cannot read events")]
    Input(#[source] std::io::Error),
    /// Standard output cannot be written.
    #[error("cannot write alerts")]
    Output(#[source] std::io::Error),
    /// The account of the filter cannot be written.
    #[error("cannot write {path}", path = path.display())]
    Stats {
        /// Where to.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A metric cannot be registered.
    #[error("cannot register a metric")]
    Metric(#[from] prometheus::Error),
    /// Kafka.
    #[error(transparent)]
    Bus(#[from] bus::Error),
    /// The ruleset that was published cannot be taken.
    #[error(transparent)]
    Control(Box<control::Error>),
    /// There is no whole set of rules to begin with, which is waited for: an event that is read
    /// without rules raises no alert later.
    #[error(
        "no rules are published on topic control yet; `prohori serve` publishes those of its folders, `prohori rules publish` others"
    )]
    NotPublished,
    /// The scaffolding.
    #[error(transparent)]
    Service(#[from] service::Error),
    /// A thread was lost.
    #[error("the compiler of rules panicked")]
    Compiler(#[source] tokio::task::JoinError),
}

impl From<control::Error> for Error {
    /// Kafka that does not answer is the same failure whatever was asked of it: it is waited for.
    fn from(error: control::Error) -> Self {
        match error {
            control::Error::Bus(error) => Self::Bus(error),
            other => Self::Control(Box::new(other)),
        }
    }
}

fn others(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        2 => " (and 1 other)".to_owned(),
        more => format!(" (and {} others)", more - 1),
    }
}
