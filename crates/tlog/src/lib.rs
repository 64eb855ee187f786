//! A log that cannot be rewritten unseen: a Merkle tree over its entries, and signed checkpoints.
//!
//! The tree is RFC 6962's: [`Tree`] takes the entries' hashes one after the other and knows the
//! root of them all. A [`Checkpoint`] says how many entries there were and what the root was; signed
//! with a [`Key`] it is a note in the format that transparency logs share (C2SP `tlog-checkpoint` and
//! `signed-note`), which a [`Verifier`] reads. Whoever keeps one such note elsewhere can tell later
//! whether an entry before it was changed, added or taken away, even by who owns the machine.

mod checkpoint;
mod key;
mod tree;

pub use checkpoint::{Checkpoint, Error};
pub use key::{Key, Verifier};
pub use tree::{Hash, Tree};
