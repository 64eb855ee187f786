//! NetFlow 5, NetFlow 9 (RFC 3954) and IPFIX (RFC 7011): datagrams in, one JSON object a flow out.
//!
//! The names are IANA's for IPFIX' elements. What a datagram means depends on templates that came
//! before it, kept by exporter ([`Decoder`]); flows whose template is yet to come wait for it.
//! Everything kept has a limit, and what is given up at a limit is counted. No clock, no I/O.

mod bytes;
mod decoder;
mod elements;
mod json;
mod template;

pub use decoder::{Counts, Decoder};
