//! Reading dead letters from their topic.

use crate::Error;
use crate::repeats::replay_key;
use bus::{Config, Partition, Record, admin, reader};
use model::coordinates::HEADER as RAW_HEADER;
use model::dead_letter::{CODE_HEADER, PARSER_HEADER, REASON_HEADER};
use model::origin::HEADER as ORIGIN_HEADER;
use model::{EventPlace, Origin, topic};
use std::collections::{HashMap, HashSet};

/// Dead letters that are held at once; of more the newest are, and how many were left out is told.
const LETTERS_MAX: usize = 100_000;
/// How many bytes of each are shown.
const SHOWN_BYTES_MAX: usize = 4096;

/// Which dead letters are meant; an empty list stands for any.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Agencies.
    pub agencies: Vec<String>,
    /// Codes.
    pub codes: Vec<String>,
    /// Parsers, with their version (`sshd/1`) or without.
    pub parsers: Vec<String>,
    /// Source types as collectors name them; `none` for records without one.
    pub sources: Vec<String>,
    /// Arrived in Kafka at this time or later, in milliseconds since the epoch.
    pub from_ms: Option<i64>,
    /// Arrived before this time.
    pub to_ms: Option<i64>,
}

impl Filter {
    fn takes(&self, letter: &Letter) -> bool {
        let among =
            |list: &[String], value: &str| list.is_empty() || list.iter().any(|l| l == value);
        let name = letter.parser.split('/').next().unwrap_or_default();
        among(&self.agencies, &letter.agency)
            && among(&self.codes, &letter.code)
            && (among(&self.parsers, &letter.parser) || among(&self.parsers, name))
            && among(&self.sources, letter.source.as_deref().unwrap_or("none"))
            && self.from_ms.is_none_or(|from| letter.kafka_ms >= from)
            && self.to_ms.is_none_or(|to| letter.kafka_ms < to)
    }
}

/// A dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The agency of its raw topic; empty where that names none.
    pub agency: String,
    /// The raw record's topic.
    pub topic: String,
    /// Its partition, which is the dead letter's own too.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// The dead letter's own offset in topic `dead-letters`.
    pub letter_offset: i64,
    /// When Kafka got the raw record, in milliseconds since the epoch.
    pub kafka_ms: i64,
    /// Why, as a code.
    pub code: String,
    /// Why, in words.
    pub reason: String,
    /// Parser and version.
    pub parser: String,
    /// The source type that the collector's configuration names.
    pub source: Option<String>,
    /// The `origin` header as it came.
    pub origin: Vec<u8>,
    /// How many bytes the record has.
    pub bytes: usize,
    /// The first of them; masked where the agency hides personal data.
    pub head: Vec<u8>,
    /// Whether it was sent again and became events.
    pub mended: bool,
}

impl Letter {
    fn new(record: &Record<'_>) -> Option<Self> {
        let text = |key: &str| {
            let value = record.headers.get(key).unwrap_or_default();
            String::from_utf8_lossy(value).into_owned()
        };
        let place = record.headers.get(RAW_HEADER).unwrap_or_default();
        let place = EventPlace::decode(place).ok()?;
        let origin = record.headers.get(ORIGIN_HEADER).unwrap_or_default();
        let source = Origin::decode(origin).ok().and_then(|o| o.source.map(str::to_owned));
        Some(Self {
            agency: topic::agency_of(place.raw.topic).map_or(String::new(), |a| a.as_str().into()),
            topic: place.raw.topic.to_owned(),
            partition: place.raw.partition,
            offset: place.raw.offset,
            letter_offset: record.offset,
            kafka_ms: place.raw.kafka_ms,
            code: text(CODE_HEADER),
            reason: text(REASON_HEADER),
            parser: text(PARSER_HEADER),
            source,
            origin: origin.to_vec(),
            bytes: record.value.len(),
            head: record.value[..record.value.len().min(SHOWN_BYTES_MAX)].to_vec(),
            mended: false,
        })
    }

    /// Which record it is, however often that was sent: also the key of topic `streams` that tells
    /// that it was mended. Without an origin each is one of its own.
    fn record_key(&self) -> Vec<u8> {
        let mut key = format!("{}\t{}\t", self.topic, self.partition).into_bytes();
        match Origin::decode(&self.origin) {
            Ok(_) => key.extend_from_slice(&replay_key(&self.origin)),
            Err(_) => key.extend_from_slice(self.offset.to_string().as_bytes()),
        }
        key
    }
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letters {
    /// The dead letters, in the order of their arrival; of those of one record the newest.
    pub list: Vec<Letter>,
    /// How many more there are, all older.
    pub left_out: usize,
    /// Records of the topic that are no dead letters: their headers cannot be read.
    pub unreadable: usize,
}

/// Reads the dead letters that are meant.
pub fn read(config: &Config, filter: &Filter) -> Result<Letters, Error> {
    let mut found = Letters::default();
    // A record that was sent again and failed again is one record still.
    let mut newest: HashMap<Vec<u8>, Letter> = HashMap::new();
    for partition in partitions(config, topic::DEAD_LETTERS)? {
        reader::read_all(config, &partition, |record| {
            let Some(letter) = Letter::new(record) else {
                found.unreadable += 1;
                return;
            };
            if !filter.takes(&letter) {
                return;
            }
            newest.insert(letter.record_key(), letter);
            if newest.len() > 2 * LETTERS_MAX {
                found.left_out += forget_oldest(&mut newest);
            }
        })?;
    }
    if newest.len() > LETTERS_MAX {
        found.left_out += forget_oldest(&mut newest);
    }
    let mended = mended(config)?;
    let marked = newest.into_iter().map(|(key, letter)| {
        let mended = mended.contains(&key);
        Letter { mended, ..letter }
    });
    found.list = marked.collect();
    found.list.sort_by(|a, b| {
        (a.kafka_ms, &a.topic, a.partition, a.offset).cmp(&(
            b.kafka_ms,
            &b.topic,
            b.partition,
            b.offset,
        ))
    });
    Ok(found)
}

/// Leaves the newest [`LETTERS_MAX`]; how many went.
fn forget_oldest(letters: &mut HashMap<Vec<u8>, Letter>) -> usize {
    let mut times: Vec<i64> = letters.values().map(|letter| letter.kafka_ms).collect();
    times.sort_unstable();
    let least = times[times.len() - LETTERS_MAX];
    let before = letters.len();
    letters.retain(|_, letter| letter.kafka_ms >= least);
    before - letters.len()
}

fn partitions(config: &Config, topic: &str) -> Result<Vec<Partition>, Error> {
    let ends = admin::end_offsets(config, &[topic])?;
    Ok(ends.into_keys().map(|(topic, partition)| Partition::new(topic, partition)).collect())
}

/// Which records were sent again and became events, by the keys of topic `streams`.
fn mended(config: &Config) -> Result<HashSet<Vec<u8>>, Error> {
    let mut found = HashSet::new();
    for partition in partitions(config, topic::STREAMS)? {
        reader::read_all(config, &partition, |record| {
            let key = record.key.unwrap_or_default();
            if crate::repeats::is_replay_key(key) {
                found.insert(key.to_vec());
            }
        })?;
    }
    Ok(found)
}
