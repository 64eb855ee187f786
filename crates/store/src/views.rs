//! What readers get: plain values, apart from the tables that they come from.

use crate::{Cursor, EntityKind, Error};
use serde::Serialize;

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has looked yet.
    #[default]
    New,
    /// Somebody has seen it.
    Acknowledged,
    /// Somebody works on it.
    InProgress,
    /// Done, with a verdict.
    Closed,
}

/// What a closed alert turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// An attack or a breach of rules.
    TruePositive,
    /// The rule was wrong.
    FalsePositive,
    /// The rule was right and what it saw is allowed.
    Benign,
    /// Told already by another alert.
    Duplicate,
    /// Nobody could find out: what would tell was not collected or is gone.
    InsufficientData,
}

impl State {
    /// Every state, in the order of work.
    pub const ALL: [Self; 4] = [Self::New, Self::Acknowledged, Self::InProgress, Self::Closed];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Acknowledged => "acknowledged",
            Self::InProgress => "in_progress",
            Self::Closed => "closed",
        }
    }

    pub(crate) fn stored(text: &str) -> Result<Self, Error> {
        let known = Self::ALL.into_iter().find(|state| state.as_str() == text);
        known.ok_or_else(|| Error::Value { column: "state", value: text.into() })
    }
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 5] = [
        Self::TruePositive,
        Self::FalsePositive,
        Self::Benign,
        Self::Duplicate,
        Self::InsufficientData,
    ];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TruePositive => "true_positive",
            Self::FalsePositive => "false_positive",
            Self::Benign => "benign",
            Self::Duplicate => "duplicate",
            Self::InsufficientData => "insufficient_data",
        }
    }

    /// `None` for the empty text of an alert without verdict.
    pub(crate) fn stored(text: &str) -> Result<Option<Self>, Error> {
        let known = Self::ALL.into_iter().find(|verdict| verdict.as_str() == text);
        match known {
            None if !text.is_empty() => Err(Error::Value { column: "verdict", value: text.into() }),
            known => Ok(known),
        }
    }
}

/// An alert as a line of the queue. Times in ms; texts that are not known are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AlertSummary {
    /// `finding_info.uid`.
    pub id: String,
    /// Counts up with every change, from 1.
    pub version: u32,
    /// Time of the event that raised it.
    pub time: i64,
    /// Time of the last event that it stands for.
    pub last: i64,
    /// When it arrived.
    pub created: i64,
    /// How much depends on it, 0 to 100.
    pub risk_score: u8,
    /// The alerts that belong together have the same; empty where it belongs to none.
    pub group_id: String,
    /// In a list by groups: how many of its group the filter finds; else 1.
    pub group_alerts: u64,
    /// OCSF severity, 1 to 6.
    pub severity_id: u8,
    /// The rule's title.
    pub title: String,
    /// The same in Bangla; empty where the rule has none.
    pub title_bn: String,
    /// `finding_info.analytic.uid`.
    pub rule_id: String,
    /// Whose it is.
    pub agency: String,
    /// `device.hostname`.
    pub host: String,
    /// `user.name`.
    pub user: String,
    /// `src_endpoint.ip`.
    pub src_ip: String,
    /// The finding's own words.
    pub message: String,
    /// The same in Bangla; empty where it has none.
    pub message_bn: String,
    /// How many events it stands for, with what was folded into it until now.
    pub event_count: u32,
    /// Where it stands.
    pub state: State,
    /// What it was, once closed.
    pub verdict: Option<Verdict>,
    /// Why it was closed so.
    pub reason: String,
    /// Who has it; empty: nobody.
    pub assignee: String,
    /// Who changed it last; empty: nobody yet.
    pub changed_by: String,
    /// When.
    pub changed_at: i64,
}

/// An alert with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertDetail {
    /// What the queue shows.
    #[serde(flatten)]
    pub summary: AlertSummary,
    /// The Detection Finding, as the detector wrote it last (JSON text).
    pub finding: String,
}

/// A page of the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertPage {
    /// The alerts, newest first.
    pub items: Vec<AlertSummary>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// How many alerts of a filter there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertCounts {
    /// All of them.
    pub total: u64,
    /// By state, of those that occur.
    pub by_state: Vec<(State, u64)>,
    /// By `severity_id`, of those that occur, rising.
    pub by_severity: Vec<(u8, u64)>,
    /// Not closed and without assignee.
    pub unassigned: u64,
    /// Not closed, by assignee, of those that occur.
    pub by_assignee: Vec<(String, u64)>,
}

/// One step of an alert's triage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryItem {
    /// The alert's version since this step.
    pub version: u32,
    /// When, in ms.
    pub at: i64,
    /// Who.
    pub actor: String,
    /// What kind of step: `state`, `verdict`, `assignee` or `comment`, the first that applies.
    pub kind: String,
    /// The state before.
    pub from_state: State,
    /// The state since.
    pub to_state: State,
    /// The verdict since.
    pub verdict: Option<Verdict>,
    /// The reason given.
    pub reason: String,
    /// The assignee since.
    pub assignee: String,
    /// What was said.
    pub comment: String,
}

/// An event as a line of the search. Times in ms; texts that are not known are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EventSummary {
    /// `metadata.uid`.
    pub uid: String,
    /// Its own time.
    pub time: i64,
    /// Whose it is.
    pub agency: String,
    /// `device.hostname`.
    pub host: String,
    /// The source type.
    pub source: String,
    /// OCSF class.
    pub class_uid: u32,
    /// OCSF severity.
    pub severity_id: u8,
    /// The short text.
    pub message: String,
    /// `user.name`.
    pub user: String,
    /// `src_endpoint.ip`.
    pub src_ip: String,
    /// `dst_endpoint.ip`.
    pub dst_ip: String,
    /// The first 500 characters of the raw text.
    pub raw: String,
    /// What stands for the message of an event that has none: its type, its command line, file or
    /// name, its user and addresses.
    pub gist: String,
}

/// A page of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// The events, newest first.
    pub items: Vec<EventSummary>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// An event, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventDetail {
    /// The OCSF document (JSON text), equal to what the normalizer wrote.
    pub event: String,
    /// Its `raw_data`.
    pub raw: String,
}

/// What is known of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityProfile {
    /// What it is.
    pub kind: EntityKind,
    /// Its name, as the tables hold it.
    pub value: String,
    /// By role, then agency.
    pub seen: Vec<EntitySeen>,
    /// Its alerts, of all times.
    pub alerts: AlertCounts,
}

/// An entity in one role with one agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntitySeen {
    /// Whose events.
    pub agency: String,
    /// `device`, `user`, `source`, `destination`, `other` or, of hashes and domains, `observed`.
    pub role: &'static str,
    /// Time of the first event, in ms.
    pub first: i64,
    /// Time of the last event, in ms.
    pub last: i64,
    /// How many.
    pub events: u64,
}

/// Events of one day with an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntityDay {
    /// Begin of the day (UTC), in ms.
    pub day: i64,
    /// Whose.
    pub agency: String,
    /// As [`EntitySeen::role`].
    pub role: &'static str,
    /// How many.
    pub events: u64,
}

/// An entity that stands in the same events as another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Related {
    /// What it is.
    pub kind: EntityKind,
    /// As [`EntitySeen::role`].
    pub role: &'static str,
    /// Its name.
    pub value: String,
    /// In how many of the events.
    pub events: u64,
    /// Time of the first of them, in ms.
    pub first: i64,
    /// Time of the last of them, in ms.
    pub last: i64,
}

/// Events of one agency and source within five minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Activity {
    /// Begin of the five minutes, in ms.
    pub time: i64,
    /// Whose.
    pub agency: String,
    /// The source type.
    pub source: String,
    /// How many.
    pub events: u64,
}

/// A dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Whose.
    pub agency: String,
    /// When Kafka got the raw record, in ms.
    pub time: i64,
    /// Why ([`model::DeadLetterCode`]).
    pub code: String,
    /// Why, in words.
    pub reason: String,
    /// Parser and version.
    pub parser: String,
    /// Where it was collected ([`model::Origin`], as the header says it).
    pub origin: String,
    /// The raw record's topic, partition and offset.
    pub raw_topic: String,
    /// See above.
    pub raw_partition: u16,
    /// See above.
    pub raw_offset: u64,
    /// The bytes.
    pub raw: Vec<u8>,
}

/// A page of dead letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterPage {
    /// The dead letters, newest first.
    pub items: Vec<DeadLetter>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// What is stored, counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ledger {
    /// Events.
    pub events: u64,
    /// Raw records that made at least one event.
    pub raw_records: u64,
    /// Raw records that made none.
    pub dead_letters: u64,
    /// Alerts.
    pub alerts: u64,
    /// Raw records whose events or dead letters retention has deleted.
    pub expired: u64,
    /// The same by agency.
    pub by_agency: Vec<AgencyLedger>,
    /// Kafka's time of the newest raw record that is stored, in ms.
    pub newest_ms: Option<i64>,
    /// Streams (a source on a host) heard in the last quarter of an hour.
    pub streams_heard: u64,
    /// Streams heard in the last day, and not in the last quarter of an hour.
    pub streams_silent: u64,
    /// From the collector's reading of a line to its row, in ms, over the last ten minutes:
    /// median and 99th percentile.
    pub line_to_store_ms: Option<(f64, f64)>,
}

/// What is stored of one agency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgencyLedger {
    /// Whose.
    pub agency: String,
    /// Events.
    pub events: u64,
    /// Raw records that made at least one event.
    pub raw_records: u64,
    /// Raw records that made none.
    pub dead_letters: u64,
    /// Alerts.
    pub alerts: u64,
    /// Raw records whose events or dead letters retention has deleted.
    pub expired: u64,
    /// Kafka's time of the newest raw record that made an event, in ms.
    pub newest_ms: i64,
}

/// Events counted by time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    /// The length of a bucket, in ms.
    pub bucket_ms: i64,
    /// Begin of each bucket and its count, in order, empty ones included.
    pub items: Vec<(i64, u64)>,
}
