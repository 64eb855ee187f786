//! Which agencies' cases a caller may see, and in which the caller may work.

use crate::roles::Agencies;

/// A caller's reach. Only [`crate::caller::Caller::reach`] makes one for a request.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    /// The user's name, for the history.
    pub(crate) actor: String,
    /// Where the caller reads cases, and the rows in them.
    pub(crate) reads: Agencies,
    /// Where the caller works on cases.
    pub(crate) works: Agencies,
}

impl Reach {
    /// The agencies that the caller reads, as a JSON array for SQL; `None` for all.
    pub(super) fn sight(&self) -> Option<String> {
        match &self.reads {
            Agencies::All => None,
            of => Some(serde_json::json!(of.names()).to_string()),
        }
    }
}
