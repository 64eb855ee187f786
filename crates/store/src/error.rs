//! What can go wrong between us and ClickHouse.

use std::path::PathBuf;

/// A failure of the store. Whether trying again helps is [`Error::is_transient`]'s to say.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration has a value that is not usable.
    #[error("[store] {key} {value:?} is not valid: {mend}")]
    Config {
        /// The key within `[store]`.
        key: &'static str,
        /// What it holds.
        value: String,
        /// What would be valid.
        mend: &'static str,
    },
    /// The certificates for https cannot be used.
    #[error(transparent)]
    Tls(#[from] tls::Error),
    /// The password file cannot be read.
    #[error("cannot read password file {path}", path = path.display())]
    PasswordFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// ClickHouse refused, failed or could not be reached. The outcome of a write is unknown.
    #[error("clickhouse: cannot {action}")]
    ClickHouse {
        /// What was being done.
        action: &'static str,
        /// Why.
        #[source]
        source: clickhouse::error::Error,
    },
    /// ClickHouse did not answer in time. The outcome of a write is unknown.
    #[error("clickhouse: cannot {action} within {seconds} s")]
    TimedOut {
        /// What was being done.
        action: &'static str,
        /// The limit.
        seconds: u64,
    },
    /// An applied migration is not the one that this program holds.
    #[error(
        "migration {number} ({name}) was applied with checksum {applied}, this program has {ours}: \
         the database belongs to another version; upgrade the program, never edit a migration"
    )]
    Checksum {
        /// Its number.
        number: u32,
        /// Its name.
        name: String,
        /// The checksum in the database.
        applied: String,
        /// The checksum of ours.
        ours: String,
    },
    /// The database has a migration that this program does not know.
    #[error("the database has migration {number} ({name}), newer than this program: upgrade it")]
    Newer {
        /// Its number.
        number: u32,
        /// Its name.
        name: String,
    },
    /// A search of more terms than the limit.
    #[error("search has {terms} terms, more than {terms_max}: use fewer, longer ones")]
    Terms {
        /// How many were given.
        terms: usize,
        /// The limit.
        terms_max: usize,
    },
    /// A page cursor that this program did not make.
    #[error("cursor {cursor:?} is malformed: begin again without one")]
    Cursor {
        /// What was given.
        cursor: String,
    },
    /// A value that no entity of its kind has.
    #[error("{kind} {value:?} is not valid: {mend}")]
    Entity {
        /// The kind.
        kind: &'static str,
        /// The begin of what was given.
        value: String,
        /// What would be valid.
        mend: &'static str,
    },
    /// A value from the database that the program does not know.
    #[error("column {column} holds {value:?}, which this program does not know")]
    Value {
        /// The column.
        column: &'static str,
        /// What it holds.
        value: String,
    },
    /// A stored document that cannot be put together again.
    #[error("event {uid} is stored with a malformed document")]
    Document {
        /// Its `metadata.uid`.
        uid: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A backup that ClickHouse could not make or bring back.
    #[error("clickhouse: cannot {action}: {why}")]
    Copy {
        /// What was being done.
        action: &'static str,
        /// What ClickHouse said.
        why: String,
    },
    /// A database with rows, into which nothing is restored.
    #[error(
        "database {database} has {rows} rows, which a restore would lose: restore into another \
         ([store] database), or drop it first"
    )]
    NotEmpty {
        /// The database.
        database: String,
        /// Rows of all its tables.
        rows: u64,
    },
    /// An alert changed under every one of several tries.
    #[error("alert {id} is being changed by others all the time: tried {tries} times")]
    Contended {
        /// The alert.
        id: String,
        /// How often was tried.
        tries: u32,
    },
}

impl Error {
    /// Whether the same request may succeed later: ClickHouse away, overloaded or restarting.
    /// Errors of our own making (bad SQL, a schema that does not fit) are not.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::TimedOut { .. } => true,
            Self::ClickHouse { source, .. } => source_is_transient(source),
            _ => false,
        }
    }
}

/// Exception codes that time mends: 159 and 209 time-outs, 202 too many queries, 210 and 279
/// network, 241 memory limit, 242 read-only, 243 no space, 252 too many parts.
const TRANSIENT_CODES: [u32; 9] = [159, 202, 209, 210, 241, 242, 243, 252, 279];

fn source_is_transient(error: &clickhouse::error::Error) -> bool {
    use clickhouse::error::Error as E;
    match error {
        E::Network(_) | E::TimedOut | E::NotEnoughData | E::RowNotFound => true,
        // The client gives the server's text: `Code: 252. DB::Exception: …`. What has no code did
        // not come from the engine but from something before it (a proxy, a restart).
        E::BadResponse(text) => exception_code(text).is_none_or(|c| TRANSIENT_CODES.contains(&c)),
        _ => false,
    }
}

/// The number in `Code: 60. DB::Exception: …`.
fn exception_code(text: &str) -> Option<u32> {
    let rest = &text[text.find("Code: ")? + 6..];
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    rest[..end].parse().ok()
}

/// Names the action that failed, and turns the client's time-out into ours.
pub(crate) trait During<T> {
    fn during(self, action: &'static str) -> Result<T, Error>;
}

impl<T> During<T> for Result<T, clickhouse::error::Error> {
    fn during(self, action: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::ClickHouse { action, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clickhouse::error::Error as E;

    #[test]
    fn only_what_time_mends_is_transient() {
        for (source, transient) in [
            (E::TimedOut, true),
            (E::Network("refused".into()), true),
            (E::BadResponse("502 Bad Gateway".into()), true),
            (E::BadResponse("Code: 252. DB::Exception: Too many parts".into()), true),
            (E::BadResponse("Code: 60. DB::Exception: Unknown table".into()), false),
            (E::SchemaMismatch("x".into()), false),
        ] {
            let error = Error::ClickHouse { action: "insert events", source };
            assert_eq!(error.is_transient(), transient, "{error:?}");
        }
    }
}
