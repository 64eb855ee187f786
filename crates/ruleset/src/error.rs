//! What is wrong with a bundle's records.

/// A record that is no part of a set, or a file that fits into no record.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The record is not what a publisher writes.
    #[error("cannot read part {key:?} of a set")]
    Part {
        /// The record's key.
        key: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A record cannot be written.
    #[error("cannot write part {key:?} of a set")]
    Write {
        /// The record's key.
        key: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The files do not make the version that the records say.
    #[error("set {said} is damaged: its files make {made}")]
    Damaged {
        /// The version that the records say.
        said: String,
        /// The version of the files in them.
        made: String,
    },
    /// A file is larger than a record may be.
    #[error("{name} has {bytes} bytes, more than the {bytes_max} of one record; split it")]
    TooLarge {
        /// The file.
        name: String,
        /// Its size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
}
