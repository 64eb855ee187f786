//! What can be wrong with a file that events are enriched from.

/// A file that cannot be read as what it should be. Single rows that cannot be used are no errors:
/// they are counted and the first ones told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No database in MaxMind's format, or a damaged one.
    #[error("{file}: no usable MaxMind database")]
    Geo {
        /// The file.
        file: String,
        /// Why.
        #[source]
        source: maxminddb::MaxMindDbError,
    },
    /// A table without the columns that make its rows mean something.
    #[error("{file}: line 1: no column {wanted}; columns are {columns}")]
    Columns {
        /// The file.
        file: String,
        /// What is missing.
        wanted: &'static str,
        /// Those that are there.
        columns: String,
    },
    /// A table that breaks off or is no text.
    #[error("{file}: not valid CSV")]
    Csv {
        /// The file.
        file: String,
        /// Why, and where.
        #[source]
        source: csv::Error,
    },
    /// JSON that does not parse.
    #[error("{file}: not valid JSON")]
    Json {
        /// The file.
        file: String,
        /// Why, and where.
        #[source]
        source: serde_json::Error,
    },
    /// JSON without rows.
    #[error("{file}: JSON of no known form: expected a list of objects, or an object with one")]
    Form {
        /// The file.
        file: String,
    },
    /// Not one row can be used.
    #[error("{file}: {rows} rows and none of use; {first}")]
    Nothing {
        /// The file.
        file: String,
        /// How many there are.
        rows: u64,
        /// The first, and why.
        first: String,
    },
}
