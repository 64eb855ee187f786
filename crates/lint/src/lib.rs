//! What a rule writer is told before a rule runs: errors with their mend, and warnings.
//!
//! An error is a document that no engine of ours would run. A warning is a rule that runs and is
//! probably not what was meant: a field that no source produces, a condition that no event fulfils,
//! a selection that nothing asks about. A warning may be wrong, so each has a [`Code`] by which it
//! can be allowed; none is given where the linter does not know.

mod bangla;
mod check;
mod fields;
mod finding;
mod formula;
mod literal;
mod tags;
mod truth;
mod whole;

pub use check::{Report, RuleFile, check, log_source};
pub use fields::{Fields, Resolved};
pub use finding::{Code, Finding, Severity, Told};

#[cfg(test)]
mod tests;
