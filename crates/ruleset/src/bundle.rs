//! A set of files under one version, as records of the topic `control`: rules, or indicators.
//!
//! The topic is compacted, so its last records are the set that is in force. A set is cut into
//! parts, whose keys are the same for every set; each part says which version it is of and how many
//! there are. While a new set is being written the parts do not agree, and nobody takes them; a
//! reader that starts then finds neither set whole and waits for the writer to end.

use crate::Error;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How large a part may be, in bytes of text: a quarter of what a record holds, as JSON writes some
/// characters with several bytes.
pub const PART_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What a set is of. Sets of one kind follow one another and do not touch those of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Content {
    /// Rules, filters and stages.
    Rules,
    /// Threat indicators.
    Indicators,
}

impl Content {
    /// What the keys of its parts begin with.
    fn prefix(self) -> &'static str {
        match self {
            Self::Rules => "ruleset/",
            Self::Indicators => "indicators/",
        }
    }
}

/// The name of a set: a hash of its files' names and texts, in hex.
pub fn version<'f>(files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> String {
    let mut hash = xxhash_rust::xxh3::Xxh3Default::new();
    for (name, text) in files {
        for part in [name.as_bytes(), text] {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    format!("{:016x}", hash.digest())
}

/// A set of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Its name.
    pub version: String,
    /// Name and text of each file, in order.
    pub files: Vec<(String, String)>,
}

/// The key of a part's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartKey {
    /// What the set is of.
    pub content: Content,
    /// The part's number within the set, from 0.
    pub part: u32,
}

impl std::fmt::Display for PartKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{:04}", self.content.prefix(), self.part)
    }
}

impl PartKey {
    /// The key that `text` is, if it is one of a part of such a set.
    pub fn parse(content: Content, text: &str) -> Option<Self> {
        let part = text.strip_prefix(content.prefix())?.parse().ok()?;
        Some(Self { content, part })
    }
}

/// The value of a part's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The set that it is of.
    version: String,
    /// How many parts the set has.
    parts: u32,
    /// Name and text of each file.
    files: Vec<(String, String)>,
}

impl Bundle {
    /// The set of these files.
    pub fn new(files: Vec<(String, String)>) -> Self {
        let named = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes()));
        Self { version: version(named), files }
    }

    /// The records that carry it as a set of `content`: key and value.
    pub fn parts(&self, content: Content) -> Result<Vec<(PartKey, String)>, Error> {
        let mut groups: Vec<Vec<(String, String)>> = vec![Vec::new()];
        let mut held = 0;
        for (name, text) in &self.files {
            let bytes = name.len() + text.len();
            if bytes > PART_BYTES_MAX {
                let (name, bytes_max) = (name.clone(), PART_BYTES_MAX);
                return Err(Error::TooLarge { name, bytes, bytes_max });
            }
            if held + bytes > PART_BYTES_MAX {
                groups.push(Vec::new());
                held = 0;
            }
            held += bytes;
            if let Some(group) = groups.last_mut() {
                group.push((name.clone(), text.clone()));
            }
        }
        let parts = groups.len() as u32;
        let record = |(files, key)| {
            let key = PartKey { content, part: key };
            let part = Part { version: self.version.clone(), parts, files };
            let value = serde_json::to_string(&part)
                .map_err(|source| Error::Write { key: key.to_string(), source })?;
            Ok((key, value))
        };
        groups.into_iter().zip(0..).map(record).collect()
    }
}

/// Parts as they come, until they make a set.
#[derive(Debug, Default)]
pub struct Assembly {
    /// By number.
    parts: BTreeMap<u32, Part>,
    /// The set that was given out last.
    last: Option<String>,
    /// The version that the last part was of.
    newest: Option<String>,
}

impl Assembly {
    /// Whether the set whose part came last is whole.
    pub fn is_whole(&self) -> bool {
        self.newest == self.last
    }

    /// Takes a record; the set that is whole with it, if it is another than the last.
    pub fn take(&mut self, key: PartKey, value: &[u8]) -> Result<Option<Bundle>, Error> {
        let part: Part = serde_json::from_slice(value)
            .map_err(|source| Error::Part { key: key.to_string(), source })?;
        let (version, count) = (part.version.clone(), part.parts);
        self.parts.insert(key.part, part);
        self.newest = Some(version.clone());
        let of_set = |key: u32| self.parts.get(&key).filter(|p| p.version == version);
        let whole = (0..count).all(|key| of_set(key).is_some());
        if !whole || self.last.as_ref() == Some(&version) {
            return Ok(None);
        }
        let files = (0..count).filter_map(of_set).flat_map(|part| part.files.clone()).collect();
        let bundle = Bundle::new(files);
        if bundle.version != version {
            return Err(Error::Damaged { said: version, made: bundle.version });
        }
        self.last = Some(version);
        Ok(Some(bundle))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(count: usize, bytes: usize) -> Bundle {
        let text = |i: usize| format!("{i}:{}", "\"".repeat(bytes));
        Bundle::new((0..count).map(|i| (format!("r{i}.yml"), text(i))).collect())
    }

    #[test]
    fn a_set_is_taken_when_all_of_its_parts_are_there() {
        let (first, second) = (bundle(5, PART_BYTES_MAX / 2 - 100), bundle(3, PART_BYTES_MAX / 2));
        let parts = |set: &Bundle| set.parts(Content::Rules).unwrap();
        let (old, new) = (parts(&first), parts(&second));
        assert_eq!((old.len(), new.len()), (3, 3));
        let mut assembly = Assembly::default();
        let mut taken = Vec::new();
        // A reader that starts while the second set is being written over the first.
        for (key, value) in [&new[0], &old[1], &old[2], &new[1], &new[2], &new[0]] {
            assert_eq!(PartKey::parse(Content::Rules, &key.to_string()), Some(*key));
            taken.extend(assembly.take(*key, value.as_bytes()).unwrap());
            assert_eq!(assembly.is_whole(), !taken.is_empty());
        }
        assert_eq!(taken, [second]);
        // A set with fewer parts leaves the last ones of the former behind.
        let small = bundle(1, 1);
        let (key, value) = &small.parts(Content::Rules).unwrap()[0];
        assert_eq!(assembly.take(*key, value.as_bytes()).unwrap(), Some(small));
    }

    #[test]
    fn what_is_damaged_or_too_large_is_refused() {
        let parts = bundle(1, 1).parts(Content::Rules).unwrap();
        let mut assembly = Assembly::default();
        let changed = parts[0].1.replace("0:", "1:");
        let error = assembly.take(parts[0].0, changed.as_bytes()).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        assert!(matches!(assembly.take(parts[0].0, b"{"), Err(Error::Part { .. })));
        assert!(matches!(
            bundle(1, PART_BYTES_MAX).parts(Content::Rules),
            Err(Error::TooLarge { .. })
        ));
        assert_eq!(PartKey::parse(Content::Rules, "indicators/0001"), None);
        assert_ne!(bundle(1, 1).version, bundle(2, 1).version);
    }
}
