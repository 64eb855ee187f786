//! What keeps the normalizer from starting, or ends a filter.

use std::path::PathBuf;

/// A failure outside of the records themselves.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configured zone is not known to the system.
    #[error("unknown time zone {name:?}: use an IANA name such as Asia/Dhaka")]
    Zone {
        /// What was configured.
        name: String,
    },
    /// Zero threads would normalize nothing.
    #[error("threads = 0 normalizes nothing: use 1 or more")]
    Threads,
    /// A kind of personal data that is not known.
    #[error("unknown kind of personal data {name:?}: use nid, phone, email or card")]
    PrivacyKind {
        /// What was configured.
        name: String,
    },
    /// A file of keys cannot be read.
    #[error("cannot read keys from {path}", path = path.display())]
    KeyRead {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of keys is open to others than its owner.
    #[error("keys in {path} are open to others (mode {mode:o}): use chmod 600", path = path.display())]
    KeyOpen {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A file holds no keys.
    #[error("cannot use keys in {path}", path = path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: privacy::Error,
    },
    /// Looking for changed files too often.
    #[error("reload_ms is {reload_ms}; write at least {least}")]
    Reload {
        /// What was configured.
        reload_ms: u64,
        /// The least there may be.
        least: u64,
    },
    /// A folder or file of parsers cannot be read.
    #[error("cannot read parsers")]
    ParserFiles(#[source] std::io::Error),
    /// Parsers that are not as they should be.
    #[error("{count} errors in parsers; the first: {first}")]
    Parsers {
        /// What is wrong.
        first: Box<custom::Problem>,
        /// How many errors there are.
        count: usize,
    },
    /// Kafka does not take a dead letter that is sent again.
    #[error("cannot send a record again")]
    ReplaySend(#[source] bus::SendError),
    /// Kafka did not confirm a dead letter that was sent again.
    #[error("not all records that were sent again are confirmed")]
    Replay(#[source] bus::DeliveryError),
    /// A file that events are enriched from cannot be read.
    #[error("cannot read what events are enriched from")]
    EnrichFiles(#[source] std::io::Error),
    /// A file of places, assets or identities is wrong.
    #[error("cannot use what events are enriched from")]
    Enrich(#[from] enrich::Error),
    /// Indicators cannot be had, or are wrong.
    #[error(transparent)]
    Indicators(#[from] feeds::Error),
    /// The task that reads files panicked.
    #[error("reading files panicked")]
    Reader(#[source] tokio::task::JoinError),
    /// The mapping tables do not read.
    #[error("cannot read the mapping tables")]
    Mapping(#[source] mapping::Error),
    /// A metric's name is taken.
    #[error("cannot register metrics")]
    Metrics(#[from] prometheus::Error),
    /// Kafka's side cannot start.
    #[error("kafka")]
    Bus(#[from] bus::Error),
    /// The service's scaffolding failed.
    #[error("service")]
    Service(#[from] service::Error),
    /// Standard input cannot be read.
    #[error("cannot read the input")]
    Read(#[source] std::io::Error),
    /// Standard output cannot be written.
    #[error("cannot write the output")]
    Write(#[source] std::io::Error),
    /// The dead-letters file cannot be written.
    #[error("cannot write dead letters to {path}", path = path.display())]
    DeadLetters {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}
