//! The condition language: `selection and not 1 of filter_*`.

use crate::Problem;

/// How many words a condition may have; SigmaHQ's longest has 75.
pub const CONDITION_TOKENS_MAX: usize = 10_000;
/// How deep parentheses and `not` may nest: conditions are walked recursively.
pub const CONDITION_DEPTH_MAX: usize = 100;

/// A condition over the selections of a rule, which it names by their index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The selection holds.
    Selection(usize),
    /// It does not hold.
    Not(Box<Condition>),
    /// All hold; of none, true.
    And(Vec<Condition>),
    /// One holds; of none, false.
    Or(Vec<Condition>),
    /// At least that many selections hold.
    AtLeast(usize, Vec<usize>),
}

impl Condition {
    /// Reads a condition over selections of these names.
    pub(crate) fn parse(text: &str, names: &[&str]) -> Result<Self, Problem> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens, at: 0, names, depth: 0 };
        let condition = parser.or()?;
        match parser.peek() {
            "" => Ok(condition),
            ")" => Err(parser.fail("a parenthesis is closed that was not opened", "remove it")),
            _ => Err(parser.fail("expected \"and\" or \"or\"", "join the parts")),
        }
    }

    /// Whether it holds, given which selections hold.
    pub fn holds(&self, selection: &mut impl FnMut(usize) -> bool) -> bool {
        match self {
            Self::Selection(index) => selection(*index),
            Self::Not(inner) => !inner.holds(selection),
            Self::And(parts) => parts.iter().all(|part| part.holds(selection)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(selection)),
            Self::AtLeast(count, of) => {
                of.iter().filter(|index| selection(**index)).take(*count).count() == *count
            }
        }
    }
}

/// Words and parentheses.
fn tokens(text: &str) -> Result<Vec<&str>, Problem> {
    let mut tokens = Vec::new();
    for word in text.split_whitespace() {
        let mut rest = word;
        while let Some(at) = rest.find(['(', ')', '|']) {
            if at > 0 {
                tokens.push(&rest[..at]);
            }
            tokens.push(&rest[at..=at]);
            rest = &rest[at + 1..];
        }
        if !rest.is_empty() {
            tokens.push(rest);
        }
        if tokens.len() > CONDITION_TOKENS_MAX {
            return Err(Problem::Limit {
                what: "the number of words in the condition".into(),
                max: CONDITION_TOKENS_MAX,
                mend: "use 1 of name* with a pattern",
            });
        }
    }
    if let Some(pipe) = tokens.iter().position(|token| *token == "|") {
        let what = tokens.get(pipe + 1).copied().unwrap_or_default();
        return Err(Problem::Legacy {
            what: format!("the aggregation \"| {what}\" in a condition"),
            mend: "write a correlation rule (event_count, value_count, temporal) instead",
        });
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: Vec<&'a str>,
    at: usize,
    names: &'a [&'a str],
    depth: usize,
}

impl Parser<'_> {
    /// The current word; empty at the end.
    fn peek(&self) -> &str {
        self.tokens.get(self.at).copied().unwrap_or_default()
    }

    fn is(&self, ahead: usize, word: &str) -> bool {
        self.tokens.get(self.at + ahead).is_some_and(|token| token.eq_ignore_ascii_case(word))
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.is(0, word);
        self.at += usize::from(found);
        found
    }

    fn fail(&self, what: &'static str, mend: impl Into<String>) -> Problem {
        let token = match self.peek() {
            "" => "the end".to_owned(),
            token => token.to_owned(),
        };
        Problem::Condition { what, token, mend: mend.into() }
    }

    fn or(&mut self) -> Result<Condition, Problem> {
        self.depth += 1;
        if self.depth > CONDITION_DEPTH_MAX {
            return Err(Problem::Limit {
                what: "the nesting of the condition".into(),
                max: CONDITION_DEPTH_MAX,
                mend: "take parentheses out, or move parts into selections",
            });
        }
        let mut parts = vec![self.and()?];
        while self.take("or") {
            parts.push(self.and()?);
        }
        self.depth -= 1;
        Ok(single(parts, Condition::Or))
    }

    fn and(&mut self) -> Result<Condition, Problem> {
        let mut parts = vec![self.not()?];
        while self.take("and") {
            parts.push(self.not()?);
        }
        Ok(single(parts, Condition::And))
    }

    fn not(&mut self) -> Result<Condition, Problem> {
        let mut negated = false;
        while self.take("not") {
            negated = !negated;
        }
        let inner = self.term()?;
        Ok(if negated { Condition::Not(Box::new(inner)) } else { inner })
    }

    fn term(&mut self) -> Result<Condition, Problem> {
        if self.take("(") {
            let inner = self.or()?;
            if !self.take(")") {
                return Err(self.fail("a parenthesis is not closed", "add \")\""));
            }
            return Ok(inner);
        }
        if self.is(1, "of") {
            return self.some_of();
        }
        match self.peek() {
            "" | ")" | "and" | "or" | "of" => {
                Err(self.fail("expected a selection", "name one, or remove what comes before"))
            }
            _ => self.selection(),
        }
    }

    fn selection(&mut self) -> Result<Condition, Problem> {
        let name = self.peek();
        match self.names.iter().position(|known| *known == name) {
            Some(index) => {
                self.at += 1;
                Ok(Condition::Selection(index))
            }
            None => Err(self.fail("no selection of that name", self.known())),
        }
    }

    fn known(&self) -> String {
        let names = self.names.iter().take(20).copied().collect::<Vec<_>>().join(", ");
        format!("there are {names}")
    }

    /// `1 of them`, `all of selection_*`, `any of …`, `2 of …`.
    fn some_of(&mut self) -> Result<Condition, Problem> {
        let all = self.is(0, "all");
        let count = match self.peek() {
            word if word.eq_ignore_ascii_case("any") => Some(1),
            word => word.parse::<usize>().ok().filter(|count| *count > 0),
        };
        if !all && count.is_none() {
            return Err(
                self.fail("expected a number, \"any\" or \"all\" before \"of\"", "write 1 of …")
            );
        }
        self.at += 2;
        let which = self.matching()?;
        let selections = || which.iter().copied().map(Condition::Selection).collect();
        Ok(match count {
            Some(1) => single(selections(), Condition::Or),
            Some(count) => Condition::AtLeast(count, which),
            None => single(selections(), Condition::And),
        })
    }

    fn matching(&mut self) -> Result<Vec<usize>, Problem> {
        let pattern = self.peek();
        let them = pattern.eq_ignore_ascii_case("them");
        let fits = |name: &str| match them {
            true => !name.starts_with('_'),
            false => star_fits(pattern, name),
        };
        let names = self.names.iter().enumerate();
        let which: Vec<usize> = names.filter(|(_, name)| fits(name)).map(|(i, _)| i).collect();
        if which.is_empty() {
            return Err(self.fail("no selection fits the pattern", self.known()));
        }
        self.at += 1;
        Ok(which)
    }
}

fn single(mut parts: Vec<Condition>, many: fn(Vec<Condition>) -> Condition) -> Condition {
    match parts.len() {
        1 => parts.remove(0),
        _ => many(parts),
    }
}

/// Whether `name` fits a pattern in which `*` stands for any characters.
fn star_fits(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
