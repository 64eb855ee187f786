//! Rules, their stages and the exceptions to them as one whole: what becomes of a match, and how a
//! set travels.
//!
//! A match is no alert yet. [`Policy`] says what becomes of it: a filter may leave it out, the
//! rule's [`Stage`] may keep it from the queue. [`Bundle`] is a set of rule files under one version,
//! cut into records for a topic and put together again.

mod bundle;
mod error;
mod policy;
mod stage;

pub use bundle::{Assembly, Bundle, Content, PART_BYTES_MAX, Part, PartKey, version};
pub use error::Error;
pub use policy::{Fate, Policy, Unaimed};
pub use stage::{STAGES_FILE, Stage, Stages};
