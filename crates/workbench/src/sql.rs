//! `prohori rules sql`: rules as ClickHouse queries over the table of events.

use crate::{Error, Format, Input, Verdict};
use correlate::Plan;
use mapping::Tables;
use query::sql::{Listing, Measured, Member, Rows, listing, windows};
use query::{Range, of_rule};
use serde_json::{Value, json};
use sigma::{Correlation, CorrelationCondition, CorrelationKind, Document, Rule};
use std::io::Write;

/// What the command line asks for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The database of the table `events`.
    pub database: String,
    /// Of these agencies; none: of all.
    pub agencies: Vec<String>,
    /// Of this time.
    pub range: Range,
    /// For whom to write.
    pub format: Format,
}

/// A rule or correlation as a query.
struct Rendered<'a> {
    uid: &'a str,
    title: &'a str,
    file: &'a str,
    /// Whether rows are the matches at which a correlation holds.
    correlation: bool,
    listing: Listing,
}

/// Writes each rule and correlation of the input as a query to `out`. Bad if one cannot be read.
pub fn run(input: &Input, options: &Options, out: &mut impl Write) -> Result<Verdict, Error> {
    let tables = Tables::builtin()?;
    let (mut rules, mut correlations, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    let mut filters = Vec::new();
    for file in input.files()? {
        let parsed = sigma::parse(&file.name, &file.text, &input.placeholders);
        errors.extend(parsed.errors);
        for document in parsed.documents {
            match document {
                Document::Rule(rule) => rules.push(*rule),
                Document::Correlation(correlation) => correlations.push(*correlation),
                Document::Filter(filter) => filters.push(filter.title.clone()),
            }
        }
    }
    let resolved = sigma::resolve(&rules, correlations);
    errors.extend(resolved.errors);
    let silent = Plan::new(&resolved.correlations).0;
    let table = format!("{}.events", options.database);
    let rows = Rows { table: &table, agencies: &options.agencies, range: options.range };
    let mut rendered: Vec<Rendered<'_>> = Vec::new();
    for (_, rule) in rules.iter().enumerate().filter(|(index, _)| !silent.is_silent(*index)) {
        let mut listing = listing(&of_rule(rule), &tables, rows);
        let folds = "its rows are matches, of which the detector folds several into an alert";
        listing.notes.extend(rule.folding.iter().map(|_| folds.to_owned()));
        rendered.push(Rendered {
            uid: rule.uid(),
            title: &rule.title,
            file: &rule.file,
            correlation: false,
            listing,
        });
    }
    for (correlation, members) in &resolved.correlations {
        rendered.push(Rendered {
            uid: correlation.uid(),
            title: &correlation.title,
            file: &correlation.file,
            correlation: true,
            listing: correlated(correlation, members, &rules, &tables, rows),
        });
    }
    let written = match options.format {
        Format::Text => rendered.iter().try_for_each(|rule| text(rule, out)),
        Format::Json => {
            let rules: Vec<Value> = rendered.iter().map(document).collect();
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            writeln!(out, "{:#}", json!({ "rules": rules, "filters": filters, "errors": errors }))
        }
    };
    written.map_err(Error::Write)?;
    if options.format == Format::Text {
        for filter in &filters {
            let filter = line(filter);
            writeln!(out, "-- filter {filter:?} is not part of these queries; the hunt applies it")
                .map_err(Error::Write)?;
        }
        for error in &errors {
            writeln!(out, "-- not rendered: {error}").map_err(Error::Write)?;
        }
    }
    Ok(Verdict::of(errors.is_empty()))
}

fn text(rule: &Rendered<'_>, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "-- {} ({}, {})", line(rule.title), line(rule.uid), line(rule.file))?;
    for note in &rule.listing.notes {
        writeln!(
            out,
            "-- Finds more than the rule: {}; prohori hunt checks each row.",
            line(note)
        )?;
    }
    writeln!(out, "{};\n", rule.listing.text)
}

/// A text that cannot leave its comment.
fn line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

fn document(rule: &Rendered<'_>) -> Value {
    json!({
        "id": rule.uid,
        "title": rule.title,
        "file": rule.file,
        "correlation": rule.correlation,
        "sql": rule.listing.text,
        "exact": rule.listing.notes.is_empty(),
        "notes": rule.listing.notes,
    })
}

/// A correlation: a measure over the time before each match, where windows of SQL can say it; else
/// the matches that it would be made of, which is told.
fn correlated(
    correlation: &Correlation,
    members: &[sigma::Member],
    rules: &[Rule],
    tables: &Tables,
    rows: Rows<'_>,
) -> Listing {
    let of_rules: Vec<(usize, &Rule)> = members
        .iter()
        .enumerate()
        .filter_map(|(place, member)| match member {
            sigma::Member::Rule(index) => rules.get(*index).map(|rule| (place, rule)),
            sigma::Member::Correlation(_) => None,
        })
        .collect();
    let exprs: Vec<query::Expr> = of_rules.iter().map(|(_, rule)| of_rule(rule)).collect();
    let fields: Vec<(Vec<String>, Vec<String>)> = of_rules
        .iter()
        .map(|(place, _)| {
            let names = |names: &[String]| {
                names.iter().map(|name| field(correlation, *place, name)).collect()
            };
            (names(&correlation.group_by), names(&correlation.measure.fields))
        })
        .collect();
    let parts: Vec<Member<'_>> = exprs
        .iter()
        .zip(&fields)
        .map(|(expr, (group, counted))| Member { expr, group, counted })
        .collect();
    let whole = of_rules.len() == members.len();
    let said = whole.then(|| said(correlation, members.len())).flatten();
    let (measured, having, note) = said.unwrap_or((
        Measured::Events,
        "1".to_owned(),
        Some(format!("{} is left to the engine", correlation.kind.as_str())),
    ));
    let timespan = correlation.timespan_ms;
    let mut listing =
        windows(&parts, &correlation.group_by, measured, timespan, &having, tables, rows);
    let nested = (!whole).then(|| "correlations within are left to the engine".to_owned());
    listing.notes.extend(note.into_iter().chain(nested));
    listing
}

/// What `name` means in the events of the correlation's rule at `place`.
fn field(correlation: &Correlation, place: usize, name: &str) -> String {
    let rule = correlation.rules.get(place).map(|rule| rule.text.as_str());
    let alias = correlation.aliases.iter().find(|alias| alias.name.text == name);
    let fields = alias.map_or(&[][..], |alias| &alias.fields);
    let own = fields.iter().find(|(of, _)| Some(of.text.as_str()) == rule);
    own.map_or_else(|| name.to_owned(), |(_, field)| field.clone())
}

/// What is measured, and what must hold of it; with a note where that is not all.
fn said(correlation: &Correlation, members: usize) -> Option<(Measured, String, Option<String>)> {
    let measured = match correlation.kind {
        CorrelationKind::EventCount => Measured::Events,
        CorrelationKind::ValueCount => Measured::Values,
        CorrelationKind::Temporal => Measured::Rules,
        CorrelationKind::TemporalOrdered => {
            let note = "the order of the rules is left to the engine".to_owned();
            return all_of(correlation, members)
                .map(|having| (Measured::Rules, having, Some(note)));
        }
        _ => return None,
    };
    if measured == Measured::Rules {
        return all_of(correlation, members).map(|having| (measured, having, None));
    }
    let CorrelationCondition::Bounds(bounds) = &correlation.measure.condition else { return None };
    // A bound from above alone is decided when a window closes, not at a match.
    let whole = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let fits = bounds.iter().all(|b| b.relation.is_lower() && whole(&b.text));
    let part = |bound: &sigma::Bound| {
        let sign = if bound.relation == sigma::Relation::Greater { ">" } else { ">=" };
        format!("measured {sign} {}", bound.text)
    };
    let having = bounds.iter().map(part).collect::<Vec<_>>().join(" AND ");
    (fits && !bounds.is_empty()).then_some((measured, having, None))
}

/// That every rule has matched, where the condition asks for that.
fn all_of(correlation: &Correlation, members: usize) -> Option<String> {
    let CorrelationCondition::Expression(condition, _) = &correlation.measure.condition else {
        return None;
    };
    let all = match condition {
        sigma::Condition::And(parts) => {
            let distinct: std::collections::BTreeSet<usize> = parts
                .iter()
                .filter_map(|part| match part {
                    sigma::Condition::Selection(index) => Some(*index),
                    _ => None,
                })
                .collect();
            distinct.len() == parts.len() && parts.len() == members
        }
        sigma::Condition::Selection(_) => members == 1,
        _ => false,
    };
    all.then(|| format!("measured = {members}"))
}
