//! Sigma rules as typed values: files of YAML in, rules with positions out.
//!
//! The specification is Sigma 2.1.0. A file may hold several documents (a rule collection with
//! `action: global`, `reset` and `repeat`); each becomes a [`Rule`], a [`Correlation`] or a
//! [`Filter`], or an [`Error`] that says where and how to mend it. Nothing is passed over: an
//! unknown modifier, a legacy aggregation or a `timeframe` is an error by name.
//!
//! What a value test means for one value of an event is [`Matcher::matches`]; where the value is
//! found, and how many rules are asked at once, is the business of crate `detect`.

pub mod fold;

mod collection;
mod condition;
mod correlation;
mod correlation_condition;
mod date;
mod detection;
mod encode;
mod error;
mod filter;
mod folding;
mod head;
mod matcher;
mod modifier;
mod near;
mod network;
mod number;
mod pattern;
mod placeholder;
mod resolve;
mod rule;
mod value;

pub use collection::{Document, Parsed, parse};
pub use condition::{CONDITION_DEPTH_MAX, CONDITION_TOKENS_MAX, Condition};
pub use correlation::{
    Alias, CORRELATED_RULES_MAX, Correlation, CorrelationKind, GROUP_FIELDS_MAX, Named,
    TIMESPAN_MS_MAX,
};
pub use correlation_condition::{Bound, CorrelationCondition, Measure, Relation, has_not};
pub use date::DatePart;
pub use detection::{Detection, Item, Node, SELECTIONS_MAX, Selection, Test};
pub use error::{Error, Problem};
pub use filter::{Filter, Targets};
pub use folding::{Folding, THRESHOLD_MAX};
pub use head::Head;
pub use matcher::{Anchor, Comparison, Matcher, REGEX_BYTES_MAX, Regex, Value};
pub use modifier::Modifier;
pub use near::nearest;
pub use network::{Address, Network};
pub use number::Number;
pub use pattern::{Part, Pattern};
pub use placeholder::{EXPANSIONS_MAX, Placeholders};
pub use resolve::{CHAIN_MAX, Member, Resolved, resolve};
pub use rule::{Level, LogSource, Rule};
pub use yaml::Position;

#[cfg(test)]
mod tests;
