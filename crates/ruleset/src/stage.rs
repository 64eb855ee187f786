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
    /// `{canary: [agency, …]}`.
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
                match stage(&entry.value) {
                    Ok(stage) => {
                        let at = entry.at;
                        let known = Entry { stage, file: file.to_owned(), at };
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

    /// Every entry: the id, its stage, and where it is written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Stage, &str, Position)> {
        self.by_id.iter().map(|(id, e)| (id.as_str(), &e.stage, e.file.as_str(), e.at))
    }
}

fn form(what: &str, expected: &'static str, node: &Node) -> Problem {
    let found = node.as_str().map_or_else(|| node.what().to_owned(), |text| format!("{text:?}"));
    Problem::Form { what: what.to_owned(), expected, found }
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
        assert!(Stages::are_in("rules/stages.yml") && !Stages::are_in("rules/my-stages.yml"));
    }
}
