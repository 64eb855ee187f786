//! Sigma correlations over matches in event time: exact, bounded, and without a clock.
//!
//! [`Plan`] compiles correlations: each that stands for itself is a *unit*, a tree whose leaves are
//! rules, and says which fields of an event it needs. [`Engine`] takes matches in any order and
//! hands out [`Alarm`]s. It knows the time only by what it is told: each match says when it
//! happened and when it arrived, and [`Engine::progress`] says how far each source has come.
//!
//! A match waits until every source has come past its arrival and the lateness besides; then the
//! matches of its group are looked at in the order of their own times. So the result depends on
//! what happened and when it arrived, not on which source was read faster: the same matches make
//! the same alarms with the same ids, in service, in the filter and after a restart.
//!
//! Everything that decides at a moment lies within a few timespans before it, so a restart that
//! reads back [`Engine::reach_ms`] of matches knows all there is to know.
//!
//! A rule whose alerts fold ([`sigma::Folding`]) is a unit too: a count of its own matches.

mod alarm;
mod engine;
mod fact;
mod group;
mod measure;
mod plan;
mod schedule;
mod session;
mod state;
mod tally;
mod truth;

#[cfg(test)]
mod naive;

pub use alarm::{Alarm, EVIDENCE_FIRST_MAX, Stage};
pub use engine::{Counters, Engine, Found, Options};
pub use fact::{Body, Fact};
pub use plan::{LEAVES_MAX, Leaf, Plan, Unit};

#[cfg(test)]
mod tests;
