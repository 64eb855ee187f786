//! When a correlation holds: bounds of a number, or which of its rules must have matched.

use crate::correlation::{CorrelationKind, Named};
use crate::error::Fault;
use crate::{Condition, Number, Problem, rule};
use yaml::{Node, Position};

/// What is measured in a window, and what must hold of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// The fields whose values are counted or summed; several count as one value together.
    pub fields: Vec<String>,
    /// Which percentile; without it `value_percentile` is the share of a value, in percent.
    pub percentile: Option<Number>,
    /// What must hold.
    pub condition: CorrelationCondition,
}

/// What must hold of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorrelationCondition {
    /// Every one of these bounds.
    Bounds(Vec<Bound>),
    /// An expression over the correlation's rules, by their index: which of them have matched.
    Expression(Condition, String),
}

/// How a measured number is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// `gt`
    Greater,
    /// `gte`
    GreaterOrEqual,
    /// `lt`
    Less,
    /// `lte`
    LessOrEqual,
    /// `eq`
    Equal,
    /// `neq`
    NotEqual,
}

/// One bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// How.
    pub relation: Relation,
    /// To what.
    pub value: Number,
    /// The same, as written.
    pub text: String,
}

impl Relation {
    /// Its name in a rule.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Greater => "gt",
            Self::GreaterOrEqual => "gte",
            Self::Less => "lt",
            Self::LessOrEqual => "lte",
            Self::Equal => "eq",
            Self::NotEqual => "neq",
        }
    }

    fn named(name: &str) -> Option<Self> {
        use Relation::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        [Greater, GreaterOrEqual, Less, LessOrEqual, Equal, NotEqual]
            .into_iter()
            .find(|relation| relation.as_str() == name)
    }

    /// Whether `left` stands so to `right`.
    pub fn holds<T: Ord>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Equal => left == right,
            Self::NotEqual => left != right,
        }
    }

    /// Whether a number that meets it still does when it grows.
    pub fn is_lower(self) -> bool {
        matches!(self, Self::Greater | Self::GreaterOrEqual)
    }
}

impl CorrelationCondition {
    /// Whether every bound holds of `value`. An expression is not about a number.
    pub fn holds(&self, value: &Number) -> bool {
        match self {
            Self::Bounds(bounds) => {
                bounds.iter().all(|bound| bound.relation.holds(value, &bound.value))
            }
            Self::Expression(..) => false,
        }
    }
}

impl std::fmt::Display for CorrelationCondition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Expression(_, text) => f.write_str(text),
            Self::Bounds(bounds) => {
                for (i, bound) in bounds.iter().enumerate() {
                    let and = if i == 0 { "" } else { " and " };
                    write!(f, "{and}{} {}", bound.relation.as_str(), bound.text)?;
                }
                Ok(())
            }
        }
    }
}

/// Reads the condition of a correlation of `kind` over `rules`.
pub(crate) fn read(body: &Node, kind: CorrelationKind, rules: &[Named]) -> Result<Measure, Fault> {
    let Some(node) = body.get("condition").filter(|node| !node.is_null()) else {
        return absent(body.at, kind, rules);
    };
    if let Some(text) = node.as_str() {
        return expression(node, text, kind, rules);
    }
    let entries =
        node.as_map().ok_or_else(|| rule::form(node, "condition", "a map such as gte: 10"))?;
    let (mut bounds, mut fields, mut percentile): (Vec<Bound>, _, _) = (Vec::new(), None, None);
    for entry in entries {
        match entry.key.as_str() {
            "field" => fields = Some(rule::texts(node, "field")?),
            "percentile" => percentile = Some(percent(&entry.value)?),
            name => {
                let relation = Relation::named(name).ok_or_else(|| unknown(entry))?;
                let (value, text) = number(&entry.value, name)?;
                bounds.push(Bound { relation, value, text });
            }
        }
    }
    if bounds.is_empty() {
        let mend = "gt, gte, lt, lte, eq or neq and a number";
        return Err((node.at, Problem::Missing { what: "the bound of the condition", mend }));
    }
    check_field(node, kind, fields.as_ref())?;
    check_percentile(node, kind, percentile.is_some())?;
    let condition = CorrelationCondition::Bounds(bounds);
    Ok(Measure { fields: fields.unwrap_or_default(), percentile, condition })
}

/// Without a condition, a temporal correlation wants all of its rules.
fn absent(at: Position, kind: CorrelationKind, rules: &[Named]) -> Result<Measure, Fault> {
    if !kind.is_temporal() {
        let mend = "when it holds, such as \"condition: {gte: 10}\"";
        return Err((at, Problem::Missing { what: "condition", mend }));
    }
    let count = i64::try_from(rules.len()).unwrap_or(i64::MAX);
    let (relation, value) = (Relation::GreaterOrEqual, Number::from_i64(count));
    let condition =
        CorrelationCondition::Bounds(vec![Bound { relation, value, text: count.to_string() }]);
    Ok(Measure { fields: Vec::new(), percentile: None, condition })
}

fn expression(
    node: &Node,
    text: &str,
    kind: CorrelationKind,
    rules: &[Named],
) -> Result<Measure, Fault> {
    if kind != CorrelationKind::Temporal {
        let what = format!("the condition of {}", kind.as_str());
        let expected = "a map such as gte: 10 (an expression over rules goes with temporal only)";
        return Err((node.at, Problem::Form { what, expected, found: "text".into() }));
    }
    let names: Vec<&str> = rules.iter().map(|rule| rule.text.as_str()).collect();
    let condition = Condition::parse(text, &names).map_err(|problem| (node.at, problem))?;
    let condition = CorrelationCondition::Expression(condition, text.to_owned());
    Ok(Measure { fields: Vec::new(), percentile: None, condition })
}

fn unknown(entry: &yaml::Entry) -> Fault {
    let what = format!("{:?} in the condition of a correlation", entry.key);
    let expected = "gt, gte, lt, lte, eq, neq, field or percentile";
    (entry.at, Problem::Form { what, expected, found: "unknown".into() })
}

fn number(node: &Node, what: &str) -> Result<(Number, String), Fault> {
    let text = node.as_str().ok_or_else(|| rule::form(node, what, "a number"))?;
    let found = || format!("{text:?}");
    let form = || Problem::Form { what: what.to_owned(), expected: "a number", found: found() };
    let number = Number::parse(text).ok_or_else(|| (node.at, form()))?;
    Ok((number, text.trim().to_owned()))
}

fn percent(node: &Node) -> Result<Number, Fault> {
    let (number, text) = number(node, "percentile")?;
    let inside = number >= Number::from_i64(0) && number <= Number::from_i64(100);
    let expected = "from 0 to 100";
    let form = || Problem::Form { what: "percentile".into(), expected, found: format!("{text:?}") };
    if inside { Ok(number) } else { Err((node.at, form())) }
}

fn check_field(
    node: &Node,
    kind: CorrelationKind,
    fields: Option<&Vec<String>>,
) -> Result<(), Fault> {
    let several = fields.is_some_and(|fields| fields.len() > 1);
    match (kind.has_field(), fields) {
        (true, None) => {
            let mend = "the field whose values are meant, inside of condition";
            Err((node.at, Problem::Missing { what: "field", mend }))
        }
        (false, Some(_)) => {
            let what = format!("the condition of {}", kind.as_str());
            let expected = "without a field, as it looks at no values (value_count does)";
            Err((node.at, Problem::Form { what, expected, found: "one with field".into() }))
        }
        (true, Some(_)) if several && kind != CorrelationKind::ValueCount => {
            let what = format!("the field of {}", kind.as_str());
            let expected = "one field, whose numbers are meant";
            Err((node.at, Problem::Form { what, expected, found: "several".into() }))
        }
        _ => Ok(()),
    }
}

fn check_percentile(node: &Node, kind: CorrelationKind, given: bool) -> Result<(), Fault> {
    if !given || kind == CorrelationKind::ValuePercentile {
        return Ok(());
    }
    let what = format!("the condition of {}", kind.as_str());
    let expected = "without percentile, which goes with value_percentile only";
    Err((node.at, Problem::Form { what, expected, found: "one with percentile".into() }))
}

/// Whether an expression asks for something that has not matched.
pub fn has_not(condition: &Condition) -> bool {
    match condition {
        Condition::Not(_) => true,
        Condition::And(parts) | Condition::Or(parts) => parts.iter().any(has_not),
        Condition::Selection(_) | Condition::AtLeast(..) => false,
    }
}

/// The problem of a reference to a rule that is not there.
pub(crate) fn unknown_rule(name: &Named, mend: String) -> Fault {
    (name.at, Problem::UnknownRule { name: name.text.clone(), mend })
}
