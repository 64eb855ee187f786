//! The indicators, ready to be asked.

use crate::table::Table;
use crate::value::{Value, digest};
use crate::{Kind, Note};
use cidr::{Net, Ranges};
use std::collections::BTreeMap;
use std::net::IpAddr;
use xxhash_rust::xxh3::xxh3_128;

/// The most labels of a name that are asked about; RFC 1035 allows 127, which nobody has.
const LABELS_MAX: usize = 16;

/// Indicators by kind.
#[derive(Debug, Default)]
pub struct Set {
    v4: Table<u32>,
    v6: Table<u128>,
    nets: Ranges<(Net, Vec<u32>)>,
    domains: Table<u128>,
    hashes: Table<u128>,
    urls: Table<u128>,
    emails: Table<u128>,
    notes: Vec<Note>,
    version: String,
}

/// What [`crate::Builder`] gathers: keys with the number of their note.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u32)>,
    nets: Vec<(Net, u32)>,
    domains: Vec<(u128, u32)>,
    hashes: Vec<(u128, u32)>,
    urls: Vec<(u128, u32)>,
    emails: Vec<(u128, u32)>,
}

/// 128 bits stand for a text: no two texts that anybody has share them.
fn key(text: &str) -> u128 {
    xxh3_128(text.as_bytes())
}

impl Keys {
    pub(crate) fn add(&mut self, value: &Value, note: u32) {
        match value {
            Value::Net(net) => match net.address() {
                Some(IpAddr::V4(address)) => self.v4.push((address.into(), note)),
                Some(IpAddr::V6(address)) => self.v6.push((address.into(), note)),
                None => self.nets.push((*net, note)),
            },
            Value::Domain(text) => self.domains.push((key(text), note)),
            Value::Hash(text) => {
                let bytes = digest(text.as_bytes()).map(u128::from_be_bytes);
                self.hashes.extend(bytes.map(|bytes| (bytes, note)));
            }
            Value::Url(text) => self.urls.push((key(text), note)),
            Value::Email(text) => self.emails.push((key(text), note)),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.v4.len()
            + self.v6.len()
            + self.nets.len()
            + self.domains.len()
            + self.hashes.len()
            + self.urls.len()
            + self.emails.len()
    }
}

/// That a value is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<'s> {
    /// As what.
    pub kind: Kind,
    /// The indicator as it is listed: of a subdomain the domain, of an address maybe the network.
    pub indicator: String,
    /// By whom, how surely and until when.
    pub note: &'s Note,
}

impl Set {
    pub(crate) fn new(keys: Keys, notes: Vec<Note>, version: String) -> Self {
        let mut nets: BTreeMap<Net, Vec<u32>> = BTreeMap::new();
        for (net, note) in keys.nets {
            let notes = nets.entry(net).or_default();
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        Self {
            v4: Table::new(keys.v4),
            v6: Table::new(keys.v6),
            nets: Ranges::new(nets.into_iter().map(|(net, notes)| (net, (net, notes))).collect()),
            domains: Table::new(keys.domains),
            hashes: Table::new(keys.hashes),
            urls: Table::new(keys.urls),
            emails: Table::new(keys.emails),
            notes,
            version,
        }
    }

    /// Names the set.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How many indicators there are; what several sources list counts for each.
    pub fn len(&self) -> usize {
        let tables = [&self.domains, &self.hashes, &self.urls, &self.emails, &self.v6];
        let nets: usize = self.nets.values().iter().map(|(_, notes)| notes.len()).sum();
        self.v4.len() + nets + tables.iter().map(|table| table.len()).sum::<usize>()
    }

    /// Whether some count in the events of one agency only.
    pub fn has_agencies(&self) -> bool {
        self.notes.iter().any(|note| note.agency.is_some())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes on the heap, notes included.
    pub fn bytes(&self) -> usize {
        let tables = [&self.domains, &self.hashes, &self.urls, &self.emails, &self.v6];
        let lists = self.nets.values().iter().map(|(_, notes)| 4 * notes.capacity());
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::capacity);
        let notes = self.notes.iter().map(|note| {
            size_of::<Note>() + note.source.capacity() + text(&note.reference) + text(&note.label)
        });
        self.v4.bytes()
            + tables.iter().map(|table| table.bytes()).sum::<usize>()
            + self.nets.bytes()
            + lists.sum::<usize>()
            + notes.sum::<usize>()
    }

    /// Asks about an address; `at` is when it was seen, in seconds since the epoch.
    #[inline]
    pub fn address<'s>(&'s self, seen: IpAddr, at: i64, take: &mut dyn FnMut(Listing<'s>)) {
        let seen = cidr::canonical(seen);
        let numbers = match seen {
            IpAddr::V4(v4) => self.v4.numbers(self.v4.find(v4.into())),
            IpAddr::V6(v6) => self.v6.numbers(self.v6.find(v6.into())),
        };
        if !numbers.is_empty() {
            self.listed(Kind::Address, numbers, at, || seen.to_string(), take);
        }
        if let Some((net, numbers)) = self.nets.get(seen) {
            self.listed(Kind::Address, numbers, at, || net.to_string(), take);
        }
    }

    /// Asks about a host's name: itself and each domain that it lies in.
    pub fn domain<'s>(&'s self, seen: &str, at: i64, take: &mut dyn FnMut(Listing<'s>)) {
        if self.domains.len() == 0 {
            return;
        }
        let lower = lower(seen.trim_end_matches('.'));
        let mut name: &str = &lower;
        for _ in 0..LABELS_MAX {
            let found = self.domains.find(key(name));
            if !found.is_empty() {
                let numbers = self.domains.numbers(found);
                self.listed(Kind::Domain, numbers, at, || name.to_owned(), take);
            }
            match name.split_once('.') {
                Some((_, parent)) if parent.contains('.') => name = parent,
                _ => return,
            }
        }
    }

    /// Asks about a file's hash or another digest.
    pub fn hash<'s>(&'s self, seen: &str, at: i64, take: &mut dyn FnMut(Listing<'s>)) {
        if self.hashes.len() == 0 {
            return;
        }
        let other = || match Value::parse(Kind::Hash, seen) {
            Some(Value::Hash(text)) => digest(text.as_bytes()),
            _ => None,
        };
        // Events mostly have digests as they are; the other spellings are those of feeds.
        if let Some(bytes) = digest(seen.as_bytes()).or_else(other) {
            let numbers = self.hashes.numbers(self.hashes.find(u128::from_be_bytes(bytes)));
            self.listed(Kind::Hash, numbers, at, || seen.to_ascii_lowercase(), take);
        }
    }

    /// Asks about a URL: itself, itself without its query, and its host.
    pub fn url<'s>(&'s self, seen: &str, at: i64, take: &mut dyn FnMut(Listing<'s>)) {
        let Some(Value::Url(url)) = Value::parse(Kind::Url, seen) else { return };
        let bare = url.split('?').next().unwrap_or(&url);
        for text in [Some(url.as_str()), (bare.len() < url.len()).then_some(bare)] {
            let Some(text) = text.filter(|_| self.urls.len() > 0) else { continue };
            let numbers = self.urls.numbers(self.urls.find(key(text)));
            self.listed(Kind::Url, numbers, at, || text.to_owned(), take);
        }
        let host = bare.split('/').next().unwrap_or(bare);
        self.host(host, at, take);
    }

    /// Asks about a host that is a name or an address, maybe with a port.
    pub fn host<'s>(&'s self, seen: &str, at: i64, take: &mut dyn FnMut(Listing<'s>)) {
        let bare = match seen.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((inner, _)) => inner,
            None => match seen.rsplit_once(':') {
                Some((host, port)) if !host.contains(':') && port.parse::<u16>().is_ok() => host,
                _ => seen,
            },
        };
        match bare.parse::<IpAddr>() {
            Ok(address) => self.address(address, at, take),
            Err(_) => self.domain(bare, at, take),
        }
    }

    /// Asks about an e-mail address, and its domain.
    pub fn email<'s>(&'s self, seen: &str, at: i64, take: &mut dyn FnMut(Listing<'s>)) {
        if self.emails.len() > 0
            && let Some(Value::Email(email)) = Value::parse(Kind::Email, seen)
        {
            let numbers = self.emails.numbers(self.emails.find(key(&email)));
            self.listed(Kind::Email, numbers, at, || email, take);
        }
        if let Some((_, domain)) = seen.rsplit_once('@') {
            self.domain(domain, at, take);
        }
    }

    fn listed<'s>(
        &'s self,
        kind: Kind,
        numbers: &[u32],
        at: i64,
        indicator: impl FnOnce() -> String,
        take: &mut dyn FnMut(Listing<'s>),
    ) {
        let notes = numbers.iter().filter_map(|number| self.notes.get(*number as usize));
        let mut current = notes.filter(|note| note.expires.is_none_or(|end| at < end)).peekable();
        if current.peek().is_some() {
            let indicator = indicator();
            for note in current {
                take(Listing { kind, indicator: indicator.clone(), note });
            }
        }
    }
}

/// Text in lower case; mostly it is already.
fn lower(text: &str) -> std::borrow::Cow<'_, str> {
    match text.bytes().any(|b| b.is_ascii_uppercase() || b >= 0x80) {
        true => text.to_lowercase().into(),
        false => text.into(),
    }
}
