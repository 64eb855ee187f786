//! The search language: text to a tree, the tree to words, to text again, and to SQL.
//!
//! An analyst writes `user:root src_ip:cidr(203.0.113.0/24) | count by host`; [`parse`] makes a
//! [`Query`] of it, or an [`Error`] with the place and the mend. A Sigma rule becomes the same
//! [`Expr`] ([`of_rule`]), so that a rule can be opened as a search and run on what is stored.
//! What a leaf asks of a value is always a [`sigma::Matcher`], so that both sides mean the same.
//!
//! [`Query`] is shown by `Display`, explained in two languages by [`explain`], asked of one event in
//! memory by [`Evaluator`] (the oracle of the tests), and becomes SQL over the table `events` by
//! [`sql`]. The agencies that a caller may see are added to the tree ([`Query::scoped`]), never to
//! the text.

pub mod fold;
pub mod sql;

mod tree;

mod field;

mod error;
mod parse;
mod time;

mod print;

mod explain;

mod evaluate;
mod rule;

pub use error::{Error, Problem};
pub use evaluate::Evaluator;
pub use explain::{Language, explain};
pub use field::{Column, Field, short_names};
pub use parse::{DEPTH_MAX, NODES_MAX, TEXT_BYTES_MAX, parse};
pub use rule::of_rule;
pub use time::{Moment, Range, moment};
pub use tree::{Aggregate, Expr, Leaf, Order, Query, Stage};

#[cfg(test)]
mod tests;
