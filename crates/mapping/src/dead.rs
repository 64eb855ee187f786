//! What in the tables changes nothing: it is overridden for every event that it is meant for, says
//! what is inherited anyway, or leads to a field that no source has.

use crate::entry::Entry;
use crate::event_map::Alias;
use crate::{EventMap, RouteKey, Tables};

impl Tables {
    /// Each dead part, as `file:line: what`.
    pub fn dead(&self) -> Vec<String> {
        let kinds = self.kinds();
        let mut found = Vec::new();
        for entry in self.entries() {
            let maps: Vec<_> = kinds
                .iter()
                .filter(|kind| fits(entry, &kind.key))
                .map(|kind| (self.without(entry, &kind.key), &*kind.map))
                .collect();
            let mut tell = |what: String| {
                found.push(format!("{}:{}: {what}", entry.file, entry.line));
            };
            let parts = parts(entry);
            for (name, counts) in &parts {
                if !maps.iter().any(|(without, map)| counts(map) && !counts(without)) {
                    tell(format!("{name} changes nothing"));
                }
            }
            for (name, alias) in &entry.sigma {
                let Alias::Native(native) = alias else { continue };
                if !maps.iter().any(|(_, map)| map.produces(name)) {
                    tell(format!("sigma {name}: no source has {native}"));
                }
            }
            // A class that is asked for anyway is only where the paths of names are checked.
            let says = parts.len() - usize::from(entry.class_uid.is_some());
            if says == 0 && (entry.class_uid.is_none() || !entry.when.class_uid.is_empty()) {
                tell("the entry says nothing".into());
            }
        }
        found
    }

    /// What the tables would say of these events without `entry`.
    fn without(&self, entry: &Entry, key: &RouteKey<'_>) -> EventMap {
        let others = self.entries().iter().filter(|other| *other != entry && fits(other, key));
        crate::entry::merge(others)
    }
}

fn fits(entry: &Entry, key: &RouteKey<'_>) -> bool {
    entry.when.keys().iter().zip(key.parts()).all(|(values, part)| {
        values.is_empty() || part.is_some_and(|part| values.iter().any(|value| value == part))
    })
}

type Counts<'e> = Box<dyn Fn(&EventMap) -> bool + 'e>;

/// The parts of an entry, each with how to tell that a map has it.
fn parts(entry: &Entry) -> Vec<(String, Counts<'_>)> {
    let mut parts: Vec<(String, Counts<'_>)> = Vec::new();
    if let Some(class) = entry.class_uid {
        parts.push(("class_uid".into(), Box::new(move |map| map.class_uid == Some(class))));
    }
    if let Some(activity) = entry.activity_id {
        parts.push(("activity_id".into(), Box::new(move |map| map.activity_id == Some(activity))));
    }
    for set in &entry.set {
        parts.push((format!("set {}", set.0), Box::new(move |map| map.set.contains(set))));
    }
    for served in &entry.log_sources {
        let name = format!("log source {:?}", served.source);
        parts.push((name, Box::new(move |map| map.log_sources.contains(served))));
    }
    for field in &entry.fields {
        let has = move |map: &EventMap| map.fields.get(&field.native) == Some(field);
        parts.push((format!("field {}", field.native), Box::new(has)));
    }
    for (name, alias) in &entry.sigma {
        let has = move |map: &EventMap| map.sigma.get(name) == Some(alias);
        parts.push((format!("sigma {name}"), Box::new(has)));
    }
    for native in &entry.natives {
        let has = move |map: &EventMap| map.natives.contains(native);
        parts.push((format!("native {native}"), Box::new(has)));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_our_tables_is_dead() {
        let dead = Tables::builtin().unwrap().dead();
        assert!(dead.is_empty(), "{} parts:\n{}", dead.len(), dead.join("\n"));
    }

    #[test]
    fn what_changes_nothing_is_told() {
        let text = "
- when: {log_source: a}
  class_uid: 1007
  fields: {x: process.name, y: file.path}
- when: {log_source: a, event_code: 1}
  class_uid: 1007
  fields: {x: process.name}
  sigma: {Image: nowhere}
- when: {log_source: b}
  logsources: [{product: linux}]
- when: {log_source: b, event_code: [1, 2]}
  fields: {z: process.name}
- when: {log_source: b, event_code: 1}
  fields: {w: process.name}
";
        let dead = Tables::new([("t.yml", text)]).unwrap().dead();
        assert_eq!(
            dead,
            [
                "t.yml:5: class_uid changes nothing",
                "t.yml:5: field x changes nothing",
                "t.yml:5: sigma Image: no source has nowhere",
            ]
        );
    }
}
