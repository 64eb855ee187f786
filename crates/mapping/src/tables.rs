//! All tables together, asked about an event.

use crate::entry::{Entry, merge};
use crate::event_map::Alias;
use crate::read::read;
use crate::{Error, EventMap, Path};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

/// The tables of `rules/mappings`, compiled in.
const BUILTIN: [(&str, &str); 15] = [
    ("windows.yml", include_str!("../../../rules/mappings/windows.yml")),
    ("windows-security.yml", include_str!("../../../rules/mappings/windows-security.yml")),
    ("windows-sysmon.yml", include_str!("../../../rules/mappings/windows-sysmon.yml")),
    ("windows-system.yml", include_str!("../../../rules/mappings/windows-system.yml")),
    ("windows-powershell.yml", include_str!("../../../rules/mappings/windows-powershell.yml")),
    ("windows-defender.yml", include_str!("../../../rules/mappings/windows-defender.yml")),
    ("linux.yml", include_str!("../../../rules/mappings/linux.yml")),
    ("web.yml", include_str!("../../../rules/mappings/web.yml")),
    ("network.yml", include_str!("../../../rules/mappings/network.yml")),
    ("cloud.yml", include_str!("../../../rules/mappings/cloud.yml")),
    ("applications.yml", include_str!("../../../rules/mappings/applications.yml")),
    ("databases.yml", include_str!("../../../rules/mappings/databases.yml")),
    ("platforms.yml", include_str!("../../../rules/mappings/platforms.yml")),
    ("everywhere.yml", include_str!("../../../rules/mappings/everywhere.yml")),
    ("natives.yml", include_str!("../../../rules/mappings/natives.yml")),
];
/// How many entries all tables may have: one bit each in [`Fits`].
pub const ENTRIES_MAX: usize = WORDS * 64;
const WORDS: usize = 8;
/// One bit for each entry that fits.
type Fits = [u64; WORDS];

/// What of an event decides its entries; all as in the event's JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct RouteKey<'a> {
    /// `metadata.log_name`: the Windows channel.
    pub log_name: Option<&'a str>,
    /// `metadata.event_code`.
    pub event_code: Option<&'a str>,
    /// `metadata.log_provider`.
    pub log_provider: Option<&'a str>,
    /// `metadata.log_source`: our parser's source type.
    pub log_source: Option<&'a str>,
    /// `class_uid`, in decimal.
    pub class_uid: Option<&'a str>,
}

impl RouteKey<'_> {
    pub(crate) fn parts(&self) -> [Option<&str>; 5] {
        [self.log_name, self.event_code, self.log_provider, self.log_source, self.class_uid]
    }
}

/// A kind of event that the tables tell apart.
#[derive(Debug, Clone)]
pub struct Kind<'a> {
    /// The file of the entry that tells it apart.
    pub file: &'a str,
    /// The entry's line.
    pub line: usize,
    /// What such an event has; a Windows channel's also the source type.
    pub key: RouteKey<'a>,
    /// What the tables say about it.
    pub map: Arc<EventMap>,
}

/// For one key: which entries fit each value, and which fit any other (or none).
#[derive(Debug, Default)]
struct KeyIndex {
    by_value: HashMap<String, Fits>,
    otherwise: Fits,
}

/// The tables.
#[derive(Debug)]
pub struct Tables {
    /// The general before the particular.
    entries: Vec<Entry>,
    index: [KeyIndex; 5],
    /// Merged entries by the set of those that fit. As many as there are combinations of the
    /// tables' own values, whatever events hold.
    merged: RwLock<HashMap<Fits, Arc<EventMap>>>,
}

impl Tables {
    /// The tables that are compiled in.
    pub fn builtin() -> Result<Self, Error> {
        Self::new(BUILTIN)
    }

    /// Tables from pairs of file name and YAML text.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Error> {
        let mut entries = Vec::new();
        for (file, text) in files {
            entries.append(&mut read(file, text)?);
        }
        if entries.len() > ENTRIES_MAX {
            let entries = entries.len();
            return Err(Error::TooMany { entries, entries_max: ENTRIES_MAX });
        }
        entries.sort_by_key(|entry| entry.when.rank());
        let index = std::array::from_fn(|key| index_key(&entries, key));
        Ok(Self { entries, index, merged: RwLock::default() })
    }

    /// The general before the particular.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What the tables say about an event, or `None` if they say nothing.
    pub fn event_map(&self, key: &RouteKey<'_>) -> Option<Arc<EventMap>> {
        let mut fits = [u64::MAX; WORDS];
        for (index, part) in self.index.iter().zip(key.parts()) {
            let accepted = part.and_then(|part| index.by_value.get(part));
            for (word, accepted) in fits.iter_mut().zip(accepted.unwrap_or(&index.otherwise)) {
                *word &= accepted;
            }
        }
        if fits == [0; WORDS] {
            return None;
        }
        let known = self.merged.read().unwrap_or_else(PoisonError::into_inner).get(&fits).cloned();
        Some(known.unwrap_or_else(|| self.merge(fits)))
    }

    /// What the tables say about an event of Windows or of Sysmon for Linux, by channel, provider
    /// and event id.
    pub fn native(
        &self,
        log_name: &str,
        log_provider: &str,
        event_code: &str,
    ) -> Option<Arc<EventMap>> {
        self.event_map(&RouteKey {
            log_name: Some(log_name),
            event_code: Some(event_code),
            log_provider: Some(log_provider),
            log_source: Some(native_source(log_name)),
            class_uid: None,
        })
    }

    /// Every path at which the Sigma field `name` may be read in any event, in no order.
    pub fn paths_anywhere(&self, name: &str) -> Vec<Path> {
        let aliases =
            || self.entries.iter().flat_map(|entry| &entry.sigma).filter(|(n, _)| n == name);
        let mut paths = vec![Path::unmapped(name)];
        let mut natives = vec![name];
        for (_, alias) in aliases() {
            match alias {
                Alias::Path(path) => paths.push(Path::ocsf(path)),
                Alias::Native(native) => {
                    paths.push(Path::unmapped(native));
                    natives.push(native);
                }
            }
        }
        for field in self.entries.iter().flat_map(|entry| &entry.fields) {
            if natives.contains(&field.native.as_str()) {
                paths.push(Path::ocsf(&field.path));
            }
        }
        paths.sort();
        paths.dedup();
        paths
    }

    /// Every name of a field that any table has, a source's own or Sigma's; some twice.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let fields = self.entries.iter().flat_map(|entry| &entry.fields);
        let sigma = self.entries.iter().flat_map(|entry| &entry.sigma);
        fields.map(|field| field.native.as_str()).chain(sigma.map(|(name, _)| name.as_str()))
    }

    fn merge(&self, fits: Fits) -> Arc<EventMap> {
        let entries = self.entries.iter().enumerate();
        let fitting = entries.filter(|(i, _)| fits[i / 64] >> (i % 64) & 1 == 1).map(|(_, e)| e);
        let map = Arc::new(merge(fitting));
        let mut merged = self.merged.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(merged.entry(fits).or_insert(map))
    }

    /// Every kind of event that the tables tell apart, each once: an event for each combination of
    /// the values that an entry names.
    pub fn kinds(&self) -> Vec<Kind<'_>> {
        let mut kinds: Vec<Kind<'_>> = Vec::new();
        let mut known = HashSet::new();
        for entry in &self.entries {
            for key in keys(entry) {
                let Some(map) = self.event_map(&key) else { continue };
                if known.insert(Arc::as_ptr(&map)) {
                    kinds.push(Kind { file: &entry.file, line: entry.line, key, map });
                }
            }
        }
        kinds
    }

    /// The keys of one event for each entry, for the linter: file, line and key.
    pub fn examples(&self) -> impl Iterator<Item = (&str, usize, RouteKey<'_>)> {
        self.entries.iter().map(|entry| {
            let [log_name, event_code, log_provider, log_source, class_uid] =
                entry.when.keys().map(|values| values.first().map(String::as_str));
            let key = RouteKey { log_name, event_code, log_provider, log_source, class_uid };
            (entry.file.as_str(), entry.line, key)
        })
    }
}

/// The keys of the events that an entry is for: each combination of its values.
fn keys(entry: &Entry) -> Vec<RouteKey<'_>> {
    let mut keys: Vec<[Option<&str>; 5]> = vec![[None; 5]];
    for (at, values) in entry.when.keys().into_iter().enumerate() {
        if values.is_empty() {
            continue;
        }
        let mut product = Vec::with_capacity(keys.len() * values.len());
        for value in values {
            product.extend(keys.iter().map(|key| {
                let mut key = *key;
                key[at] = Some(value.as_str());
                key
            }));
        }
        keys = product;
    }
    let route = |[log_name, event_code, log_provider, log_source, class_uid]: [_; 5]| RouteKey {
        log_name,
        event_code,
        log_provider,
        log_source: log_source.or_else(|| log_name.map(native_source)),
        class_uid,
    };
    keys.into_iter().map(route).collect()
}

/// The log source of Windows' channels, and of those that Sysmon for Linux writes.
fn native_source(log_name: &str) -> &'static str {
    if log_name.starts_with("Linux-") { "linux-sysmon" } else { "windows" }
}

fn index_key(entries: &[Entry], key: usize) -> KeyIndex {
    let mut index = KeyIndex::default();
    for (i, entry) in entries.iter().enumerate() {
        let values = entry.when.keys()[key];
        for value in values {
            index.by_value.entry(value.clone()).or_default()[i / 64] |= 1 << (i % 64);
        }
        if values.is_empty() {
            index.otherwise[i / 64] |= 1 << (i % 64);
        }
    }
    for fits in index.by_value.values_mut() {
        for (word, otherwise) in fits.iter_mut().zip(index.otherwise) {
            *word |= otherwise;
        }
    }
    index
}
