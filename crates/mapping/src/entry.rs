//! One entry of a table, and how entries that fit the same event are merged.

use crate::event_map::Alias;
use crate::{EventMap, Field, Fixed, Served};

/// What an entry compares; an empty list compares nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct When {
    pub(crate) log_name: Vec<String>,
    pub(crate) event_code: Vec<String>,
    pub(crate) log_provider: Vec<String>,
    pub(crate) log_source: Vec<String>,
    pub(crate) class_uid: Vec<String>,
}

impl When {
    pub(crate) fn keys(&self) -> [&[String]; 5] {
        let Self { log_name, event_code, log_provider, log_source, class_uid } = self;
        [log_name, event_code, log_provider, log_source, class_uid]
    }

    /// Sorts the general before the particular: by number of keys, then by how many values the
    /// keys leave open.
    pub(crate) fn rank(&self) -> (usize, std::cmp::Reverse<usize>) {
        let keys = self.keys();
        let used = keys.iter().filter(|values| !values.is_empty()).count();
        (used, std::cmp::Reverse(keys.iter().map(|values| values.len()).sum()))
    }
}

/// An entry as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) when: When,
    pub(crate) class_uid: Option<u32>,
    pub(crate) activity_id: Option<u32>,
    pub(crate) set: Vec<(String, Fixed)>,
    pub(crate) log_sources: Vec<Served>,
    pub(crate) fields: Vec<Field>,
    pub(crate) sigma: Vec<(String, Alias)>,
    pub(crate) natives: Vec<String>,
}

impl Entry {
    /// The native name for which Sigma's `name` is another.
    pub(crate) fn alias(&self, name: &str) -> Option<&str> {
        self.sigma.iter().find_map(|(known, alias)| match alias {
            Alias::Native(native) if known == name => Some(native.as_str()),
            _ => None,
        })
    }
}

/// Merges entries, the general ones first, so that the particular ones win.
pub(crate) fn merge<'a>(entries: impl Iterator<Item = &'a Entry>) -> EventMap {
    let mut map = EventMap::default();
    for entry in entries {
        if entry.class_uid.is_some() {
            map.class_uid = entry.class_uid;
        }
        if entry.activity_id.is_some() {
            map.activity_id = entry.activity_id;
        }
        for (path, value) in &entry.set {
            map.set.retain(|(known, _)| known != path);
            map.set.push((path.clone(), value.clone()));
        }
        for served in &entry.log_sources {
            if !map.log_sources.contains(served) {
                map.log_sources.push(served.clone());
            }
        }
        // A path holds one native field: the particular entry takes it from the general one.
        map.fields.retain(|_, known| entry.fields.iter().all(|field| field.path != known.path));
        for field in &entry.fields {
            map.fields.insert(field.native.clone(), field.clone());
        }
        for (name, alias) in &entry.sigma {
            map.sigma.insert(name.clone(), alias.clone());
        }
        map.natives.extend(entry.natives.iter().cloned());
    }
    map
}
