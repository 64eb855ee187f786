//! Where records go: what inputs need to know of Kafka.

/// A record as an input hands it over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a> {
    /// The key: the stream's name, which keeps a stream in one partition and in order.
    pub(crate) stream: &'a str,
    /// The `origin` header.
    pub(crate) origin: &'a str,
    /// The bytes.
    pub(crate) bytes: &'a [u8],
    /// What comes back when it is confirmed.
    pub(crate) tag: u64,
}

/// Takes records, or tells to wait.
pub(crate) trait Output {
    /// Takes `record` and answers `true`, or answers `false`: nothing was taken, try again later.
    /// Never blocks.
    fn send(&mut self, record: &Record<'_>) -> bool;
}
