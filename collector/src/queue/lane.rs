//! One stream of the queue: its spool, and what is under way of it.

use super::entry::Entry;
use super::{Received, StreamOptions};
use crate::flight::{Flight, Position};
use crate::header::{Header, Line};
use crate::heartbeat::Place;
use crate::kafka::QUEUE_TAG;
use crate::output::{Output, Record};
use spool::{Chunk, Level, Losses, Pushed, Spool};

/// Low bits of a tag that number the record; those above say which stream it is of.
const NUMBER_BITS: u32 = 40;

/// A tag's stream and number.
pub(super) fn read_tag(tag: u64) -> (usize, u64) {
    let tag = tag & !QUEUE_TAG;
    ((tag >> NUMBER_BITS) as usize, tag & ((1 << NUMBER_BITS) - 1))
}

pub(super) struct Lane {
    options: StreamOptions,
    /// Number and offset of the next record.
    sequence: u64,
    offset: u64,
    spool: Spool,
    chunk: Chunk,
    flight: Flight,
    /// The header of the generation that is being sent, which may be an older one than is received.
    header: (u64, Header),
    head: Vec<u8>,
    /// Number of the next record a second ago.
    next_before: u64,
}

impl Lane {
    pub(super) fn new(options: StreamOptions, spool: Spool) -> Self {
        let position = Position { offset: spool.confirmed(), sequence: 0 };
        let generation = options.generation;
        Self {
            header: (generation, options.header(generation)),
            options,
            sequence: 0,
            offset: 0,
            next_before: spool.next(),
            spool,
            chunk: Chunk::default(),
            flight: Flight::new(position, 0),
            head: Vec::new(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.options.name
    }

    /// Takes a record. One that is dropped has a number all the same, so that whoever reads the
    /// stream sees the gap.
    pub(super) fn push(&mut self, received: &Received<'_>) -> Pushed {
        let entry = Entry {
            generation: self.options.generation,
            sequence: self.sequence,
            offset: self.offset,
            received: *received,
        };
        entry.encode_head(&mut self.head);
        let pushed = self.spool.push(&[&self.head, received.bytes]);
        if pushed != Pushed::Full {
            self.sequence += 1;
            self.offset += received.cut.map_or(received.bytes.len() as u64, |cut| cut.bytes);
        }
        pushed
    }

    pub(super) fn spool(&mut self) -> &mut Spool {
        &mut self.spool
    }

    pub(super) fn has_work(&self) -> bool {
        self.chunk.peek().is_some() || self.spool.has_unread()
    }

    /// Sends at most `most` records; how many, and whether `out` took all that was offered.
    pub(super) fn send(
        &mut self,
        index: usize,
        most: usize,
        out: &mut impl Output,
        origin: &mut String,
    ) -> (usize, bool) {
        for sent in 0..most {
            if self.chunk.peek().is_none() && !self.spool.read(&mut self.chunk) {
                return (sent, true);
            }
            let Some((number, payload)) = self.chunk.peek() else { return (sent, true) };
            if let Some(entry) = Entry::decode(payload) {
                if self.header.0 != entry.generation {
                    self.header = (entry.generation, self.options.header(entry.generation));
                }
                write_origin(&self.header.1, &entry, origin);
                let tag = QUEUE_TAG | ((index as u64) << NUMBER_BITS) | self.flight.next();
                let (stream, bytes) = (&*self.options.name, entry.received.bytes);
                if !out.send(&Record { stream, origin, bytes, tag }) {
                    return (sent, false);
                }
                self.flight.begin(number + 1);
            } else {
                tracing::error!(stream = %self.options.name, "lost: an entry of an unknown form");
            }
            self.chunk.advance();
        }
        (most, true)
    }

    /// Whether that made room.
    pub(super) fn confirm(&mut self, number: u64) -> bool {
        let before = self.flight.confirmed().offset;
        self.flight.confirm(number);
        let after = self.flight.confirmed().offset;
        if after > before {
            self.spool.confirm(after);
        }
        after > before
    }

    /// Goes back to the first record that is not confirmed; how many are sent again, and how many
    /// cannot be because they were dropped meanwhile.
    pub(super) fn rewind(&mut self) -> (usize, u64) {
        let again = self.flight.len();
        self.flight.rewind();
        self.chunk.clear();
        (again, self.spool.rewind(self.flight.confirmed().offset))
    }

    pub(super) fn is_done(&self) -> bool {
        self.spool.confirmed() == self.spool.next()
    }

    pub(super) fn level(&self) -> Level {
        self.spool.level()
    }

    /// How far it has come.
    pub(super) fn place(&self) -> Place {
        let Level { records, disk_bytes, memory_bytes } = self.level();
        Place {
            stream: self.options.name.to_string(),
            generation: self.options.generation,
            sequence: self.sequence,
            offset: self.offset,
            waiting_records: Some(records),
            waiting_bytes: if records == 0 { 0 } else { disk_bytes + memory_bytes },
        }
    }

    /// To be called about every second. What was lost, and whether something that is not
    /// confirmed has waited for a second and should outlive a power cut.
    pub(super) fn tend(&mut self) -> (Losses, bool) {
        self.spool.tend();
        if self.flight.len() == 0 && !self.has_work() {
            // What was lost at the end is never confirmed, and is not waited for.
            self.spool.confirm(self.spool.next());
        }
        let waits = self.spool.confirmed() < self.next_before;
        self.next_before = self.spool.next();
        (self.spool.take_losses(), waits)
    }

    pub(super) fn failure(&self) -> Option<&std::io::Error> {
        self.spool.failure()
    }
}

fn write_origin(header: &Header, entry: &Entry<'_>, origin: &mut String) {
    let sender = entry.received.sender.map(|sender| sender.to_string());
    let line = Line {
        sequence: entry.sequence,
        offset: entry.offset,
        collected_ms: entry.received.collected_ms,
        sender: sender.as_deref(),
        cut: entry.received.cut,
    };
    header.write(&line, origin);
}
