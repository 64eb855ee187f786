//! What other sources know of what an event names: places, assets, identities, threat indicators.
//!
//! A [`Geo`] holds databases in MaxMind's format, a [`Directory`] the assets and identities of every
//! agency, an [`indicators::Set`] what threat feeds list. [`Enricher::enrich`] asks all three about
//! the addresses, hosts and users of one event and adds what they say: at OCSF's own places where it
//! has them, and as an entry of `enrichments[]` that names the attribute, the source and its version.
//!
//! An agency's assets and identities are asked about for that agency's events only: private addresses
//! and short host names mean something else elsewhere, and what an agency has is its own affair.

mod criticality;
mod error;

pub mod directory;
pub mod geo;

mod enricher;
mod entries;
mod points;

pub mod testing;

pub use criticality::Criticality;
pub use directory::Directory;
pub use enricher::{Added, Enricher, Of, Sources};
pub use error::Error;
pub use geo::Geo;

#[cfg(test)]
mod tests;
