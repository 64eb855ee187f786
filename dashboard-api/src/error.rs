//! What keeps the API from starting or an account command from its end.

use crate::accounts::Weak;
use std::net::SocketAddr;
use std::path::PathBuf;

/// A failure of the service or of one of its account commands.
///
/// What a request gets wrong is no error of this kind but a problem document.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A configured value is out of its range.
    #[error("configuration: {key}: {message}")]
    Config {
        /// The key, with its table.
        key: &'static str,
        /// What is wrong and what is allowed.
        message: String,
    },
    /// The certificate cannot be used.
    #[error(transparent)]
    Certificate(#[from] tls::Error),
    /// The identity provider cannot be used.
    #[error(transparent)]
    Oidc(#[from] oidc::Error),
    /// The ways out for messages cannot be opened.
    #[error("cannot open the ways out for messages: {0}")]
    Notice(#[from] notice::Failure),
    /// The mapping tables of this program cannot be read.
    #[error(transparent)]
    Mapping(#[from] mapping::Error),
    /// The data directory cannot be created or written.
    #[error("cannot write data directory {path}", path = path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The folders of rules cannot be read.
    #[error("cannot read the rule folders")]
    RuleFolder {
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Rules cannot be given to the detectors.
    #[error("cannot publish the rules")]
    Control(#[from] control::Error),
    /// A SQLite file cannot be opened or migrated.
    #[error("cannot open database {path}", path = path.display())]
    OpenDatabase {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// A key file cannot be read or made.
    #[error("cannot read or make the key {path}", path = path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The audit log cannot be written out.
    #[error("cannot write the audit log out")]
    AuditExport {
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A SQLite file was written by a later release.
    #[error(
        "database {path} has version {version}, this program knows {known}: run the \
         newer program", path = path.display()
    )]
    NewerDatabase {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: usize,
        /// The newest known one.
        known: usize,
    },
    /// A statement failed.
    #[error("database: cannot {what}")]
    Database {
        /// What it was for.
        what: &'static str,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// The program is ending, so the work was not done.
    #[error("database: cannot {what}: shutting down")]
    Stopped {
        /// What was to be done.
        what: &'static str,
    },
    /// The operating system gives no random bytes.
    #[error("no random bytes from the operating system: {source}")]
    Random {
        /// Why.
        source: getrandom::Error,
    },
    /// A password cannot be hashed.
    #[error("cannot hash the password: {source}")]
    Hash {
        /// Why.
        source: argon2::password_hash::Error,
    },
    /// A user name that is not of the allowed form.
    #[error(
        "user name {name:?} is not valid: 1 to 64 of a-z, 0-9, '.', '_' and '-', beginning with a \
         letter or digit"
    )]
    UserName {
        /// What was given.
        name: String,
    },
    /// A role that there is not.
    #[error("there is no role {name:?}")]
    Role {
        /// What was given.
        name: String,
    },
    /// A grant's agency that is not of the allowed form.
    #[error("a grant's agency is a name or *")]
    Agency {
        /// Why.
        #[source]
        source: model::Error,
    },
    /// The name is taken.
    #[error("there is a user {name:?} already")]
    UserExists {
        /// The name.
        name: String,
    },
    /// Nobody has that name, or the user was off-boarded.
    #[error("there is no active user {name:?}")]
    NoUser {
        /// The name.
        name: String,
    },
    /// The password is not accepted.
    #[error(
        "password not accepted ({reason}): 12 to 256 characters, not the user's name, at least 5 \
         different ones", reason = reason.as_str()
    )]
    WeakPassword {
        /// Why not.
        reason: Weak,
    },
    /// The address cannot be bound.
    #[error("cannot listen on {address}: is the port taken? choose another in [http] listen")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A metric cannot be registered.
    #[error("cannot register the metrics")]
    Metrics(#[from] prometheus::Error),
    /// The scaffolding failed.
    #[error(transparent)]
    Service(#[from] service::Error),
    /// The store's configuration does not do.
    #[error(transparent)]
    Store(#[from] store::Error),
}
