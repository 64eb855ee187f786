//! From a tree to the text that is read as the same tree.

use crate::field::Field;
use crate::parse::taken;
use crate::{Aggregate, Expr, Leaf, Order, Query, Stage};
use sigma::{Anchor, Comparison, DatePart, LogSource, Matcher, Part, Pattern};
use std::fmt::{self, Write as _};

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.expr)?;
        self.stages.iter().try_for_each(|stage| write!(f, " | {stage}"))
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(parts) if parts.is_empty() => f.write_str("*"),
            Self::Any(parts) if parts.is_empty() => f.write_str("NOT *"),
            Self::All(parts) => joined(f, parts, " AND "),
            Self::Any(parts) => joined(f, parts, " OR "),
            Self::Not(inner) => {
                f.write_str("NOT ")?;
                part(f, inner)
            }
            Self::AtLeast(count, parts) => {
                write!(f, "{count} of (")?;
                for (i, part) in parts.iter().enumerate() {
                    write!(f, "{}{part}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str(")")
            }
            Self::Leaf(leaf) => write!(f, "{leaf}"),
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Expr], joint: &str) -> fmt::Result {
    for (i, inner) in parts.iter().enumerate() {
        f.write_str(if i == 0 { "" } else { joint })?;
        part(f, inner)?;
    }
    Ok(())
}

/// In parentheses, unless it cannot be mistaken for a part of what is around it.
fn part(f: &mut fmt::Formatter<'_>, inner: &Expr) -> fmt::Result {
    match inner {
        Expr::All(parts) | Expr::Any(parts) if !parts.is_empty() => write!(f, "({inner})"),
        _ => write!(f, "{inner}"),
    }
}

impl fmt::Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field, matcher) => field_test(f, &Name(&field.name()), matcher),
            Self::Words(pattern) => words(f, pattern),
            Self::Source(source) => log_source(f, source),
            Self::Time(comparison, moment) => write!(f, "time{}{moment}", operator(*comparison)),
            // As it would be asked for; the text that a caller gives can never become this leaf.
            Self::Agency(agencies) => {
                let names: Vec<String> = agencies.iter().map(|name| quoted(name)).collect();
                write!(f, "agency in ({})", names.join(", "))
            }
        }
    }
}

/// A field's name, as it is written before an operator.
struct Name<'a>(&'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if !c.is_alphanumeric() && !"_.-@/$#".contains(c) {
                f.write_char('\\')?;
            }
            f.write_char(c)?;
        }
        Ok(())
    }
}

fn field_test(f: &mut fmt::Formatter<'_>, name: &Name<'_>, matcher: &Matcher) -> fmt::Result {
    match matcher {
        Matcher::Text { pattern, cased } => {
            let sign = if *cased { '=' } else { ':' };
            write!(f, "{name}{sign}{}", value(name.0, pattern))
        }
        Matcher::Regex(regex) => match regex.source() {
            source if source.is_empty() || source.contains('/') || source.ends_with('\\') => {
                write!(f, "{name}:re({})", quoted(source))
            }
            source => write!(f, "{name}:/{source}/"),
        },
        Matcher::Network(network) => write!(f, "{name}:cidr({network})"),
        Matcher::Compare(Comparison::Equal, number) => write!(f, "{name}:eq({number})"),
        Matcher::Compare(comparison, number) => {
            write!(f, "{name}{}{number}", operator(*comparison))
        }
        Matcher::Equals(_, written) => write!(f, "{name}:num({})", quoted(written)),
        Matcher::Date(part, comparison, number) => {
            write!(f, "{}({name}){}{number}", date_part(*part), operator(*comparison))
        }
        Matcher::Null => write!(f, "null({name})"),
        Matcher::Exists(true) => write!(f, "exists({name})"),
        Matcher::Exists(false) => write!(f, "missing({name})"),
        Matcher::Reference { field, anchor, cased } => {
            let sign = match (anchor, cased) {
                (_, true) => '=',
                (Anchor::Anywhere, false) => '~',
                (_, false) => ':',
            };
            let function = match anchor {
                Anchor::Whole => "field",
                Anchor::Anywhere if *cased => "partfield",
                Anchor::Anywhere => "field",
                Anchor::Start => "startfield",
                Anchor::End => "endfield",
            };
            write!(f, "{name}{sign}{function}({})", quoted(field))
        }
    }
}

/// A pattern behind an operator: bare where that is unmistakable.
fn value(name: &str, pattern: &Pattern) -> String {
    let Some(text) = pattern.as_literal() else {
        return match matches!(pattern.parts().first(), Some(Part::Text(t)) if t.starts_with(['/', '\\', '[']))
        {
            true => like(pattern),
            false => bare(pattern),
        };
    };
    let plain = |c: char| c.is_alphanumeric() || "_.-".contains(c);
    let port_like =
        text.bytes().all(|b| b.is_ascii_digit()) && (name.contains('.') || name == "localhost");
    match text.starts_with(char::is_alphanumeric) && text.chars().all(plain) && !port_like {
        true => text.to_owned(),
        false => quoted(text),
    }
}

/// A word of free text.
fn words(f: &mut fmt::Formatter<'_>, pattern: &Pattern) -> fmt::Result {
    if let Some(text) = pattern.as_literal() {
        return f.write_str(&quoted(text));
    }
    let plain = |part: &Part| match part {
        Part::Text(text) => text.chars().all(char::is_alphanumeric),
        Part::Any | Part::One => true,
    };
    let begins = matches!(pattern.parts().first(), Some(Part::Text(_)));
    match begins && pattern.parts().iter().all(plain) {
        true => f.write_str(&bare(pattern)),
        false => f.write_str(&like(pattern)),
    }
}

fn like(pattern: &Pattern) -> String {
    format!("like({})", quoted(&pattern.to_string()))
}

fn bare(pattern: &Pattern) -> String {
    let mut out = String::new();
    for part in pattern.parts() {
        match part {
            Part::Any => out.push('*'),
            Part::One => out.push('?'),
            Part::Text(text) => {
                let mut characters = text.chars().peekable();
                while let Some(c) = characters.next() {
                    let itself = c == '\\' && characters.peek().is_some_and(|next| !taken(*next));
                    if taken(c) && !itself {
                        out.push('\\');
                    }
                    out.push(c);
                }
            }
        }
    }
    out
}

pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn log_source(f: &mut fmt::Formatter<'_>, source: &LogSource) -> fmt::Result {
    let LogSource { product, category, service } = source;
    let parts = [("product", product), ("category", category), ("service", service)];
    let shown = parts.iter().filter_map(|(name, value)| {
        value.as_ref().map(|value| format!("{name}={}", quoted(value)))
    });
    write!(f, "logsource({})", shown.collect::<Vec<_>>().join(", "))
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

fn date_part(part: DatePart) -> &'static str {
    match part {
        DatePart::Minute => "minute",
        DatePart::Hour => "hour",
        DatePart::Day => "day",
        DatePart::Week => "week",
        DatePart::Month => "month",
        DatePart::Year => "year",
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(Aggregate { distinct, by }) => {
                match distinct {
                    Some(field) => write!(f, "distinct {}", Name(&field.name()))?,
                    None => f.write_str("count")?,
                }
                by_fields(f, by)
            }
            Self::Timechart { span_s, by } => {
                f.write_str("timechart")?;
                if let Some(span) = span_s {
                    write!(f, " span={span}s")?;
                }
                by_fields(f, by)
            }
            Self::Table(fields) => write!(f, "table {}", names(fields)),
            Self::Sort(orders) => {
                let shown = |order: &Order| {
                    let sign = if order.descending { "-" } else { "" };
                    format!("{sign}{}", Name(&order.column))
                };
                write!(f, "sort {}", orders.iter().map(shown).collect::<Vec<_>>().join(", "))
            }
            Self::Head(count) => write!(f, "head {count}"),
        }
    }
}

fn by_fields(f: &mut fmt::Formatter<'_>, by: &[Field]) -> fmt::Result {
    match by.is_empty() {
        true => Ok(()),
        false => write!(f, " by {}", names(by)),
    }
}

fn names(fields: &[Field]) -> String {
    fields.iter().map(|field| Name(&field.name()).to_string()).collect::<Vec<_>>().join(", ")
}
