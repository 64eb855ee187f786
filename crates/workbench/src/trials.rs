//! The tools as a bench for whoever looks after rules: trials of texts that lie in no folder.

use crate::run::Bench;
use crate::samples::{self, Outcome};
use crate::{Error, sequences};
use detector::filter;
use detector::live::{Origin, Source};
use mapping::Tables;
use sigma::{Document, Placeholders, Rule};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use trial::{Candidate, Failed, File, Kind, Tested};

/// The normalizer and the detector of this program as a [`trial::Bench`].
#[derive(Debug)]
pub struct Workbench {
    tables: Arc<Tables>,
    placeholders: Placeholders,
}

impl Workbench {
    /// A bench with the values of `%placeholders%`.
    pub fn new(placeholders: Placeholders) -> Result<Self, Error> {
        Ok(Self { tables: Arc::new(Tables::builtin()?), placeholders })
    }

    fn source(&self, files: Vec<File>) -> Source {
        Source {
            origin: Origin::Texts(Arc::new(files)),
            placeholders: self.placeholders.clone(),
            tables: Arc::clone(&self.tables),
        }
    }

    fn tested(&self, candidate: &Candidate, others: &[File]) -> Result<Tested, Error> {
        let parsed = sigma::parse(&candidate.name, &candidate.text, &self.placeholders);
        let errors = parsed.errors.iter().map(ToString::to_string).collect();
        let mut tested = Tested { errors, ..Tested::default() };
        if !tested.errors.is_empty() {
            return Ok(tested);
        }
        let (mut rules, mut correlations, mut counts) = (Vec::new(), Vec::new(), false);
        for document in parsed.documents {
            match document {
                Document::Rule(rule) => {
                    counts |= rule.folding.as_ref().is_some_and(|folding| folding.count > 1);
                    rules.push(*rule);
                }
                Document::Correlation(correlation) => correlations.push(*correlation),
                Document::Filter(_) => {}
            }
        }
        let own: Vec<String> = match correlations.is_empty() {
            true => rules.iter().map(|rule| rule.uid().to_owned()).collect(),
            false => sequences::outermost(&correlations),
        };
        let samples = match counts || !correlations.is_empty() {
            true => self.sequences(candidate, others, &own, rules)?,
            false => self.lines(candidate, &own, rules)?,
        };
        if !samples.is_empty() {
            let fired: BTreeSet<&String> =
                samples.iter().flat_map(|sample| &sample.fired).collect();
            tested.silent = own.iter().filter(|rule| !fired.contains(rule)).cloned().collect();
        }
        tested.samples = samples.into_iter().map(outcome).collect();
        Ok(tested)
    }

    /// Each line by itself.
    fn lines(
        &self,
        candidate: &Candidate,
        own: &[String],
        rules: Vec<Rule>,
    ) -> Result<Vec<Outcome>, Error> {
        let mut bench = Bench::new(rules, &self.tables)?;
        let mut outcomes = Vec::new();
        for (kind, text) in both(candidate) {
            let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            for (number, line) in lines {
                let mut outcome = Outcome::new(PathBuf::new(), number + 1, kind, line);
                match samples::raw(&outcome.file, line) {
                    Ok(raw) => samples::ask(&raw, own, &mut outcome, &mut bench, &self.tables),
                    Err(why) => outcome.why.push(why),
                }
                outcomes.push(outcome);
            }
        }
        Ok(outcomes)
    }

    /// All lines of a kind together.
    fn sequences(
        &self,
        candidate: &Candidate,
        others: &[File],
        own: &[String],
        rules: Vec<Rule>,
    ) -> Result<Vec<Outcome>, Error> {
        let mut files = vec![(candidate.name.clone(), candidate.text.clone())];
        files.extend_from_slice(others);
        let ruleset = self.source(files).compile(drop)?;
        let mut bench = Bench::new(rules, &self.tables)?;
        let mut outcomes = Vec::new();
        for (kind, text) in both(candidate) {
            let Some(first) = text.lines().find(|line| !line.trim().is_empty()) else { continue };
            let mut outcome = Outcome::new(PathBuf::new(), 1, kind, first);
            let events = sequences::events(text, &mut outcome, &mut bench);
            sequences::fire(&ruleset, own, &events, &mut outcome)?;
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }
}

fn both(candidate: &Candidate) -> [(Kind, &str); 2] {
    [(Kind::Match, &candidate.matching), (Kind::Miss, &candidate.missing)]
}

fn outcome(outcome: Outcome) -> trial::Outcome {
    let passes = outcome.passes();
    let Outcome { line, kind, raw, events, fired, why, .. } = outcome;
    trial::Outcome { kind, line, raw, events, fired: fired.into_iter().collect(), why, passes }
}

impl trial::Bench for Workbench {
    fn test(&self, candidate: &Candidate, others: &[File]) -> Result<Tested, Failed> {
        self.tested(candidate, others).map_err(|error| failed(&error))
    }

    fn hunt(
        &self,
        files: Vec<File>,
        events: &mut (dyn Read + Send),
        alerts: &mut (dyn Write + Send),
    ) -> Result<(), Failed> {
        let ruleset = self.source(files).compile(drop).map_err(|error| failed(&error))?;
        let options = filter::Options { threads: NonZero::new(1), ..filter::Options::default() };
        filter::run_with(&ruleset, &options, events, alerts).map_err(|error| failed(&error))
    }
}

/// The error and what led to it, in one line.
fn failed(error: &dyn std::error::Error) -> Failed {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    Failed(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use trial::Bench as _;

    const RULE: &str = "title: t\nid: r1\nname: sudo_to_root\nlogsource: {product: linux, service: \
        sudo}\ndetection: {s: {message|contains: 'COMMAND=/bin/cat /etc/shadow'}, condition: s}\n";
    const LINE: &str = "Nov 25 10:00:00 web-01 sudo[812]:   rahim : TTY=pts/0 ; PWD=/home/rahim ; \
        USER=root ; COMMAND=/bin/cat /etc/shadow";

    fn bench() -> Workbench {
        Workbench::new(Placeholders::new()).unwrap()
    }

    #[test]
    fn a_text_is_tested_on_the_lines_given_with_it() {
        let candidate = Candidate {
            name: "t.yml".into(),
            text: RULE.into(),
            matching: format!("{LINE}\n{{\"raw\": {LINE:?}, \"source\": \"sudo\"}}\n"),
            missing: LINE.replace("shadow", "hosts"),
        };
        let tested = bench().test(&candidate, &[]).unwrap();
        assert!(tested.passes() && tested.is_whole(), "{tested:?}");
        assert_eq!(tested.samples.len(), 3);
        assert_eq!(tested.samples[1].fired, ["r1"]);
        let wrong = Candidate { missing: candidate.matching.clone(), ..candidate.clone() };
        let tested = bench().test(&wrong, &[]).unwrap();
        assert!(!tested.passes());
        assert_eq!(tested.samples.iter().filter(|sample| !sample.passes).count(), 2);
        let broken = Candidate { text: "title: t".into(), ..candidate };
        assert!(!bench().test(&broken, &[]).unwrap().passes());
    }

    #[test]
    fn a_correlation_is_tested_with_the_rules_of_others() {
        let correlation = "title: c\nid: c1\ncorrelation: {type: event_count, rules: [r1], group-by: \
            [Computer], timespan: 5m, condition: {gte: 2}}\n";
        let candidate = Candidate {
            name: "c.yml".into(),
            text: correlation.into(),
            matching: format!("{LINE}\n{}\n", LINE.replace("10:00:00", "10:01:00")),
            missing: LINE.into(),
        };
        let others = [("r.yml".to_owned(), RULE.to_owned())];
        let tested = bench().test(&candidate, &others).unwrap();
        assert!(tested.passes() && tested.is_whole(), "{tested:?}");
    }

    #[test]
    fn a_hunt_raises_the_alerts_of_the_detector() {
        let mut events = Vec::new();
        let mut normal = Bench::new(Vec::new(), &bench().tables).unwrap();
        let raw = crate::run::Raw { text: LINE.into(), source: None };
        for event in normal.events(&raw).unwrap() {
            events.extend_from_slice(&event);
            events.push(b'\n');
        }
        let mut alerts = Vec::new();
        let files = vec![("r.yml".to_owned(), RULE.to_owned())];
        bench().hunt(files, &mut events.as_slice(), &mut alerts).unwrap();
        let alert: serde_json::Value = serde_json::from_slice(&alerts).unwrap();
        assert_eq!(alert["finding_info"]["analytic"]["uid"], "r1");
    }
}
