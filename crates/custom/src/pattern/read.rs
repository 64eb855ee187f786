//! From the text of a pattern to its steps.

use super::literal::Literal;
use super::{Capture, Kind, Named, Pattern, STEPS_MAX, Step};
use crate::time::Format;

/// How deep optional parts may stand in one another.
const DEPTH_MAX: usize = 4;
/// The longest pattern.
const BYTES_MAX: usize = 4096;

/// What is wrong with a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where, in characters from its beginning.
    pub(crate) at: usize,
    /// A code for programs: `pattern`, `never`, `slow`.
    pub(crate) code: &'static str,
    /// What is wrong.
    pub(crate) what: String,
    /// What to do about it.
    pub(crate) mend: String,
}

impl Fault {
    fn new(
        at: usize,
        code: &'static str,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self { at, code, what: what.into(), mend: mend.into() }
    }
}

/// Reads a pattern whole.
pub(super) fn pattern(text: &str) -> Result<Pattern, Fault> {
    if text.trim().is_empty() {
        return Err(Fault::new(
            0,
            "pattern",
            "the pattern is empty",
            "write what a line looks like",
        ));
    }
    if text.len() > BYTES_MAX {
        let what = format!("the pattern has {} bytes, more than {BYTES_MAX}", text.len());
        return Err(Fault::new(0, "slow", what, "make it several forms"));
    }
    let mut reader =
        Reader { characters: text.chars().collect(), at: 0, captures: Vec::new(), steps: 0 };
    let steps = reader.steps(0)?;
    check_order(&steps, true)?;
    check_ends(&steps)?;
    let steps = steps.into_iter().map(|placed| placed.step).collect();
    Ok(Pattern { steps, captures: reader.captures })
}

/// A step and where it is written.
struct Placed {
    step: Step,
    at: usize,
}

struct Reader {
    characters: Vec<char>,
    at: usize,
    captures: Vec<Named>,
    steps: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    /// Steps up to the end, or to the brace that closes an optional part.
    fn steps(&mut self, depth: usize) -> Result<Vec<Placed>, Fault> {
        let mut steps = Vec::new();
        loop {
            let at = self.at;
            let step = match (self.peek(0), self.peek(1)) {
                (None, _) if depth > 0 => {
                    return Err(Fault::new(at, "pattern", "`{?` is not closed", "add `}`"));
                }
                (None, _) => return Ok(steps),
                (Some('}'), _) if depth > 0 => return Ok(steps),
                (Some('{'), Some('?')) => {
                    self.at += 2;
                    self.optional(at, depth)?
                }
                (Some('{'), other) if other != Some('{') => self.capture()?,
                _ => Step::Literal(Box::new(self.literal(depth)?)),
            };
            self.steps += 1;
            if self.steps > STEPS_MAX {
                let what = format!("the pattern has more than {STEPS_MAX} parts");
                return Err(Fault::new(at, "slow", what, "end it with `{_}`, or use `:pairs`"));
            }
            steps.push(Placed { step, at });
        }
    }

    fn optional(&mut self, at: usize, depth: usize) -> Result<Step, Fault> {
        if depth >= DEPTH_MAX {
            let what = format!("optional parts stand deeper than {DEPTH_MAX} in one another");
            return Err(Fault::new(at, "slow", what, "make it several forms"));
        }
        let inner = self.steps(depth + 1)?;
        self.at += 1;
        if inner.is_empty() {
            return Err(Fault::new(at, "never", "the optional part is empty", "remove it"));
        }
        check_order(&inner, false)?;
        Ok(Step::Optional(inner.into_iter().map(|placed| placed.step).collect()))
    }

    /// Literal text; doubled braces are one.
    fn literal(&mut self, depth: usize) -> Result<Literal, Fault> {
        let mut text = String::new();
        while let Some(character) = self.peek(0) {
            let doubled = self.peek(1) == Some(character);
            match character {
                '{' if !doubled => break,
                '}' if depth > 0 => break,
                '}' if !doubled => {
                    let what = "`}` closes nothing";
                    return Err(Fault::new(self.at, "pattern", what, "write `}}` for a brace"));
                }
                '{' | '}' => self.at += 2,
                _ => self.at += 1,
            }
            text.push(character);
        }
        Ok(Literal::new(&text))
    }

    /// `{name*:kind:argument}`.
    fn capture(&mut self) -> Result<Step, Fault> {
        let at = self.at;
        let rest = &self.characters[at + 1..];
        let Some(length) = rest.iter().position(|c| *c == '}') else {
            return Err(Fault::new(at, "pattern", "`{` is not closed", "add `}`, or write `{{`"));
        };
        let inner: String = rest[..length].iter().collect();
        self.at += length + 2;
        let (name, kind) = match inner.split_once(':') {
            Some((name, kind)) => (name, kind),
            None => (inner.as_str(), "text"),
        };
        let (name, last) = match name.strip_suffix('*') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let kind = kind_of(kind).map_err(|(what, mend)| Fault::new(at, "pattern", what, mend))?;
        if last && !kind.looks_ahead() {
            let what = format!("`*` is for texts: {inner:?} knows its own end");
            return Err(Fault::new(at, "pattern", what, "remove the `*`"));
        }
        let slot = match name {
            "_" => None,
            name => Some(self.slot(name, &kind, at)?),
        };
        Ok(Step::Capture(Capture { slot, kind, last }))
    }

    fn slot(&mut self, name: &str, kind: &Kind, at: usize) -> Result<usize, Fault> {
        let plain = |c: char| c.is_alphanumeric() || "_.-@".contains(c);
        if name.is_empty() || !name.chars().all(plain) {
            let what = format!("{name:?} is no name");
            let mend = "use letters, digits, `_`, `.`, `-`; `{_}` for what is not kept";
            return Err(Fault::new(at, "pattern", what, mend));
        }
        if self.captures.iter().any(|named| named.name == name) {
            let what = format!("{name:?} is captured twice");
            return Err(Fault::new(at, "pattern", what, "give the second one another name"));
        }
        self.captures.push(Named { name: name.to_owned(), kind: kind.clone(), at });
        Ok(self.captures.len() - 1)
    }
}

fn kind_of(text: &str) -> Result<Kind, (String, String)> {
    Ok(match text {
        "text" => Kind::Text,
        "word" => Kind::Word,
        "int" => Kind::Int,
        "float" => Kind::Float,
        "hex" => Kind::Hex,
        "ip" => Kind::Ip,
        "mac" => Kind::Mac,
        "quoted" => Kind::Quoted,
        "pairs" => Kind::Pairs,
        "time" => Kind::Time(Format::Any),
        other => match other.strip_prefix("time:") {
            Some(format) => Kind::Time(Format::new(format)?),
            None => {
                let known = "text, word, int, float, hex, ip, mac, quoted, time, pairs";
                return Err((format!("unknown kind {other:?}"), format!("known are {known}")));
            }
        },
    })
}

/// What follows a capture must say where it ends.
fn check_order(steps: &[Placed], whole: bool) -> Result<(), Fault> {
    for (number, placed) in steps.iter().enumerate() {
        let Step::Capture(capture) = &placed.step else { continue };
        let next = steps.get(number + 1).map(|next| &next.step);
        let ends = matches!(next, Some(Step::Literal(_))) || (next.is_none() && whole);
        if capture.kind.needs_end() && !ends {
            let what = "nothing says where this text ends";
            let mend = "put literal text behind it, or give it a kind such as `:int`";
            return Err(Fault::new(placed.at, "pattern", what, mend));
        }
        if capture.last && next.is_none() {
            let what = "`*` says nothing at the end";
            return Err(Fault::new(placed.at, "pattern", what, "remove the `*`"));
        }
        let same = match next {
            Some(Step::Capture(other)) => takes(&capture.kind).zip(takes(&other.kind)),
            _ => None,
        };
        if let Some((first, second)) = same
            && second.bytes().all(|byte| first.as_bytes().contains(&byte))
        {
            let what = "it takes all that the next capture could take";
            return Err(Fault::new(placed.at, "never", what, "put literal text between them"));
        }
    }
    Ok(())
}

/// The characters that a value of a kind begins with.
fn takes(kind: &Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Int => "0123456789",
        Kind::Float => "0123456789.",
        Kind::Hex => "0123456789abcdef",
        Kind::Mac => "0123456789abcdef:",
        Kind::Ip => "0123456789abcdef:.",
        _ => return None,
    })
}

/// Texts come without blanks at their ends.
fn check_ends(steps: &[Placed]) -> Result<(), Fault> {
    let blank = |placed: Option<&Placed>, first: bool| match placed {
        Some(Placed { step: Step::Literal(literal), at }) => {
            let (begins, ends) = literal.blank_ends();
            (if first { begins } else { ends }).then_some(*at)
        }
        _ => None,
    };
    match (blank(steps.first(), true), blank(steps.last(), false)) {
        (Some(at), _) | (None, Some(at)) => {
            let what = "a text neither begins nor ends with a blank";
            Err(Fault::new(at, "never", what, "remove the blank at the end of the pattern"))
        }
        (None, None) => Ok(()),
    }
}
