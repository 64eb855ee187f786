//! From text to a tree.

mod fields;
mod scan;
mod stages;
mod values;

use crate::field::Field;
use crate::{Error, Expr, Leaf, Problem, Query};
use mapping::Tables;
use scan::Scan;
pub(crate) use scan::taken;
use sigma::Pattern;

/// How long a search may be, in bytes: enough for nearly every Sigma rule opened as a search.
pub const TEXT_BYTES_MAX: usize = 32_768;
/// How deep parentheses and NOT may nest: trees are walked recursively.
pub const DEPTH_MAX: usize = 50;
/// How many single things a search may ask: each costs a pass over the events.
pub const NODES_MAX: usize = 500;

/// Reads a search. `tables` tell which field names are known, to guess what a slip means.
pub fn parse(text: &str, tables: &Tables) -> Result<Query, Error> {
    if text.len() > TEXT_BYTES_MAX {
        let mend = "split it, or put long lists into a rule";
        let problem =
            Problem::Limit { what: "the length of the search", max: TEXT_BYTES_MAX, mend };
        return Err(Error { span: 0..text.chars().count(), problem });
    }
    let mut parser = Parser { scan: Scan::new(text), tables, depth: 0, nodes: 0 };
    let expr = match parser.scan.at_end() || parser.scan.peek() == Some('|') {
        true => Expr::All(Vec::new()),
        false => parser.or()?,
    };
    let stages = parser.stages()?;
    match parser.scan.peek() {
        None => Ok(Query { expr, stages }),
        Some(close @ (')' | ']')) => Err(parser.scan.fail_here(Problem::Close { close })),
        Some(_) => Err(parser.scan.expected("AND, OR or |", "join the parts")),
    }
}

struct Parser<'a> {
    scan: Scan,
    tables: &'a Tables,
    depth: usize,
    nodes: usize,
}

impl Parser<'_> {
    fn or(&mut self) -> Result<Expr, Error> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            let mend = "take parentheses out";
            let problem = Problem::Limit { what: "the nesting", max: DEPTH_MAX, mend };
            return Err(self.scan.fail_here(problem));
        }
        let mut parts = vec![self.and()?];
        while self.scan.take_keyword("or") {
            parts.push(self.and()?);
        }
        self.depth -= 1;
        Ok(Expr::any(parts))
    }

    /// Parts side by side are joined by AND.
    fn and(&mut self) -> Result<Expr, Error> {
        let mut parts = vec![self.not()?];
        loop {
            let joined = self.scan.take_keyword("and");
            let over = matches!(self.scan.peek(), None | Some(')' | ']' | '|' | ','));
            if !joined && (over || self.scan.is_keyword("or")) {
                return Ok(Expr::all(parts));
            }
            parts.push(self.not()?);
        }
    }

    fn not(&mut self) -> Result<Expr, Error> {
        let mut negations = 0;
        while self.scan.take_keyword("not") || self.scan.take_minus() {
            negations += 1;
            if negations > DEPTH_MAX {
                let mend = "two of them are none";
                let problem = Problem::Limit { what: "the number of NOT", max: DEPTH_MAX, mend };
                return Err(self.scan.fail_here(problem));
            }
        }
        let inner = self.primary()?;
        Ok((0..negations).fold(inner, |inner, _| inner.negated()))
    }

    fn primary(&mut self) -> Result<Expr, Error> {
        match self.scan.peek() {
            Some('(') => {
                let inner = self.in_parentheses(Self::or)?;
                Ok(inner)
            }
            Some('"') => {
                let start = self.scan.at();
                let text = self.scan.quoted()?;
                self.words(Pattern::literal(&text), start)
            }
            None | Some(')' | ']' | '|' | ',') => Err(self
                .scan
                .expected("a word or a field", "write one, or remove what comes before")),
            Some(_) => self.word(),
        }
    }

    /// What begins with neither a quotation mark nor a parenthesis.
    fn word(&mut self) -> Result<Expr, Error> {
        if let Some(count) = self.scan.take_count_of() {
            let parts = self.in_parentheses(Self::list)?;
            return Ok(Expr::AtLeast(count, parts));
        }
        if self.scan.take_star() {
            return Ok(Expr::All(Vec::new()));
        }
        let start = self.scan.at();
        if let Some(name) = self.scan.take_function() {
            return self.function(&name, start);
        }
        if let Some(name) = self.scan.take_field() {
            return self.field_test(&name, start);
        }
        for keyword in ["and", "or"] {
            if self.scan.is_keyword(keyword) {
                let mend = "write one before it, or put it in quotation marks to look for it";
                return Err(self.scan.expected("a word or a field", mend));
            }
        }
        let pattern = self.scan.pattern();
        self.words(pattern, start)
    }

    fn words(&mut self, pattern: Pattern, start: usize) -> Result<Expr, Error> {
        if pattern == Pattern::default() {
            let problem = Problem::Value {
                value: String::new(),
                expected: "text to look for",
                mend: "one character or more",
            };
            return Err(self.scan.fail_from(start, problem));
        }
        self.leaf(Expr::Leaf(Leaf::Words(pattern)))
    }

    fn list(&mut self) -> Result<Vec<Expr>, Error> {
        let mut parts = vec![self.or()?];
        while self.scan.take(',') {
            parts.push(self.or()?);
        }
        Ok(parts)
    }

    fn in_parentheses<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.scan.peek();
        let open = self.scan.at();
        if !self.scan.take('(') {
            return Err(self.scan.expected("(", "open a parenthesis"));
        }
        let inner = read(self)?;
        match self.scan.peek() {
            Some(')') => {
                self.scan.take(')');
                Ok(inner)
            }
            None => {
                let problem = Problem::Open { open: '(', close: ')' };
                Err(Error { span: open..open + 1, problem })
            }
            Some(_) => Err(self.scan.expected(")", "close the parenthesis")),
        }
    }

    /// Counts a single thing.
    fn leaf(&mut self, leaf: Expr) -> Result<Expr, Error> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            let mend = "use fewer words and fields, or a pattern with *";
            let problem = Problem::Limit { what: "the number of tests", max: NODES_MAX, mend };
            return Err(self.scan.fail_here(problem));
        }
        Ok(leaf)
    }

    /// The field of that name, unless it looks like a slip.
    fn field(&self, name: &str, start: usize) -> Result<Field, Error> {
        match Field::suggestion(name, self.tables) {
            Some(suggestion) => {
                let problem = Problem::Field { name: name.to_owned(), suggestion };
                let span = start..start + name.chars().count();
                Err(Error { span, problem })
            }
            None => Ok(Field::named(name)),
        }
    }
}
