//! The commands behind `|`.

use super::Parser;
use crate::field::{Field, TIME};
use crate::time::seconds;
use crate::{Aggregate, Error, Order, Problem, Stage};

/// How many rows `head` may ask for.
const HEAD_MAX: u32 = 10_000;
/// How many fields one command may name.
const FIELDS_MAX: usize = 20;
/// The name of a count's column.
const COUNT: &str = "count";

impl Parser<'_> {
    pub(super) fn stages(&mut self) -> Result<Vec<Stage>, Error> {
        let mut stages = Vec::new();
        while self.scan.take('|') {
            self.scan.peek();
            let start = self.scan.at();
            let stage = self.stage(start)?;
            check(&stages, &stage).map_err(|problem| self.scan.fail_from(start, problem))?;
            stages.push(stage);
        }
        Ok(stages)
    }

    fn stage(&mut self, start: usize) -> Result<Stage, Error> {
        let Some(name) = self.scan.name() else {
            return Err(self.scan.expected("a command", "write one, such as count by host"));
        };
        Ok(match name.to_ascii_lowercase().as_str() {
            "count" => Stage::Count(Aggregate { distinct: None, by: self.by()? }),
            "distinct" => {
                let field = self.one_field()?;
                Stage::Count(Aggregate { distinct: Some(field), by: self.by()? })
            }
            "timechart" => {
                let span_s = self.span()?;
                self.scan.take_keyword("count");
                Stage::Timechart { span_s, by: self.by()? }
            }
            "table" => Stage::Table(self.fields()?),
            "sort" => Stage::Sort(self.orders()?),
            "head" => Stage::Head(self.head()?),
            _ => return Err(self.scan.fail_from(start, Problem::Command { name })),
        })
    }

    fn by(&mut self) -> Result<Vec<Field>, Error> {
        match self.scan.take_keyword("by") {
            true => self.fields(),
            false => Ok(Vec::new()),
        }
    }

    fn fields(&mut self) -> Result<Vec<Field>, Error> {
        let mut fields = vec![self.one_field()?];
        while self.scan.take(',') {
            fields.push(self.one_field()?);
            if fields.len() > FIELDS_MAX {
                let (what, mend) = ("the number of fields", "name fewer");
                return Err(self.scan.fail_here(Problem::Limit { what, max: FIELDS_MAX, mend }));
            }
        }
        Ok(fields)
    }

    fn one_field(&mut self) -> Result<Field, Error> {
        self.scan.peek();
        let start = self.scan.at();
        let Some(name) = self.scan.name() else {
            return Err(self.scan.expected("a field", "name one"));
        };
        if name == TIME {
            let problem = Problem::Test { field: TIME, mend: "it is always shown; name others" };
            return Err(self.scan.fail_from(start, problem));
        }
        match self.field(&name, start)? {
            Field::Any => {
                let mend = "name one field";
                Err(self.scan.fail_from(start, Problem::Test { field: "any", mend }))
            }
            field => Ok(field),
        }
    }

    fn span(&mut self) -> Result<Option<u32>, Error> {
        self.scan.peek();
        let start = self.scan.at();
        if self.scan.name().as_deref() != Some("span") || !self.scan.take('=') {
            self.scan.back_to(start);
            return Ok(None);
        }
        let at = self.scan.at();
        let value = self.scan.bare();
        match seconds(&value).and_then(|s| u32::try_from(s).ok()).filter(|s| *s > 0) {
            Some(span) => Ok(Some(span)),
            None => {
                let problem =
                    Problem::Value { value, expected: "a length of time", mend: "5m, 1h or 1d" };
                Err(self.scan.fail_from(at, problem))
            }
        }
    }

    fn orders(&mut self) -> Result<Vec<Order>, Error> {
        let mut orders = Vec::new();
        loop {
            let descending = self.scan.take('-');
            self.scan.peek();
            let start = self.scan.at();
            let Some(name) = self.scan.name() else {
                return Err(self
                    .scan
                    .expected("a column", "name one, - before it for the greatest first"));
            };
            let column = match name.as_str() {
                COUNT | TIME => name,
                _ => self.field(&name, start)?.name(),
            };
            orders.push(Order { column, descending });
            if !self.scan.take(',') {
                return Ok(orders);
            }
        }
    }

    fn head(&mut self) -> Result<u32, Error> {
        self.scan.peek();
        let start = self.scan.at();
        let value = self.scan.bare();
        match value.parse().ok().filter(|count| (1..=HEAD_MAX).contains(count)) {
            Some(count) => Ok(count),
            None => {
                let expected = "a number of rows, 10000 at most";
                let problem = Problem::Value { value, expected, mend: "head 10" };
                Err(self.scan.fail_from(start, problem))
            }
        }
    }
}

/// Whether `next` may follow `before`, and what it names is there.
fn check(before: &[Stage], next: &Stage) -> Result<(), Problem> {
    let counts = |stage: &Stage| matches!(stage, Stage::Count(_) | Stage::Timechart { .. });
    let shapes = |stage: &Stage| counts(stage) || matches!(stage, Stage::Table(_));
    let wrong = |command, mend| Err(Problem::Order { command, mend });
    match next {
        Stage::Count(_) if !before.is_empty() => wrong("count", "make it the first command"),
        Stage::Timechart { .. } if !before.is_empty() => {
            wrong("timechart", "make it the first command")
        }
        Stage::Table(_) if before.iter().any(shapes) => {
            wrong("table", "a count has its own columns; remove one of the two")
        }
        Stage::Sort(_) if before.iter().any(|s| matches!(s, Stage::Sort(_) | Stage::Head(_))) => {
            wrong("sort", "sort once, before head")
        }
        Stage::Head(_) if before.iter().any(|stage| matches!(stage, Stage::Head(_))) => {
            wrong("head", "write it once")
        }
        Stage::Sort(orders) => check_columns(before, orders),
        _ => Ok(()),
    }
}

/// A count is sorted by what it has: its fields and the count.
fn check_columns(before: &[Stage], orders: &[Order]) -> Result<(), Problem> {
    let names = |by: &[Field]| by.iter().map(Field::name).collect::<Vec<_>>();
    let columns = match before.first() {
        Some(Stage::Count(count)) => [names(&count.by), vec![COUNT.to_owned()]].concat(),
        Some(Stage::Timechart { by, .. }) => {
            [names(by), vec![COUNT.to_owned(), TIME.to_owned()]].concat()
        }
        _ => return Ok(()),
    };
    match orders.iter().all(|order| columns.contains(&order.column)) {
        true => Ok(()),
        false => {
            Err(Problem::Order { command: "sort", mend: "sort by count or by a field behind `by`" })
        }
    }
}
