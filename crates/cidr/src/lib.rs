//! Networks in CIDR notation, and which of many an address lies in.
//!
//! [`Ranges`] answers for the longest prefix, as routing does: nested networks are cut into runs of
//! addresses that share an answer, so that a look-up is one binary search however deep they nest.

mod net;
mod ranges;

pub use net::{Net, canonical};
pub use ranges::Ranges;
