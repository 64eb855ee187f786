//! Sigma Filters: what joins the conditions of other rules, and for whom and how long.
//!
//! A filter's condition is joined to those of the rules it names by AND, as the reference
//! implementation does: `not selection` leaves out what the selection describes. Attributes of our
//! own make an exception of it, with an owner, a scope and an end.

use crate::error::Fault;
use crate::rule::{self, form, text, texts};
use crate::{
    Condition, Detection, Head, LogSource, Placeholders, Problem, Rule, date, detection, folding,
};
use yaml::{Entry, Kind, Node, Position};

const OWNER: &str = "x-prohori-owner";
const AGENCIES: &str = "x-prohori-agencies";
const EXPIRES: &str = "x-prohori-expires";
const TICKET: &str = "x-prohori-ticket";

/// Which rules a filter joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// Every rule whose log source is the filter's or more exact.
    Any,
    /// Those with these ids or names.
    Named(Vec<(String, Position)>),
}

/// A filter that joins the condition of other rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The file it stands in, as given.
    pub file: String,
    /// Where in it.
    pub at: Position,
    /// What it leaves out.
    pub title: String,
    /// Its id.
    pub id: Option<String>,
    /// Why, at length.
    pub description: Option<String>,
    /// Only rules of this log source are joined.
    pub logsource: LogSource,
    /// Only these of them.
    pub rules: Targets,
    /// What must hold for a rule to match.
    pub detection: Detection,
    /// Who answers for it (`x-prohori-owner`).
    pub owner: Option<String>,
    /// The agencies whose events it concerns (`x-prohori-agencies`); none means all.
    pub agencies: Vec<String>,
    /// When it ends (`x-prohori-expires`), in milliseconds since the epoch; a day ends in UTC.
    pub expires_ms: Option<i64>,
    /// Where it was decided (`x-prohori-ticket`).
    pub ticket: Option<String>,
}

impl Filter {
    /// What identifies it: the id, else the title.
    pub fn uid(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.title)
    }

    /// Whether it joins `rule`: by log source, and by id or name.
    pub fn joins(&self, rule: &Rule) -> bool {
        let part = |mine: &Option<String>, its: &Option<String>| {
            let same =
                |mine: &String| its.as_ref().is_some_and(|its| its.eq_ignore_ascii_case(mine));
            mine.as_ref().is_none_or(same)
        };
        let (mine, its) = (&self.logsource, &rule.logsource);
        part(&mine.product, &its.product)
            && part(&mine.category, &its.category)
            && part(&mine.service, &its.service)
            && match &self.rules {
                Targets::Any => true,
                Targets::Named(names) => names.iter().any(|(name, _)| names_rule(name, rule)),
            }
    }

    /// Whether it concerns an event of `agency` at that time, in milliseconds since the epoch.
    pub fn concerns(&self, agency: &str, at_ms: i64) -> bool {
        let in_scope = self.agencies.is_empty() || self.agencies.iter().any(|name| name == agency);
        in_scope && self.expires_ms.is_none_or(|end| at_ms < end)
    }

    /// The rule that matches what the filter leaves out.
    pub fn left_out(&self) -> Rule {
        let mut detection = self.detection.clone();
        detection.condition = match detection.condition {
            Condition::Not(inner) => *inner,
            other => Condition::Not(Box::new(other)),
        };
        let head = Head {
            file: self.file.clone(),
            at: self.at,
            title: self.title.clone(),
            id: self.id.clone(),
            description: self.description.clone(),
            ..Head::default()
        };
        let (fields, logsource) = (Vec::new(), self.logsource.clone());
        Rule { head, fields, logsource, detection, folding: None }
    }
}

/// Whether `name` is a rule's id or name.
pub(crate) fn names_rule(name: &str, rule: &Rule) -> bool {
    [&rule.id, &rule.name].into_iter().any(|known| known.as_deref() == Some(name))
}

/// Reads a document that has a `filter`.
pub(crate) fn read(file: &str, node: &Node, placeholders: &Placeholders) -> Result<Filter, Fault> {
    let missing = |what, mend| (node.at, Problem::Missing { what, mend });
    let body = node.get("filter").ok_or(missing("filter", "rules, a selection and a condition"))?;
    let logsource =
        node.get("logsource").ok_or(missing("logsource", "a product, category or service"))?;
    let Some(entries) = body.as_map() else {
        return Err(form(body, "filter", "a map of rules, selections and a condition"));
    };
    // A misspelt end or scope would be no end and no scope, so attributes of our own are all known.
    folding::known(node, "a filter", folding::OURS, &[OWNER, AGENCIES, EXPIRES, TICKET])?;
    let selections: Vec<Entry> = entries.iter().filter(|e| e.key != "rules").cloned().collect();
    let selections = Node { at: body.at, kind: Kind::Map(selections) };
    Ok(Filter {
        file: file.to_owned(),
        at: node.at,
        title: text(node, "title")?.ok_or(missing("title", "a line that says what is left out"))?,
        id: text(node, "id")?,
        description: text(node, "description")?,
        logsource: rule::log_source(logsource)?,
        rules: targets(body)?,
        detection: detection::read(&selections, placeholders)?,
        owner: text(node, OWNER)?,
        agencies: texts(node, AGENCIES)?,
        expires_ms: expires(node)?,
        ticket: text(node, TICKET)?,
    })
}

fn targets(body: &Node) -> Result<Targets, Fault> {
    let mend = "the ids or names of rules, or \"rules: any\"";
    let Some(node) = body.get("rules").filter(|node| !node.is_null()) else {
        return Err((body.at, Problem::Missing { what: "rules", mend }));
    };
    let mut names = Vec::new();
    for item in node.items() {
        match item.as_str() {
            Some(name) => names.push((name.to_owned(), item.at)),
            None => return Err(form(item, "rules", "ids or names of rules, or any")),
        }
    }
    let any = node.as_list().is_none() && names.iter().any(|(n, _)| n.eq_ignore_ascii_case("any"));
    Ok(if any || names.is_empty() { Targets::Any } else { Targets::Named(names) })
}

fn expires(node: &Node) -> Result<Option<i64>, Fault> {
    let Some(written) = text(node, EXPIRES)? else { return Ok(None) };
    let at = node.get(EXPIRES).map_or(node.at, |value| value.at);
    let expected = "a day such as 2026-12-31, or a moment such as 2026-12-31T18:00:00Z";
    let problem =
        || Problem::Form { what: EXPIRES.into(), expected, found: format!("{written:?}") };
    date::end_ms(&written).map(Some).ok_or_else(|| (at, problem()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Document, parse};

    const HEAD: &str = "title: f\nlogsource: {product: windows, category: process_creation}\n";

    fn read(tail: &str) -> Result<Filter, String> {
        let parsed = parse("f.yml", &format!("{HEAD}{tail}\n"), &Placeholders::new());
        match parsed.documents.into_iter().next() {
            Some(Document::Filter(filter)) => Ok(*filter),
            _ => Err(parsed.errors[0].to_string()),
        }
    }

    fn rule(logsource: &str, id: &str, name: &str) -> Rule {
        let text = format!(
            "title: r\nid: {id}\nname: {name}\nlogsource: {logsource}\ndetection: {{s: {{a: 1}}, condition: s}}\n"
        );
        match parse("r.yml", &text, &Placeholders::new()).documents.remove(0) {
            Document::Rule(rule) => *rule,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn which_rules_are_joined() {
        let windows = "{product: windows, category: process_creation, service: sysmon}";
        for (rules, logsource, expected) in [
            ("any", windows, true),
            ("[]", windows, true),
            ("[x, the-id]", windows, true),
            ("the_name", windows, true),
            ("[r]", windows, false),
            ("[any]", windows, false),
            ("any", "{product: windows}", false),
            ("any", "{product: linux, category: process_creation}", false),
        ] {
            let filter =
                read(&format!("filter: {{rules: {rules}, s: {{User: x}}, condition: not s}}"));
            let joins = filter.unwrap().joins(&rule(logsource, "the-id", "the_name"));
            assert_eq!(joins, expected, "{rules} {logsource}");
        }
    }

    #[test]
    fn an_exception_has_a_scope_and_an_end() {
        let body = "filter: {rules: any, s: {User: x}, condition: not s}";
        let day = read(&format!(
            "x-prohori-owner: soc\nx-prohori-agencies: [mof]\nx-prohori-expires: 2026-02-28\nx-prohori-ticket: T-1\n{body}"
        ))
        .unwrap();
        assert_eq!((day.owner.as_deref(), day.ticket.as_deref()), (Some("soc"), Some("T-1")));
        let last_ms = 1_772_323_199_999;
        for (agency, at_ms, expected) in [
            ("mof", 0, true),
            ("mof", last_ms, true),
            ("mof", last_ms + 1, false),
            ("moha", 0, false),
        ] {
            assert_eq!(day.concerns(agency, at_ms), expected, "{agency} {at_ms}");
        }
        let moment = read(&format!("x-prohori-expires: 1970-01-01T00:01:02Z\n{body}")).unwrap();
        assert_eq!(moment.expires_ms, Some(62_000));
        assert!(read(body).unwrap().concerns("anyone", i64::MAX));
        assert_eq!(day.left_out().detection.condition, Condition::Selection(0));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let body = "filter: {rules: any, s: {User: x}, condition: not s}";
        for (tail, expected) in [
            ("filter: {rules: any, s: {User: x}}", "f.yml:3:9: condition is missing"),
            ("filter: {s: {User: x}, condition: s}", "f.yml:3:9: rules is missing; add the ids"),
            ("filter: {rules: any, condition: s}", "f.yml:3:33: condition: no selection"),
            (
                &format!("x-prohori-expires: tomorrow\n{body}"),
                "f.yml:3:20: x-prohori-expires must be a day",
            ),
            (
                &format!("x-prohori-expires: 2026-02-30\n{body}"),
                "f.yml:3:20: x-prohori-expires must be a day",
            ),
            (
                &format!("x-prohori-expire: 2026-02-28\n{body}"),
                "f.yml:3:1: attribute \"x-prohori-expire\" of a filter must be x-prohori-expires",
            ),
        ] {
            let error = read(tail).unwrap_err();
            assert!(error.starts_with(expected), "{tail}: {error}");
        }
    }
}
