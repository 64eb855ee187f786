//! What can be wrong with an event or with a set of rules.

/// An event that is no JSON object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a JSON event: expected {expected} at byte {at}")]
pub struct BadEvent {
    /// Where, in bytes.
    pub at: usize,
    /// What should have been there.
    pub expected: &'static str,
}

/// Rules that cannot be made into an engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The automaton of a field's texts cannot be built.
    #[error("cannot build the automaton of field {field:?} with {needles} texts: {source}")]
    Automaton {
        /// The field.
        field: String,
        /// How many texts are to be looked for in it.
        needles: usize,
        /// Why.
        #[source]
        source: aho_corasick::BuildError,
    },
    /// The mapping tables cannot be read.
    #[error(transparent)]
    Mapping(#[from] mapping::Error),
}
