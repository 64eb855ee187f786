//! Patterns: literal text and named captures, read from left to right without a way back.
//!
//! The language is small so that its cost is known before a line is seen. Each step looks through
//! what is left of the text at most once, so a pattern costs at most its steps times the length of
//! the text; the crate `regex`, also linear, is some ten times slower at captures, and what it
//! costs is harder to see in what is written. The forms:
//!
//! | written | what it takes |
//! | --- | --- |
//! | `text` | itself; a blank stands for one or more blanks and tabs |
//! | `{name}` | anything up to the first place of the literal that follows, or the rest |
//! | `{name*}` | the same, up to the last place of that literal |
//! | `{name:word}` | the same without blanks, at least one character; with no literal behind it, up to a blank |
//! | `{name:int}`, `float`, `hex`, `ip`, `mac` | as many of its characters as leave room for the literal that follows |
//! | `{name:quoted}` | a text in double quotes, without them |
//! | `{name:time}`, `{name:time:%d.%m.%Y %H:%M}` | a time as logs write them, or of one form |
//! | `{name:pairs}` | `key=value …`, whose keys are fields of their own |
//! | `{_}`, `{_:int}` | takes and forgets |
//! | `{? …}` | may be there or not |
//! | `{{`, `}}` | braces; there is no closing one within an optional part |
//!
//! A pattern is about the whole text: what may follow ends with `{_}`.

mod literal;
mod read;
mod run;

pub(crate) use read::Fault;
pub(crate) use run::Work;

use crate::time::Format;
use literal::Literal;

/// Steps of one pattern, those within optional parts too: what bounds the cost of a line.
pub(crate) const STEPS_MAX: usize = 64;

/// A pattern, read.
#[derive(Debug)]
pub(crate) struct Pattern {
    steps: Vec<Step>,
    /// The names of the captures, by slot.
    pub(crate) captures: Vec<Named>,
}

/// A capture's name and what it takes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Where in the pattern it is written, in characters.
    pub(crate) at: usize,
}

#[derive(Debug)]
enum Step {
    /// Boxed, as its searchers are large.
    Literal(Box<Literal>),
    Capture(Capture),
    Optional(Vec<Step>),
}

#[derive(Debug)]
struct Capture {
    /// `None` for `{_}`.
    slot: Option<usize>,
    kind: Kind,
    /// Whether it ends at the last place of what follows rather than at the first.
    last: bool,
}

/// What a capture takes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Text,
    Word,
    Int,
    Float,
    Hex,
    Ip,
    Mac,
    Quoted,
    Time(Format),
    Pairs,
}

impl Kind {
    /// Whether only what follows can say where it ends.
    fn needs_end(&self) -> bool {
        matches!(self, Self::Text | Self::Pairs)
    }

    /// Whether a literal that follows is looked for, wherever it stands.
    fn looks_ahead(&self) -> bool {
        self.needs_end() || *self == Self::Word
    }
}

impl Pattern {
    /// Reads a pattern.
    pub(crate) fn new(text: &str) -> Result<Self, Fault> {
        read::pattern(text)
    }

    /// The literal text that it begins with.
    pub(crate) fn prefix(&self) -> &str {
        match self.steps.first() {
            Some(Step::Literal(literal)) => literal.first_text(),
            _ => "",
        }
    }

    /// Whether it takes any text at all.
    pub(crate) fn takes_all(&self) -> bool {
        match self.steps.as_slice() {
            [Step::Capture(capture)] => matches!(capture.kind, Kind::Text | Kind::Pairs),
            _ => false,
        }
    }

    /// What it fits, without the names of captures: two of one shape fit the same texts.
    pub(crate) fn shape(&self) -> String {
        let mut out = String::new();
        shape(&self.steps, &mut out);
        out
    }
}

fn shape(steps: &[Step], out: &mut String) {
    for step in steps {
        match step {
            Step::Literal(literal) => out.push_str(&format!("{literal:?}")),
            Step::Capture(Capture { kind, last, .. }) => {
                out.push_str(&format!("{{{kind:?}{last}}}"));
            }
            Step::Optional(steps) => {
                out.push_str("{?");
                shape(steps, out);
                out.push('}');
            }
        }
    }
}

#[cfg(test)]
mod tests;
