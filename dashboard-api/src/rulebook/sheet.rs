//! What a rule file says of itself.

use serde::{Deserialize, Serialize};
use sigma::{Correlation, Document, Filter, Head, Placeholders, Targets};
use std::collections::BTreeSet;

/// What a rule file mainly holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RuleKind)]
pub(crate) enum Kind {
    /// Rules over single events.
    Rule,
    /// A correlation, and mostly the rules that it counts.
    Correlation,
    /// A Sigma Filter: what is left out.
    Exception,
}

/// A rule file's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sheet {
    pub(crate) kind: Kind,
    /// The id of its main document, by which the file is named.
    pub(crate) id: String,
    pub(crate) title: String,
    /// Empty where it has none.
    pub(crate) title_bn: String,
    /// Empty where it has none.
    pub(crate) level: String,
    /// Empty where it has none.
    pub(crate) status: String,
    /// Such as `linux/sshd`; empty for correlations.
    pub(crate) logsource: String,
    pub(crate) tags: Vec<String>,
    /// The ids of all of its documents: by these stages name them, and alerts are theirs.
    pub(crate) ids: Vec<String>,
    /// The names and ids under which its documents are known to others.
    pub(crate) known_as: Vec<String>,
    /// The rules that its correlations, or the filter, name and that it does not hold itself.
    pub(crate) needs: Vec<String>,
    /// Of an exception.
    pub(crate) exception: Option<Exception>,
}

/// What an exception says besides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Exception {
    pub(crate) owner: String,
    /// Empty: every agency.
    pub(crate) agencies: Vec<String>,
    pub(crate) expires_ms: Option<i64>,
    pub(crate) ticket: String,
    /// Whether it is for any rule of its log source.
    pub(crate) any: bool,
}

/// Reads a rule file; what keeps it from being one, in words with the place.
pub(crate) fn read(
    name: &str,
    text: &str,
    placeholders: &Placeholders,
) -> Result<Sheet, Vec<String>> {
    let parsed = sigma::parse(name, text, placeholders);
    if !parsed.errors.is_empty() {
        return Err(parsed.errors.iter().map(ToString::to_string).collect());
    }
    let documents = parsed.documents;
    let main = main(&documents).ok_or_else(|| vec![format!("{name}: there is no rule in it")])?;
    let mut sheet = match main {
        Document::Rule(rule) => {
            let source = &rule.logsource;
            let parts = [&source.product, &source.category, &source.service];
            let parts: Vec<&str> = parts.into_iter().filter_map(Option::as_deref).collect();
            of_head(Kind::Rule, &rule.head, parts.join("/"))
        }
        Document::Correlation(correlation) => {
            of_head(Kind::Correlation, &correlation.head, String::new())
        }
        Document::Filter(filter) => of_filter(filter),
    };
    sheet.ids = documents.iter().map(|document| uid(document).to_owned()).collect();
    let known: BTreeSet<&str> = documents.iter().flat_map(known_as).collect();
    let needs: BTreeSet<&str> = documents.iter().flat_map(names).collect();
    sheet.needs = needs.difference(&known).map(|name| (*name).to_owned()).collect();
    sheet.known_as = known.into_iter().map(str::to_owned).collect();
    Ok(sheet)
}

/// The document that the file is there for: a correlation that no other one of it names, else its
/// first rule, else its first filter.
fn main(documents: &[Document]) -> Option<&Document> {
    let named: BTreeSet<&str> = documents.iter().flat_map(names).collect();
    let is_outermost = |correlation: &Correlation| {
        let own = [correlation.id.as_deref(), correlation.name.as_deref()];
        !own.into_iter().flatten().any(|name| named.contains(name))
    };
    let correlation =
        documents.iter().find(|d| matches!(d, Document::Correlation(c) if is_outermost(c)));
    let rule = || documents.iter().find(|d| matches!(d, Document::Rule(_)));
    correlation.or_else(rule).or(documents.first())
}

fn of_head(kind: Kind, head: &Head, logsource: String) -> Sheet {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Sheet {
        kind,
        id: head.uid().to_owned(),
        title: head.title.clone(),
        title_bn: text(&head.title_bn),
        level: head.level.map(|level| level.to_string()).unwrap_or_default(),
        status: text(&head.status),
        logsource,
        tags: head.tags.clone(),
        ids: Vec::new(),
        known_as: Vec::new(),
        needs: Vec::new(),
        exception: None,
    }
}

fn of_filter(filter: &Filter) -> Sheet {
    let source = &filter.logsource;
    let parts = [&source.product, &source.category, &source.service];
    let parts: Vec<&str> = parts.into_iter().filter_map(Option::as_deref).collect();
    let head = Head { title: filter.title.clone(), id: filter.id.clone(), ..Head::default() };
    let exception = Exception {
        owner: filter.owner.clone().unwrap_or_default(),
        agencies: filter.agencies.clone(),
        expires_ms: filter.expires_ms,
        ticket: filter.ticket.clone().unwrap_or_default(),
        any: filter.rules == Targets::Any,
    };
    Sheet { exception: Some(exception), ..of_head(Kind::Exception, &head, parts.join("/")) }
}

fn uid(document: &Document) -> &str {
    match document {
        Document::Rule(rule) => rule.uid(),
        Document::Correlation(correlation) => correlation.uid(),
        Document::Filter(filter) => filter.uid(),
    }
}

/// By what others may refer to a document.
fn known_as(document: &Document) -> impl Iterator<Item = &str> {
    let (id, name) = match document {
        Document::Rule(rule) => (rule.id.as_deref(), rule.name.as_deref()),
        Document::Correlation(correlation) => {
            (correlation.id.as_deref(), correlation.name.as_deref())
        }
        Document::Filter(_) => (None, None),
    };
    id.into_iter().chain(name)
}

/// The rules that a document names.
fn names(document: &Document) -> Vec<&str> {
    match document {
        Document::Rule(_) => Vec::new(),
        Document::Correlation(correlation) => {
            correlation.rules.iter().map(|rule| rule.text.as_str()).collect()
        }
        Document::Filter(filter) => match &filter.rules {
            Targets::Any => Vec::new(),
            Targets::Named(names) => names.iter().map(|(name, _)| name.as_str()).collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_what_it_is_there_for() {
        let rule = "title: one\nid: r1\nname: one\nlogsource: {product: linux, service: sshd}\n\
            detection: {s: {a: 1}, condition: s}\nlevel: high\n";
        let correlation = "---\ntitle: many\nid: c1\ncorrelation: {type: event_count, rules: [one, \
            other], timespan: 5m, condition: {gte: 2}}\n";
        let read = |text: &str| read("f.yml", text, &Placeholders::new());
        let sheet = read(rule).unwrap();
        assert_eq!(
            (sheet.kind, sheet.id.as_str(), sheet.level.as_str()),
            (Kind::Rule, "r1", "high")
        );
        assert_eq!((sheet.logsource.as_str(), sheet.needs.len()), ("linux/sshd", 0));
        let sheet = read(&format!("{rule}{correlation}")).unwrap();
        assert_eq!((sheet.kind, sheet.id.as_str()), (Kind::Correlation, "c1"));
        assert_eq!(
            (sheet.ids, sheet.needs),
            (vec!["r1".into(), "c1".into()], vec!["other".into()])
        );
        let filter = "title: f\nid: f1\nx-prohori-owner: soc\nx-prohori-agencies: [mof]\n\
            logsource: {product: linux}\nfilter: {rules: [r1], s: {b: 2}, condition: not s}\n";
        let sheet = read(filter).unwrap();
        assert_eq!((sheet.kind, &sheet.needs[..]), (Kind::Exception, &["r1".to_owned()][..]));
        assert_eq!(sheet.exception.unwrap().agencies, ["mof"]);
        assert!(read("title: x\n").unwrap_err()[0].starts_with("f.yml:1:1: "));
        assert!(read("").is_err());
    }
}
