//! What keeps a service from starting, or ends it.

use std::net::SocketAddr;
use std::path::PathBuf;

/// A failure of the scaffolding or of one of the service's tasks.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration file cannot be read.
    #[error("cannot read configuration {path}", path = path.display())]
    ReadConfig {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The configuration file does not parse, or has an unknown or missing key.
    #[error("configuration {path}: line {line}: {message}", path = path.display())]
    ParseConfig {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there and which keys there are.
        message: String,
    },
    /// The address for `/metrics`, `/live` and `/ready` cannot be bound.
    #[error("cannot listen on {address}: is the port taken? choose another in [http] listen")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The HTTP server stopped by itself.
    #[error("status server failed")]
    Serve(#[source] std::io::Error),
    /// A signal handler could not be set.
    #[error("cannot listen for signals")]
    Signals(#[source] std::io::Error),
    /// A task failed; the others were told to end.
    #[error("task {name} failed")]
    Task {
        /// The task.
        name: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A task panicked; the others were told to end.
    #[error("task {name} panicked: {message}")]
    Panic {
        /// The task.
        name: &'static str,
        /// The panic's message.
        message: String,
    },
    /// Tasks were still running when the deadline for the shutdown had passed.
    #[error("tasks still running at the shutdown deadline: {names:?}")]
    Deadline {
        /// Those tasks.
        names: Vec<&'static str>,
    },
}
