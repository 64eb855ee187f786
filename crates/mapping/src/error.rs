//! What can be wrong with a mapping table.

use yaml::Position;

/// A table that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file is no YAML.
    #[error("cannot read mapping {file}: {source}")]
    Yaml {
        /// Which table.
        file: String,
        /// What is wrong with it.
        #[source]
        source: yaml::Error,
    },
    /// The YAML does not have the form that the README of the mappings gives.
    #[error("cannot read mapping {file}: {at}: {what}")]
    Form {
        /// Which table.
        file: String,
        /// Where.
        at: Position,
        /// What is wrong, and what would be right.
        what: String,
    },
    /// There are more entries than the fit sets can hold.
    #[error("mappings have {entries} entries, more than the {entries_max} allowed")]
    TooMany {
        /// How many.
        entries: usize,
        /// The limit.
        entries_max: usize,
    },
}
