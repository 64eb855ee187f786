//! What becomes of a match: the exceptions and stages that the detector would apply.

use crate::{Error, Input};
use detect::Session;
use detector::live::{Origin, Ruleset, Source};
use ruleset::{Fate, Stages};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The detector's own rules, filters and stages.
pub(super) struct Fates {
    ruleset: Ruleset,
    stages: Stages,
}

impl Fates {
    /// Of the rules of `input` and whatever stands in `with`.
    pub(super) fn new(input: &Input, with: &[PathBuf]) -> Result<Self, Error> {
        let paths: Vec<PathBuf> = input.paths.iter().chain(with).cloned().collect();
        let all = Input { paths: paths.clone(), ..Input::default() };
        let mut stages = Stages::default();
        for file in all.files()?.iter().filter(|file| Stages::are_in(&file.name)) {
            stages.add(&file.name, &file.text);
        }
        let source = Source::new(Origin::Folders(paths), input.placeholders.clone())?;
        // What is wrong with the other files is the business of `rules check`.
        let ruleset = source.compile(|_| {})?;
        Ok(Self { ruleset, stages })
    }

    /// What becomes of the event's match of each rule that it matches, by the rule's id, in words.
    pub(super) fn of(&self, event: &[u8]) -> HashMap<String, String> {
        let mut session = Session::new(Arc::clone(&self.ruleset.engine));
        let Ok(matching) = session.matches(event) else { return HashMap::new() };
        let rules = self.ruleset.engine.rules();
        let source = alert::Source::new(event);
        let judged = self.ruleset.judge(matching, &source);
        judged.map(|(number, fate)| self.words(&rules[number as usize], fate)).collect()
    }

    fn words(&self, rule: &sigma::Rule, fate: Fate<'_>) -> (String, String) {
        let words = match fate {
            Fate::Alert if rule.folding.is_some() => {
                "it is an alert, or folded into one".to_owned()
            }
            Fate::Alert => "it is an alert".to_owned(),
            Fate::LeftOut(filter) => {
                let (title, file, line) = (&filter.title, &filter.file, filter.at.line);
                format!("no alert: the exception {title:?} leaves it out ({file}:{line})")
            }
            Fate::Shadow => "no alert: the rule is in shadow, and it is counted".to_owned(),
            Fate::Elsewhere => {
                "no alert: the rule is a canary in other agencies, and it is counted".to_owned()
            }
        };
        (rule.uid().to_owned(), words)
    }

    /// Why a rule is not run at all, if it is not.
    pub(super) fn unloaded(&self, rule: &sigma::Rule) -> Option<String> {
        let stage = self.stages.get(rule.uid());
        let name = stage.as_str();
        (!stage.is_loaded()).then(|| format!("no alert: the rule's stage is {name}, it is not run"))
    }
}
