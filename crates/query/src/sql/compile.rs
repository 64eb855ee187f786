//! The tree, node by node.

use super::element::Tests;
use super::{Condition, Param, TEXT};
use crate::field::Field;
use crate::fold::fold;
use crate::{Expr, Leaf};
use mapping::{Decision, Key, LogSource, Tables, Ways};
use sigma::{Comparison, Matcher, Part, Pattern};
use std::collections::{BTreeSet, HashMap};

/// Which way what cannot be said exactly may err.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// Too many are found rather than too few.
    Upper,
    /// Too few rather than too many.
    Lower,
}

impl Bound {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Upper => Self::Lower,
            Self::Lower => Self::Upper,
        }
    }

    /// What stands for a test that cannot be said.
    pub(super) fn guess(self) -> &'static str {
        match self {
            Self::Upper => "1",
            Self::Lower => "0",
        }
    }
}

/// A condition in the making.
pub(super) struct Compiler<'a> {
    pub(super) tables: &'a Tables,
    pub(super) now_ms: i64,
    /// The log source that all around demand.
    pub(super) source: Option<LogSource>,
    with: Vec<String>,
    aliases: HashMap<String, String>,
    params: Vec<Param>,
    pub(super) notes: BTreeSet<String>,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(tables: &'a Tables, now_ms: i64) -> Self {
        Self {
            tables,
            now_ms,
            source: None,
            with: Vec::new(),
            aliases: HashMap::new(),
            params: Vec::new(),
            notes: BTreeSet::new(),
        }
    }

    /// The conjunction of `parts`, of which `first` are cheap and leave out most rows.
    pub(super) fn finish(self, first: Vec<String>, parts: Vec<String>) -> Condition {
        let mut seen = BTreeSet::from(["1".to_owned()]);
        let mut new = |parts: Vec<String>| -> Vec<String> {
            parts.into_iter().filter(|part| seen.insert(part.clone())).collect()
        };
        let (mut first, mut parts) = (new(first), new(parts));
        // Without JSON to be read, ClickHouse knows best what to look at first.
        if !self.with.iter().any(|named| named.contains("JSONExtract")) {
            first.append(&mut parts);
            std::mem::swap(&mut first, &mut parts);
        }
        if parts.is_empty() {
            parts.push("1".into());
        }
        Condition {
            with: self.with,
            first: first.join("\n    AND "),
            text: parts.join("\n    AND "),
            params: self.params,
            notes: self.notes.into_iter().collect(),
        }
    }

    /// What stands for a value.
    pub(super) fn param(&mut self, param: Param) -> String {
        let known = self.params.iter().position(|known| *known == param);
        let index = known.unwrap_or_else(|| {
            self.params.push(param.clone());
            self.params.len() - 1
        });
        format!("{{q{index}:{}}}", param.kind())
    }

    pub(super) fn text(&mut self, text: &str) -> String {
        self.param(Param::Text(text.to_owned()))
    }

    /// A name for an expression, the same one each time.
    pub(super) fn alias(&mut self, expression: String) -> String {
        if let Some(alias) = self.aliases.get(&expression) {
            return alias.clone();
        }
        let alias = format!("v{}", self.aliases.len());
        self.define(&alias, &expression);
        alias
    }

    /// Gives an expression this name.
    pub(super) fn define(&mut self, alias: &str, expression: &str) {
        if self.aliases.insert(expression.to_owned(), alias.to_owned()).is_none() {
            self.with.push(format!("{expression} AS {alias}"));
        }
    }

    /// The agencies and times that everything must fit: the table's sort key and partitions.
    pub(super) fn leading(&mut self, expr: &Expr) -> Vec<String> {
        let leads = |part: &&Expr| matches!(part, Expr::Leaf(Leaf::Agency(_) | Leaf::Time(..)));
        expr.conjuncts().into_iter().filter(leads).map(|p| self.expr(p, Bound::Upper)).collect()
    }

    /// The conditions that must all hold.
    pub(super) fn conjuncts(&mut self, expr: &Expr) -> Vec<String> {
        let parts = expr.conjuncts();
        let around = self.source.clone();
        self.source = source_of(&parts).or(around.clone());
        let found = parts.into_iter().map(|part| self.expr(part, Bound::Upper)).collect();
        self.source = around;
        found
    }

    pub(super) fn expr(&mut self, expr: &Expr, bound: Bound) -> String {
        match expr {
            Expr::All(parts) => self.all(parts, bound),
            Expr::Any(parts) => self.any(parts, bound),
            Expr::Not(inner) => match self.expr(inner, bound.other()).as_str() {
                "1" => "0".into(),
                "0" => "1".into(),
                inner => format!("NOT ({inner})"),
            },
            Expr::AtLeast(count, parts) => {
                let parts: Vec<String> = parts
                    .iter()
                    .map(|part| format!("toUInt8({})", self.expr(part, bound)))
                    .collect();
                match parts.is_empty() {
                    true => u8::from(*count == 0).to_string(),
                    false => format!("({}) >= {count}", parts.join(" + ")),
                }
            }
            Expr::Leaf(leaf) => self.leaf(leaf, bound),
        }
    }

    fn all(&mut self, parts: &[Expr], bound: Bound) -> String {
        let around = self.source.clone();
        self.source = source_of(&parts.iter().collect::<Vec<_>>()).or(around.clone());
        let parts: Vec<String> = parts.iter().map(|part| self.expr(part, bound)).collect();
        self.source = around;
        joined(parts, " AND ", "1", "0")
    }

    /// Tests of one field are asked together: its values are walked once.
    fn any(&mut self, parts: &[Expr], bound: Bound) -> String {
        let mut alternatives = Vec::new();
        flatten(parts, &mut alternatives);
        let mut groups: Vec<(&Field, Vec<&Matcher>)> = Vec::new();
        let mut others = Vec::new();
        for part in alternatives {
            match part {
                Expr::Leaf(Leaf::Field(field, matcher)) if of_one_value(matcher) => {
                    match groups.iter_mut().find(|(known, _)| *known == field) {
                        Some((_, matchers)) => matchers.push(matcher),
                        None => groups.push((field, vec![matcher])),
                    }
                }
                part => others.push(part),
            }
        }
        let mut found: Vec<String> = groups
            .into_iter()
            .map(|(field, matchers)| self.field(field, &matchers, bound))
            .collect();
        found.extend(others.into_iter().map(|part| self.expr(part, bound)));
        joined(found, " OR ", "0", "1")
    }

    fn leaf(&mut self, leaf: &Leaf, bound: Bound) -> String {
        match leaf {
            Leaf::Field(field, matcher) => self.field(field, &[matcher], bound),
            Leaf::Words(pattern) => {
                let pattern = pattern.map_text(fold).any_before().any_after();
                let like = self.text(&like(&pattern));
                format!("{TEXT} LIKE {like}")
            }
            Leaf::Source(source) => {
                let wanted = log_source(source);
                let around = self.source.replace(wanted.clone());
                let serves = self.tables.serves(&wanted);
                let text = self.serves(&serves, bound);
                self.source = around;
                text
            }
            Leaf::Time(comparison, moment) => {
                let at = self.param(Param::Int(moment.at(self.now_ms)));
                format!("time {} fromUnixTimestamp64Milli({at})", sign(*comparison))
            }
            Leaf::Agency(agencies) => {
                let agencies = self.param(Param::Texts(agencies.clone()));
                format!("agency IN {agencies}")
            }
        }
    }

    /// The tests of a field, of which one must hold.
    fn field(&mut self, field: &Field, matchers: &[&Matcher], bound: Bound) -> String {
        let (single, whole): (Vec<&Matcher>, Vec<&Matcher>) =
            matchers.iter().partition(|matcher| of_one_value(matcher));
        let mut found = Vec::new();
        if let Field::Column(column) = field {
            found.extend(matchers.iter().map(|matcher| self.column(*column, matcher, bound)));
            return joined(found, " OR ", "0", "1");
        }
        let values = self.values(field);
        if !single.is_empty() {
            let tests = Tests::new(&single);
            found.push(tests.sql(self, &values, bound));
        }
        for matcher in whole {
            found.push(match matcher {
                Matcher::Null => format!("(empty({values}) OR has({values}, 'null'))"),
                Matcher::Exists(_) if *field == Field::Any => {
                    u8::from(*matcher == Matcher::Exists(true)).to_string()
                }
                Matcher::Exists(true) => format!("notEmpty({values})"),
                Matcher::Exists(false) => format!("empty({values})"),
                other => self.reference(&values, other),
            });
        }
        if *field == Field::Any && bound == Bound::Upper {
            found.push(self.deeper());
        }
        joined(found, " OR ", "0", "1")
    }

    /// Whether a kind of event is of a log source, and on what conditions.
    fn serves(&mut self, decision: &Decision<Ways>, bound: Bound) -> String {
        match decision {
            Decision::Is(ways) => {
                let way = |way: &Vec<(String, Vec<String>)>| {
                    let fields = way.iter().map(|(field, values)| {
                        let literal = |value: &String| Matcher::Text {
                            pattern: Pattern::literal(value).folded(),
                            cased: false,
                        };
                        let field = Field::Sigma(field.clone());
                        Expr::any(
                            values.iter().map(|v| Expr::field(field.clone(), literal(v))).collect(),
                        )
                    });
                    Expr::All(fields.collect())
                };
                let ways = Expr::Any(ways.iter().map(way).collect());
                self.expr(&ways, bound)
            }
            Decision::By { key, cases, otherwise } => {
                let mut branches = Vec::new();
                for (values, case) in cases {
                    let case = self.serves(case, bound);
                    let is = self.key_is(*key, values);
                    branches.push((is, case));
                }
                let otherwise = self.serves(otherwise, bound);
                if otherwise == "0" {
                    let cases = branches.into_iter().map(|(is, case)| match case.as_str() {
                        "1" => is,
                        "0" => "0".into(),
                        case => format!("({is} AND {case})"),
                    });
                    return joined(cases.collect(), " OR ", "0", "1");
                }
                let branches: Vec<String> =
                    branches.into_iter().map(|(is, case)| format!("{is}, {case}")).collect();
                format!("multiIf({}, {otherwise})", branches.join(", "))
            }
        }
    }

    /// Whether a member that decides the event's kind has one of these values.
    pub(super) fn key_is(&mut self, key: Key, values: &[String]) -> String {
        let path: Vec<String> = key.path().iter().map(|key| format!("'{key}'")).collect();
        let member = self.alias(format!("JSONExtractString(rest, {})", path.join(", ")));
        let values = self.param(Param::Texts(values.to_vec()));
        format!("{member} IN {values}")
    }
}

/// The alternatives of alternatives.
fn flatten<'a>(parts: &'a [Expr], found: &mut Vec<&'a Expr>) {
    for part in parts {
        match part {
            Expr::Any(parts) => flatten(parts, found),
            other => found.push(other),
        }
    }
}

/// Whether one value of the field alone can answer it.
pub(super) fn of_one_value(matcher: &Matcher) -> bool {
    !matches!(matcher, Matcher::Null | Matcher::Exists(_) | Matcher::Reference { .. })
}

/// The log source that one of the parts, which must all hold, demands.
pub(super) fn source_of(parts: &[&Expr]) -> Option<LogSource> {
    parts.iter().find_map(|part| match part {
        Expr::Leaf(Leaf::Source(source)) => Some(log_source(source)),
        _ => None,
    })
}

pub(super) fn log_source(source: &sigma::LogSource) -> LogSource {
    let sigma::LogSource { product, category, service } = source.clone();
    LogSource { product, category, service }
}

fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

/// `parts` between parentheses; `neutral` changes nothing, `decisive` decides.
pub(super) fn joined(parts: Vec<String>, joint: &str, neutral: &str, decisive: &str) -> String {
    if parts.iter().any(|part| part == decisive) {
        return decisive.to_owned();
    }
    let parts: Vec<String> = parts.into_iter().filter(|part| part != neutral).collect();
    match parts.len() {
        0 => neutral.to_owned(),
        1 => parts.concat(),
        _ => format!("({})", parts.join(joint)),
    }
}

/// A pattern of `LIKE`, in which a backslash makes the next character itself.
pub(super) fn like(pattern: &Pattern) -> String {
    let mut out = String::new();
    for part in pattern.parts() {
        match part {
            Part::Any => out.push('%'),
            Part::One => out.push('_'),
            Part::Text(text) => {
                for c in text.chars() {
                    if matches!(c, '%' | '_' | '\\') {
                        out.push('\\');
                    }
                    out.push(c);
                }
            }
        }
    }
    out
}
