//! The engine: one raw record in, its events or the reason why there are none out.

use crate::enrichment::{Current, Enrichment};
use crate::masks::Masks;
use crate::parsers::Parsers;
use crate::text;
use crate::zones::Zones;
use bumpalo::Bump;
use custom::Set;
use enrich::{Added, Enricher, Of};
use mapping::Tables;
use model::{DeadLetterCode, Origin, RAW_BYTES_MAX, UidSeed};
use ocsf::{Envelope, Event, Path, Store, complete, write_completed};
use parse::{Custom, Cx, Outcome, Scratch, Zone};
use privacy::{Known, Masker};
use std::sync::Arc;

/// The arena gives memory back when a record made it grow beyond this: one huge record must not
/// hold its memory for ever.
const ARENA_BYTES_MAX: usize = 4 << 20;

/// As much of the output's memory is kept from record to record, for the same reason.
const OUT_BYTES_KEPT: usize = 4 << 20;

/// What an operator may choose.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The zones of times that name none.
    pub zones: Zones,
    /// What hides the personal data of each agency that has a key.
    pub masks: Masks,
    /// Parsers that users wrote.
    pub parsers: Parsers,
    /// What events are enriched from.
    pub enrichment: Enrichment,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            zones: Zones::all(Zone::UTC),
            masks: Masks::default(),
            parsers: Parsers::default(),
            enrichment: Enrichment::default(),
        }
    }
}

/// What a record became.
pub enum Normalized<'n> {
    /// Its events.
    Events(Events<'n>),
    /// Nothing.
    Dead(Dead),
}

/// Why a record is a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dead {
    /// The reason, from a closed list.
    pub code: DeadLetterCode,
    /// The reason, in words.
    pub reason: &'static str,
    /// Parser and version.
    pub parser: &'static str,
}

/// The events of one record, as JSON.
pub struct Events<'n> {
    out: &'n [u8],
    ends: &'n [usize],
    /// The parser of the first, with its version.
    pub parser: &'static str,
    /// In how many of them personal data was hidden.
    pub masked: u32,
    /// Whether parsers that users wrote would have cost more than they may.
    pub gave_up: bool,
    /// What they were enriched with.
    pub added: Added,
}

impl<'n> Events<'n> {
    /// How many there are; at least one.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none; never, for a record that became events.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Each event's JSON, in order.
    pub fn iter(&self) -> impl Iterator<Item = &'n [u8]> {
        let (out, ends) = (self.out, self.ends);
        (0..ends.len()).map(move |i| &out[if i == 0 { 0 } else { ends[i - 1] }..ends[i]])
    }
}

/// Turns raw records into events, with memory that is used again for each.
pub struct Normalizer {
    arena: Bump,
    scratch: Scratch,
    store: Store,
    seed: UidSeed,
    settings: Settings,
    /// The parsers in force and their generation.
    custom: (u64, Option<Arc<Set>>),
    current: Current,
    out: Vec<u8>,
    ends: Vec<usize>,
}

impl Normalizer {
    /// A normalizer over the mapping tables.
    pub fn new(tables: Arc<Tables>, settings: Settings) -> Self {
        Self {
            arena: Bump::new(),
            scratch: Scratch::new(tables),
            store: Store::default(),
            seed: UidSeed::default(),
            custom: (settings.parsers.generation(), settings.parsers.get()),
            current: Current::new(settings.enrichment.clone()),
            settings,
            out: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Reads one record of `agency`; `now_ms` is when, in milliseconds since the epoch.
    pub fn normalize(
        &mut self,
        raw: &[u8],
        origin: &Origin<'_>,
        agency: &str,
        now_ms: i64,
    ) -> Normalized<'_> {
        if self.out.capacity() > OUT_BYTES_KEPT {
            (self.out, self.ends, self.store) = (Vec::new(), Vec::new(), Store::default());
        }
        self.out.clear();
        self.ends.clear();
        let generation = self.settings.parsers.generation();
        if generation != self.custom.0 {
            self.custom = (generation, self.settings.parsers.get());
        }
        if raw.len() > RAW_BYTES_MAX {
            return Normalized::Dead(Dead {
                code: DeadLetterCode::TooLong,
                reason: "longer than 1000000 bytes and not cut by the collector",
                parser: "detect/1",
            });
        }
        if self.arena.allocated_bytes() > ARENA_BYTES_MAX {
            self.arena = Bump::new();
        } else {
            self.arena.reset();
        }
        self.current.keep_up();
        let masker = self.settings.masks.of(agency);
        let Some(text) = text::decode(raw, masker, &self.arena) else {
            return Normalized::Dead(Dead {
                code: DeadLetterCode::Binary,
                reason: "more than a quarter of the bytes are no text",
                parser: "detect/1",
            });
        };
        let custom = self.custom.1.as_deref();
        let job = Job { text, origin, agency, now_ms, settings: &self.settings, custom };
        let store = std::mem::take(&mut self.store);
        self.seed.set(origin);
        let mut made = Made {
            out: &mut self.out,
            ends: &mut self.ends,
            seed: &mut self.seed,
            parser: "none/0",
            masked: 0,
            gave_up: false,
            added: Added::default(),
        };
        let enricher = &mut self.current.enricher;
        let (outcome, store) = job.run(&self.arena, &mut self.scratch, enricher, store, &mut made);
        let Made { parser, masked, gave_up, added, .. } = made;
        self.store = store;
        match outcome {
            Outcome::Events => {
                let (out, ends) = (&self.out, &self.ends);
                Normalized::Events(Events { out, ends, parser, masked, gave_up, added })
            }
            Outcome::Dead { code, reason, parser } => {
                Normalized::Dead(Dead { code, reason, parser })
            }
        }
    }
}

/// What has been made of a record so far.
struct Made<'m> {
    out: &'m mut Vec<u8>,
    ends: &'m mut Vec<usize>,
    seed: &'m mut UidSeed,
    parser: &'static str,
    masked: u32,
    gave_up: bool,
    added: Added,
}

impl Made<'_> {
    /// Hides the personal data of the event that was written last.
    fn hide(&mut self, hiding: Option<&(&Masker, Known)>) {
        let from = self.ends.last().copied().unwrap_or_default();
        let hidden = hiding.is_some_and(|(masker, known)| masker.mask_json(self.out, from, known));
        self.masked += u32::from(hidden);
    }
}

/// One record on its way.
struct Job<'a, 'o> {
    text: text::Text<'a>,
    origin: &'o Origin<'o>,
    agency: &'o str,
    now_ms: i64,
    settings: &'a Settings,
    custom: Option<&'a Set>,
}

impl<'a> Job<'a, '_> {
    fn run(
        self,
        arena: &'a Bump,
        scratch: &mut Scratch,
        enricher: &mut Enricher,
        store: Store,
        made: &mut Made<'_>,
    ) -> (Outcome, Store) {
        let own = |text: Option<&str>| text.map(|text| &*arena.alloc_str(text));
        let zones = &self.settings.zones;
        let clock = Clock {
            arrival_ms: self.origin.collected_ms,
            assumed: zones.of(self.agency, self.origin.source),
            zones: Some((zones, self.agency)).filter(|_| zones.depend_on_source(self.agency)),
        };
        let cx = Cx {
            arena,
            arrival_ms: clock.arrival_ms,
            zone: clock.assumed,
            hint: own(self.origin.source),
            stream: made.seed.stream(),
            custom: self.custom.map(|set| set as &dyn Custom),
        };
        let mut envelope = self.envelope(arena);
        let device = (own(self.origin.host), own(self.origin.sender));
        let cut = self.origin.cut.map(|cut| (cut.bytes, &*arena.alloc_str(cut.sha256)));
        let masker = self.settings.masks.of(self.agency);
        let hiding = masker.map(|masker| (masker, masker.known(self.text.text.as_bytes())));
        let mut event = Event::new(store);
        let outcome = parse::parse(self.text.text, &cx, scratch, &mut event, &mut |event| {
            clock.settle(event);
            finish(event, device, cut);
            if made.ends.is_empty() {
                made.parser = event.parser;
                made.gave_up = event.labels().contains(&custom::GAVE_UP);
            }
            // Kept once, where a record became many events.
            envelope.raw_base64 =
                envelope.raw_base64.filter(|_| event.raw.is_none() || made.ends.is_empty());
            envelope.uid = made.seed.uid(made.ends.len() as u32);
            let class = complete::complete(event);
            // Before the masks: what is asked about is the plain value, what is written is hidden.
            let of = Of {
                agency: self.agency,
                names_persons: masker.is_none(),
                at_s: event.time.unwrap_or(envelope.fallback_ms).div_euclid(1000),
            };
            made.added += enricher.enrich(event, class, of, arena);
            write_completed(event, class, &envelope, made.out);
            made.hide(hiding.as_ref());
            made.ends.push(made.out.len());
        });
        (outcome, event.into_store())
    }

    fn envelope(&self, arena: &'a Bump) -> Envelope<'a> {
        Envelope {
            uid: model::EventUid(0),
            tenant: arena.alloc_str(self.agency),
            raw: self.text.text,
            raw_base64: self.text.base64,
            logged_ms: self.origin.collected_ms,
            processed_ms: self.now_ms,
            fallback_ms: self.origin.collected_ms,
        }
    }
}

/// An event that lies further ahead of its arrival than this has a label: its clock is wrong, or it
/// means to be read last.
const FUTURE_MS: i64 = 5 * 60_000;
/// An event older than this has a label: a log was kept or copied, or the clock is wrong.
const PAST_MS: i64 = 30 * 86_400_000;

/// What an event's time is judged by.
struct Clock<'z> {
    arrival_ms: i64,
    /// The zone that times without one were read with.
    assumed: &'z Zone,
    /// The zones and the agency, where the event's source type may have a zone of its own.
    zones: Option<(&'z Zones, &'z str)>,
}

impl Clock<'_> {
    /// Reads a time without a zone again with that of the source type that the record turned out to
    /// be, and labels what is far from the arrival.
    fn settle(&self, event: &mut Event<'_>) {
        let Some(mut ms) = event.time else { return event.label("time:arrival") };
        if let Some((zones, agency)) = self.zones
            && event.labels().contains(&"time:zone_assumed")
        {
            let zone = zones.of(agency, event.text(Path::METADATA_LOG_SOURCE));
            if !std::ptr::eq(zone, self.assumed) {
                ms = zone.instead_of(self.assumed, ms);
                event.time = Some(ms);
            }
        }
        if ms > self.arrival_ms.saturating_add(FUTURE_MS) {
            event.label("time:future");
        } else if ms < self.arrival_ms.saturating_sub(PAST_MS) {
            event.label("time:past");
        }
    }
}

/// Adds what the collector knows and the text may not say.
fn finish<'a>(
    event: &mut Event<'a>,
    (host, sender): (Option<&'a str>, Option<&'a str>),
    cut: Option<(u64, &'a str)>,
) {
    if !event.has(Path::DEVICE_HOSTNAME) && !event.has(Path::DEVICE_IP) {
        if let Some(host) = host {
            event.set(Path::DEVICE_HOSTNAME, host);
        }
        if let Some(sender) = sender {
            event.set(Path::DEVICE_IP, sender);
        }
    }
    if let Some((bytes, sha256)) = cut {
        event.set(Path::METADATA_IS_TRUNCATED, true);
        event.set(Path::METADATA_UNTRUNCATED_SIZE, i64::try_from(bytes).unwrap_or(i64::MAX));
        event.unmapped("raw_sha256", sha256);
    }
}
