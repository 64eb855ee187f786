//! Raw log text into OCSF events: detection of the source, time, headers and bodies.
//!
//! Everything here is pure: text in, events out, no clock, no I/O. A record never fails: it
//! becomes events, at worst one that keeps the raw text with what a generic reader can see, or an
//! [`Outcome::Dead`] that says why. Hot formats are read by hand-written scanners over borrowed
//! slices; what has to be decoded goes to the record's arena, which is emptied, not freed.

pub mod zone;

pub mod time;

mod scan;

mod hash;

mod fields;

mod header;
mod syslog;

mod accounts;
mod cron;
mod pam;
mod remote_access;
mod sshd;
mod sudo;

mod audit;
mod audit_names;

mod access;
mod error_log;

mod kv;
mod words;

mod cef;
mod cisco;
mod cisco_asa;
mod csv;
mod firewall;
mod layout;
mod squid;
mod vmware;
mod w3c;

mod apps;
mod databases;
mod dhcp;
mod dns;
mod mail;

mod journal;

mod json;
mod vendors;
mod windows;
mod windows_xml;

mod generic;

mod custom;

mod dispatch;
mod hint;
mod shape;

pub use custom::{Custom, Unread};
pub use dispatch::parse;
pub use hint::source_named;
pub use shape::{is_guess, shape};
pub use zone::Zone;

use bumpalo::Bump;
use model::DeadLetterCode;
use ocsf::Event;
use std::sync::Arc;

/// JSON deeper than this is a dead letter: no real log is, and every reader downstream recurses.
pub const JSON_DEPTH_MAX: usize = 100;

/// Events that one record may hold; the rest of a larger batch stays in the last one's raw text.
/// The densest real batch, of flows of 100 bytes each, has as many in the largest record.
pub const EVENTS_MAX: usize = 10_000;

/// What a parser knows besides the text.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    /// Memory for decoded values, emptied after the record.
    pub arena: &'a Bump,
    /// When the record arrived, in milliseconds since the epoch: what missing years are near to.
    pub arrival_ms: i64,
    /// The zone of times that name none.
    pub zone: &'a Zone,
    /// The source type that the collector's configuration names.
    pub hint: Option<&'a str>,
    /// The stream that the record is of, as a number: what a file's header lines say holds for it.
    pub stream: u64,
    /// Readers that users wrote.
    pub custom: Option<&'a dyn Custom>,
}

impl<'a> Cx<'a> {
    /// Text made in the arena.
    pub(crate) fn write(&self, text: std::fmt::Arguments<'_>) -> &'a str {
        let mut out = bumpalo::collections::String::new_in(self.arena);
        // Writing to a string cannot fail.
        let _ = std::fmt::Write::write_fmt(&mut out, text);
        out.into_bump_str()
    }
}

/// Buffers and tables that outlive a record.
pub struct Scratch {
    pub(crate) json: json::Buffers,
    pub(crate) windows: windows::Maps,
    pub(crate) layouts: layout::Layouts,
}

impl Scratch {
    /// Fresh buffers over the mapping tables.
    pub fn new(tables: Arc<mapping::Tables>) -> Self {
        Self {
            json: json::Buffers::default(),
            windows: windows::Maps::new(tables),
            layouts: layout::Layouts::default(),
        }
    }
}

/// Takes each event as it is finished; the event is emptied for the next one afterwards.
pub type Emit<'e, 'a> = &'e mut dyn FnMut(&mut Event<'a>);

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// At least one event was emitted.
    Events,
    /// No event can be made of it.
    Dead {
        /// Why.
        code: DeadLetterCode,
        /// Why, in words.
        reason: &'static str,
        /// The parser that gave up, with its version.
        parser: &'static str,
    },
}
