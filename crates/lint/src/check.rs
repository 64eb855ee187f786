//! The whole of it: rule files in, findings out.

use crate::fields::Fields;
use crate::literal;
use crate::tags;
use crate::truth::{Domains, truth};
use crate::whole::Whole;
use crate::{Code, Finding, Severity};
use mapping::{LogSource, Tables};
use ruleset::Stages;
use sigma::{Condition, Document, Head, Item, Matcher, Node, Placeholders, Position, Rule};
use std::collections::{BTreeSet, HashMap};

/// How Sigma calls an event's id.
const EVENT_ID: &str = "EventID";

/// A rule file, and what stands beside it.
#[derive(Debug, Clone, Default)]
pub struct RuleFile {
    /// Its name, for findings.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Whether lines stand beside it on which its rules must fire.
    pub has_match_samples: bool,
    /// Whether lines stand beside it on which they must not.
    pub has_miss_samples: bool,
}

/// What was found in all files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Files looked at.
    pub files: usize,
    /// Rules over single events that run.
    pub rules: usize,
    /// Correlations that run.
    pub correlations: usize,
    /// Filters that run.
    pub filters: usize,
    /// What is wrong, by file and place.
    pub findings: Vec<Finding>,
}

impl Report {
    /// How many findings there are of `severity`.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

/// Looks at all `files` together, as they refer to one another. `now_ms` is when exceptions are to
/// be in force, in milliseconds since the epoch.
pub fn check(
    files: &[RuleFile],
    tables: &Tables,
    placeholders: &Placeholders,
    now_ms: i64,
) -> Report {
    let mut check = Check {
        fields: Fields::new(tables),
        ids: HashMap::new(),
        whole: Whole::default(),
        report: Report::default(),
    };
    let (stages, rules): (Vec<_>, Vec<_>) =
        files.iter().partition(|file| Stages::are_in(&file.name));
    for file in rules {
        check.file(file, placeholders);
    }
    for file in stages {
        let errors = check.whole.stages.add(&file.name, &file.text);
        check.report.findings.extend(errors.iter().map(Finding::of_error));
    }
    let mut report = check.report;
    report.findings.append(&mut check.whole.findings(now_ms));
    report.files = files.len();
    let order = |finding: &Finding| (finding.file.clone(), finding.at, finding.severity);
    report.findings.sort_by_cached_key(order);
    report
}

struct Check<'t> {
    fields: Fields<'t>,
    /// By id, where it stands first.
    ids: HashMap<String, String>,
    whole: Whole,
    report: Report,
}

/// A file under way: its text is read a second time only where a finding needs a place in it.
struct Sheet<'f> {
    file: &'f RuleFile,
    nodes: Option<Vec<yaml::Node>>,
    findings: Vec<Finding>,
}

impl<'f> Sheet<'f> {
    fn warn(&mut self, code: Code, at: Position, rule: Option<&str>, message: String, mend: &str) {
        self.findings.push(Finding {
            severity: Severity::Warning,
            code: code.as_str(),
            file: self.file.name.clone(),
            at,
            rule: rule.map(str::to_owned),
            message,
            mend: mend.to_owned(),
        });
    }

    /// Where the value `text` of `key` stands in the document that begins at `at`.
    fn place(&mut self, at: Position, key: &str, text: &str) -> Position {
        let file = self.file;
        let nodes =
            self.nodes.get_or_insert_with(|| yaml::documents(&file.text).unwrap_or_default());
        let mut documents = nodes.iter().filter(|node| node.at == at).chain(nodes.iter());
        let found = documents.find_map(|node| {
            node.get(key)?.items().iter().find(|item| item.as_str() == Some(text))
        });
        found.map_or(at, |item| item.at)
    }
}

impl Check<'_> {
    fn file(&mut self, file: &RuleFile, placeholders: &Placeholders) {
        let parsed = sigma::parse(&file.name, &file.text, placeholders);
        let mut sheet = Sheet { file, nodes: None, findings: Vec::new() };
        sheet.findings.extend(parsed.errors.iter().map(Finding::of_error));
        let is_filter = |document: &Document| matches!(document, Document::Filter(_));
        let wants_samples = !parsed.documents.iter().all(is_filter);
        for document in parsed.documents {
            let (at, id) = match &document {
                Document::Rule(rule) => (rule.at, &rule.id),
                Document::Correlation(correlation) => (correlation.at, &correlation.id),
                Document::Filter(filter) => (filter.at, &filter.id),
            };
            self.id(&mut sheet, at, id.as_deref());
            match document {
                Document::Rule(rule) => {
                    self.report.rules += 1;
                    about(&mut sheet, rule.at, rule.uid(), rule.level, &rule.tags);
                    self.rule(&mut sheet, &rule);
                    self.whole.rules.push(*rule);
                }
                Document::Correlation(correlation) => {
                    self.report.correlations += 1;
                    let Head { at, level, tags, .. } = &correlation.head;
                    about(&mut sheet, *at, correlation.uid(), *level, tags);
                    self.whole.correlations.push(*correlation);
                }
                Document::Filter(filter) => {
                    self.report.filters += 1;
                    self.whole.filters.push(*filter);
                }
            }
        }
        if wants_samples {
            samples(&mut sheet);
        }
        self.report.findings.append(&mut sheet.findings);
    }

    fn id(&mut self, sheet: &mut Sheet<'_>, at: Position, id: Option<&str>) {
        let Some(id) = id else {
            let message = "there is no id".to_owned();
            let mend = "add a random UUID; alerts, stages and exceptions name a rule by it";
            return sheet.warn(Code::NoId, at, None, message, mend);
        };
        let here = sheet.place_of_id(at, id);
        let place = format!("{}:{}", sheet.file.name, here.line);
        if let Some(first) = self.ids.get(id) {
            let message = format!("the id {id} is also that of {first}");
            sheet.warn(Code::DuplicateId, here, Some(id), message, "give one of them another");
        } else {
            self.ids.insert(id.to_owned(), place);
        }
    }

    fn rule(&mut self, sheet: &mut Sheet<'_>, rule: &Rule) {
        let uid = Some(rule.uid());
        let wanted = log_source(rule);
        if self.fields.serving(&wanted).is_empty() {
            let message = format!("no source serves {}", shown(&wanted));
            let mend = "correct the logsource, or add it to a table under rules/mappings";
            sheet.warn(Code::Logsource, rule.at, uid, message, mend);
        } else {
            self.rule_fields(sheet, rule, &wanted);
        }
        self.rule_truth(sheet, rule, &wanted);
        unused(sheet, rule);
        for item in items(rule) {
            literals(sheet, rule, item);
        }
    }

    fn rule_fields(&mut self, sheet: &mut Sheet<'_>, rule: &Rule, wanted: &LogSource) {
        let mut told = BTreeSet::new();
        let asked = items(rule).into_iter();
        let asked = asked.flat_map(|item| fields_of(item).map(move |name| (name, item.at)));
        let by = rule.folding.iter().flat_map(|folding| &folding.by);
        for (name, at) in asked.chain(by.map(|field| (field.text.as_str(), field.at))) {
            if self.fields.produced(wanted, name) || !told.insert(name) {
                continue;
            }
            let message = format!("no source of {} produces {name:?}", shown(wanted));
            let names = self.fields.names(wanted);
            let mend = match sigma::nearest(name, names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean {near:?}?"),
                None => "correct the name, or add it to the source's table".to_owned(),
            };
            sheet.warn(Code::Field, at, Some(rule.uid()), message, &mend);
        }
    }

    fn rule_truth(&mut self, sheet: &mut Sheet<'_>, rule: &Rule, wanted: &LogSource) {
        let mut domains = Domains::new();
        if let Some(codes) = self.fields.event_codes(wanted) {
            domains.insert(EVENT_ID.to_owned(), codes);
        }
        let uid = Some(rule.uid());
        let detection = &rule.detection;
        let truth = truth(detection, &domains);
        let at = detection.condition_at;
        if truth.never {
            let message = "no event fulfils this condition".to_owned();
            let mend = "look for values that exclude each other (unless the field holds a list), or for an event id that the logsource does not have";
            sheet.warn(Code::NeverTrue, at, uid, message, mend);
        }
        if truth.always {
            let message = "every event of the logsource fulfils this condition".to_owned();
            sheet.warn(Code::AlwaysTrue, at, uid, message, "add what makes an event suspicious");
        }
        for selection in truth.empty.iter().map(|index| &detection.selections[*index]) {
            let message = format!("no event fulfils the selection {:?}", selection.name);
            let mend = "look for values that exclude each other";
            sheet.warn(Code::NeverTrue, selection.at, uid, message, mend);
        }
    }
}

impl Sheet<'_> {
    /// Ids are nearly always fine, so the place is found by the text alone.
    fn place_of_id(&self, at: Position, id: &str) -> Position {
        let lines = self.file.text.lines().enumerate().skip(at.line.saturating_sub(1));
        let mut found = lines.filter_map(|(number, line)| {
            let value = line.strip_prefix("id:")?;
            let column = line.len() - value.trim_start().len() + 1;
            value.contains(id).then_some(Position { line: number + 1, column })
        });
        found.next().unwrap_or(at)
    }
}

/// A rule's log source, as the tables know it.
pub fn log_source(rule: &Rule) -> LogSource {
    let sigma::LogSource { product, category, service } = rule.logsource.clone();
    LogSource { product, category, service }
}

fn shown(source: &LogSource) -> String {
    let parts = [
        ("product", &source.product),
        ("category", &source.category),
        ("service", &source.service),
    ];
    let parts = parts.iter().filter_map(|(key, part)| Some(format!("{key} {}", part.as_ref()?)));
    parts.collect::<Vec<_>>().join(", ")
}

/// Every item of a rule, in the order of the file.
fn items(rule: &Rule) -> Vec<&Item> {
    fn walk<'r>(node: &'r Node, items: &mut Vec<&'r Item>) {
        match node {
            Node::Item(item) => items.push(item),
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().for_each(|n| walk(n, items)),
        }
    }
    let mut items = Vec::new();
    rule.detection.selections.iter().for_each(|selection| walk(&selection.node, &mut items));
    items
}

/// The fields that an item reads: its own, and those that it compares it with.
fn fields_of(item: &Item) -> impl Iterator<Item = &str> {
    let matchers = item.tests.iter().flat_map(|test| &test.alternatives);
    let references = matchers.filter_map(|matcher| match matcher {
        Matcher::Reference { field, .. } => Some(field.as_str()),
        _ => None,
    });
    item.field.as_deref().into_iter().chain(references)
}

/// What rules and correlations say about themselves.
fn about(
    sheet: &mut Sheet<'_>,
    at: Position,
    uid: &str,
    level: Option<sigma::Level>,
    tags: &[String],
) {
    if level.is_none() {
        let message = "there is no level".to_owned();
        let mend = "add informational, low, medium, high or critical";
        sheet.warn(Code::NoLevel, at, Some(uid), message, mend);
    }
    for tag in tags {
        if let Some((code, message, mend)) = tags::fault(tag) {
            let place = sheet.place(at, "tags", tag);
            sheet.warn(code, place, Some(uid), message, &mend);
        }
    }
}

fn unused(sheet: &mut Sheet<'_>, rule: &Rule) {
    fn used(condition: &Condition, found: &mut BTreeSet<usize>) {
        match condition {
            Condition::Selection(index) => {
                found.insert(*index);
            }
            Condition::Not(inner) => used(inner, found),
            Condition::And(parts) | Condition::Or(parts) => {
                parts.iter().for_each(|part| used(part, found));
            }
            Condition::AtLeast(_, of) => found.extend(of),
        }
    }
    let mut found = BTreeSet::new();
    used(&rule.detection.condition, &mut found);
    for (index, selection) in rule.detection.selections.iter().enumerate() {
        if !found.contains(&index) {
            let message = format!("the condition does not ask about {:?}", selection.name);
            let mend = "name it in the condition, or remove it";
            sheet.warn(Code::UnusedSelection, selection.at, Some(rule.uid()), message, mend);
        }
    }
}

fn literals(sheet: &mut Sheet<'_>, rule: &Rule, item: &Item) {
    for test in &item.tests {
        let [Matcher::Regex(regex)] = test.alternatives.as_slice() else { continue };
        let Some(plain) = literal::plain(regex.source()) else { continue };
        let field = item.field.as_deref().unwrap_or_default();
        let key = match plain.modifiers.as_str() {
            "" => field.to_owned(),
            modifiers => format!("{field}|{modifiers}"),
        };
        let value = match plain.values.as_slice() {
            [value] => format!("'{value}'"),
            values => format!("['{}']", values.join("', '")),
        };
        let message = "this regular expression says no more than plain text".to_owned();
        let mend = format!("write {key}: {value}, which is found without an expression");
        sheet.warn(Code::LiteralRegex, test.at, Some(rule.uid()), message, &mend);
    }
}

fn samples(sheet: &mut Sheet<'_>) {
    let start = Position { line: 1, column: 1 };
    let stem = sheet.file.name.rsplit_once('.').map_or(&*sheet.file.name, |(stem, _)| stem);
    let (matching, missing) = (format!("{stem}.match.log"), format!("{stem}.miss.log"));
    if !sheet.file.has_match_samples {
        let message = "there are no lines on which the rule must fire".to_owned();
        sheet.warn(Code::NoMatchSamples, start, None, message, &format!("write {matching}"));
    }
    if !sheet.file.has_miss_samples {
        let message = "there are no lines on which the rule must not fire".to_owned();
        sheet.warn(Code::NoMissSamples, start, None, message, &format!("write {missing}"));
    }
}
