//! What only the whole set tells: references between documents, exceptions, stages.

use crate::{Code, Finding, Severity};
use ruleset::{Policy, Stages, Unaimed};
use sigma::{Condition, Correlation, Filter, Member, Position, Resolved, Rule, Targets};
use std::collections::HashSet;

/// The documents of all files.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    pub(crate) rules: Vec<Rule>,
    pub(crate) correlations: Vec<Correlation>,
    pub(crate) filters: Vec<Filter>,
    pub(crate) stages: Stages,
}

impl Whole {
    /// What is to be told of them at `now_ms`, in milliseconds since the epoch.
    pub(crate) fn findings(self, now_ms: i64) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.unstaged(&mut findings);
        for filter in &self.filters {
            exception(filter, now_ms, &mut findings);
        }
        let Self { rules, correlations, filters, stages } = self;
        let resolved = sigma::resolve(&rules, correlations);
        findings.extend(resolved.errors.iter().map(Finding::of_error));
        folds_nothing(&rules, &resolved, &mut findings);
        let policy = Policy::new(&rules, filters, &stages);
        for Unaimed { filter, name } in policy.unaimed(&rules) {
            findings.push(unaimed(&policy.filters()[filter], name));
        }
        findings
    }

    /// Stages of what is not there.
    fn unstaged(&self, findings: &mut Vec<Finding>) {
        let ids: HashSet<&str> = self
            .rules
            .iter()
            .map(|rule| rule.uid())
            .chain(self.correlations.iter().map(|correlation| correlation.uid()))
            .collect();
        for (id, stage, file, at) in self.stages.iter().filter(|(id, ..)| !ids.contains(id)) {
            let message = format!("no rule has the id {id}, which is {}", stage.as_str());
            let mend = "correct the id, or remove the line";
            findings.push(warning(Code::StageTarget, file, at, None, message, mend));
        }
    }
}

/// Rules that say how their alerts fold, and that only correlations without `generate` use.
fn folds_nothing(rules: &[Rule], resolved: &Resolved, findings: &mut Vec<Finding>) {
    for (number, rule) in rules.iter().enumerate() {
        let Some(folding) = &rule.folding else { continue };
        let of =
            |(_, members): &&(Correlation, Vec<Member>)| members.contains(&Member::Rule(number));
        let mut correlations = resolved.correlations.iter().filter(of).peekable();
        if correlations.peek().is_some() && correlations.all(|(other, _)| !other.generate) {
            let message = "this rule raises no alerts that could fold, as only correlations use it";
            let mend = "write generate: true in a correlation, or remove this";
            let (uid, message) = (Some(rule.uid()), message.to_owned());
            let code = Code::FoldsNothing;
            findings.push(warning(code, &rule.file, folding.at, uid, message, mend));
        }
    }
}

fn warning(
    code: Code,
    file: &str,
    at: Position,
    rule: Option<&str>,
    message: String,
    mend: &str,
) -> Finding {
    Finding {
        severity: Severity::Warning,
        code: code.as_str(),
        file: file.to_owned(),
        at,
        rule: rule.map(str::to_owned),
        message,
        mend: mend.to_owned(),
    }
}

fn exception(filter: &Filter, now_ms: i64, findings: &mut Vec<Finding>) {
    let mut warn = |code, at, message: &str, mend| {
        let uid = Some(filter.uid());
        findings.push(warning(code, &filter.file, at, uid, message.to_owned(), mend));
    };
    if filter.owner.is_none() {
        let mend = "add x-prohori-owner: who decides when it is to end";
        warn(Code::NoOwner, filter.at, "nobody answers for this exception", mend);
    }
    if filter.expires_ms.is_some_and(|end| end <= now_ms) {
        let mend = "remove it, or decide anew and move x-prohori-expires";
        warn(Code::Expired, filter.at, "this exception is over and leaves nothing out", mend);
    }
    if !negative(&filter.detection.condition) {
        let message = "this filter leaves out everything but what it describes, as its condition is joined by \"and\"";
        let mend = "write \"not\" before it to leave out what it describes";
        warn(Code::FilterKeeps, filter.detection.condition_at, message, mend);
    }
}

/// Whether a condition takes something away.
fn negative(condition: &Condition) -> bool {
    match condition {
        Condition::Not(_) => true,
        Condition::Selection(_) | Condition::AtLeast(..) => false,
        Condition::And(parts) | Condition::Or(parts) => parts.iter().any(negative),
    }
}

fn unaimed(filter: &Filter, name: Option<String>) -> Finding {
    let uid = Some(filter.uid());
    let Some(name) = name else {
        let message = "no rule has the log source of this filter".to_owned();
        let mend = "correct the logsource, which must say no more than the rules' own";
        return warning(Code::FilterTarget, &filter.file, filter.at, uid, message, mend);
    };
    let at = match &filter.rules {
        Targets::Named(names) => names.iter().find(|(known, _)| *known == name).map(|(_, at)| *at),
        Targets::Any => None,
    };
    let message = format!("no rule {name:?} has the log source of this filter");
    let mend = "write the id or name of a rule, and a logsource that says no more than the rule's";
    warning(Code::FilterTarget, &filter.file, at.unwrap_or(filter.at), uid, message, mend)
}
