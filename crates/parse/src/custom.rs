//! Readers beyond the built-in ones: those that users write as files (crate `custom`).
//!
//! They are asked where a record would otherwise be read by its words only, and, before all others,
//! for a record whose hint names one.

use crate::Cx;
use ocsf::Event;

/// A record that no built-in reader knows, or that a hint gives to another one.
#[derive(Debug, Clone, Copy)]
pub struct Unread<'a> {
    /// The whole record; `None` where it stood within another one, such as a journal's entry.
    pub record: Option<&'a str>,
    /// What stands behind syslog's header; all of it where there is none.
    pub message: &'a str,
    /// The program that the header names.
    pub program: Option<&'a str>,
}

/// Readers that users wrote.
pub trait Custom: Send + Sync {
    /// Whether a collector's `source` names one of them.
    fn knows(&self, hint: &str) -> bool;

    /// Reads a record that `hint` gives to one of them. `event` has what the header says; where
    /// `false` comes back it still has, and no more.
    fn hinted<'a>(
        &'a self,
        hint: &str,
        unread: Unread<'a>,
        cx: &Cx<'a>,
        event: &mut Event<'a>,
    ) -> bool;

    /// Reads a record that one of them recognises, as [`Self::hinted`] does.
    fn read<'a>(&'a self, unread: Unread<'a>, cx: &Cx<'a>, event: &mut Event<'a>) -> bool;
}

/// Asks them, if there are any.
pub(crate) fn read<'a>(unread: Unread<'a>, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    cx.custom.is_some_and(|custom| custom.read(unread, cx, event))
}
