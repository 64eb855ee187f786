//! A record of one of the three topics as a row. Nothing here can fail: what is no event becomes a
//! dead letter.

use crate::batch::Kind;
use crate::high_water::HighWater;
use bus::Record;
use model::{DeadLetterCode, EventPlace, coordinates, dead_letter, origin};
use store::{AlertRow, DeadLetterRow, EventRow, Place};

/// What is written as the parser of records that this program could not read.
const PARSER: &str = concat!("loader/", env!("CARGO_PKG_VERSION"));

/// What a record is.
pub(crate) enum Decoded<'a> {
    Event(EventRow<'a>),
    Alert(AlertRow<'a>),
    DeadLetter(DeadLetterRow<'a>),
    /// Seen before: a normalizer that was restarted wrote it again.
    Repeated,
    /// Not what its topic holds, and why; the reason still has to be put into the row.
    Bad(DeadLetterRow<'a>, String),
}

/// Reads a record. `high` rises with what is new.
pub(crate) fn decode<'a>(
    kind: Kind,
    record: &Record<'a>,
    place: Place,
    high: &mut HighWater,
) -> Decoded<'a> {
    let header = record.headers.get(coordinates::HEADER);
    let from = match header.map(EventPlace::decode) {
        Some(Ok(from)) => from,
        Some(Err(error)) => return bad(kind, record, None, error.to_string()),
        None => return bad(kind, record, None, "header \"raw\" is missing".into()),
    };
    // Alerts repeat by id, not by place: one event may raise several.
    if kind != Kind::Alerts && !high.rises_to(&from) {
        return Decoded::Repeated;
    }
    let row = match kind {
        Kind::Events => EventRow::new(record.value, &from, place).map(Decoded::Event),
        Kind::Alerts => {
            AlertRow::new(record.value, from.raw.topic, record.kafka_ms, place).map(Decoded::Alert)
        }
        Kind::DeadLetters => Ok(Decoded::DeadLetter(dead_letter(record, &from))),
    };
    row.unwrap_or_else(|reason| bad(kind, record, Some(&from), reason))
}

/// The dead letter as the normalizer wrote it.
fn dead_letter<'a>(record: &Record<'a>, from: &EventPlace<'a>) -> DeadLetterRow<'a> {
    let text = |key| std::str::from_utf8(header(record, key)).unwrap_or_default();
    DeadLetterRow {
        code: text(dead_letter::CODE_HEADER),
        reason: text(dead_letter::REASON_HEADER),
        parser: text(dead_letter::PARSER_HEADER),
        ..letter(Kind::DeadLetters, record, Some(from))
    }
}

fn bad<'a>(
    kind: Kind,
    record: &Record<'a>,
    from: Option<&EventPlace<'a>>,
    reason: String,
) -> Decoded<'a> {
    let letter = DeadLetterRow {
        code: DeadLetterCode::BadEvent.as_str(),
        parser: PARSER,
        ..letter(kind, record, from)
    };
    Decoded::Bad(letter, reason)
}

/// Where a dead letter comes from. Without its place nobody can say whose it is: it is kept
/// without agency, for the operator.
fn letter<'a>(kind: Kind, record: &Record<'a>, from: Option<&EventPlace<'a>>) -> DeadLetterRow<'a> {
    let base = DeadLetterRow {
        kafka_ms: record.kafka_ms,
        origin: header(record, origin::HEADER),
        raw: record.value,
        topic: kind.topic(),
        ..DeadLetterRow::default()
    };
    let Some(EventPlace { raw, index, .. }) = from else { return base };
    let agency = raw.topic.strip_prefix(model::topic::RAW_PREFIX);
    DeadLetterRow {
        agency: agency.filter(|_| model::topic::agency_of(raw.topic).is_some()).unwrap_or_default(),
        kafka_ms: raw.kafka_ms,
        raw_topic: raw.topic,
        raw_partition: u16::try_from(raw.partition).unwrap_or_default(),
        raw_offset: u64::try_from(raw.offset).unwrap_or_default(),
        raw_index: *index,
        ..base
    }
}

fn header<'a>(record: &Record<'a>, key: &str) -> &'a [u8] {
    record.headers.get(key).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bus::Headers;

    const PLACE: Place = Place { partition: 0, offset: 7 };
    const RAW: &[u8] = b"1\traw.mof\t0\t5\t1772323200000\t2\t3";

    fn check(kind: Kind, headers: &[(&str, &[u8])], value: &[u8], expected: &str) {
        let record = Record {
            topic: kind.topic(),
            partition: 0,
            offset: 7,
            kafka_ms: 9,
            key: None,
            value,
            headers: Headers::new(headers),
        };
        let found = match decode(kind, &record, PLACE, &mut HighWater::default()) {
            Decoded::Event(_) => "event".into(),
            Decoded::Alert(row) => format!("alert {}", row.id()),
            Decoded::DeadLetter(row) => {
                format!("letter {} {} {} {}", row.agency, row.code, row.parser, row.raw_index)
            }
            Decoded::Repeated => "repeated".into(),
            Decoded::Bad(row, reason) => format!("bad {} {}: {reason}", row.agency, row.kafka_ms),
        };
        assert!(found.starts_with(expected), "{found:?} should begin with {expected:?}");
    }

    #[test]
    fn each_topic_has_its_rows() {
        let event = br#"{"class_uid":1,"metadata":{"tenant_uid":"mof",
            "uid":"0123456789abcdef0123456789abcdef"}}"#;
        check(Kind::Events, &[("raw", RAW)], event, "event");
        let alert = br#"{"finding_info":{"uid":"a-1"}}"#;
        check(Kind::Alerts, &[("raw", RAW)], alert, "alert a-1");
        let headers: [(&str, &[u8]); 3] = [("raw", RAW), ("code", b"binary"), ("parser", b"p/1")];
        check(Kind::DeadLetters, &headers, b"\xff\x00", "letter mof binary p/1 2");
    }

    #[test]
    fn what_cannot_be_read_is_a_dead_letter() {
        check(Kind::Events, &[("raw", RAW)], b"\xff", "bad mof 1772323200000: event is not UTF-8");
        check(Kind::Alerts, &[("raw", RAW)], b"{}", "bad mof 1772323200000: alert has no");
        check(Kind::Events, &[], b"{}", "bad  9: header \"raw\" is missing");
        check(Kind::Events, &[("raw", b"2")], b"{}", "bad  9: header \"raw\": field \"version\"");
        let alien: &[u8] = b"1\tother\t0\t5\t17\t0\t1";
        check(Kind::Events, &[("raw", alien)], b"{}", "bad  17: \"other\" is no raw topic");
    }
}
