//! One event: a record of topic `events` as a row.

use super::block::{Block, Row, Table};
use super::document::{self, Parts};
use super::members::{Members, integer, members, text};
use super::observed;
use super::{Place, arrival_ms, encode};
use model::EventPlace;
use query::fold::folded_column;
use std::borrow::Cow;
use std::net::IpAddr;

/// Why a record cannot become a row: in words, for the dead letter.
pub(super) type Reason = String;

/// A row of table `events`.
#[derive(Debug, Default)]
pub struct EventRow<'a> {
    agency: String,
    kafka_ms: i64,
    parts: Parts<'a>,
    fields: Fields<'a>,
    folded: String,
    raw_offset: u64,
    raw_index: u32,
    place: Option<Place>,
    observed: Vec<String>,
}

/// The members that have a column besides their place in the document.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    pub(super) class_uid: Option<u32>,
    pub(super) activity_id: u8,
    pub(super) severity_id: u8,
    pub(super) status_id: u8,
    pub(super) tenant: Cow<'a, str>,
    pub(super) source: Cow<'a, str>,
    pub(super) log_name: Cow<'a, str>,
    pub(super) event_code: Cow<'a, str>,
    pub(super) host: Cow<'a, str>,
    pub(super) user: Cow<'a, str>,
    pub(super) process: Cow<'a, str>,
    pub(super) src_ip: Option<IpAddr>,
    pub(super) src_port: u16,
    pub(super) dst_ip: Option<IpAddr>,
    pub(super) dst_port: u16,
    pub(super) observables: &'a str,
}

impl<'a> EventRow<'a> {
    /// The row of the event `json`, which lies at `place` and was made from the raw record `from`.
    /// The agency is that of the raw topic; an event that names another is refused.
    pub fn new(json: &'a [u8], from: &EventPlace<'_>, place: Place) -> Result<Self, Reason> {
        let json = std::str::from_utf8(json).map_err(|e| format!("event is not UTF-8: {e}"))?;
        let agency = model::topic::agency_of(from.raw.topic)
            .ok_or_else(|| format!("{:?} is no raw topic", from.raw.topic))?;
        let not_json = |e: serde_json::Error| format!("event is not a JSON object: {e}");
        let document = members(json).map_err(not_json)?;
        let parts = document::cut(&document).map_err(not_json)?;
        if parts.uid == [0; 16] {
            return Err("event has no metadata.uid of 32 hex digits".into());
        }
        let fields = Fields::of(&document);
        if fields.class_uid.is_none() {
            return Err("event has no class_uid".into());
        }
        if fields.tenant != agency.as_str() {
            let (tenant, topic) = (&fields.tenant, from.raw.topic);
            return Err(format!("metadata.tenant_uid {tenant:?} is not that of topic {topic}"));
        }
        Ok(Self {
            agency: agency.as_str().to_owned(),
            kafka_ms: arrival_ms(from.raw.kafka_ms),
            folded: folded_column(&[&parts.message, &parts.raw]),
            observed: observed::observed(fields.observables, &fields),
            parts,
            fields,
            raw_offset: u64::try_from(from.raw.offset).unwrap_or_default(),
            raw_index: from.index,
            place: Some(place),
        })
    }
}

impl<'a> Fields<'a> {
    /// Best effort: a member of another type than OCSF says leaves its column empty.
    pub(super) fn of(document: &Members<'a>) -> Self {
        let mut fields = Self::default();
        for (name, value) in document {
            match &**name {
                "class_uid" => fields.class_uid = integer(value),
                "activity_id" => fields.activity_id = integer(value).unwrap_or_default(),
                "severity_id" => fields.severity_id = integer(value).unwrap_or_default(),
                "status_id" => fields.status_id = integer(value).unwrap_or_default(),
                "observables" => fields.observables = value,
                "metadata" | "device" | "user" | "actor" | "src_endpoint" | "dst_endpoint"
                | "process" => fields.object(name, value),
                _ => {}
            }
        }
        fields
    }

    fn object(&mut self, object: &str, value: &'a str) {
        // The value was checked with the whole document: only another type fails here.
        let Ok(inner) = members(value) else { return };
        for (name, value) in &inner {
            let value: &'a str = value;
            match (object, &**name) {
                ("metadata", "tenant_uid") => set(&mut self.tenant, value),
                ("metadata", "log_source") => set(&mut self.source, value),
                ("metadata", "log_name") => set(&mut self.log_name, value),
                ("metadata", "event_code") => set(&mut self.event_code, value),
                ("metadata", "labels") => self.label(value),
                ("device", "hostname") => set(&mut self.host, value),
                ("user", "name") => set(&mut self.user, value),
                ("actor", "user") => self.actor(value),
                ("process", "name") => set(&mut self.process, value),
                ("src_endpoint", "ip") => self.src_ip = address(value),
                ("src_endpoint", "port") => self.src_port = integer(value).unwrap_or_default(),
                ("dst_endpoint", "ip") => self.dst_ip = address(value),
                ("dst_endpoint", "port") => self.dst_port = integer(value).unwrap_or_default(),
                _ => {}
            }
        }
    }

    /// `user` is whom the event is about; the actor's user stands in where there is none.
    fn actor(&mut self, user: &'a str) {
        let Ok(inner) = members(user) else { return };
        let name = inner.iter().find(|(name, _)| name == "name");
        if let Some((_, value)) = name.filter(|_| self.user.is_empty()) {
            set(&mut self.user, value);
        }
    }

    /// The source type, where the schema's own member does not hold it: label `source:<type>`.
    fn label(&mut self, labels: &'a str) {
        let Some(start) = labels.find(r#""source:"#).filter(|_| self.source.is_empty()) else {
            return;
        };
        let label = &labels[start + r#""source:"#.len()..];
        if let Some(end) = label.find('"') {
            self.source = Cow::Borrowed(&label[..end]);
        }
    }
}

fn set<'a>(column: &mut Cow<'a, str>, value: &'a str) {
    if let Some(text) = text(value) {
        *column = text;
    }
}

fn address(value: &str) -> Option<IpAddr> {
    text(value)?.parse().ok()
}

impl Block {
    /// An empty block of events.
    pub fn events() -> Self {
        Self::new::<EventRow<'_>>()
    }

    /// Adds an event.
    pub fn push_event(&mut self, row: &EventRow<'_>) {
        let offset = row.place.map_or(0, |place| place.offset);
        self.push(row, offset, row.kafka_ms, "");
    }
}

impl Row for EventRow<'_> {
    const TABLE: Table = Table::Events;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("agency", "LowCardinality(String)"),
        ("time", "DateTime64(3, 'UTC')"),
        ("kafka_time", "DateTime64(3, 'UTC')"),
        ("logged_time", "DateTime64(3, 'UTC')"),
        ("processed_time", "DateTime64(3, 'UTC')"),
        ("uid", "FixedString(16)"),
        ("class_uid", "UInt32"),
        ("activity_id", "UInt8"),
        ("severity_id", "UInt8"),
        ("status_id", "UInt8"),
        ("source", "LowCardinality(String)"),
        ("log_name", "LowCardinality(String)"),
        ("event_code", "LowCardinality(String)"),
        ("host", "LowCardinality(String)"),
        ("user", "String"),
        ("src_ip", "IPv6"),
        ("src_port", "UInt16"),
        ("dst_ip", "IPv6"),
        ("dst_port", "UInt16"),
        ("process", "String"),
        ("message", "String"),
        ("raw", "String"),
        ("folded", "String"),
        ("rest", "String"),
        ("raw_offset", "UInt64"),
        ("raw_index", "UInt32"),
        ("partition", "UInt16"),
        ("offset", "UInt64"),
        ("observed", "Array(String)"),
    ];

    fn encode(&self, out: &mut Vec<u8>) {
        let (parts, fields) = (&self.parts, &self.fields);
        let place = self.place.unwrap_or(Place { partition: 0, offset: 0 });
        encode::bytes(out, self.agency.as_bytes());
        for ms in [parts.time_ms, self.kafka_ms, parts.logged_ms, parts.processed_ms] {
            out.extend_from_slice(&ms.to_le_bytes());
        }
        out.extend_from_slice(&parts.uid);
        out.extend_from_slice(&fields.class_uid.unwrap_or_default().to_le_bytes());
        out.extend([fields.activity_id, fields.severity_id, fields.status_id]);
        for text in
            [&fields.source, &fields.log_name, &fields.event_code, &fields.host, &fields.user]
        {
            encode::bytes(out, text.as_bytes());
        }
        for (ip, port) in [(fields.src_ip, fields.src_port), (fields.dst_ip, fields.dst_port)] {
            encode::ip(out, ip);
            out.extend_from_slice(&port.to_le_bytes());
        }
        let folded = &self.folded;
        for text in [&fields.process, &parts.message, &parts.raw, folded, &parts.rest] as [&str; 5]
        {
            encode::bytes(out, text.as_bytes());
        }
        out.extend_from_slice(&self.raw_offset.to_le_bytes());
        out.extend_from_slice(&self.raw_index.to_le_bytes());
        out.extend_from_slice(&place.partition.to_le_bytes());
        out.extend_from_slice(&place.offset.to_le_bytes());
        encode::texts(out, &self.observed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::RawPlace;

    fn from(topic: &str) -> EventPlace<'_> {
        let raw = RawPlace { topic, partition: 1, offset: 5, kafka_ms: 1_772_323_200_000 };
        EventPlace { raw, index: 2, count: 3 }
    }

    const PLACE: Place = Place { partition: 1, offset: 9 };
    const UID: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn fields_find_their_columns() {
        let json = format!(
            r#"{{"class_uid":3002,"severity_id":3,"activity_id":1,"status_id":2,"time":1,
            "metadata":{{"uid":"{UID}","tenant_uid":"mof","log_name":"auth",
            "labels":["parser:x/1","source:sshd"]}},
            "actor":{{"user":{{"name":"root"}}}},"device":{{"hostname":"web-01"}},
            "src_endpoint":{{"ip":"203.0.113.9","port":"50022"}},
            "dst_endpoint":{{"ip":"not an address","port":22}},"process":{{"name":"sshd"}}}}"#
        );
        let row = EventRow::new(json.as_bytes(), &from("raw.mof"), PLACE).unwrap();
        let fields = &row.fields;
        assert_eq!((fields.class_uid, fields.severity_id), (Some(3002), 3));
        assert_eq!((&*fields.source, &*fields.log_name), ("sshd", "auth"));
        assert_eq!((&*fields.host, &*fields.user, &*fields.process), ("web-01", "root", "sshd"));
        assert_eq!((fields.src_ip, fields.src_port), ("203.0.113.9".parse().ok(), 50022));
        assert_eq!((fields.dst_ip, fields.dst_port), (None, 22));
        assert_eq!((row.raw_offset, row.raw_index), (5, 2));
    }

    #[test]
    fn what_is_no_event_says_why() {
        for (json, topic, reason) in [
            ("\u{fffd}", "raw.mof", "event is not a JSON object"),
            ("[1]", "raw.mof", "event is not a JSON object"),
            (r#"{"class_uid":1}"#, "raw.mof", "event has no metadata.uid"),
            (r#"{"metadata":{"uid":"UID"}}"#, "raw.mof", "event has no class_uid"),
            (
                r#"{"class_uid":1,"metadata":{"uid":"UID","tenant_uid":"moh"}}"#,
                "raw.mof",
                "metadata.tenant_uid \"moh\" is not that of topic raw.mof",
            ),
            (r#"{"class_uid":1,"metadata":{"uid":"UID"}}"#, "events", "\"events\" is no raw topic"),
        ] {
            let json = json.replace("UID", UID);
            let error = EventRow::new(json.as_bytes(), &from(topic), PLACE).unwrap_err();
            assert!(error.starts_with(reason), "{error}");
        }
        assert!(EventRow::new(b"\xff", &from("raw.mof"), PLACE).unwrap_err().contains("UTF-8"));
    }
}
