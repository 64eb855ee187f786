//! One alert: an OCSF Detection Finding as a row.

use super::block::{Block, Row, Table};
use super::event::{Fields, Reason};
use super::members::{Members, integer, members, text};
use super::{Place, arrival_ms, encode};
use query::fold::folded_column;
use std::borrow::Cow;

/// The longest id that is taken; ours have 32 digits.
const ID_BYTES_MAX: usize = 128;

/// A row of table `alerts`, triage apart: that begins at its defaults.
#[derive(Debug, Default)]
pub struct AlertRow<'a> {
    pub(super) agency: String,
    pub(super) id: Cow<'a, str>,
    pub(super) created_ms: i64,
    time_ms: i64,
    pub(super) last_ms: i64,
    group_id: Cow<'a, str>,
    risk_score: u8,
    activity_id: u8,
    rule_id: Cow<'a, str>,
    title: Cow<'a, str>,
    severity_id: u8,
    host: Cow<'a, str>,
    user: Cow<'a, str>,
    src_ip: String,
    pub(super) event_count: u32,
    pub(super) message: Cow<'a, str>,
    title_bn: Cow<'a, str>,
    pub(super) message_bn: Cow<'a, str>,
    folded: String,
    pub(super) finding: &'a str,
    pub(super) place: Option<Place>,
}

/// OCSF's activity of a finding that is told again.
const UPDATE: u8 = 2;

impl<'a> AlertRow<'a> {
    /// The row of the finding `json`, raised on an event of `raw_topic`, whose record lies at
    /// `place` since `kafka_ms`.
    pub fn new(
        json: &'a [u8],
        raw_topic: &str,
        kafka_ms: i64,
        place: Place,
    ) -> Result<Self, Reason> {
        let finding = std::str::from_utf8(json).map_err(|e| format!("alert is not UTF-8: {e}"))?;
        let agency = model::topic::agency_of(raw_topic)
            .ok_or_else(|| format!("{raw_topic:?} is no raw topic"))?;
        let document = members(finding).map_err(|e| format!("alert is not a JSON object: {e}"))?;
        let mut row = Self {
            agency: agency.as_str().to_owned(),
            created_ms: arrival_ms(kafka_ms),
            event_count: 1,
            finding,
            place: Some(place),
            ..Self::default()
        };
        row.take_finding(&document);
        if row.id.is_empty() || row.id.len() > ID_BYTES_MAX {
            return Err(format!("alert has no finding_info.uid of 1 to {ID_BYTES_MAX} bytes"));
        }
        row.take_entities(&document);
        let time = document.iter().find(|(name, _)| name == "time");
        row.time_ms = time.and_then(|(_, v)| v.parse().ok()).unwrap_or(row.created_ms);
        row.last_ms = row.last_ms.max(row.time_ms);
        let searched =
            [&*row.title, &row.message, &row.title_bn, &row.message_bn, &row.host, &row.user];
        row.folded = folded_column(&searched);
        Ok(row)
    }

    /// The deterministic id, `finding_info.uid`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it tells again of an alert that was raised before.
    pub fn is_update(&self) -> bool {
        self.activity_id == UPDATE
    }

    fn take_finding(&mut self, document: &Members<'a>) {
        let mut risk = None;
        for (name, value) in document {
            match &**name {
                "activity_id" => self.activity_id = integer(value).unwrap_or_default(),
                "risk_score" => risk = integer(value),
                "metadata" => {
                    let metadata = members(value).unwrap_or_default();
                    let group = metadata.iter().find(|(name, _)| name == "correlation_uid");
                    self.group_id = group.and_then(|(_, v)| text(v)).unwrap_or_default();
                }
                "severity_id" => self.severity_id = integer(value).unwrap_or_default(),
                "count" => self.event_count = integer(value).unwrap_or(1),
                "message" => self.message = text(value).unwrap_or_default(),
                "finding_info" => self.take_info(value),
                "unmapped" => self.take_bangla(value),
                _ => {}
            }
        }
        self.risk_score = risk.unwrap_or_else(|| of_severity(self.severity_id)).min(100);
    }

    fn take_info(&mut self, info: &'a str) {
        for (name, value) in members(info).unwrap_or_default() {
            match &*name {
                "uid" => self.id = text(value).unwrap_or_default(),
                "title" => self.title = text(value).unwrap_or_default(),
                "last_seen_time" => self.last_ms = value.parse().unwrap_or_default(),
                "analytic" => {
                    let analytic = members(value).unwrap_or_default();
                    let uid = analytic.iter().find(|(name, _)| name == "uid");
                    self.rule_id = uid.and_then(|(_, v)| text(v)).unwrap_or_default();
                }
                _ => {}
            }
        }
    }

    /// What the finding says in Bangla, for which OCSF has no place.
    fn take_bangla(&mut self, unmapped: &'a str) {
        for (name, value) in members(unmapped).unwrap_or_default() {
            match &*name {
                "message_bn" => self.message_bn = text(value).unwrap_or_default(),
                "rule" => {
                    let rule = members(value).unwrap_or_default();
                    let title = rule.iter().find(|(name, _)| name == "title_bn");
                    self.title_bn = title.and_then(|(_, v)| text(v)).unwrap_or_default();
                }
                _ => {}
            }
        }
    }

    /// Host and address: the finding's own, else those of its first event. Whom the event is about
    /// goes before who acted, and only the event tells the two apart.
    fn take_entities(&mut self, document: &Members<'a>) {
        let event = document.iter().find(|(name, _)| name == "evidences").and_then(first_data);
        let event = event.and_then(|json| members(json).ok()).unwrap_or_default();
        let (own, evidence) = (Fields::of(document), Fields::of(&event));
        let first = |a: Cow<'a, str>, b: Cow<'a, str>| if a.is_empty() { b } else { a };
        self.host = first(own.host, evidence.host);
        self.user = first(evidence.user, own.user);
        let address = own.src_ip.or(evidence.src_ip);
        self.src_ip = address.map(|ip| ip.to_string()).unwrap_or_default();
    }
}

/// The risk of a finding that says none, as the migration has it.
fn of_severity(severity_id: u8) -> u8 {
    match severity_id {
        0 => 50,
        known => known.min(5) * 20 - 10,
    }
}

/// `evidences[0].data`, where it is an object.
fn first_data<'a>((_, evidences): &(Cow<'a, str>, &'a str)) -> Option<&'a str> {
    let list: Vec<&'a serde_json::value::RawValue> = serde_json::from_str(evidences).ok()?;
    let inner = members(list.first()?.get()).ok()?;
    inner.iter().find(|(name, _)| name == "data").map(|(_, value)| *value)
}

impl Block {
    /// An empty block of alerts.
    pub fn alerts() -> Self {
        Self::new::<AlertRow<'_>>()
    }

    /// Adds an alert.
    pub fn push_alert(&mut self, row: &AlertRow<'_>) {
        let offset = row.place.map_or(0, |place| place.offset);
        self.push(row, offset, row.created_ms, &row.id);
    }
}

impl Row for AlertRow<'_> {
    const TABLE: Table = Table::Alerts;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("agency", "LowCardinality(String)"),
        ("id", "String"),
        ("created", "DateTime64(3, 'UTC')"),
        ("time", "DateTime64(3, 'UTC')"),
        ("rule_id", "LowCardinality(String)"),
        ("title", "LowCardinality(String)"),
        ("severity_id", "UInt8"),
        ("host", "LowCardinality(String)"),
        ("user", "String"),
        ("src_ip", "String"),
        ("event_count", "UInt32"),
        ("message", "String"),
        ("title_bn", "LowCardinality(String)"),
        ("message_bn", "String"),
        ("folded", "String"),
        ("finding", "String"),
        ("partition", "UInt16"),
        ("offset", "UInt64"),
        ("last_time", "DateTime64(3, 'UTC')"),
        ("group_id", "String"),
        ("risk_score", "UInt8"),
    ];

    fn encode(&self, out: &mut Vec<u8>) {
        let place = self.place.unwrap_or(Place { partition: 0, offset: 0 });
        encode::bytes(out, self.agency.as_bytes());
        encode::bytes(out, self.id.as_bytes());
        out.extend_from_slice(&self.created_ms.to_le_bytes());
        out.extend_from_slice(&self.time_ms.to_le_bytes());
        encode::bytes(out, self.rule_id.as_bytes());
        encode::bytes(out, self.title.as_bytes());
        out.push(self.severity_id);
        for text in [&*self.host, &*self.user, &self.src_ip] {
            encode::bytes(out, text.as_bytes());
        }
        out.extend_from_slice(&self.event_count.to_le_bytes());
        for text in [&*self.message, &self.title_bn, &self.message_bn, &self.folded, self.finding] {
            encode::bytes(out, text.as_bytes());
        }
        out.extend_from_slice(&place.partition.to_le_bytes());
        out.extend_from_slice(&place.offset.to_le_bytes());
        out.extend_from_slice(&self.last_ms.to_le_bytes());
        encode::bytes(out, self.group_id.as_bytes());
        out.push(self.risk_score);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { partition: 0, offset: 1 };

    #[test]
    fn a_finding_becomes_a_row() {
        let json = r#"{"class_uid":2004,"severity_id":4,"time":1772323200000,"count":3,
            "message":"m","unmapped":{"message_bn":"ম"},"finding_info":{"uid":"abc","title":"T","analytic":{"uid":"rule-1"}},
            "evidences":[{"data":{"device":{"hostname":"web-01"},
            "src_endpoint":{"ip":"203.0.113.9"},"user":{"name":"root"}}}]}"#;
        let row = AlertRow::new(json.as_bytes(), "raw.mof", 1_772_323_201_000, PLACE).unwrap();
        assert_eq!((row.id(), &*row.rule_id, &*row.title), ("abc", "rule-1", "T"));
        assert_eq!((&*row.host, &*row.user, &*row.src_ip), ("web-01", "root", "203.0.113.9"));
        assert_eq!((row.severity_id, row.event_count, row.time_ms), (4, 3, 1_772_323_200_000));
        assert_eq!((&*row.message, &*row.message_bn, &*row.folded), ("m", "ম", "ম"));
        assert_eq!((&*row.agency, row.created_ms), ("mof", 1_772_323_201_000));
        assert_eq!((row.is_update(), row.last_ms, row.risk_score), (false, row.time_ms, 70));
        let told_again = r#"{"activity_id":2,"risk_score":93,"count":70000,"time":1000,
            "metadata":{"correlation_uid":"g"},"finding_info":{"uid":"abc","last_seen_time":5000}}"#;
        let row = AlertRow::new(told_again.as_bytes(), "raw.mof", 1, PLACE).unwrap();
        assert!(row.is_update());
        assert_eq!((&*row.group_id, row.risk_score, row.event_count), ("g", 93, 70_000));
        assert_eq!((row.time_ms, row.last_ms), (1000, 5000));
    }

    #[test]
    fn its_own_host_goes_before_the_event_s() {
        let json = br#"{"finding_info":{"uid":"abc"},"device":{"hostname":"own"},
            "evidences":[{"data":{"device":{"hostname":"other"}}}]}"#;
        let row = AlertRow::new(json, "raw.mof", 1_772_323_201_000, PLACE).unwrap();
        assert_eq!((&*row.host, row.time_ms), ("own", 1_772_323_201_000));
    }

    #[test]
    fn what_is_no_finding_says_why() {
        for (json, reason) in [
            ("nonsense", "alert is not a JSON object"),
            ("{}", "alert has no finding_info.uid"),
            (r#"{"finding_info":5}"#, "alert has no finding_info.uid"),
        ] {
            let error = AlertRow::new(json.as_bytes(), "raw.mof", 0, PLACE).unwrap_err();
            assert!(error.starts_with(reason), "{error}");
        }
    }
}
