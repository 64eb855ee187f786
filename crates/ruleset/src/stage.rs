//! The stages of a rule's life, by rule id.

use sigma::{Error, Position, Problem};
use std::collections::BTreeMap;
use yaml::Node;

/// The name of the files that hold stages; they stand among the rules.
pub const STAGES_FILE: &str = "stages.yml";

/// How far a rule has come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Stage {
    /// Being written: checked and tested, not loaded.
    Draft,
    /// Tried on everything: its matches are counted, and nobody is told.
    Shadow,
    /// Tried in earnest: alerts in these agencies, counted elsewhere.
    Canary(Vec<String>),
    /// In force.
    #[default]
    Active,
    /// Kept for the record, not loaded.
    Retired,
}

impl Stage {
    /// Its name.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Shadow => "shadow",
            Self::Canary(_) => "canary",
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }

    /// Whether a detector runs the rule at all.
    pub fn is_loaded(&self) -> bool {
        !matches!(self, Self::Draft | Self::Retired)
    }
}

/// The stages of rules and correlations that are not active.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stages {
    by_id: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    stage: Stage,
    /// How sure the rule is, in percent, where somebody has decided that.
    quality: Option<u8>,
    file: String,
    at: Position,
}

impl Stages {
    /// Whether a file with this name, or path, holds stages rather than rules.
    pub fn are_in(name: &str) -> bool {
        name.rsplit(['/', '\\']).next() == Some(STAGES_FILE)
    }

    /// Adds the stages of a file; one error for each entry that cannot be used.
    ///
    /// The file is one map from a rule's id to `draft`, `shadow`, `active`, `retired`, or
    /// `{canary: [agency, …]}`. `{stage: …, quality: 60}` and `{canary: […], quality: 60}` also say
    /// how sure the rule is, in percent.
    pub fn add(&mut self, file: &str, text: &str) -> Vec<Error> {
        let error = |at, problem| Error { file: file.to_owned(), at, problem };
        let documents = match yaml::documents(text) {
            Ok(documents) => documents,
            Err(yaml) => {
                let at = yaml.at().unwrap_or(Position { line: 1, column: 1 });
                return vec![error(at, Problem::Yaml(yaml))];
            }
        };
        let mut errors = Vec::new();
        for document in &documents {
            let Some(entries) = document.as_map() else {
                errors
                    .push(error(document.at, form("stages", "a map from ids to stages", document)));
                continue;
            };
            for entry in entries {
                match read(&entry.value) {
                    Ok((stage, quality)) => {
                        let at = entry.at;
                        let known = Entry { stage, quality, file: file.to_owned(), at };
                        let before = self.by_id.insert(entry.key.clone(), known);
                        if let Some(before) = before.filter(|b| b.stage != self.get(&entry.key)) {
                            let found =
                                format!("another than in {}:{}", before.file, before.at.line);
                            let (what, expected) =
                                (format!("the stage of {}", entry.key), "one stage");
                            errors.push(error(at, Problem::Form { what, expected, found }));
                        }
                    }
                    Err((at, problem)) => errors.push(error(at, problem)),
                }
            }
        }
        errors
    }

    /// The stage of the rule or correlation with that id.
    pub fn get(&self, id: &str) -> Stage {
        self.by_id.get(id).map_or_else(Stage::default, |entry| entry.stage.clone())
    }

    /// How sure the rule with that id is, in percent, where it is written.
    pub fn quality(&self, id: &str) -> Option<u8> {
        self.by_id.get(id)?.quality
    }

    /// Every entry: the id, its stage, and where it is written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Stage, &str, Position)> {
        self.by_id.iter().map(|(id, e)| (id.as_str(), &e.stage, e.file.as_str(), e.at))
    }
}

fn form(what: &str, expected: &'static str, node: &Node) -> Problem {
    let found = node.as_str().map_or_else(|| node.what().to_owned(), |text| format!("{text:?}"));
    Problem::Form { what: what.to_owned(), expected, found }
}

/// A stage, and the quality beside it.
fn read(node: &Node) -> Result<(Stage, Option<u8>), (Position, Problem)> {
    let Some(quality) = node.get("quality") else { return Ok((stage(node)?, None)) };
    let number = quality.as_str().and_then(|text| text.parse::<u8>().ok());
    let percent = number.filter(|percent| (1..=100).contains(percent)).ok_or_else(|| {
        (quality.at, form("quality", "a number from 1 to 100, in percent", quality))
    })?;
    let entries: Vec<yaml::Entry> =
        node.as_map().unwrap_or_default().iter().filter(|e| e.key != "quality").cloned().collect();
    let rest = match entries.as_slice() {
        [] => return Ok((Stage::Active, Some(percent))),
        [only] if only.key == "stage" => only.value.clone(),
        _ => Node { at: node.at, kind: yaml::Kind::Map(entries) },
    };
    Ok((stage(&rest)?, Some(percent)))
}

fn stage(node: &Node) -> Result<Stage, (Position, Problem)> {
    let expected = "draft, shadow, active, retired or {canary: [agency]}";
    let wrong = |node: &Node| (node.at, form("a stage", expected, node));
    if let Some(agencies) = node.get("canary") {
        let one = node.as_map().is_some_and(|entries| entries.len() == 1);
        let names: Option<Vec<String>> =
            agencies.items().iter().map(|item| item.as_str().map(str::to_owned)).collect();
        return match names.filter(|names| one && !names.is_empty()) {
            Some(names) => Ok(Stage::Canary(names)),
            None => Err(wrong(agencies)),
        };
    }
    Ok(match node.as_str() {
        Some("draft") => Stage::Draft,
        Some("shadow") => Stage::Shadow,
        Some("active") => Stage::Active,
        Some("retired") => Stage::Retired,
        _ => return Err(wrong(node)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_read_and_what_is_wrong_is_told() {
        let mut stages = Stages::default();
        let text = "a: draft\nb: {canary: [mof, moha]}\nc: canary\nd: {canary: []}\ne: shadow\n";
        let errors: Vec<String> =
            stages.add("rules/stages.yml", text).iter().map(ToString::to_string).collect();
        assert_eq!(
            errors,
            [
                "rules/stages.yml:3:4: a stage must be draft, shadow, active, retired or {canary: [agency]}, not \"canary\"",
                "rules/stages.yml:4:13: a stage must be draft, shadow, active, retired or {canary: [agency]}, not a list",
            ]
        );
        assert_eq!(stages.get("a"), Stage::Draft);
        assert_eq!(stages.get("b"), Stage::Canary(vec!["mof".into(), "moha".into()]));
        assert_eq!(stages.get("c"), Stage::Active);
        assert_eq!(stages.iter().count(), 3);
        let again = stages.add("other/stages.yml", "a: draft\ne: retired\n");
        assert_eq!(again.len(), 1);
        assert!(again[0].to_string().ends_with("not another than in rules/stages.yml:5"));
        assert_eq!(stages.add("s", "- a").len(), 1);
        let text = "f: {quality: 60}\ng: {stage: shadow, quality: 100}\nh: {canary: [mof], quality: 5}\ni: {quality: 0}\nj: {quality: 50, stage: off}\nk: {quality: 50, other: 1}\n";
        let errors = stages.add("s", text);
        let places: Vec<(usize, usize)> = errors.iter().map(|e| (e.at.line, e.at.column)).collect();
        assert_eq!(places, [(4, 14), (5, 25), (6, 4)]);
        let of = |id| (stages.get(id), stages.quality(id));
        assert_eq!(of("f"), (Stage::Active, Some(60)));
        assert_eq!(of("g"), (Stage::Shadow, Some(100)));
        assert_eq!(of("h"), (Stage::Canary(vec!["mof".into()]), Some(5)));
        assert_eq!(of("a"), (Stage::Draft, None));
        assert!(Stages::are_in("rules/stages.yml") && !Stages::are_in("rules/my-stages.yml"));
    }
}
