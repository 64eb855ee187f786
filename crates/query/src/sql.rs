//! From a tree to a condition in ClickHouse's SQL over the table `events`.
//!
//! A column is compared as it is. Any other field is read from `rest`, the event's JSON, in the
//! way in which the detection engine reads it: through arrays, at the first of its places that is
//! present, keys of a source without blanks. Every value travels as a parameter.
//!
//! Most of what can be asked is said exactly. What is not (parts of dates, classes of characters
//! beyond ASCII, numbers beyond 38 digits) is said a little too generously, never too narrowly:
//! under NOT it is said too narrowly, so that the whole still finds all there is ([`Condition::notes`]
//! tells). Before the exact part stand cheap ones that leave out most events without reading
//! their JSON: columns that the log source demands, and texts without which nothing can match.

mod compile;
mod element;
mod listing;
mod member;
mod prune;
mod regex;
mod statement;

pub use listing::{Listing, Measured, Member, Rows, listing, windows};
pub use prune::candidates;
pub use statement::{LIMIT_MAX, Statement, statement, texts};

use crate::Expr;
use mapping::Tables;

/// What free text is searched in; must read like the index `text_grams`, or it is not used.
pub const TEXT: &str = r"lower(concat(message, '\n', raw, '\n', folded))";

/// How a statement is to be run that takes fields from JSON. Every step of the way to a value is
/// kept for a whole block, which at its usual 65,000 rows is gigabytes; and evaluation by need
/// would do each step again for everyone that needs it, which grows without end.
pub const SETTINGS: [(&str, &str); 2] =
    [("max_block_size", "1024"), ("short_circuit_function_evaluation", "disable")];

/// [`SETTINGS`] as the last clause of a statement.
pub(crate) fn settings() -> String {
    let pairs = SETTINGS.map(|(name, value)| format!("{name} = '{value}'"));
    format!("SETTINGS {}", pairs.join(", "))
}

/// A value that travels beside the SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Param {
    /// A `String`.
    Text(String),
    /// An `Array(String)`.
    Texts(Vec<String>),
    /// An `Int64`.
    Int(i64),
}

impl Param {
    /// The parameter's type in SQL.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "String",
            Self::Texts(_) => "Array(String)",
            Self::Int(_) => "Int64",
        }
    }

    /// As a literal of SQL.
    fn literal(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Texts(texts) => {
                let quoted: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
                format!("[{}]", quoted.join(", "))
            }
            Self::Int(number) => number.to_string(),
        }
    }
}

/// A string literal: nothing in it can end it.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => out.push_str("\\0"),
            other => out.push(other),
        }
    }
    out.push('\'');
    out
}

/// A condition on rows of `events`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition {
    /// Expressions that the condition names, for a `WITH` clause, in order; often none.
    pub with: Vec<String>,
    /// What is to be looked at first (`PREWHERE`), as it leaves out most rows without their JSON;
    /// empty where no JSON is read.
    pub first: String,
    /// The rest of the condition. Parameters are named `q0`, `q1` and so on.
    pub text: String,
    /// The parameters.
    pub params: Vec<Param>,
    /// What is not said exactly, in words; none: it finds what [`crate::Evaluator`] finds.
    pub notes: Vec<String>,
}

impl Condition {
    /// What every event fulfils.
    pub fn everything() -> Self {
        Self {
            with: Vec::new(),
            first: String::new(),
            text: "1".to_owned(),
            params: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl Condition {
    /// `WITH …` and a blank, or nothing.
    pub fn with_clause(&self) -> String {
        match self.with.is_empty() {
            true => String::new(),
            false => format!("WITH\n    {}\n", self.with.join(",\n    ")),
        }
    }

    /// `WHERE …`, or `PREWHERE …` and `WHERE …`.
    pub fn clauses(&self) -> String {
        match self.first.is_empty() {
            true => format!("WHERE {}", self.text),
            false => format!("PREWHERE {}\nWHERE {}", self.first, self.text),
        }
    }

    /// `sql`, in which this condition stands, with its parameters as literals.
    pub fn inlined(&self, sql: &str) -> String {
        inlined(sql, &self.params)
    }
}

/// SQL with its parameters as literals. Read once from the front, so that what a literal holds is
/// never taken for a parameter.
fn inlined(sql: &str, params: &[Param]) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find("{q") {
        out.push_str(&rest[..at]);
        let end = rest[at..].find('}').map_or(rest.len(), |end| at + end + 1);
        let number = rest[at + 2..end].split(':').next().and_then(|n| n.parse::<usize>().ok());
        match number.and_then(|number| params.get(number)) {
            Some(param) => out.push_str(&param.literal()),
            None => out.push_str(&rest[at..end]),
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// The condition for `expr`; relative times count from `now_ms`.
pub fn condition(expr: &Expr, tables: &Tables, now_ms: i64) -> Condition {
    let mut compiler = compile::Compiler::new(tables, now_ms);
    let mut first = compiler.leading(expr);
    first.extend(compiler.prunes(expr));
    let parts = compiler.conjuncts(expr);
    compiler.finish(first, parts)
}
