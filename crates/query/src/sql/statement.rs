//! A whole search as one `SELECT` whose rows are arrays of texts, whatever its commands make.

use super::compile::{Compiler, source_of};
use super::element::column_sql;
use super::{Condition, Param, inlined, settings};
use crate::field::{Column, Field, Kind};
use crate::{Aggregate, Expr, Leaf, Moment, Order, Query, Range, Stage};
use mapping::Tables;
use sigma::Comparison;

/// The most rows of an answer.
pub const LIMIT_MAX: u32 = 10_000;
/// About how many steps of time a chart has, unless it says how long one is.
const CHART_STEPS: i64 = 60;
/// Lengths of a step that people count in, in seconds.
const CHART_SPANS: [i64; 12] =
    [1, 5, 15, 60, 300, 900, 3_600, 10_800, 43_200, 86_400, 604_800, 2_592_000];
/// The fields of an event that are shown where the search names none.
const SHOWN: [Column; 6] =
    [Column::Agency, Column::Host, Column::Source, Column::User, Column::SrcIp, Column::Message];

/// A statement, ready to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The SQL: one column `cells`, an `Array(String)` of as many cells as there are columns.
    pub text: String,
    /// Its parameters, `q0` and so on.
    pub params: Vec<Param>,
    /// The names of the cells.
    pub columns: Vec<String>,
    /// What is not said exactly.
    pub notes: Vec<String>,
}

impl Statement {
    /// The SQL with its parameters as literals: it runs as it stands.
    pub fn inlined(&self) -> String {
        inlined(&self.text, &self.params)
    }
}

/// Columns, their SQL as text and what they sort by.
struct Cells {
    names: Vec<String>,
    texts: Vec<String>,
    keys: Vec<String>,
}

/// The statement for a search in `range`; at most `limit` rows.
pub fn statement(
    query: &Query,
    tables: &Tables,
    range: Range,
    now_ms: i64,
    limit: u32,
) -> Statement {
    let time = |comparison, at| Expr::Leaf(Leaf::Time(comparison, Moment::At(at)));
    let mut parts = match &query.expr {
        Expr::All(parts) => parts.clone(),
        other => vec![other.clone()],
    };
    parts.push(time(Comparison::GreaterOrEqual, range.from_ms));
    parts.push(time(Comparison::Less, range.to_ms));
    let expr = Expr::All(parts);
    let mut compiler = Compiler::new(tables, now_ms);
    // Fields are shown from where the log source that the whole demands has them.
    compiler.source = source_of(&expr.conjuncts());
    let mut first = compiler.leading(&expr);
    first.extend(compiler.prunes(&expr));
    let conditions = compiler.conjuncts(&expr);
    let (cells, grouped) = cells(&mut compiler, query, range);
    let order = order(&cells, query, grouped);
    let head = query.stages.iter().find_map(|stage| match stage {
        Stage::Head(count) => Some(*count),
        _ => None,
    });
    let limit = head.unwrap_or(limit).min(limit).min(LIMIT_MAX);
    let group = match grouped {
        Some(0) | None => String::new(),
        Some(count) => format!("\nGROUP BY {}", cells.keys[..count].join(", ")),
    };
    let condition = compiler.finish(first, conditions);
    let text = format!(
        "{}SELECT [{}] AS cells\nFROM events\n{}{group}\nORDER BY {order}\nLIMIT {limit}\n{}",
        condition.with_clause(),
        cells.texts.join(", "),
        condition.clauses(),
        settings(),
    );
    Statement { text, params: condition.params, columns: cells.names, notes: condition.notes }
}

/// The first value of each field as text, for a `SELECT` over `events` that has this condition, which
/// every event fulfils: it brings what the texts name, and their parameters.
pub fn texts(fields: &[Field], tables: &Tables, now_ms: i64) -> (Condition, Vec<String>) {
    let mut compiler = Compiler::new(tables, now_ms);
    let texts = fields.iter().map(|field| shown(&mut compiler, field).0).collect();
    (compiler.finish(Vec::new(), vec!["1".into()]), texts)
}

/// What a row shows; for counts, how many cells are grouped by.
fn cells(compiler: &mut Compiler<'_>, query: &Query, range: Range) -> (Cells, Option<usize>) {
    let mut cells = Cells { names: Vec::new(), texts: Vec::new(), keys: Vec::new() };
    let first = query.stages.first();
    match first {
        Some(Stage::Count(Aggregate { distinct, by })) => {
            by.iter().for_each(|field| cells.field(compiler, field));
            let count = match distinct {
                Some(field) => {
                    let (text, _) = shown(compiler, field);
                    format!("uniqExactIf({text}, {text} != '')")
                }
                None => "count()".into(),
            };
            cells.push("count", format!("toString({count})"), count);
            (cells, Some(by.len()))
        }
        Some(Stage::Timechart { span_s, by }) => {
            let span_ms = span_s.map_or_else(|| chart_span_s(range), i64::from) * 1_000;
            let time = compiler
                .alias(format!("intDiv(toUnixTimestamp64Milli(time), {span_ms}) * {span_ms}"));
            cells.push("time", format!("toString({time})"), time);
            by.iter().for_each(|field| cells.field(compiler, field));
            cells.push("count", "toString(count())".into(), "count()".into());
            (cells, Some(by.len() + 1))
        }
        _ => {
            let time = "toString(toUnixTimestamp64Milli(time))".to_owned();
            cells.push("time", time, "time".into());
            cells.push("uid", "lower(hex(uid))".into(), "uid".into());
            let table = query.stages.iter().find_map(|stage| match stage {
                Stage::Table(fields) => Some(fields.clone()),
                _ => None,
            });
            let fields = table.unwrap_or_else(|| SHOWN.map(Field::Column).to_vec());
            fields.iter().for_each(|field| cells.field(compiler, field));
            (cells, None)
        }
    }
}

impl Cells {
    fn push(&mut self, name: &str, text: String, key: String) {
        self.names.push(name.to_owned());
        self.texts.push(text);
        self.keys.push(key);
    }

    fn field(&mut self, compiler: &mut Compiler<'_>, field: &Field) {
        let (text, key) = shown(compiler, field);
        self.push(&field.name(), text, key);
    }
}

/// A field's first value as text, and what it sorts by.
fn shown(compiler: &mut Compiler<'_>, field: &Field) -> (String, String) {
    let Field::Column(column) = field else {
        let values = compiler.values(field);
        let texts = compiler.texts(&values);
        let text = compiler.alias(format!("{texts}[1]"));
        return (text.clone(), text);
    };
    let name = column_sql(*column);
    let text = match column.kind() {
        Kind::Text => format!("toString({name})"),
        Kind::Number => format!("if({name} = 0, '', toString({name}))"),
        Kind::Address => {
            format!("if({name} = toIPv6('::'), '', replaceOne(toString({name}), '::ffff:', ''))")
        }
        Kind::Uid => format!("lower(hex({name}))"),
    };
    (text, name.to_owned())
}

/// The step of a chart of about [`CHART_STEPS`] steps.
fn chart_span_s(range: Range) -> i64 {
    let wanted = range.to_ms.saturating_sub(range.from_ms) / 1_000 / CHART_STEPS;
    let longest = CHART_SPANS[CHART_SPANS.len() - 1];
    CHART_SPANS.into_iter().find(|span| *span >= wanted).unwrap_or(longest)
}

/// The order: as the search says, else the newest or the most first; always the same.
fn order(cells: &Cells, query: &Query, grouped: Option<usize>) -> String {
    let key = |name: &str| {
        let at = cells.names.iter().position(|known| known == name);
        at.map(|at| cells.keys[at].clone())
    };
    let direction = |order: &Order| if order.descending { " DESC" } else { "" };
    let asked = query.stages.iter().find_map(|stage| match stage {
        Stage::Sort(orders) => Some(orders),
        _ => None,
    });
    let mut parts: Vec<String> = asked
        .into_iter()
        .flatten()
        .filter_map(|order| Some(format!("{}{}", key(&order.column)?, direction(order))))
        .collect();
    match (grouped, query.stages.first()) {
        (None, _) => parts.extend(["time DESC".to_owned(), "uid DESC".to_owned()]),
        (Some(_), Some(Stage::Timechart { .. })) => parts.push("cells".into()),
        (Some(_), _) => parts.extend(["count() DESC".to_owned(), "cells".to_owned()]),
    }
    parts.join(", ")
}
