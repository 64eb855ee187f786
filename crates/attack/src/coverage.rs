//! Which techniques rules look for.

use crate::{TACTICS, Tactic, Tag, Technique, read, technique};
use std::collections::{BTreeMap, BTreeSet};

/// A rule, as far as coverage is concerned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Covering {
    /// Its id.
    pub uid: String,
    /// Its title.
    pub title: String,
    /// Whether it is tested: what that means is the caller's.
    pub tested: bool,
}

/// The rules for each technique that there are rules for.
#[derive(Debug, Default)]
pub struct Coverage {
    /// By tactic's place in [`TACTICS`] and technique's id.
    pub cells: BTreeMap<(usize, &'static str), BTreeSet<Covering>>,
    /// Rules that name no technique which ATT&CK has.
    pub without: BTreeSet<Covering>,
    /// How many rules there are.
    pub rules: usize,
}

impl Coverage {
    /// Adds a rule by its tags.
    pub fn add(&mut self, tags: &[String], rule: Covering) {
        self.rules += 1;
        let read: Vec<Tag> = tags.iter().filter_map(|tag| read(tag)).collect();
        let techniques = read.iter().filter_map(|tag| match tag {
            Tag::Technique(technique) | Tag::Revoked(Some(technique)) => Some(*technique),
            _ => None,
        });
        let tactics: Vec<&Tactic> = read
            .iter()
            .filter_map(|tag| if let Tag::Tactic(tactic) = tag { Some(*tactic) } else { None })
            .collect();
        let mut found = false;
        for technique in techniques {
            found = true;
            for tactic in serving(technique, &tactics) {
                let place = TACTICS.iter().position(|known| known.tag == tactic.tag);
                let cell = (place.unwrap_or_default(), technique.id);
                self.cells.entry(cell).or_default().insert(rule.clone());
            }
        }
        if !found {
            self.without.insert(rule);
        }
    }

    /// The rules for each technique, whatever the tactic.
    pub fn techniques(&self) -> BTreeMap<&'static str, BTreeSet<&Covering>> {
        let mut techniques: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for ((_, technique), rules) in &self.cells {
            techniques.entry(*technique).or_default().extend(rules);
        }
        techniques
    }
}

/// The tactics of a rule that a technique serves; all that it serves, where the rule names none.
fn serving<'t>(technique: &'static Technique, tactics: &[&'t Tactic]) -> Vec<&'t Tactic> {
    let named: Vec<&Tactic> =
        tactics.iter().copied().filter(|tactic| technique.serves(tactic)).collect();
    if named.is_empty() { technique.tactics().collect() } else { named }
}

/// A technique's name, with its parent's in front.
pub fn full_name(id: &str) -> String {
    let own = technique(id).map_or(id, |technique| technique.name);
    match id.split_once('.').and_then(|(whole, _)| technique(whole)) {
        Some(whole) => format!("{}: {own}", whole.name),
        None => own.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_stands_under_the_tactics_that_it_names() {
        let mut coverage = Coverage::default();
        let rule = |uid: &str| Covering { uid: uid.into(), title: uid.into(), tested: uid == "a" };
        let tags = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
        coverage.add(&tags(&["attack.t1078.003", "attack.persistence"]), rule("a"));
        coverage.add(&tags(&["attack.t1078.003"]), rule("b"));
        coverage.add(&tags(&["cve.2024-1"]), rule("c"));
        let of = |uid: &str| {
            let holds = |rules: &&BTreeSet<Covering>| rules.iter().any(|rule| rule.uid == uid);
            coverage.cells.values().filter(holds).count()
        };
        assert_eq!((of("a"), of("c"), coverage.without.len(), coverage.rules), (1, 0, 1, 3));
        assert!(of("b") > 1, "it serves several tactics");
        assert_eq!(coverage.techniques()["T1078.003"].len(), 2);
        assert_eq!(full_name("T1078.003"), "Valid Accounts: Local Accounts");
    }
}
