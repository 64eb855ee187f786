//! Why something could not be published or taken.

/// A set that cannot be written to the topic, or read from it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Kafka does not answer.
    #[error(transparent)]
    Bus(#[from] bus::Error),
    /// What was published is damaged, or what is to be published fits into no record.
    #[error(transparent)]
    Ruleset(#[from] ruleset::Error),
    /// A set is just being written, or its publisher broke off.
    #[error(
        "a set is not whole: it is being written, or its publisher broke off and will begin anew"
    )]
    Unfinished,
    /// A part is not taken for sending.
    #[error("cannot publish")]
    Send(#[from] bus::SendError),
    /// A part was not confirmed.
    #[error("cannot publish")]
    Delivery(#[source] bus::DeliveryError),
}
