//! What is asked of a field: `name:value`, `name in (…)`, `exists(name)`, `hour(name)>=22`.

use super::Parser;
use super::values::{Value, matcher};
use crate::field::{Field, TIME};
use crate::time::moment;
use crate::{Error, Expr, Leaf, Problem};
use sigma::{Comparison, DatePart, LogSource, Matcher};

/// The functions that stand in place of a test.
const FUNCTIONS: &str =
    "exists, missing, null, like, logsource, minute, hour, day, week, month, year";

impl Parser<'_> {
    /// What follows the field `name`, which begins at `start`.
    pub(super) fn field_test(&mut self, name: &str, start: usize) -> Result<Expr, Error> {
        if name == TIME {
            return self.time_test();
        }
        let field = self.field(name, start)?;
        let Some(operator) = self.scan.take_operator() else {
            self.scan.take_keyword("in");
            let parts = self.in_parentheses(|parser| {
                let mut parts = vec![parser.value_test(&field, ":")?];
                while parser.scan.take(',') {
                    parts.push(parser.value_test(&field, ":")?);
                }
                Ok(parts)
            })?;
            return Ok(Expr::any(parts));
        };
        match operator {
            "!=" => Ok(self.value_test(&field, "=")?.negated()),
            ":" if self.scan.here() == Some('(') => self.in_parentheses(|p| p.any_value(&field)),
            ":" if self.scan.here() == Some('[') => self.interval(&field),
            operator => self.value_test(&field, operator),
        }
    }

    /// `a OR b`, as values of the field.
    fn any_value(&mut self, field: &Field) -> Result<Expr, Error> {
        let mut parts = vec![self.value_test(field, ":")?];
        while self.scan.take_keyword("or") {
            parts.push(self.value_test(field, ":")?);
        }
        Ok(Expr::any(parts))
    }

    fn value_test(&mut self, field: &Field, operator: &str) -> Result<Expr, Error> {
        let start = self.scan.at();
        let value = self.value(start)?;
        let matcher = matcher(operator, value).map_err(|p| self.scan.fail_from(start, p))?;
        self.leaf(Expr::field(field.clone(), matcher))
    }

    fn value(&mut self, start: usize) -> Result<Value, Error> {
        if self.scan.peek() == Some('"') {
            return self.scan.quoted().map(Value::Quoted);
        }
        if let Some((source, flags)) = self.scan.take_regex() {
            return Ok(Value::Regex(source, flags));
        }
        if let Some(name) = self.scan.take_function() {
            let argument = self.argument()?;
            return Ok(Value::Function(name, argument));
        }
        let at = self.scan.at();
        let pattern = self.scan.pattern();
        let text = self.scan.text(at..self.scan.at());
        if text.is_empty() {
            self.scan.back_to(start);
            return Err(self.scan.expected("a value", "write one; the empty text is \"\""));
        }
        Ok(Value::Bare(text, pattern))
    }

    /// One argument in parentheses, quoted or bare.
    fn argument(&mut self) -> Result<String, Error> {
        self.in_parentheses(|parser| match parser.scan.peek() {
            Some('"') => parser.scan.quoted(),
            _ => Ok(parser.scan.bare()),
        })
    }

    /// `[1 to 5]`: both ends included.
    fn interval(&mut self, field: &Field) -> Result<Expr, Error> {
        let open = self.scan.at();
        self.scan.take('[');
        let least = self.bound(field, ">=")?;
        if !self.scan.take_keyword("to") {
            return Err(self.scan.expected("to", "write a range as [1 to 5]"));
        }
        let most = self.bound(field, "<=")?;
        if !self.scan.take(']') {
            let problem = Problem::Open { open: '[', close: ']' };
            return Err(Error { span: open..open + 1, problem });
        }
        Ok(Expr::All(vec![least, most]))
    }

    fn bound(&mut self, field: &Field, operator: &str) -> Result<Expr, Error> {
        self.scan.peek();
        let start = self.scan.at();
        let text = self.scan.bare();
        let value = Value::Bare(text.clone(), sigma::Pattern::literal(&text));
        let matcher = matcher(operator, value).map_err(|p| self.scan.fail_from(start, p))?;
        self.leaf(Expr::field(field.clone(), matcher))
    }

    fn time_test(&mut self) -> Result<Expr, Error> {
        let start = self.scan.at();
        let comparison = self.scan.take_operator().and_then(comparison);
        if comparison == Some(Comparison::Equal) && self.scan.here() == Some('[') {
            return self.time_interval();
        }
        let Some(comparison) = comparison else {
            let mend = "compare it with <, <=, > or >=, or write time:[-24h to now]";
            return Err(self.scan.fail_from(start, Problem::Test { field: TIME, mend }));
        };
        self.time_leaf(comparison)
    }

    fn time_interval(&mut self) -> Result<Expr, Error> {
        let open = self.scan.at();
        self.scan.take('[');
        let least = self.time_leaf(Comparison::GreaterOrEqual)?;
        if !self.scan.take_keyword("to") {
            return Err(self.scan.expected("to", "write a range as [-24h to now]"));
        }
        let most = self.time_leaf(Comparison::LessOrEqual)?;
        if !self.scan.take(']') {
            let problem = Problem::Open { open: '[', close: ']' };
            return Err(Error { span: open..open + 1, problem });
        }
        Ok(Expr::All(vec![least, most]))
    }

    fn time_leaf(&mut self, comparison: Comparison) -> Result<Expr, Error> {
        self.scan.peek();
        let start = self.scan.at();
        let value = self.scan.bare();
        let Some(moment) = moment(&value) else {
            let expected = "a time";
            let mend = "-24h, now, 2026-11-25 or 2026-11-25T10:00+06:00";
            return Err(self.scan.fail_from(start, Problem::Value { value, expected, mend }));
        };
        self.leaf(Expr::Leaf(Leaf::Time(comparison, moment)))
    }

    /// A function in place of a test; its parenthesis comes next.
    pub(super) fn function(&mut self, name: &str, start: usize) -> Result<Expr, Error> {
        let matcher = match name {
            "exists" => Matcher::Exists(true),
            "missing" => Matcher::Exists(false),
            "null" => Matcher::Null,
            "logsource" => {
                let source = self.in_parentheses(Self::log_source)?;
                return self.leaf(Expr::Leaf(Leaf::Source(source)));
            }
            "like" => {
                let pattern = self.argument()?;
                return self.words(sigma::Pattern::parse(&pattern), start);
            }
            _ => return self.date_test(name, start),
        };
        let field = self.field_argument()?;
        self.leaf(Expr::field(field, matcher))
    }

    fn field_argument(&mut self) -> Result<Field, Error> {
        self.in_parentheses(|parser| {
            parser.scan.peek();
            let start = parser.scan.at();
            match parser.scan.name() {
                Some(name) if name != TIME => parser.field(&name, start),
                _ => Err(parser.scan.expected("a field", "name one")),
            }
        })
    }

    /// `hour(field)>=22`: a part of the date that the field's value is.
    fn date_test(&mut self, name: &str, start: usize) -> Result<Expr, Error> {
        let Some(part) = date_part(name) else {
            let problem = Problem::Function { name: name.to_owned(), known: FUNCTIONS };
            return Err(self.scan.fail_from(start, problem));
        };
        let field = self.field_argument()?;
        let Some(comparison) = self.scan.take_operator().and_then(comparison) else {
            return Err(self.scan.expected("a comparison", "compare it with =, <, <=, > or >="));
        };
        let at = self.scan.at();
        let value = self.scan.bare();
        let Ok(number) = value.parse::<i64>() else {
            let expected = "a whole number";
            return Err(self.scan.fail_from(at, Problem::Value { value, expected, mend: "22" }));
        };
        self.leaf(Expr::field(field, Matcher::Date(part, comparison, number)))
    }

    /// `product=windows, category=process_creation`
    fn log_source(&mut self) -> Result<LogSource, Error> {
        let mut source = LogSource::default();
        loop {
            self.scan.peek();
            let start = self.scan.at();
            let name = self.scan.name().unwrap_or_default();
            let slot = match name.as_str() {
                "product" => &mut source.product,
                "category" => &mut source.category,
                "service" => &mut source.service,
                _ => {
                    self.scan.back_to(start);
                    let mend = "write logsource(product=windows, category=process_creation)";
                    return Err(self.scan.expected("product, category or service", mend));
                }
            };
            if !self.scan.take('=') {
                return Err(self.scan.expected("=", "write product=windows"));
            }
            *slot = Some(match self.scan.peek() {
                Some('"') => self.scan.quoted()?,
                _ => self.scan.bare(),
            });
            if !self.scan.take(',') {
                return Ok(source);
            }
        }
    }
}

fn comparison(operator: &str) -> Option<Comparison> {
    Some(match operator {
        "=" | ":" => Comparison::Equal,
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn date_part(name: &str) -> Option<DatePart> {
    Some(match name {
        "minute" => DatePart::Minute,
        "hour" => DatePart::Hour,
        "day" => DatePart::Day,
        "week" => DatePart::Week,
        "month" => DatePart::Month,
        "year" => DatePart::Year,
        _ => return None,
    })
}
