//! Where the fields of a rule lie in events, and which of them no source has.

use mapping::{EventMap, Kind, LogSource, Path, Tables};
use std::collections::{BTreeSet, HashMap};

/// The kinds of events that rules look at, by the rules' log sources.
#[derive(Debug)]
pub struct Fields<'t> {
    kinds: Vec<Kind<'t>>,
    /// By log source, indices into `kinds`.
    serving: HashMap<LogSource, Vec<usize>>,
}

/// Where a field is looked for in one kind of event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The kind of event, as its keys tell it.
    pub kind: String,
    /// The places, the first that is present counts.
    pub paths: Vec<Path>,
    /// Whether the source has the field, as far as the tables say.
    pub produced: bool,
}

impl<'t> Fields<'t> {
    /// The fields that `tables` tell of.
    pub fn new(tables: &'t Tables) -> Self {
        Self { kinds: tables.kinds(), serving: HashMap::new() }
    }

    /// The kinds of events that a rule for `wanted` looks at.
    pub fn serving(&mut self, wanted: &LogSource) -> Vec<&Kind<'t>> {
        let kinds = &self.kinds;
        let known = self.serving.entry(wanted.clone()).or_insert_with(|| {
            let serves = |map: &EventMap| map.log_sources.iter().any(|s| s.source.fits(wanted));
            let all = kinds.iter().enumerate();
            all.filter(|(_, kind)| serves(&kind.map)).map(|(index, _)| index).collect()
        });
        known.iter().map(|index| &kinds[*index]).collect()
    }

    /// Where the field `name` of a rule for `wanted` is looked for, in each kind of event.
    pub fn resolve(&mut self, wanted: &LogSource, name: &str) -> Vec<Resolved> {
        let resolve = |kind: &Kind<'_>| Resolved {
            kind: title(kind),
            paths: kind.map.paths(name),
            produced: kind.map.produces(name),
        };
        self.serving(wanted).into_iter().map(resolve).collect()
    }

    /// Whether some kind of event has the field.
    pub(crate) fn produced(&mut self, wanted: &LogSource, name: &str) -> bool {
        self.serving(wanted).iter().any(|kind| kind.map.produces(name))
    }

    /// Every field that some kind of event has, by the names that rules use.
    pub(crate) fn names(&mut self, wanted: &LogSource) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for kind in self.serving(wanted) {
            let natives = kind.map.natives().filter(|name| !name.contains('*'));
            let fields = kind.map.fields().map(|field| field.native.as_str());
            names.extend(kind.map.sigma_names().chain(fields).chain(natives).map(str::to_owned));
        }
        names
    }

    /// The event ids of a log source, where the tables name every one.
    pub(crate) fn event_codes(&mut self, wanted: &LogSource) -> Option<Vec<String>> {
        let serving = self.serving(wanted);
        let codes: Option<BTreeSet<&str>> =
            serving.iter().map(|kind| kind.key.event_code).collect();
        let codes = codes?.into_iter().map(str::to_owned).collect::<Vec<_>>();
        (!codes.is_empty()).then_some(codes)
    }
}

/// What tells a kind of event apart, in a line.
fn title(kind: &Kind<'_>) -> String {
    let key = &kind.key;
    let parts = [
        ("", key.log_name.or(key.log_source)),
        ("provider ", key.log_provider),
        ("event ", key.event_code),
        ("class ", key.class_uid),
    ];
    let parts = parts.iter().filter_map(|(name, value)| Some(format!("{name}{}", (*value)?)));
    parts.collect::<Vec<_>>().join(", ")
}
