//! What keeps a tool from doing its work.

use std::path::PathBuf;

/// A tool could not do its work; what it found in rules is none of these.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules cannot be read or compiled.
    #[error(transparent)]
    Detector(#[from] detector::Error),
    /// The parsers cannot be read.
    #[error(transparent)]
    Normalizer(Box<normalizer::Error>),
    /// The rules cannot be made into an engine.
    #[error("cannot compile the rules")]
    Engine(#[from] detect::Error),
    /// The compiled-in mapping tables cannot be read.
    #[error(transparent)]
    Mapping(#[from] mapping::Error),
    /// A file of samples or events cannot be read.
    #[error("cannot read {path}", path = path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A rule that is to be explained has an error of its own.
    #[error("{0}")]
    Rule(Box<sigma::Error>),
    /// There is no rule over single events in the file that is to be explained.
    #[error("{path} holds no rule over single events", path = path.display())]
    NoRule {
        /// The file.
        path: PathBuf,
    },
    /// What was given as an event is none.
    #[error("{path}:{line}: {source}; give --raw for raw log lines", path = path.display())]
    Event {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Why.
        #[source]
        source: detect::BadEvent,
    },
    /// The result cannot be written.
    #[error("cannot write the result")]
    Write(#[source] std::io::Error),
}

impl From<normalizer::Error> for Error {
    fn from(error: normalizer::Error) -> Self {
        Self::Normalizer(Box::new(error))
    }
}
