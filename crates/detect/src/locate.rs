//! Where a Sigma field may lie in an event: paths as keys from the root, in order of preference.

use mapping::{EventMap, Path};

/// A dotted name is tried as whole keys first, then as nested ones, in every way to split it. A
/// name with more dots than this is only tried whole and split at each dot.
const SPLIT_DOTS_MAX: usize = 4;

/// The root object under which blanks in keys do not count.
pub const UNMAPPED: &str = "unmapped";

/// Attributes of the root that keywords do not look into: they are ours or OCSF's, not the source's.
pub const KEYWORDS_EXCEPT: [&str; 16] = [
    "activity_id",
    "activity_name",
    "category_name",
    "category_uid",
    "class_name",
    "class_uid",
    "enrichments",
    "metadata",
    "observables",
    "severity",
    "severity_id",
    "status_id",
    "time",
    "timezone_offset",
    "type_name",
    "type_uid",
];

/// The keys of a path: one way for OCSF's, several for a source's own dotted names.
pub fn keys(path: &Path) -> Vec<Vec<String>> {
    if !path.is_unmapped() {
        return vec![path.name().split('.').map(str::to_owned).collect()];
    }
    let under = |keys: Vec<String>| std::iter::once(UNMAPPED.to_owned()).chain(keys).collect();
    splits(path.name()).into_iter().map(under).collect()
}

/// The places of field `name` in events that `map` is about, the first that is present counts.
pub(crate) fn places(map: &EventMap, name: &str) -> Vec<Vec<String>> {
    map.paths(name).iter().flat_map(keys).collect()
}

/// Every way to take the dots of `name` as part of a key or as nesting, the longest keys first.
fn splits(name: &str) -> Vec<Vec<String>> {
    let name = name.replace(' ', "");
    let parts: Vec<&str> = name.split('.').collect();
    let dots = parts.len() - 1;
    if dots > SPLIT_DOTS_MAX {
        return vec![vec![name.clone()], parts.iter().map(|part| (*part).to_owned()).collect()];
    }
    let split = |cuts: u32| {
        let mut keys = vec![parts[0].to_owned()];
        for (i, part) in parts[1..].iter().enumerate() {
            match keys.last_mut() {
                Some(last) if cuts >> i & 1 == 0 => *last = format!("{last}.{part}"),
                _ => keys.push((*part).to_owned()),
            }
        }
        keys
    };
    let mut all: Vec<_> = (0..1u32 << dots).map(split).collect();
    all.sort_by_key(Vec::len);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_names_are_keys_first_and_nested_then() {
        let shown: Vec<String> = splits("a.b.c").iter().map(|keys| keys.join(" ")).collect();
        assert_eq!(shown, ["a.b.c", "a b.c", "a.b c", "a b c"]);
        assert_eq!(splits("Threat Name"), [["ThreatName"]]);
        assert_eq!(splits("a.b.c.d.e.f.g").len(), 2);
    }
}
