//! Why indicators cannot be taken.

/// Files or a published set that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Files of indicators or warning lists cannot be read.
    #[error("cannot read indicators")]
    Files(#[source] std::io::Error),
    /// They are wrong.
    #[error("cannot use indicators")]
    Indicators(#[from] indicators::Error),
    /// What is published cannot be taken.
    #[error("cannot take the indicators that the dashboard keeps")]
    Control(#[from] control::Error),
}

impl Error {
    /// Whether it may pass by itself: Kafka does not answer, or a set is being written.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Control(control::Error::Bus(_) | control::Error::Unfinished))
    }
}
