//! A rule as a whole.

use crate::error::Fault;
use crate::{Detection, Folding, Head, Placeholders, Problem, detection, folding, head};
use std::fmt;
use std::ops::Deref;
use yaml::Node;

/// How bad it is if the rule matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// For enrichment; no alert is expected of anyone.
    Informational,
    /// Notable, rarely an incident.
    Low,
    /// To be reviewed.
    Medium,
    /// To be reviewed promptly.
    High,
    /// An incident, nearly certainly.
    Critical,
}

impl Level {
    /// The level of that name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "informational" => Self::Informational,
            "low" => Self::Low,
            "medium" => Self::Medium,
            "high" => Self::High,
            "critical" => Self::Critical,
            _ => return None,
        })
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What log data a rule is meant for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct LogSource {
    /// Such as `windows`.
    pub product: Option<String>,
    /// Such as `process_creation`.
    pub category: Option<String>,
    /// Such as `sysmon`.
    pub service: Option<String>,
}

/// A Sigma rule over single events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What it says of itself; its parts read as the rule's own.
    pub head: Head,
    /// Fields worth showing.
    pub fields: Vec<String>,
    /// What it is meant for.
    pub logsource: LogSource,
    /// What it looks for.
    pub detection: Detection,
    /// How its alerts fold, where it says so.
    pub folding: Option<Folding>,
}

impl Deref for Rule {
    type Target = Head;

    fn deref(&self) -> &Head {
        &self.head
    }
}

/// Reads a document that has a `detection`.
pub(crate) fn read(file: &str, node: &Node, placeholders: &Placeholders) -> Result<Rule, Fault> {
    let missing = |what, mend| (node.at, Problem::Missing { what, mend });
    let detection =
        node.get("detection").ok_or(missing("detection", "selections and a condition"))?;
    let logsource =
        node.get("logsource").ok_or(missing("logsource", "a product, category or service"))?;
    Ok(Rule {
        head: head::read(file, node)?,
        fields: texts(node, "fields")?,
        logsource: log_source(logsource)?,
        detection: detection::read(detection, placeholders)?,
        folding: folding::read(node)?,
    })
}

pub(crate) fn form(node: &Node, what: &str, expected: &'static str) -> Fault {
    (node.at, Problem::Form { what: what.to_owned(), expected, found: node.what().to_owned() })
}

/// The text under `key`; authors, dates and the like may be lists, which are joined.
pub(crate) fn text(node: &Node, key: &str) -> Result<Option<String>, Fault> {
    let Some(value) = node.get(key).filter(|value| !value.is_null()) else { return Ok(None) };
    let parts: Option<Vec<&str>> = value.items().iter().map(Node::as_str).collect();
    parts.map(|parts| Some(parts.join(", "))).ok_or_else(|| form(value, key, "text"))
}

pub(crate) fn texts(node: &Node, key: &str) -> Result<Vec<String>, Fault> {
    let Some(value) = node.get(key).filter(|value| !value.is_null()) else { return Ok(Vec::new()) };
    let parts: Option<Vec<String>> =
        value.items().iter().map(|item| item.as_str().map(str::to_owned)).collect();
    parts.ok_or_else(|| form(value, key, "a list of texts"))
}

pub(crate) fn level(node: &Node) -> Result<Option<Level>, Fault> {
    let Some(name) = text(node, "level")? else { return Ok(None) };
    let at = node.get("level").map_or(node.at, |value| value.at);
    let expected = "informational, low, medium, high or critical";
    let problem = || Problem::Form { what: "level".into(), expected, found: format!("{name:?}") };
    Level::named(&name).map(Some).ok_or_else(|| (at, problem()))
}

pub(crate) fn log_source(node: &Node) -> Result<LogSource, Fault> {
    if node.as_map().is_none() {
        return Err(form(node, "logsource", "a map with product, category or service"));
    }
    let source = LogSource {
        product: text(node, "product")?,
        category: text(node, "category")?,
        service: text(node, "service")?,
    };
    if source == LogSource::default() {
        let mend = "a product, category or service";
        return Err((node.at, Problem::Missing { what: "what logsource is meant", mend }));
    }
    Ok(source)
}
