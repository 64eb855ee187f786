//! What keeps the loader from starting, or ends it. What passes by itself is waited out instead.

/// A failure of the loader.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value of the configuration is not usable.
    #[error("[loader] {key} = {value} is not valid: {mend}")]
    Config {
        /// The key.
        key: &'static str,
        /// What it holds.
        value: String,
        /// What would be valid.
        mend: &'static str,
    },
    /// The store's configuration, or its schema.
    #[error("cannot use the store")]
    Store(#[from] store::Error),
    /// Kafka's configuration, or a consumer that cannot go on.
    #[error("cannot read from kafka")]
    Bus(#[from] bus::Error),
    /// The status server, or a task.
    #[error("loader stopped")]
    Service(#[from] service::Error),
    /// A metric's name is taken.
    #[error("cannot register metrics")]
    Metrics(#[from] prometheus::Error),
}
