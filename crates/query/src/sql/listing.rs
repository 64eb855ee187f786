//! What a rule or a correlation finds, as a `SELECT` for people to read and run as it stands.

use super::compile::Compiler;
use super::{Param, inlined, settings};
use crate::field::Field;
use crate::{Expr, Range};
use mapping::Tables;
use std::fmt::Write as _;

/// The columns of a listing.
const COLUMNS: &str = "time,\n    lower(hex(uid)) AS event_uid,\n    agency,\n    host,\n    user,\n    source,\n    message";

/// The farthest that ClickHouse's windows reach back, in units of what they are ordered by.
const FRAME_MAX: i64 = i32::MAX as i64;

/// Which rows a listing is about.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// The table, with its database.
    pub table: &'a str,
    /// Of these agencies; none: of all.
    pub agencies: &'a [String],
    /// Of this time.
    pub range: Range,
}

/// A statement with its values in it, and what it does not say exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The SQL.
    pub text: String,
    /// Where it finds too many rows, in words.
    pub notes: Vec<String>,
}

/// The matches of one rule in a correlation.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// The rule.
    pub expr: &'a Expr,
    /// The Sigma fields whose values must be equal, in the correlation's order.
    pub group: &'a [String],
    /// The Sigma fields that are counted, where values are.
    pub counted: &'a [String],
}

/// What is measured at each match, over the time before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measured {
    /// The matches.
    Events,
    /// The different values.
    Values,
    /// The different rules.
    Rules,
}

/// The events that `expr` finds.
pub fn listing(expr: &Expr, tables: &Tables, rows: Rows<'_>) -> Listing {
    let (text, notes) = select(expr, tables, rows, &[]);
    Listing { text: format!("{text}\nORDER BY time, event_uid\n{}", settings()), notes }
}

/// The matches at which a measure over `timespan_ms` before them, by the values of the groups,
/// fulfils `having` (SQL over `measured`).
pub fn windows(
    members: &[Member<'_>],
    names: &[String],
    measured: Measured,
    timespan_ms: i64,
    having: &str,
    tables: &Tables,
    rows: Rows<'_>,
) -> Listing {
    let mut notes = Vec::new();
    let mut parts = Vec::new();
    for (number, member) in members.iter().enumerate() {
        let mut extra: Vec<(String, Option<&[String]>)> = Vec::new();
        for (index, field) in member.group.iter().enumerate() {
            extra.push((format!("group_{index}"), Some(std::slice::from_ref(field))));
        }
        extra.push(("counted".into(), Some(member.counted)));
        let (text, mut more) = select(member.expr, tables, rows, &extra);
        notes.append(&mut more);
        parts.push(indented(&text.replacen(
            "SELECT",
            &format!("SELECT\n    {number} AS rule,"),
            1,
        )));
    }
    notes.sort();
    notes.dedup();
    let measure = match measured {
        Measured::Events => "count()",
        Measured::Values => "uniqExactIf(counted, counted != '')",
        Measured::Rules => "uniqExact(rule)",
    };
    let (order, preceding) = match timespan_ms <= FRAME_MAX {
        true => ("toUnixTimestamp64Milli(time)", timespan_ms),
        false => {
            notes.push("a timespan of more than 24 days is measured in whole seconds".into());
            ("intDiv(toUnixTimestamp64Milli(time), 1000)", timespan_ms / 1_000 + 1)
        }
    };
    let groups: Vec<String> = (0..names.len()).map(|index| format!("group_{index}")).collect();
    let grouped: String = groups.iter().map(|group| format!(", {group}")).collect();
    let mut shown = String::new();
    for (group, name) in groups.iter().zip(names) {
        let _ = write!(shown, ",\n    {group} AS {}", identifier(name));
    }
    let present: String = groups.iter().map(|group| format!(" AND {group} != ''")).collect();
    let text = format!(
        "SELECT\n    time,\n    agency{shown},\n    measured,\n    event_uid,\n    host,\n    message\nFROM\n(\n    \
         SELECT\n        *,\n        {measure} OVER (\n            PARTITION BY agency{grouped}\n            \
         ORDER BY {order}\n            RANGE BETWEEN {preceding} PRECEDING AND CURRENT ROW\n        \
         ) AS measured\n    FROM\n    (\n{}\n    )\n    WHERE 1{present}\n)\nWHERE {having}\nORDER BY time, event_uid\n{}",
        parts.join("\n        UNION ALL\n"),
        settings(),
    );
    Listing { text, notes }
}

/// The `SELECT` without its order, with more columns: fields by their Sigma names, several joined.
fn select(
    expr: &Expr,
    tables: &Tables,
    rows: Rows<'_>,
    extra: &[(String, Option<&[String]>)],
) -> (String, Vec<String>) {
    let mut compiler = Compiler::new(tables, 0);
    compiler.source = super::compile::source_of(&expr.conjuncts());
    let mut conditions = Vec::new();
    if !rows.agencies.is_empty() {
        let agencies = compiler.param(Param::Texts(rows.agencies.to_vec()));
        conditions.push(format!("agency IN {agencies}"));
    }
    let (from, to) = (rows.range.from_ms, rows.range.to_ms);
    conditions.push(format!("time >= fromUnixTimestamp64Milli({from})"));
    conditions.push(format!("time < fromUnixTimestamp64Milli({to})"));
    conditions.extend(compiler.leading(expr));
    conditions.extend(compiler.prunes(expr));
    let exact = compiler.conjuncts(expr);
    let mut columns = COLUMNS.to_owned();
    for (alias, fields) in extra {
        let texts: Vec<String> = fields
            .unwrap_or_default()
            .iter()
            .map(|field| {
                let values = compiler.values(&Field::Sigma(field.clone()));
                let texts = compiler.texts(&values);
                format!("arrayStringConcat({texts}, ', ')")
            })
            .collect();
        let text = match texts.as_slice() {
            [] => "''".to_owned(),
            [one] => one.clone(),
            // Together they are one value, which is there if each of them is.
            many => {
                let present = many.iter().map(|text| format!("{text} != ''"));
                let present = present.collect::<Vec<_>>().join(" AND ");
                format!("if({present}, toJSONString([{}]), '')", many.join(", "))
            }
        };
        let _ = write!(columns, ",\n    {text} AS {alias}");
    }
    let condition = compiler.finish(conditions, exact);
    let text = format!(
        "{}SELECT\n    {columns}\nFROM {}\n{}",
        condition.with_clause(),
        rows.table,
        condition.clauses()
    );
    (inlined(&text, &condition.params), condition.notes)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("        {line}")).collect::<Vec<_>>().join("\n")
}

/// A name between backquotes.
fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}
