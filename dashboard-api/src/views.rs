//! What the API shows: the contract's types, apart from the store's, so that each can change alone.

pub(crate) mod alert;
pub(crate) mod collector;
pub(crate) mod event;
pub(crate) mod finding;
pub(crate) mod rule;
mod sentence;

/// A text that the store keeps empty where it is unknown, and clients get as `null`.
fn known(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// OCSF's name of a severity, in lower case.
fn severity(id: u8) -> &'static str {
    match id {
        1 => "informational",
        2 => "low",
        3 => "medium",
        4 => "high",
        5 => "critical",
        6 => "fatal",
        _ => "unknown",
    }
}
