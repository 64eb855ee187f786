//! What keeps a spool from being opened.

use std::path::PathBuf;

/// A spool's directory cannot be used. Nothing else is an error: what goes wrong later is worked
/// around, and counted where it costs records.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory cannot be made or listed.
    #[error("cannot use spool directory {path}: is it writable for this user?", path = path.display())]
    Dir {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}
