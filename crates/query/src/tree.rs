//! The syntax tree.

use crate::field::{Column, Field, Kind};
use crate::time::{Moment, Range};
use crate::{Error, Problem};
use sigma::{Comparison, LogSource, Matcher, Number, Pattern};

/// What an event must do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Expr {
    /// All of them; of none, true.
    All(Vec<Expr>),
    /// One of them; of none, false.
    Any(Vec<Expr>),
    /// Not this.
    Not(Box<Expr>),
    /// At least so many of them.
    AtLeast(usize, Vec<Expr>),
    /// A single thing.
    Leaf(Leaf),
}

/// A single thing that is asked of an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Leaf {
    /// Of a field.
    Field(Field, Matcher),
    /// That the message or the raw text holds this, in any script, both folded.
    Words(Pattern),
    /// That it is of this log source.
    Source(LogSource),
    /// That its time compares so.
    Time(Comparison, Moment),
    /// That it belongs to one of these agencies. No text becomes this: it is added for the caller.
    Agency(Vec<String>),
}

/// What is to be done with the events that are found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Count them.
    Count(Aggregate),
    /// Count them by steps of time.
    Timechart {
        /// The length of a step, in seconds; `None`: chosen by the range.
        span_s: Option<u32>,
        /// By these fields too.
        by: Vec<Field>,
    },
    /// Show these fields.
    Table(Vec<Field>),
    /// In this order.
    Sort(Vec<Order>),
    /// The first so many.
    Head(u32),
}

/// A count.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Aggregate {
    /// Of the different values of this field, not of the events.
    pub distinct: Option<Field>,
    /// For each combination of these fields' values.
    pub by: Vec<Field>,
}

/// A column to sort by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Order {
    /// A field, as written, or `count` or `time`.
    pub column: String,
    /// The greatest first.
    pub descending: bool,
}

/// A search.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Query {
    /// Which events.
    pub expr: Expr,
    /// What to do with them, in order.
    pub stages: Vec<Stage>,
}

impl Expr {
    /// What every event answers to.
    pub fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// All of `parts`; one alone stays itself.
    pub fn all(parts: Vec<Self>) -> Self {
        single(parts, Self::All)
    }

    /// One of `parts`; one alone stays itself.
    pub fn any(parts: Vec<Self>) -> Self {
        single(parts, Self::Any)
    }

    /// Not this.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// A field test.
    pub fn field(field: Field, matcher: Matcher) -> Self {
        Self::Leaf(Leaf::Field(field, matcher))
    }

    /// That `column` is exactly `text`, where case counts; a number for a column of numbers.
    pub fn equals(column: Column, text: &str) -> Self {
        let number = (column.kind() == Kind::Number).then(|| Number::parse(text)).flatten();
        let matcher = match number {
            Some(number) => Matcher::Compare(Comparison::Equal, number),
            None => Matcher::Text { pattern: Pattern::literal(text), cased: true },
        };
        Self::field(Field::Column(column), matcher)
    }

    /// This and `other`.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut parts) => {
                parts.push(other);
                Self::All(parts)
            }
            this => Self::All(vec![this, other]),
        }
    }

    /// The parts of it that must all hold: itself, where it is no conjunction.
    pub fn conjuncts(&self) -> Vec<&Self> {
        match self {
            Self::All(parts) => parts.iter().flat_map(Self::conjuncts).collect(),
            this => vec![this],
        }
    }

    /// Calls `visit` with every leaf.
    pub fn leaves<'a>(&'a self, visit: &mut impl FnMut(&'a Leaf)) {
        match self {
            Self::All(parts) | Self::Any(parts) | Self::AtLeast(_, parts) => {
                parts.iter().for_each(|part| part.leaves(visit));
            }
            Self::Not(inner) => inner.leaves(visit),
            Self::Leaf(leaf) => visit(leaf),
        }
    }
}

fn single(mut parts: Vec<Expr>, many: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.len() {
        1 => parts.remove(0),
        _ => many(parts),
    }
}

impl Query {
    /// The events of `expr`.
    pub fn of(expr: Expr) -> Self {
        Self { expr, stages: Vec::new() }
    }

    /// The same, of these agencies only: a predicate of the tree, whatever the text said.
    #[must_use]
    pub fn scoped(self, agencies: Vec<String>) -> Self {
        let agency = Expr::Leaf(Leaf::Agency(agencies));
        Self { expr: Expr::All(vec![agency, self.expr]), stages: self.stages }
    }

    /// The range of time that the search is bound to by its own `time` comparisons, which must
    /// stand beside everything else, not within OR or NOT; `now_ms` is what `-24h` counts from.
    pub fn range(&self, now_ms: i64) -> Result<Range, Error> {
        let (mut from, mut to) = (None::<i64>, None::<i64>);
        for part in self.expr.conjuncts() {
            let Expr::Leaf(Leaf::Time(comparison, moment)) = part else { continue };
            let at = moment.at(now_ms);
            let (least, most) = match comparison {
                Comparison::Equal => (Some(at), Some(at.saturating_add(1))),
                Comparison::Less => (None, Some(at)),
                Comparison::LessOrEqual => (None, Some(at.saturating_add(1))),
                Comparison::Greater => (Some(at.saturating_add(1)), None),
                Comparison::GreaterOrEqual => (Some(at), None),
            };
            from = from.max(least);
            to = [to, most].into_iter().flatten().min();
        }
        match from {
            Some(from_ms) => Ok(Range { from_ms, to_ms: to.unwrap_or(now_ms) }),
            None => Err(Error { span: 0..0, problem: Problem::NoRange }),
        }
    }
}
