//! Sending dead letters' raw records once more.

use super::letter::Letter;
use crate::Error;
use bus::reader::Reader;
use bus::{
    Config, DeliveryError, Outgoing, OwnedRecord, Partition, Producer, ProducerOptions, SendError,
};
use model::dead_letter::REPLAY_HEADER;
use model::origin::HEADER as ORIGIN_HEADER;
use model::{DeadLetterCode, EventPlace, Origin, RawPlace, topic};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long the brokers may take to confirm.
const CONFIRM: Duration = Duration::from_secs(60);
/// Pause while the producer's queue is full.
const QUEUE_FULL: Duration = Duration::from_millis(50);

/// What is to become of a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Its raw record is sent again.
    Again,
    /// It was sent again before, and became events.
    Mended,
    /// The record that it repeats is an event already.
    Repeated,
    /// It can become no event, whatever a parser does: nothing, or a file's column names.
    Nothing,
    /// Nobody can tell whose or which record it is.
    NoOrigin,
}

impl Fate {
    /// Why not, for a person.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Again => "to be sent again",
            Self::Mended => "sent again before, and became events",
            Self::Repeated => "its first record is an event",
            Self::Nothing => "empty, or a header line: name the code to send it all the same",
            Self::NoOrigin => "its origin header cannot be read",
        }
    }
}

/// A dead letter and what is to become of it.
pub type Planned<'l> = (&'l Letter, Fate);

/// Decides over each; `codes` are those that were asked for by name.
pub fn plan<'l>(letters: &'l [Letter], codes: &[String]) -> Vec<Planned<'l>> {
    let fate = |letter: &Letter| {
        let is = |code: DeadLetterCode| letter.code == code.as_str();
        if letter.mended {
            Fate::Mended
        } else if is(DeadLetterCode::Repeated) {
            Fate::Repeated
        } else if Origin::decode(&letter.origin).is_err() || letter.agency.is_empty() {
            Fate::NoOrigin
        } else if (is(DeadLetterCode::Empty) || is(DeadLetterCode::Header))
            && !codes.contains(&letter.code)
        {
            Fate::Nothing
        } else {
            Fate::Again
        }
    };
    letters.iter().map(|letter| (letter, fate(letter))).collect()
}

/// What came of a replay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Records that Kafka has confirmed.
    pub sent: usize,
    /// Records that the raw topic no longer holds, which were left out.
    pub gone: usize,
}

/// Sends the raw records of those that are to be sent again, and waits until all are confirmed. Where
/// the raw topic no longer holds one, its dead letter's bytes are sent if `stored` allows it: masked
/// ones, where the agency hides personal data.
pub fn replay(config: &Config, planned: &[Planned<'_>], stored: bool) -> Result<Replayed, Error> {
    let failed: Arc<Mutex<Option<DeliveryError>>> = Arc::default();
    let failures = Arc::clone(&failed);
    let producer = Producer::open(config, &ProducerOptions::default(), move |_, outcome| {
        if let Err(error) = outcome {
            failures.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    })?;
    let mut readers = Readers { config, open: HashMap::new() };
    let mut done = Replayed::default();
    for (letter, _) in planned.iter().filter(|(_, fate)| *fate == Fate::Again) {
        match readers.bytes(letter, stored)? {
            Some(record) => {
                send(&producer, letter, &record)?;
                done.sent += 1;
            }
            None => done.gone += 1,
        }
    }
    producer.flush(CONFIRM)?;
    match failed.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) => Err(Error::Replay(error)),
        None => Ok(done),
    }
}

/// A reader of each partition that was asked for.
struct Readers<'c> {
    config: &'c Config,
    open: HashMap<(String, i32), Reader>,
}

impl Readers<'_> {
    fn at(
        &mut self,
        topic: &str,
        partition: i32,
        offset: i64,
    ) -> Result<Option<OwnedRecord>, Error> {
        let key = (topic.to_owned(), partition);
        if !self.open.contains_key(&key) {
            let reader = Reader::open(self.config, &Partition::new(topic, partition))?;
            self.open.insert(key.clone(), reader);
        }
        match self.open.get(&key) {
            Some(reader) => Ok(reader.read_at(offset)?),
            None => Ok(None),
        }
    }

    /// The raw record of a dead letter, or the dead letter itself.
    fn bytes(&mut self, letter: &Letter, stored: bool) -> Result<Option<OwnedRecord>, Error> {
        let Letter { topic, partition, offset, letter_offset, .. } = letter;
        let raw = self.at(topic, *partition, *offset)?;
        if raw.is_some() || !stored {
            return Ok(raw);
        }
        self.at(topic::DEAD_LETTERS, *partition, *letter_offset)
    }
}

fn send(producer: &Producer, letter: &Letter, record: &OwnedRecord) -> Result<(), Error> {
    let Letter { topic, partition, offset, kafka_ms, .. } = letter;
    let raw = RawPlace { topic, partition: *partition, offset: *offset, kafka_ms: *kafka_ms };
    let mut first = String::new();
    EventPlace { raw, index: 0, count: 0 }.encode(&mut first);
    let headers = [(ORIGIN_HEADER, letter.origin.as_slice()), (REPLAY_HEADER, first.as_bytes())];
    let outgoing = Outgoing {
        topic,
        partition: Some(*partition),
        key: record.key.as_deref().filter(|_| record.topic == *topic),
        value: &record.value,
        headers: &headers,
    };
    loop {
        match producer.try_send(&outgoing, 0) {
            Ok(()) => return Ok(()),
            Err(SendError::QueueFull) => std::thread::sleep(QUEUE_FULL),
            Err(source) => return Err(Error::ReplaySend(source)),
        }
    }
}
