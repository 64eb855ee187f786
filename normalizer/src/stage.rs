//! The normalizer between Kafka's topics.

use crate::engine::{Dead, Events, Normalized, Normalizer, Settings};
use crate::masks::Masks;
use crate::metrics::{Metrics, Sources};
use crate::repeats::{Judged, Repeats, SAVE_OFFSETS, Sent};
use crate::unknown::Unknown;
use bus::relay::{Outbox, Recall, Stage};
use bus::{Outgoing, Partition, Record};
use mapping::Tables;
use model::coordinates::HEADER as RAW_HEADER;
use model::dead_letter::{CODE_HEADER, PARSER_HEADER, REASON_HEADER, REPLAY_HEADER};
use model::origin::HEADER as ORIGIN_HEADER;
use model::{DeadLetterCode, EventPlace, Origin, RawPlace, topic};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// One thread's normalizer.
pub(crate) struct Normalize {
    normalizer: Normalizer,
    tables: Arc<Tables>,
    settings: Settings,
    metrics: Metrics,
    repeats: Repeats,
    sources: Sources,
    unknown: Unknown,
    /// The header being written.
    place: String,
}

impl Normalize {
    pub(crate) fn new(tables: Arc<Tables>, settings: Settings, metrics: Metrics) -> Self {
        let normalizer = Normalizer::new(Arc::clone(&tables), settings.clone());
        let (repeats, place) = (Repeats::default(), String::new());
        let (sources, unknown) = (Sources::default(), Unknown::default());
        Self { normalizer, tables, settings, metrics, repeats, sources, unknown, place }
    }
}

/// The clock, in milliseconds since the epoch.
fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

fn place<'a>(record: &Record<'a>, index: u32, count: u32) -> EventPlace<'a> {
    let raw = RawPlace {
        topic: record.topic,
        partition: record.partition,
        offset: record.offset,
        kafka_ms: record.kafka_ms,
    };
    EventPlace { raw, index, count }
}

/// Sends the record itself as a dead letter.
fn bury(
    record: &Record<'_>,
    dead: Dead,
    masks: &Masks,
    header: &mut String,
    metrics: &Metrics,
    out: &mut dyn Outbox,
) {
    header.clear();
    place(record, 0, 0).encode(header);
    let origin = record.headers.get(ORIGIN_HEADER).unwrap_or_default();
    // Analysts see dead letters, so these hide what events hide.
    let agency = record.topic.strip_prefix(topic::RAW_PREFIX).unwrap_or_default();
    let value = masks.hide(agency, record.value);
    let headers = [
        (RAW_HEADER, header.as_bytes()),
        (ORIGIN_HEADER, origin),
        (CODE_HEADER, dead.code.as_str().as_bytes()),
        (REASON_HEADER, dead.reason.as_bytes()),
        (PARSER_HEADER, dead.parser.as_bytes()),
    ];
    let mut outgoing = Outgoing {
        topic: topic::DEAD_LETTERS,
        partition: Some(record.partition),
        key: None,
        value: &value,
        headers: &headers,
    };
    if let Err(too_large) = out.send(&outgoing) {
        // Only an oversized record fails; its head still says where it came from.
        tracing::error!(%too_large, topic = record.topic, offset = record.offset, "dead letter cut");
        outgoing.value = &value[..value.len().min(model::RAW_BYTES_MAX)];
        if let Err(too_large) = out.send(&outgoing) {
            tracing::error!(%too_large, "dead letter lost: its headers are too large");
        }
    }
    metrics.dead_letters.with_label_values(&[dead.code.as_str()]).inc();
}

/// Sends the events of a record; how many of them a topic took. Of a batch, an event that is too large
/// becomes a dead letter of its own part: the others are events.
fn send(
    record: &Record<'_>,
    events: &Events<'_>,
    masks: &Masks,
    header: &mut String,
    metrics: &Metrics,
    out: &mut dyn Outbox,
) -> u64 {
    let origin = record.headers.get(ORIGIN_HEADER).unwrap_or_default();
    let count = events.len() as u32;
    let mut taken = 0;
    for (index, json) in events.iter().enumerate() {
        header.clear();
        place(record, index as u32, count).encode(header);
        let headers = [(RAW_HEADER, header.as_bytes()), (ORIGIN_HEADER, origin)];
        let sent = out.send(&Outgoing {
            topic: topic::EVENTS,
            partition: Some(record.partition),
            key: None,
            value: json,
            headers: &headers,
        });
        if sent.is_ok() {
            taken += 1;
            continue;
        }
        let part = (count > 1).then(|| raw_data(json)).flatten();
        let value = part.as_deref().map_or(record.value, str::as_bytes);
        let dead = Dead { parser: events.parser, ..TOO_LONG };
        bury(&Record { value, ..*record }, dead, masks, header, metrics, out);
    }
    metrics.events.with_label_values(&[events.parser]).inc_by(taken);
    taken
}

/// The record, as far as repetitions are concerned.
fn sent<'a>(record: &Record<'a>, origin: &'a Origin<'a>, header: &'a [u8]) -> Sent<'a> {
    let Record { topic, partition, offset: raw, .. } = *record;
    Sent { topic, partition, raw, origin, header }
}

/// Whether the record was sent before; tells of what is missing before it.
fn is_repeated(
    repeats: &mut Repeats,
    sent: &Sent<'_>,
    metrics: &Metrics,
    out: &mut dyn Outbox,
) -> bool {
    let Judged { repeated, forgotten, missing } = repeats.judge(sent);
    metrics.streams_forgotten.inc_by(forgotten as u64);
    if missing > 0 {
        metrics.missing.inc_by(missing);
        let partition = sent.partition;
        repeats.note_gap(sent, now_ms(), |key, value| remember(partition, key, value, out));
    }
    repeated
}

/// Writes how far a stream has come, for whoever takes the partition over.
fn remember(partition: i32, key: &[u8], value: &[u8], out: &mut dyn Outbox) {
    let record = Outgoing {
        topic: topic::STREAMS,
        partition: Some(partition),
        key: Some(key),
        value,
        headers: &[],
    };
    if let Err(too_large) = out.send(&record) {
        // Names are short (`model::origin::check_name`): only a forged header can come here.
        tracing::error!(%too_large, partition, "a stream's place was not written");
    }
}

impl Stage for Normalize {
    fn recalls(&self) -> Option<Recall> {
        Some(Recall { topic: topic::STREAMS, offsets: 2 * SAVE_OFFSETS })
    }

    fn recall(&mut self, record: &Record<'_>) {
        if record.topic == topic::STREAMS {
            return self.repeats.recall(record.key.unwrap_or_default(), record.value);
        }
        if record.headers.get(REPLAY_HEADER).is_some() {
            return;
        }
        let header = record.headers.get(ORIGIN_HEADER).unwrap_or_default();
        if let Ok(origin) = Origin::decode(header) {
            self.repeats.judge(&sent(record, &origin, header));
        }
    }

    fn revoked(&mut self, partitions: &[Partition]) {
        partitions.iter().for_each(|p| self.repeats.forget(&p.topic, p.partition));
    }

    fn process(&mut self, record: &Record<'_>, out: &mut dyn Outbox) {
        let Self {
            normalizer, settings, metrics, repeats, sources, unknown, place: header, ..
        } = self;
        let masks = &settings.masks;
        let header_bytes = record.headers.get(ORIGIN_HEADER).unwrap_or_default();
        let origin = Origin::decode(header_bytes);
        let agency = topic::agency_of(record.topic);
        let (Ok(origin), Some(agency)) = (origin, agency) else {
            let dead = Dead {
                code: DeadLetterCode::BadOrigin,
                reason: "the origin header is missing or malformed",
                parser: "origin/1",
            };
            return bury(record, dead, masks, header, metrics, out);
        };
        repeats.save(record.topic, record.partition, record.offset, |key, value| {
            remember(record.partition, key, value, out);
        });
        let replay = record.headers.get(REPLAY_HEADER).is_some();
        let sent = sent(record, &origin, header_bytes);
        let repeated = if replay {
            repeats.replayed(&sent)
        } else {
            is_repeated(repeats, &sent, metrics, out)
        };
        if repeated {
            return bury(record, REPEATED, masks, header, metrics, out);
        }
        match normalizer.normalize(record.value, &origin, agency.as_str(), now_ms()) {
            Normalized::Dead(dead) => bury(record, dead, masks, header, metrics, out),
            Normalized::Events(events) => {
                if send(record, &events, masks, header, metrics, out) == 0 {
                    return;
                }
                if replay {
                    let forgotten = repeats.note_replay(&sent, |key, value| {
                        remember(record.partition, key, value, out);
                    });
                    metrics.streams_forgotten.inc_by(forgotten as u64);
                    metrics.replayed.inc();
                }
                metrics.masked.inc_by(u64::from(events.masked));
                metrics.count_added(events.added);
                metrics.records.inc();
                metrics.gave_up.inc_by(u64::from(events.gave_up));
                let unparsed = parse::is_guess(events.parser);
                sources.count(metrics, origin.source, unparsed);
                if unparsed {
                    unknown.note(&masks.hide(agency.as_str(), record.value), now_ms());
                }
            }
        }
    }

    fn panicked(&mut self, record: &Record<'_>, message: &str, out: &mut dyn Outbox) {
        tracing::error!(message, topic = record.topic, offset = record.offset, "parser panicked");
        self.normalizer = Normalizer::new(Arc::clone(&self.tables), self.settings.clone());
        let dead = Dead {
            code: DeadLetterCode::BadEvent,
            reason: "a parser panicked on it: please report the raw bytes",
            parser: "detect/1",
        };
        bury(record, dead, &self.settings.masks, &mut self.place, &self.metrics, out);
    }
}

/// The raw text that an event was made of.
fn raw_data(json: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Own {
        raw_data: String,
    }
    serde_json::from_slice::<Own>(json).ok().map(|own| own.raw_data)
}

const TOO_LONG: Dead = Dead {
    code: DeadLetterCode::TooLong,
    reason: "its event is larger than a topic takes",
    parser: "detect/1",
};

/// Kept and counted rather than dropped, so that the ledger of raw records adds up.
const REPEATED: Dead = Dead {
    code: DeadLetterCode::Repeated,
    reason: "the collector sent it again after a crash; the first one is an event",
    parser: "repeats/1",
};

#[cfg(test)]
mod tests;
