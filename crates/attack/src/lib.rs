//! MITRE ATT&CK as rules speak of it: what a tag such as `attack.t1059.001` stands for, and which
//! techniques a set of rules looks for.
//!
//! Rules of different years name techniques of different releases. A technique that was renumbered
//! is told with its successor, and defense evasion is understood beside the two tactics that it
//! was split into.

mod coverage;
mod navigator;
mod table;
mod tactic;

pub use coverage::{Coverage, Covering, full_name};
pub use navigator::layer;
pub use tactic::{TACTICS, Tactic};

/// The release of ATT&CK that techniques are told by.
pub const RELEASE: &str = "19";

/// How an adversary does something.
#[derive(Debug, PartialEq, Eq)]
pub struct Technique {
    /// Such as `T1059.001`.
    pub id: &'static str,
    /// Its name; a sub-technique's own, without its parent's.
    pub name: &'static str,
    tactics: u32,
}

/// What a tag of the namespace `attack` stands for.
#[derive(Debug, PartialEq, Eq)]
pub enum Tag {
    /// A tactic.
    Tactic(&'static Tactic),
    /// A technique or sub-technique in force.
    Technique(&'static Technique),
    /// A technique that was taken out, and what took its place if it is known.
    Revoked(Option<&'static Technique>),
    /// A group, a software, a data source, a mitigation or an asset, by its number.
    Reference,
    /// Nothing of ATT&CK; and what may have been meant.
    Unknown(Option<&'static str>),
}

impl Technique {
    /// The tactics that it serves.
    pub fn tactics(&self) -> impl Iterator<Item = &'static Tactic> {
        let tactics = self.tactics;
        TACTICS.iter().filter(move |tactic| tactic.bit & tactics != 0)
    }

    /// Whether it serves `tactic`, by either release's name of it.
    pub fn serves(&self, tactic: &Tactic) -> bool {
        tactic.is_in(self.tactics)
    }

    /// The technique that it is a part of; itself, where it is a whole one.
    pub fn whole(&self) -> &str {
        self.id.split_once('.').map_or(self.id, |(whole, _)| whole)
    }
}

/// Every technique in force, sub-techniques after the whole ones that they are parts of.
pub fn techniques() -> impl Iterator<Item = &'static Technique> {
    table::TECHNIQUES.iter()
}

/// The technique with that id, in capitals.
pub fn technique(id: &str) -> Option<&'static Technique> {
    let at = table::TECHNIQUES.binary_search_by(|known| known.id.cmp(id)).ok()?;
    Some(&table::TECHNIQUES[at])
}

/// What `tag` stands for; `None` where it is not of the namespace `attack`.
pub fn read(tag: &str) -> Option<Tag> {
    let tag = tag.to_lowercase().replace('_', "-");
    let name = tag.strip_prefix("attack.")?;
    if let Some(tactic) = TACTICS.iter().find(|tactic| tactic.tag == name) {
        return Some(Tag::Tactic(tactic));
    }
    let id = name.to_uppercase();
    if let Some(technique) = technique(&id) {
        return Some(Tag::Technique(technique));
    }
    if let Ok(at) = table::REVOKED.binary_search_by(|(known, _)| (*known).cmp(&id)) {
        return Some(Tag::Revoked(table::REVOKED[at].1.and_then(technique)));
    }
    let digits = name.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let kind = &name[..name.len() - digits.len()];
    let numbered = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if numbered && ["g", "s", "ds", "m", "a"].contains(&kind) {
        return Some(Tag::Reference);
    }
    let near = |tactic: &&Tactic| name.get(..4).is_some_and(|head| tactic.tag.starts_with(head));
    Some(Tag::Unknown(TACTICS.iter().find(near).map(|tactic| tactic.tag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_whole() {
        assert!(table::TECHNIQUES.is_sorted_by(|a, b| a.id < b.id));
        assert!(table::REVOKED.is_sorted_by(|a, b| a.0 < b.0));
        for known in &table::TECHNIQUES {
            assert!(known.tactics().next().is_some(), "{} serves nothing", known.id);
            assert!(technique(known.whole()).is_some(), "{} is part of nothing", known.id);
        }
        for (id, successor) in &table::REVOKED {
            assert!(technique(id).is_none(), "{id} is in both");
            assert!(successor.is_none_or(|id| technique(id).is_some()), "{successor:?}");
        }
    }

    #[test]
    fn what_tags_stand_for() {
        for (tag, expected) in [
            ("attack.t1059.001", "PowerShell"),
            ("attack.T1053", "Scheduled Task/Job"),
            ("attack.initial_access", "Initial Access"),
            ("attack.t1562.001", "revoked for T1685"),
            ("attack.t1086", "revoked"),
            ("attack.s0002", "reference"),
            ("attack.ds0005", "reference"),
            ("attack.s02", "unknown"),
            ("attack.t1059.999", "unknown"),
            ("attack.persistance", "unknown, persistence?"),
            ("attack.é", "unknown"),
            ("cve.2024-1", "none"),
        ] {
            let found = match read(tag) {
                None => "none".to_owned(),
                Some(Tag::Tactic(tactic)) => tactic.name.to_owned(),
                Some(Tag::Technique(technique)) => technique.name.to_owned(),
                Some(Tag::Revoked(Some(successor))) => format!("revoked for {}", successor.id),
                Some(Tag::Revoked(None)) => "revoked".to_owned(),
                Some(Tag::Reference) => "reference".to_owned(),
                Some(Tag::Unknown(Some(near))) => format!("unknown, {near}?"),
                Some(Tag::Unknown(None)) => "unknown".to_owned(),
            };
            assert_eq!(found, expected, "{tag}");
        }
    }

    #[test]
    fn defense_evasion_is_what_it_was_split_into() {
        let tactic = |tag: &str| TACTICS.iter().find(|tactic| tactic.tag == tag).unwrap();
        let masquerading = technique("T1036").unwrap();
        let tools = technique("T1685").unwrap();
        for (technique, tag, expected) in [
            (masquerading, "defense-evasion", true),
            (masquerading, "stealth", true),
            (masquerading, "impact", false),
            (tools, "defense-evasion", true),
            (tools, "defense-impairment", true),
        ] {
            assert_eq!(technique.serves(tactic(tag)), expected, "{} {tag}", technique.id);
        }
    }
}
