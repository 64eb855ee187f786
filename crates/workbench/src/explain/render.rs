//! A trace as text and as JSON, and the clauses that decided a miss.

use detect::trace::{ItemTrace, NodeTrace, SelectionTrace, Trace, trace};
use lint::log_source;
use mapping::{LogSource, Tables};
use serde_json::{Value, json};
use sigma::{Condition, Rule};
use std::io::Write;

/// How much of a value is shown, in characters.
const VALUE_CHARS_MAX: usize = 200;
/// How many of a rule's values are named; the others are counted.
const PATTERNS_MAX: usize = 8;

/// The clauses that kept `rule` from matching `event`, in words; none where it matches.
pub(crate) fn failing(tables: &Tables, rule: &Rule, event: &[u8]) -> Vec<String> {
    trace(tables, rule, event).map_or_else(|_| Vec::new(), |trace| decisive(rule, &trace))
}

/// The whole trace for people.
pub(super) fn text(
    rule: &Rule,
    line: usize,
    trace: &Trace,
    fate: Option<&str>,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let verdict = if trace.matches { "match" } else { "miss" };
    writeln!(out, "{verdict}: line {line}, {} ({})", rule.title, rule.uid())?;
    writeln!(out, "  condition: {}", rule.detection.condition_text)?;
    for selection in &trace.selections {
        writeln!(out, "  {} {}", mark(selection.holds), selection.name)?;
        node(&selection.node, 2, out)?;
    }
    for why in decisive(rule, trace) {
        writeln!(out, "  because {why}")?;
    }
    if let Some(fate) = fate {
        writeln!(out, "  then {fate}")?;
    }
    writeln!(out)
}

fn mark(holds: bool) -> &'static str {
    if holds { "[yes]" } else { "[no] " }
}

fn node(node_: &NodeTrace, depth: usize, out: &mut impl Write) -> std::io::Result<()> {
    let indent = "  ".repeat(depth);
    match node_ {
        NodeTrace::Item(item) => writeln!(out, "{indent}{} {}", mark(item.holds), line(item)),
        NodeTrace::All(nodes, _) => nodes.iter().try_for_each(|inner| node(inner, depth, out)),
        NodeTrace::Any(nodes, _) => {
            for (number, inner) in nodes.iter().enumerate() {
                writeln!(out, "{indent}{} alternative {}", mark(inner.holds()), number + 1)?;
                node(inner, depth + 1, out)?;
            }
            Ok(())
        }
    }
}

/// What an item asks and what the event held.
fn line(item: &ItemTrace) -> String {
    let field = item.field.as_deref().unwrap_or("keywords");
    let key = match item.modifiers.as_str() {
        "" => field.to_owned(),
        modifiers => format!("{field}|{modifiers}"),
    };
    // What decided: the values that are met, or all that are not.
    let deciding = |test: &&detect::trace::TestTrace| test.holds == (item.holds != item.negated);
    let mut patterns: Vec<String> = item
        .tests
        .iter()
        .filter(deciding)
        .take(PATTERNS_MAX)
        .map(|test| format!("'{}'", shown(&test.pattern)))
        .collect();
    let left_out = item.tests.iter().filter(deciding).count().saturating_sub(PATTERNS_MAX);
    if left_out > 0 {
        patterns.push(format!("{left_out} more"));
    }
    let asked = format!("{key}: {}", patterns.join(", "));
    if item.field.is_none() {
        return format!("{asked} in any value");
    }
    match (&item.path, item.values.as_slice()) {
        (Some(path), [value]) => format!("{asked}; {path} holds {}", quoted(value.as_deref())),
        (Some(path), values) => {
            let values: Vec<String> = values.iter().map(|v| quoted(v.as_deref())).collect();
            format!("{asked}; {path} holds {}", values.join(", "))
        }
        (None, _) => {
            let looked: Vec<String> = item.looked.iter().map(ToString::to_string).collect();
            format!("{asked}; {field} is absent (looked at {})", looked.join(", "))
        }
    }
}

fn quoted(value: Option<&str>) -> String {
    value.map_or_else(|| "null".to_owned(), |value| format!("'{}'", shown(value)))
}

fn shown(value: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    match value.char_indices().nth(VALUE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", value[..at].replace(char::is_control, " ")),
        None => value.chars().map(clean).collect(),
    }
}

/// Why a rule did not match: the parts of its condition that are not as they should be.
fn decisive(rule: &Rule, trace: &Trace) -> Vec<String> {
    if trace.matches {
        return Vec::new();
    }
    if !trace.is_for {
        let serves: Vec<String> = trace.serves.iter().map(source).collect();
        let serves = match serves.is_empty() {
            true => "no log source of any table".to_owned(),
            false => serves.join("; "),
        };
        let wanted = source(&log_source(rule));
        return vec![format!("the rule is for {wanted}; the event serves {serves}")];
    }
    let mut why = Vec::new();
    blame(&rule.detection.condition, true, &trace.selections, &mut why);
    why
}

fn source(source: &LogSource) -> String {
    let parts = [&source.product, &source.category, &source.service];
    parts.map(|part| part.as_deref().unwrap_or("*")).join("/")
}

/// Finds the selections that keep `condition` from being `wanted`.
fn blame(condition: &Condition, wanted: bool, traces: &[SelectionTrace], why: &mut Vec<String>) {
    let holds = |condition: &Condition| condition.holds(&mut |index| traces[index].holds);
    match condition {
        Condition::Selection(index) => selection(&traces[*index], wanted, why),
        Condition::Not(inner) => blame(inner, !wanted, traces, why),
        Condition::And(parts) | Condition::Or(parts) => {
            for part in parts.iter().filter(|part| holds(part) != wanted) {
                blame(part, wanted, traces, why);
            }
        }
        Condition::AtLeast(_, of) => {
            for index in of.iter().filter(|index| traces[**index].holds != wanted) {
                selection(&traces[*index], wanted, why);
            }
        }
    }
}

fn selection(trace: &SelectionTrace, wanted: bool, why: &mut Vec<String>) {
    if trace.holds == wanted {
        return;
    }
    let verb = if wanted { "does not hold" } else { "holds and must not" };
    let mut items = Vec::new();
    deciding(&trace.node, !wanted, &mut items);
    for item in items {
        why.push(format!("{} {verb}: {}", trace.name, line(item)));
    }
}

/// The items that make a node be `holds`.
fn deciding<'t>(node: &'t NodeTrace, holds: bool, items: &mut Vec<&'t ItemTrace>) {
    match node {
        NodeTrace::Item(item) if item.holds == holds => items.push(item),
        NodeTrace::Item(_) => {}
        NodeTrace::All(nodes, _) | NodeTrace::Any(nodes, _) => {
            for inner in nodes.iter().filter(|inner| inner.holds() == holds) {
                deciding(inner, holds, items);
            }
        }
    }
}

/// The whole trace for programs.
pub(super) fn document(rule: &Rule, line: usize, trace: &Trace, fate: Option<&str>) -> Value {
    let selection = |selection: &SelectionTrace| {
        json!({
            "name": selection.name,
            "holds": selection.holds,
            "asks": asks(&selection.node),
        })
    };
    json!({
        "rule": rule.uid(),
        "file": rule.file,
        "line": line,
        "matches": trace.matches,
        "is_for": trace.is_for,
        "serves": trace.serves.iter().map(source).collect::<Vec<_>>(),
        "condition": rule.detection.condition_text,
        "selections": trace.selections.iter().map(selection).collect::<Vec<_>>(),
        "because": decisive(rule, trace),
        "fate": fate,
    })
}

fn asks(node: &NodeTrace) -> Value {
    let all = |nodes: &[NodeTrace]| nodes.iter().map(asks).collect::<Vec<_>>();
    match node {
        NodeTrace::All(nodes, holds) => json!({"all": all(nodes), "holds": holds}),
        NodeTrace::Any(nodes, holds) => json!({"any": all(nodes), "holds": holds}),
        NodeTrace::Item(item) => json!({
            "field": item.field,
            "modifiers": item.modifiers,
            "line": item.at.line,
            "column": item.at.column,
            "holds": item.holds,
            "looked": item.looked.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "path": item.path,
            "values": item.values,
            "patterns": item.tests.iter().map(|test| json!({
                "pattern": test.pattern,
                "holds": test.holds,
            })).collect::<Vec<_>>(),
        }),
    }
}
