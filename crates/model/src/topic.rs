//! The Kafka topics, by name.

use crate::Agency;

/// What raw topics begin with; the agency follows.
pub const RAW_PREFIX: &str = "raw.";
/// A pattern for a consumer that wants every agency's raw topic.
pub const RAW_PATTERN: &str = "^raw\\..+";
/// What the topics of heartbeats begin with; the agency follows.
pub const HEARTBEATS_PREFIX: &str = "heartbeats.";
/// A pattern for a consumer that wants every agency's heartbeats.
pub const HEARTBEATS_PATTERN: &str = "^heartbeats\\..+";
/// OCSF JSON, one event a record, in the partition with the number of its raw partition.
pub const EVENTS: &str = "events";
/// Internal: rule matches, by correlation and group, and how far `events` has been read.
pub const MATCHES: &str = "matches";
/// Compacted: rulesets, stages, exceptions, indicators, parsers.
pub const CONTROL: &str = "control";
/// Compacted: how far each collector's stream has come, the normalizer's memory.
pub const STREAMS: &str = "streams";
/// OCSF Detection Findings (class 2004), one a record.
pub const ALERTS: &str = "alerts";
/// Raw bytes that no parser could make an event of.
pub const DEAD_LETTERS: &str = "dead-letters";
/// The consumer group of all normalizers, on raw topics.
pub const NORMALIZERS: &str = "normalizer";

/// The topic that an agency's collectors write to.
pub fn raw(agency: &Agency) -> String {
    format!("{RAW_PREFIX}{agency}")
}

/// Compacted: the topic in which an agency's collectors tell how far they are.
pub fn heartbeats(agency: &Agency) -> String {
    format!("{HEARTBEATS_PREFIX}{agency}")
}

/// The agency of a topic of heartbeats, or `None` where `topic` is none.
pub fn agency_of_heartbeats(topic: &str) -> Option<Agency> {
    Agency::new(topic.strip_prefix(HEARTBEATS_PREFIX)?).ok()
}

/// The agency of a raw topic, or `None` where `topic` is no raw topic.
pub fn agency_of(topic: &str) -> Option<Agency> {
    Agency::new(topic.strip_prefix(RAW_PREFIX)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agency_comes_back_from_its_topic() {
        let agency = Agency::new("mof").unwrap();
        assert_eq!(agency_of(&raw(&agency)), Some(agency.clone()));
        assert_eq!(agency_of_heartbeats(&heartbeats(&agency)), Some(agency));
        assert_eq!(agency_of_heartbeats("raw.mof"), None);
        for topic in ["events", "raw.", "raw.Bad", "xraw.mof"] {
            assert_eq!(agency_of(topic), None, "{topic}");
        }
    }
}
