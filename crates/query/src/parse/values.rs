//! From an operator and a value to what is asked.

use crate::Problem;
use sigma::{Anchor, Comparison, Matcher, Network, Number, Pattern, Regex};

/// The functions that stand in place of a value.
const FUNCTIONS: &str = "like, cidr, num, eq, re, field, startfield, endfield, partfield";

/// A value as written.
pub(super) enum Value {
    /// A word, and what it is as a pattern.
    Bare(String, Pattern),
    /// In quotation marks: without wildcards.
    Quoted(String),
    /// `/source/flags`
    Regex(String, String),
    /// A name and what stands in its parentheses.
    Function(String, String),
}

/// What `operator` and `value` ask. `:` compares whole values without case, `=` with it, `~` looks
/// for a part, without case.
pub(super) fn matcher(operator: &str, value: Value) -> Result<Matcher, Problem> {
    let cased = operator == "=";
    let part = operator == "~";
    let compare = match operator {
        "<" => Some(Comparison::Less),
        "<=" => Some(Comparison::LessOrEqual),
        ">" => Some(Comparison::Greater),
        ">=" => Some(Comparison::GreaterOrEqual),
        _ => None,
    };
    if let Some(comparison) = compare {
        let (Value::Bare(text, _)
        | Value::Quoted(text)
        | Value::Regex(text, _)
        | Value::Function(text, _)) = value;
        return match Number::parse(&text) {
            Some(number) => Ok(Matcher::Compare(comparison, number)),
            None => Err(bad(text, "a number", "1024")),
        };
    }
    Ok(match value {
        Value::Bare(_, pattern) => text(pattern, cased, part),
        Value::Quoted(value) => text(Pattern::literal(&value), cased, part),
        Value::Regex(source, flags) => regex(&source, &flags)?,
        Value::Function(name, argument) => match name.as_str() {
            "cidr" => match Network::parse(&argument) {
                Some(network) => Matcher::Network(network),
                None => return Err(bad(argument, "a network", "10.0.0.0/8 or 2001:db8::/32")),
            },
            "num" => match Number::parse(&argument) {
                Some(number) => Matcher::Equals(number, argument),
                None => return Err(bad(argument, "a number", "4688")),
            },
            "eq" => match Number::parse(&argument) {
                Some(number) => Matcher::Compare(Comparison::Equal, number),
                None => return Err(bad(argument, "a number", "4688")),
            },
            "re" => regex(&argument, "")?,
            "like" => text(Pattern::parse(&argument), cased, part),
            "field" => {
                let anchor = if part { Anchor::Anywhere } else { Anchor::Whole };
                Matcher::Reference { field: argument, anchor, cased }
            }
            "partfield" => Matcher::Reference { field: argument, anchor: Anchor::Anywhere, cased },
            "startfield" => Matcher::Reference { field: argument, anchor: Anchor::Start, cased },
            "endfield" => Matcher::Reference { field: argument, anchor: Anchor::End, cased },
            _ => return Err(Problem::Function { name, known: FUNCTIONS }),
        },
    })
}

fn bad(value: String, expected: &'static str, mend: &'static str) -> Problem {
    Problem::Value { value, expected, mend }
}

fn regex(source: &str, flags: &str) -> Result<Matcher, Problem> {
    Regex::new(source, flags).map(Matcher::Regex).map_err(|why| Problem::Regex { why })
}

fn text(pattern: Pattern, cased: bool, part: bool) -> Matcher {
    let pattern = if part { pattern.any_before().any_after() } else { pattern };
    Matcher::Text { pattern: if cased { pattern } else { pattern.folded() }, cased }
}
