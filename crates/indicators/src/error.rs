//! What can be wrong with a file of indicators.

/// A file that cannot be read as what it should be. Single lines and objects that cannot be used
/// are no errors: they are counted and the first ones told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// JSON that does not parse.
    #[error("{file}: not valid JSON at line {line}, column {column}: {what}")]
    Json {
        /// The file.
        file: String,
        /// Where.
        line: usize,
        /// Where in the line.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// JSON that is no known form of indicators.
    #[error(
        "{file}: JSON of no known form: expected a STIX 2.1 bundle, a MISP event, or MISP attributes"
    )]
    Form {
        /// The file.
        file: String,
    },
    /// A CSV without a column for values.
    #[error("{file}: line 1: no column `value` (or `indicator`, `ioc`); columns are {columns}")]
    Columns {
        /// The file.
        file: String,
        /// Those that are there.
        columns: String,
    },
    /// A file that is not text.
    #[error("{file}: line {line}: not UTF-8 text")]
    Text {
        /// The file.
        file: String,
        /// The first such line.
        line: usize,
    },
    /// Nothing in it can be used, though it is not empty.
    #[error("{file}: {lines} lines and no indicator in them; line {line}: {what}")]
    Nothing {
        /// The file.
        file: String,
        /// How many lines there are.
        lines: usize,
        /// The first that is none.
        line: usize,
        /// Why.
        what: String,
    },
}
