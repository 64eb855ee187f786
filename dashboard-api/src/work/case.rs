//! Cases: what belongs together, who works on it, the proof, and every step that was taken.

mod change;
mod evidence;
mod gather;
mod read;
mod step;
mod task;

pub(crate) use change::{CaseChange, NewCase};
pub(crate) use evidence::{EvidenceDetail, NewEvidence};
pub(crate) use gather::{AlertLink, Split};
pub(crate) use read::{Behind, Filter};
pub(crate) use step::History;
pub(crate) use task::{NewTask, TaskChange};

use super::names::names;

/// Alerts in one case: more are a campaign of several.
pub(crate) const ALERTS_MAX: usize = 1_000;
/// Tasks in one case.
pub(crate) const TASKS_MAX: usize = 200;
/// Pieces of evidence in one case.
pub(crate) const EVIDENCE_MAX: usize = 200;

names! {
    /// Where a case stands.
    CaseState {
        /// Nobody works on it yet.
        Open = "open",
        /// Somebody does.
        InProgress = "in_progress",
        /// Done, with a resolution.
        Closed = "closed",
    }
}

names! {
    /// Traffic Light Protocol 2.0: how far what the case says may travel.
    Tlp {
        /// To everybody.
        Clear = "clear",
        /// Within the community.
        Green = "green",
        /// To those who need it, their own agency and the ones it works with.
        Amber = "amber",
        /// Not beyond the agency.
        AmberStrict = "amber_strict",
        /// Not beyond those who read it now.
        Red = "red",
    }
}

impl Tlp {
    /// Whether other agencies may be told.
    pub(crate) fn may_be_shared(self) -> bool {
        matches!(self, Self::Clear | Self::Green | Self::Amber)
    }
}

names! {
    /// Where a task stands.
    TaskState {
        /// To be done.
        Open = "open",
        /// Done.
        Done = "done",
        /// Not to be done after all.
        Dropped = "dropped",
    }
}

names! {
    /// What a piece of evidence is.
    EvidenceKind {
        /// A file that somebody sent.
        File = "file",
        /// An alert's finding as it stood.
        Alert = "alert",
        /// An event as it is stored.
        Event = "event",
    }
}

/// A case as a row of the list.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
#[schema(as = CaseSummary)]
pub(crate) struct Summary {
    pub(crate) id: String,
    /// Rises by one with each step; the case's ETag.
    pub(crate) version: u32,
    pub(crate) agency: String,
    pub(crate) title: String,
    pub(crate) state: CaseState,
    /// OCSF, 1 to 6.
    pub(crate) severity_id: u8,
    pub(crate) tlp: Tlp,
    pub(crate) assignee: Option<String>,
    /// The case that it went into.
    pub(crate) merged_into: Option<String>,
    pub(crate) created: i64,
    pub(crate) created_by: String,
    pub(crate) updated: i64,
    pub(crate) updated_by: String,
    /// How many alerts of agencies that the caller reads it holds.
    pub(crate) alerts: u32,
    pub(crate) tasks_open: u32,
    pub(crate) tasks: u32,
}

/// A case, as far as the caller may see it.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
#[schema(as = Case)]
pub(crate) struct Case {
    pub(crate) id: String,
    /// Rises by one with each step; the case's ETag.
    pub(crate) version: u32,
    pub(crate) agency: String,
    pub(crate) title: String,
    /// What happened, as far as it is known.
    pub(crate) summary: String,
    pub(crate) state: CaseState,
    /// OCSF, 1 to 6.
    pub(crate) severity_id: u8,
    pub(crate) tlp: Tlp,
    pub(crate) assignee: Option<String>,
    /// How it ended; with `closed` only.
    pub(crate) resolution: Option<String>,
    /// The case that it went into.
    pub(crate) merged_into: Option<String>,
    pub(crate) created: i64,
    pub(crate) created_by: String,
    pub(crate) updated: i64,
    pub(crate) updated_by: String,
    /// The other agencies that may see it.
    pub(crate) shared_with: Vec<String>,
    pub(crate) alerts: Vec<AlertLink>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) evidence: Vec<Evidence>,
    /// How many alerts and pieces of evidence are of agencies that the caller does not read.
    pub(crate) hidden: u64,
    /// Whether the caller may change it: as one who triages the agency whose it is.
    pub(crate) may_change: bool,
    /// Whether the caller may add to it: also as one of an agency that it is shared with.
    pub(crate) may_add: bool,
}

/// Something to be done.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Task {
    pub(crate) id: String,
    /// Rises by one with each change; the task's ETag.
    pub(crate) version: u32,
    pub(crate) title: String,
    pub(crate) state: TaskState,
    pub(crate) assignee: Option<String>,
    /// Until when.
    pub(crate) due: Option<i64>,
    pub(crate) created: i64,
    pub(crate) created_by: String,
}

/// A piece of evidence, without its bytes.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Evidence {
    pub(crate) id: String,
    pub(crate) agency: String,
    pub(crate) kind: EvidenceKind,
    /// The file's name, or the alert's title, or the event's message.
    pub(crate) name: String,
    /// The alert or event that it is a copy of.
    pub(crate) source: Option<String>,
    pub(crate) media_type: String,
    pub(crate) bytes: u32,
    /// Of the bytes, in hex.
    pub(crate) sha256: String,
    pub(crate) note: Option<String>,
    pub(crate) added: i64,
    pub(crate) added_by: String,
}

/// Why nothing was done.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// There is no such case, task or evidence in the caller's reach.
    NotFound,
    /// Somebody was faster; the case now.
    Conflict(Box<Case>),
    /// The caller may see it but not do this.
    Forbidden,
    /// It went into another case.
    Merged(String),
    /// Closing needs a resolution.
    ResolutionRequired,
    /// Its TLP does not let other agencies see it.
    Tlp(Tlp),
    /// There are too many of these in the case.
    TooMany { what: &'static str, max: usize },
    /// A case cannot go into itself.
    Itself,
    /// The case holds no such thing.
    NotInCase { what: &'static str, id: String },
}

/// What a change came to, within a transaction.
type Done<T> = Result<Result<T, Refusal>, rusqlite::Error>;

/// An empty text for what is not known, as SQLite keeps it.
fn known(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
