//! Datagrams to flows, with what is remembered of each exporter.

use crate::bytes::{Bytes, number};
use crate::json::Object;
use crate::template::{Template, VARIABLE};
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

/// Exporters and domains that are remembered. Beyond it the one that was silent longest goes.
const EXPORTERS_MAX: usize = 1024;
/// Templates of one exporter.
const TEMPLATES_MAX: usize = 512;
/// Sets of one exporter that wait for their template, and their bytes.
const WAITING_MAX: usize = 64;
const WAITING_BYTES_MAX: usize = 64 * 1024;
/// A sequence number that is further ahead than this was begun anew.
const MISSED_MAX: u32 = 100_000;
/// What options say of sampling: interval and packet interval, of systems old and new.
const SAMPLING: [u16; 3] = [34, 50, 305];
/// The exporter's start, in an options record.
const SYSTEM_INIT: u16 = 160;

/// What became of a datagram.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Flows that were written.
    pub flows: u64,
    /// Sets that wait for their template.
    pub waiting: u64,
    /// Sets that were given up: their template did not come in time, or was for nothing.
    pub given_up: u64,
    /// Flows or datagrams that never came, by the exporter's own numbers.
    pub missed: u64,
    /// The datagram, or the rest of it, cannot be read.
    pub damaged: bool,
}

/// Decodes datagrams. Flows of one exporter come in the order of their datagrams.
#[derive(Debug, Default)]
pub struct Decoder {
    exporters: HashMap<(IpAddr, u16, u32), Exporter>,
    /// Counts datagrams: whose turn it was last.
    turn: u64,
    text: String,
}

#[derive(Debug, Default)]
struct Exporter {
    templates: HashMap<u16, Template>,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    next_sequence: Option<u32>,
    sampling: Option<u64>,
    boot_ms: Option<u64>,
    heard: u64,
}

#[derive(Debug)]
struct Waiting {
    id: u16,
    head: Head,
    bytes: Vec<u8>,
}

/// What all flows of a datagram share.
#[derive(Debug, Clone, Copy)]
struct Head {
    version: u16,
    exporter: IpAddr,
    boot_ms: Option<u64>,
}

impl Decoder {
    /// Decodes a datagram that came from `exporter`, and hands each flow to `take` as JSON.
    pub fn decode(
        &mut self,
        exporter: IpAddr,
        datagram: &[u8],
        mut take: impl FnMut(&str),
    ) -> Counts {
        self.turn += 1;
        let mut counts = Counts::default();
        let mut bytes = Bytes(datagram);
        let whole = match bytes.u16() {
            Some(5) => self.version_5(exporter, bytes, &mut counts, &mut take),
            Some(9) => self.version_9(exporter, bytes, &mut counts, &mut take),
            Some(10) => self.ipfix(exporter, datagram, &mut counts, &mut take),
            _ => None,
        };
        counts.damaged = whole.is_none();
        counts
    }

    fn version_5(
        &mut self,
        exporter: IpAddr,
        mut bytes: Bytes<'_>,
        counts: &mut Counts,
        take: &mut impl FnMut(&str),
    ) -> Option<()> {
        let (count, up_ms) = (bytes.u16()?, bytes.u32()?);
        let (seconds, nanos, sequence) = (bytes.u32()?, bytes.u32()?, bytes.u32()?);
        let (_engine, sampling) = (bytes.u16()?, bytes.u16()?);
        let now_ms = u64::from(seconds) * 1000 + u64::from(nanos / 1_000_000);
        let boot_ms = now_ms.wrapping_sub(up_ms.into());
        let known = self.exporter(exporter, 5, 0);
        counts.missed += known.missed(sequence, count.into());
        for _ in 0..count {
            let record = bytes.take(48)?;
            write_5(&mut self.text, exporter, record, boot_ms, sampling & 0x3fff)?;
            take(&self.text);
            counts.flows += 1;
        }
        Some(())
    }

    fn version_9(
        &mut self,
        exporter: IpAddr,
        mut bytes: Bytes<'_>,
        counts: &mut Counts,
        take: &mut impl FnMut(&str),
    ) -> Option<()> {
        let (_count, up_ms, seconds) = (bytes.u16()?, bytes.u32()?, bytes.u32()?);
        let (sequence, domain) = (bytes.u32()?, bytes.u32()?);
        let boot_ms = (u64::from(seconds) * 1000).wrapping_sub(up_ms.into());
        let head = Head { version: 9, exporter, boot_ms: Some(boot_ms) };
        counts.missed += self.exporter(exporter, 9, domain).missed(sequence, 1);
        self.sets(head, domain, bytes, counts, take)
    }

    fn ipfix(
        &mut self,
        exporter: IpAddr,
        datagram: &[u8],
        counts: &mut Counts,
        take: &mut impl FnMut(&str),
    ) -> Option<()> {
        let mut bytes = Bytes(datagram);
        let (_version, length) = (bytes.u16()?, bytes.u16()?);
        let (_seconds, sequence, domain) = (bytes.u32()?, bytes.u32()?, bytes.u32()?);
        let end = usize::from(length).checked_sub(16)?;
        let mut bytes = Bytes(bytes.0.get(..end)?);
        let known = self.exporter(exporter, 10, domain);
        let head = Head { version: 10, exporter, boot_ms: known.boot_ms };
        let expected = known.next_sequence;
        let flows = counts.flows;
        let rest = bytes.take(bytes.0.len())?;
        let whole = self.sets(head, domain, Bytes(rest), counts, take);
        // Its number counts flows that were sent before; those of this datagram are known now.
        let sent = u32::try_from(counts.flows - flows).unwrap_or_default();
        let known = self.exporter(exporter, 10, domain);
        known.next_sequence = expected;
        counts.missed += known.missed(sequence, sent);
        if counts.waiting + counts.given_up > 0 {
            // How many flows wait is not known: begin to count anew.
            known.next_sequence = None;
        }
        whole
    }

    fn sets(
        &mut self,
        head: Head,
        domain: u32,
        mut bytes: Bytes<'_>,
        counts: &mut Counts,
        take: &mut impl FnMut(&str),
    ) -> Option<()> {
        let ipfix = head.version == 10;
        let mut text = std::mem::take(&mut self.text);
        let known = self.exporter(head.exporter, head.version, domain);
        let mut read = || {
            while bytes.0.len() >= 4 {
                let (id, length) = (bytes.u16()?, bytes.u16()?);
                let set = bytes.take(usize::from(length).checked_sub(4)?)?;
                match (ipfix, id) {
                    (false, 0) | (true, 2) => known.templates(Bytes(set), ipfix)?,
                    (false, 1) => known.options_9(Bytes(set))?,
                    (true, 3) => known.options_ipfix(Bytes(set))?,
                    (_, 256..) => known.data(id, head, set, &mut text, counts, take),
                    _ => {}
                }
                known.retry(&mut text, counts, take);
            }
            Some(())
        };
        let whole = read();
        self.text = text;
        whole
    }

    fn exporter(&mut self, exporter: IpAddr, version: u16, domain: u32) -> &mut Exporter {
        let key = (exporter, version, domain);
        if self.exporters.len() >= EXPORTERS_MAX && !self.exporters.contains_key(&key) {
            let oldest = self.exporters.iter().min_by_key(|(_, known)| known.heard);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                self.exporters.remove(&oldest);
            }
        }
        let known = self.exporters.entry(key).or_default();
        known.heard = self.turn;
        known
    }
}

impl Exporter {
    /// How many numbers lie between the last one and this one, of which `count` more follow.
    fn missed(&mut self, sequence: u32, count: u32) -> u64 {
        let ahead = self.next_sequence.map_or(0, |next| sequence.wrapping_sub(next));
        self.next_sequence = Some(sequence.wrapping_add(count));
        // One that is behind came late; one that is far off was begun anew.
        if ahead > MISSED_MAX { 0 } else { ahead.into() }
    }

    fn templates(&mut self, mut bytes: Bytes<'_>, ipfix: bool) -> Option<()> {
        // What is left is padding.
        while bytes.0.len() >= 4 {
            let (id, count) = (bytes.u16()?, bytes.u16()?);
            if id < 256 {
                // NetFlow's padding, or all templates withdrawn.
                if ipfix && count == 0 {
                    self.templates.clear();
                }
                return Some(());
            }
            let fields = Template::read(&mut bytes, count.into(), ipfix)?;
            self.keep(id, Template { fields, is_options: false });
        }
        Some(())
    }

    fn options_9(&mut self, mut bytes: Bytes<'_>) -> Option<()> {
        while bytes.0.len() >= 6 {
            let (id, scope, options) = (bytes.u16()?, bytes.u16()?, bytes.u16()?);
            if id < 256 {
                return Some(());
            }
            let scopes = Template::read(&mut bytes, usize::from(scope / 4), false)?;
            // A scope's numbers are others than the elements'.
            let scopes = scopes.into_iter().map(|field| crate::template::Field { id: 0, ..field });
            let fields = Template::read(&mut bytes, usize::from(options / 4), false)?;
            self.keep(id, Template { fields: scopes.chain(fields).collect(), is_options: true });
        }
        Some(())
    }

    fn options_ipfix(&mut self, mut bytes: Bytes<'_>) -> Option<()> {
        while bytes.0.len() >= 4 {
            let (id, count) = (bytes.u16()?, bytes.u16()?);
            if id < 256 || count == 0 {
                self.templates.remove(&id);
                continue;
            }
            let _scopes = bytes.u16()?;
            let fields = Template::read(&mut bytes, count.into(), true)?;
            self.keep(id, Template { fields, is_options: true });
        }
        Some(())
    }

    /// Keeps a template, in place of one with its number. One without fields withdraws that.
    fn keep(&mut self, id: u16, template: Template) {
        if template.fields.is_empty() {
            self.templates.remove(&id);
        } else if self.templates.len() < TEMPLATES_MAX || self.templates.contains_key(&id) {
            self.templates.insert(id, template);
        }
    }

    /// Writes the flows of a set, or lets it wait for its template.
    fn data(
        &mut self,
        id: u16,
        head: Head,
        set: &[u8],
        text: &mut String,
        counts: &mut Counts,
        take: &mut impl FnMut(&str),
    ) {
        let Some(template) = self.templates.get(&id).cloned() else {
            return self.wait(Waiting { id, head, bytes: set.into() }, counts);
        };
        let least = template.bytes_min();
        if least == 0 {
            counts.given_up += 1;
            return;
        }
        let mut bytes = Bytes(set);
        while bytes.0.len() >= least {
            let Some(()) = self.record(&template, head, &mut bytes, text) else {
                counts.given_up += 1;
                return;
            };
            if !template.is_options {
                take(text);
                counts.flows += 1;
            }
        }
    }

    /// Reads one record: a flow into `text`, or what options say into memory.
    fn record(
        &mut self,
        template: &Template,
        head: Head,
        bytes: &mut Bytes<'_>,
        text: &mut String,
    ) -> Option<()> {
        let boot_ms = head.boot_ms.or(self.boot_ms);
        let mut object = Object::begin(text, head.version, head.exporter);
        let mut samples = self.sampling;
        for field in &template.fields {
            let length = match field.length {
                VARIABLE => match bytes.u8()? {
                    255 => bytes.u16()?.into(),
                    length => length.into(),
                },
                length => length.into(),
            };
            let value = bytes.take(length)?;
            let iana = field.enterprise == 0;
            if template.is_options {
                let said = number(value).filter(|_| iana);
                if SAMPLING.contains(&field.id) {
                    self.sampling = said.or(self.sampling);
                } else if field.id == SYSTEM_INIT {
                    self.boot_ms = said.or(self.boot_ms);
                }
                continue;
            }
            // An exporter names itself in its flows, too: then it is a relay that sent them.
            if iana && matches!(field.id, 130 | 131) {
                continue;
            }
            if iana && SAMPLING.contains(&field.id) {
                samples = None;
            }
            object.field(*field, value, boot_ms);
        }
        if let Some(samples) = samples {
            object.number("samplingInterval", samples);
        }
        object.end();
        Some(())
    }

    fn wait(&mut self, set: Waiting, counts: &mut Counts) {
        counts.waiting += 1;
        self.waiting_bytes += set.bytes.len();
        self.waiting.push_back(set);
        while self.waiting.len() > WAITING_MAX || self.waiting_bytes > WAITING_BYTES_MAX {
            let Some(oldest) = self.waiting.pop_front() else { break };
            self.waiting_bytes -= oldest.bytes.len();
            counts.given_up += 1;
        }
    }

    /// Writes the flows that waited for a template which has come.
    fn retry(&mut self, text: &mut String, counts: &mut Counts, take: &mut impl FnMut(&str)) {
        if !self.waiting.iter().any(|set| self.templates.contains_key(&set.id)) {
            return;
        }
        for set in std::mem::take(&mut self.waiting) {
            if self.templates.contains_key(&set.id) {
                self.waiting_bytes -= set.bytes.len();
                self.data(set.id, set.head, &set.bytes, text, counts, take);
            } else {
                self.waiting.push_back(set);
            }
        }
    }
}

/// Writes one record of NetFlow 5: always the same 48 bytes.
fn write_5(
    text: &mut String,
    exporter: IpAddr,
    record: &[u8],
    boot_ms: u64,
    sampling: u16,
) -> Option<()> {
    let mut bytes = Bytes(record);
    let mut object = Object::begin(text, 5, exporter);
    for name in ["sourceIPv4Address", "destinationIPv4Address", "ipNextHopIPv4Address"] {
        object.shown(name, std::net::Ipv4Addr::from(bytes.u32()?));
    }
    for name in ["ingressInterface", "egressInterface"] {
        object.number(name, bytes.u16()?.into());
    }
    for name in ["packetDeltaCount", "octetDeltaCount"] {
        object.number(name, bytes.u32()?.into());
    }
    for name in ["flowStartMilliseconds", "flowEndMilliseconds"] {
        object.number(name, boot_ms.wrapping_add(bytes.u32()?.into()));
    }
    for name in ["sourceTransportPort", "destinationTransportPort"] {
        object.number(name, bytes.u16()?.into());
    }
    bytes.u8()?;
    for name in ["tcpControlBits", "protocolIdentifier", "ipClassOfService"] {
        object.number(name, bytes.u8()?.into());
    }
    for name in ["bgpSourceAsNumber", "bgpDestinationAsNumber"] {
        object.number(name, bytes.u16()?.into());
    }
    for name in ["sourceIPv4PrefixLength", "destinationIPv4PrefixLength"] {
        object.number(name, bytes.u8()?.into());
    }
    if sampling > 0 {
        object.number("samplingInterval", sampling.into());
    }
    object.end();
    Some(())
}

#[cfg(test)]
mod tests;
