//! What depends on an event's kind, as a tree of comparisons: for those who have no event at hand.
//!
//! [`Tables::event_map`] answers for one event. A query is written before any event is seen; it
//! needs the whole answer: "where `event_code` is 1 the field lies here, else there".

use crate::entry::{Entry, merge};
use crate::{LogSource, Path, RouteKey, Tables};
use std::collections::BTreeSet;

/// The members of an event that decide its mapping, in the order in which they are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// `metadata.log_name`
    LogName,
    /// `metadata.event_code`
    EventCode,
    /// `metadata.log_provider`
    LogProvider,
    /// `metadata.log_source`
    LogSource,
    /// `class_uid`
    ClassUid,
}

impl Key {
    /// All of them, in order.
    pub const ALL: [Self; 5] =
        [Self::LogName, Self::EventCode, Self::LogProvider, Self::LogSource, Self::ClassUid];

    /// Where an event has it.
    pub fn path(self) -> &'static [&'static str] {
        match self {
            Self::LogName => &["metadata", "log_name"],
            Self::EventCode => &["metadata", "event_code"],
            Self::LogProvider => &["metadata", "log_provider"],
            Self::LogSource => &["metadata", "log_source"],
            Self::ClassUid => &["class_uid"],
        }
    }
}

/// An answer, or a comparison on the way to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision<T> {
    /// The answer.
    Is(T),
    /// It depends on a member of the event.
    By {
        /// Which.
        key: Key,
        /// Values, none of them twice, and what holds for each.
        cases: Vec<(Vec<String>, Decision<T>)>,
        /// What holds for any other value, and where the member is absent.
        otherwise: Box<Decision<T>>,
    },
}

impl<T> Decision<T> {
    /// The answer for one event.
    pub fn of(&self, key: &RouteKey<'_>) -> &T {
        match self {
            Self::Is(answer) => answer,
            Self::By { key: by, cases, otherwise } => {
                let part = key.parts()[*by as usize];
                let fits = |values: &[String]| {
                    part.is_some_and(|part| values.iter().any(|value| value == part))
                };
                let case = cases.iter().find(|(values, _)| fits(values));
                case.map_or(&**otherwise, |(_, decision)| decision).of(key)
            }
        }
    }
}

/// What a log source asks of an event beside its kind: one of these lists, all of whose fields (by
/// Sigma name) must have one of their values, ignoring case. Empty: the event is not of the source.
pub type Ways = Vec<Vec<(String, Vec<String>)>>;

/// What of the event's columns says that it may be of a log source, for each entry that says so:
/// key and values, of which one must be there.
pub type Hints = Vec<Vec<(Key, Vec<String>)>>;

impl Tables {
    /// Where the Sigma field `name` is to be read: the first path that is present counts. With
    /// `of`, the answer is right for the events of that log source only, and shorter.
    pub fn places(&self, name: &str, of: Option<&LogSource>) -> Decision<Vec<Path>> {
        let concerned = self.concerned(name, of);
        let serves = |entries: &[&Entry]| of.is_none_or(|wanted| serving(entries, wanted));
        let answer = |entries: &[&Entry]| {
            serves(entries).then(|| merge(entries.iter().copied()).paths(name))
        };
        let unknown = || Decision::Is(crate::EventMap::default().paths(name));
        decide(&concerned, 0, &serves, &answer).unwrap_or_else(unknown)
    }

    /// Which events are of the log source `wanted`.
    pub fn serves(&self, wanted: &LogSource) -> Decision<Ways> {
        let serves = |entry: &&Entry| serving(&[*entry], wanted);
        let concerned: Vec<&Entry> = self.entries().iter().filter(serves).collect();
        let answer = |entries: &[&Entry]| Some(ways(entries, wanted));
        decide(&concerned, 0, &|_| true, &answer).unwrap_or(Decision::Is(Vec::new()))
    }

    /// What every event of the log source `wanted` has: one of these lists holds for it.
    pub fn hints(&self, wanted: &LogSource) -> Hints {
        let entries = self.entries().iter().filter(|entry| serving(&[*entry], wanted));
        let keys = entries.map(|entry| {
            let all = Key::ALL.into_iter().zip(entry.when.keys());
            all.filter(|(_, values)| !values.is_empty()).map(|(k, v)| (k, v.to_vec())).collect()
        });
        let mut hints: Hints = keys.collect();
        hints.sort();
        hints.dedup();
        hints
    }

    /// The entries that bear on where `name` lies, the general before the particular.
    fn concerned(&self, name: &str, of: Option<&LogSource>) -> Vec<&Entry> {
        let bare = |name: &str| name.replace(' ', "");
        let mut natives = BTreeSet::from([bare(name)]);
        let entries = self.entries();
        natives.extend(entries.iter().filter_map(|entry| entry.alias(name)).map(bare));
        let fields = || entries.iter().flat_map(|entry| &entry.fields);
        let own = fields().filter(|field| natives.contains(&field.native));
        // Another native field at the same path takes it away.
        let paths: BTreeSet<&str> = own.map(|field| field.path.as_str()).collect();
        let bears = |entry: &&Entry| {
            entry.sigma.iter().any(|(known, _)| known == name)
                || entry.fields.iter().any(|field| {
                    natives.contains(&field.native) || paths.contains(field.path.as_str())
                })
                || of.is_some_and(|wanted| serving(&[*entry], wanted))
        };
        entries.iter().filter(bears).collect()
    }
}

fn serving(entries: &[&Entry], wanted: &LogSource) -> bool {
    let mut served = entries.iter().flat_map(|entry| &entry.log_sources);
    served.any(|served| served.source.fits(wanted))
}

fn ways(entries: &[&Entry], wanted: &LogSource) -> Ways {
    let served = entries.iter().flat_map(|entry| &entry.log_sources);
    let mut ways: Ways = served
        .filter(|served| served.source.fits(wanted))
        .map(|served| served.conditions.clone())
        .collect();
    if ways.iter().any(Vec::is_empty) {
        return vec![Vec::new()];
    }
    ways.sort();
    ways.dedup();
    ways
}

/// Compares key after key, as far as the entries that are left differ by it; `None` where no
/// answer is wanted.
fn decide<T: Clone + PartialEq>(
    entries: &[&Entry],
    depth: usize,
    open: &impl Fn(&[&Entry]) -> bool,
    answer: &impl Fn(&[&Entry]) -> Option<T>,
) -> Option<Decision<T>> {
    if !open(entries) {
        return None;
    }
    let Some(key) = Key::ALL.get(depth) else { return answer(entries).map(Decision::Is) };
    let values_of = |entry: &Entry| entry.when.keys()[depth].to_vec();
    let values: BTreeSet<String> = entries.iter().flat_map(|entry| values_of(entry)).collect();
    let left = |value: Option<&String>| -> Vec<&Entry> {
        let fits = |entry: &&&Entry| {
            let values = entry.when.keys()[depth];
            values.is_empty() || value.is_some_and(|value| values.contains(value))
        };
        entries.iter().filter(fits).copied().collect()
    };
    let otherwise = decide(&left(None), depth + 1, open, answer);
    let mut cases: Vec<(Vec<String>, Decision<T>)> = Vec::new();
    for value in values {
        let Some(case) = decide(&left(Some(&value)), depth + 1, open, answer) else { continue };
        match cases.iter_mut().find(|(_, known)| *known == case) {
            Some((values, _)) => values.push(value),
            None => cases.push((vec![value], case)),
        }
    }
    let otherwise = match otherwise {
        Some(otherwise) => otherwise,
        // Of no concern: the case that has most values needs no comparison then.
        None => cases.iter().max_by_key(|(values, _)| values.len())?.1.clone(),
    };
    cases.retain(|(_, case)| *case != otherwise);
    Some(match cases.is_empty() {
        true => otherwise,
        false => Decision::By { key: *key, cases, otherwise: Box::new(otherwise) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 12] = [
        "Image",
        "CommandLine",
        "ParentImage",
        "User",
        "TargetUserName",
        "SubjectUserName",
        "ProcessId",
        "EventID",
        "Threat Name",
        "Signature",
        "c-uri",
        "no-such-field",
    ];

    /// Keys of every entry, also mixed with those of others.
    fn keys(tables: &Tables) -> Vec<RouteKey<'_>> {
        let own: Vec<RouteKey<'_>> = tables.examples().map(|(_, _, key)| key).collect();
        let mixed = own.iter().zip(own.iter().skip(7)).map(|(a, b)| RouteKey {
            log_name: a.log_name.or(b.log_name),
            event_code: b.event_code.or(a.event_code),
            log_provider: b.log_provider,
            log_source: a.log_source.or(b.log_source),
            class_uid: b.class_uid.or(Some("1007")),
        });
        let mixed: Vec<RouteKey<'_>> = mixed.collect();
        own.into_iter().chain(mixed).chain([RouteKey::default()]).collect()
    }

    #[test]
    fn a_decision_says_what_the_event_map_says() {
        let tables = Tables::builtin().unwrap();
        for name in NAMES {
            let places = tables.places(name, None);
            for key in keys(&tables) {
                let map = tables.event_map(&key).unwrap_or_default();
                assert_eq!(places.of(&key), &map.paths(name), "{name} {key:?}");
            }
        }
    }

    #[test]
    fn a_log_source_is_served_as_the_event_map_says() {
        let tables = Tables::builtin().unwrap();
        let source = |product: &str, category: &str| LogSource {
            product: (!product.is_empty()).then(|| product.to_owned()),
            category: (!category.is_empty()).then(|| category.to_owned()),
            service: None,
        };
        for wanted in [
            source("windows", "process_creation"),
            source("linux", "process_creation"),
            source("", "process_creation"),
            source("windows", ""),
            source("", "webserver"),
            source("none", ""),
        ] {
            let serves = tables.serves(&wanted);
            let hints = tables.hints(&wanted);
            for key in keys(&tables) {
                let map = tables.event_map(&key).unwrap_or_default();
                let served = map.log_sources.iter().any(|served| served.source.fits(&wanted));
                assert_eq!(!serves.of(&key).is_empty(), served, "{wanted:?} {key:?}");
                let part = |at: Key| key.parts()[at as usize].map(str::to_owned);
                let has = |list: &Vec<(Key, Vec<String>)>| {
                    list.iter().all(|(at, values)| part(*at).is_some_and(|p| values.contains(&p)))
                };
                assert!(!served || hints.iter().any(has), "{wanted:?} {key:?}");
                for name in NAMES.iter().filter(|_| served) {
                    let places = tables.places(name, Some(&wanted));
                    assert_eq!(places.of(&key), &map.paths(name), "{name} {wanted:?} {key:?}");
                }
            }
        }
    }
}
