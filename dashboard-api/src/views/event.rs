//! Events, timelines, histograms and dead letters.

use super::known;
use ocsf::Class;
use serde_json::Value;

/// How much of a dead letter's bytes a list shows.
const RAW_CHARACTERS_MAX: usize = 500;

/// An event as a row of the search.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct EventSummary {
    uid: String,
    time: i64,
    agency: String,
    host: String,
    /// The source type, such as `sshd`.
    source: String,
    class_uid: u32,
    class_name: String,
    severity_id: u8,
    message: String,
    user: Option<String>,
    src_ip: Option<String>,
    dst_ip: Option<String>,
    /// The first 500 characters of the raw log.
    raw: String,
    /// What stands for the message of an event that has none: its type, its command line, file or
    /// name, its user and addresses. Empty where there is a message.
    gist: String,
    /// The values of the columns that were asked for, in their order; empty where it has none.
    cells: Vec<String>,
}

impl From<store::EventSummary> for EventSummary {
    fn from(event: store::EventSummary) -> Self {
        Self::with(event, Vec::new())
    }
}

impl EventSummary {
    /// The event with the values of the columns that were asked for.
    pub(crate) fn with(event: store::EventSummary, cells: Vec<String>) -> Self {
        Self {
            uid: event.uid,
            time: event.time,
            agency: event.agency,
            host: event.host,
            source: event.source,
            class_uid: event.class_uid,
            class_name: class_name(event.class_uid),
            severity_id: event.severity_id,
            message: event.message,
            user: known(event.user),
            src_ip: known(event.src_ip),
            dst_ip: known(event.dst_ip),
            raw: event.raw,
            gist: event.gist,
            cells,
        }
    }
}

/// The OCSF class's name; its number where the product has no such class.
fn class_name(class_uid: u32) -> String {
    let class = Class::of(class_uid);
    if class.uid == class_uid { class.caption.to_owned() } else { class_uid.to_string() }
}

/// A page of events, newest first.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct EventPage {
    pub(crate) items: Vec<EventSummary>,
    /// Where the next page begins; none after the last.
    pub(crate) next_cursor: Option<String>,
}

/// What a search with commands made.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Table {
    /// The names of the columns.
    pub(crate) columns: Vec<String>,
    /// The rows, of as many cells as there are columns; empty where an event has no such field.
    pub(crate) rows: Vec<Vec<String>>,
    /// Whether there are rows beyond the limit.
    pub(crate) more: bool,
    /// Where the search found too many events, in words; mostly nothing.
    pub(crate) notes: Vec<String>,
}

/// What happened on an alert's host, an hour either way; oldest first.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Timeline {
    pub(crate) items: Vec<EventSummary>,
    /// Whether there were more events than are shown; those nearest in time are.
    pub(crate) truncated: bool,
}

/// One event, whole.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct EventDetail {
    /// The OCSF event.
    #[schema(value_type = Object)]
    event: Value,
    /// The log exactly as collected.
    raw: String,
}

impl From<store::EventDetail> for EventDetail {
    fn from(event: store::EventDetail) -> Self {
        let parsed = serde_json::from_str(&event.event).unwrap_or_default();
        Self { event: parsed, raw: event.raw }
    }
}

/// How events are spread over the time range.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Histogram {
    /// Width of a bucket.
    pub(crate) bucket_ms: i64,
    /// Every bucket in order, also empty ones.
    pub(crate) items: Vec<Bucket>,
}

/// One bar.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Bucket {
    /// Where it begins.
    pub(crate) time: i64,
    pub(crate) count: u64,
}

/// Raw bytes that no parser could make an event of.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct DeadLetter {
    time: i64,
    agency: String,
    /// A stable code, such as `binary`.
    code: String,
    /// For a person.
    reason: String,
    /// Parser and version.
    parser: String,
    topic: String,
    partition: u16,
    offset: u64,
    /// The first 500 characters, read as UTF-8 as far as it is.
    raw: String,
    raw_bytes: usize,
}

impl From<store::DeadLetter> for DeadLetter {
    fn from(letter: store::DeadLetter) -> Self {
        // Four bytes make a character at most: what lies behind is not looked at.
        let begin = &letter.raw[..letter.raw.len().min(4 * RAW_CHARACTERS_MAX)];
        Self {
            time: letter.time,
            agency: letter.agency,
            code: letter.code,
            reason: letter.reason,
            parser: letter.parser,
            topic: letter.raw_topic,
            partition: letter.raw_partition,
            offset: letter.raw_offset,
            raw: String::from_utf8_lossy(begin).chars().take(RAW_CHARACTERS_MAX).collect(),
            raw_bytes: letter.raw.len(),
        }
    }
}

/// A page of dead letters, newest first.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct DeadLetterPage {
    pub(crate) items: Vec<DeadLetter>,
    /// Where the next page begins; none after the last.
    pub(crate) next_cursor: Option<String>,
}
