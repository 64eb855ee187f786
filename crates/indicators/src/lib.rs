//! Threat indicators by the million, matched on what an event is seen to hold.
//!
//! [`read`] takes plain lists, CSV, STIX 2.1 bundles and MISP's JSON; a [`Builder`] leaves out what
//! cannot be meant ([`Warnings`], private and other special addresses, whole top-level domains) and
//! counts it; a [`Set`] answers whether an address, name, hash, URL or e-mail address is listed, by
//! whom, how surely and until when. [`observe`] asks a set about everything in one event.
//!
//! A set is made for look-ups that mostly find nothing: a bit field small enough for the caches says
//! no, and only what it lets through touches the table. Nothing of an indicator's text is kept that
//! the look-up itself knows; what many indicators share (source, confidence, expiry) is kept once.

mod kind;
mod note;

mod value;

mod error;
pub mod read;

mod special;
mod warnings;

mod table;

mod build;
mod set;

pub mod observe;
mod osint;

pub use build::{Builder, LeftOut, Report, load};
pub use error::Error;
pub use kind::Kind;
pub use note::{Note, Tlp};
pub use osint::{confidence, osint};
pub use read::{Indicator, Skipped, read, write};
pub use set::{Listing, Set};
pub use value::Value;
pub use warnings::Warnings;

#[cfg(test)]
mod tests;
