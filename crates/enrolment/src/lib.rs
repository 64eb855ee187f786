//! Who may send: agencies, the certificate authority, and how a collector comes by a certificate.
//!
//! An operator makes a one-time token for an agency and a site ([`Office::add_token`]). The collector
//! makes a key, which never leaves its host, and sends a signing request with the token to the
//! [`service`]; it gets a certificate whose common name is an identity drawn here, and Kafka's rule
//! that lets this identity write to the topics of that agency. What the host calls itself is kept as
//! a label and decides nothing. Whom the rules no longer name is shut out at once, whatever its
//! certificate says ([`Office::revoke`]).

mod authority;
mod config;
mod error;
mod office;
mod registry;
pub mod service;
mod token;

pub use authority::{Authority, Issued};
pub use config::{Config, RawConfig};
pub use error::Error;
pub use office::{Enrolled, Office};
pub use registry::{AgencyRow, CollectorRow};
