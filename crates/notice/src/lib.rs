//! Tells people who are not looking at the dashboard: by webhook, e-mail and SMS.
//!
//! A [`Message`] is what is said, to a [`Target`]; [`Senders`] carry it, and [`storm::plan`] keeps a
//! thousand alerts from being a thousand messages. What is to be said to whom, and what waits, is kept
//! by who uses this.

mod config;
mod mail;
mod message;
mod senders;
mod sms;
mod target;
mod webhook;
mod words;

pub mod storm;

pub use config::{Config, RawConfig};
pub use message::{Alert, Condition, Found, Language, Message, Subject, Trouble};
pub use senders::Senders;
pub use target::{Refused, Target};
pub use webhook::{SIGNATURE_HEADER, signature};

/// Why a message did not get through, in words for whoever set the channel up.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Failure {
    reason: String,
}

impl Failure {
    fn of(reason: impl ToString) -> Self {
        Self { reason: reason.to_string() }
    }
}

#[cfg(test)]
mod tests;
