//! What a rule asks of a value.

use crate::fold::fold;
use crate::{DatePart, Network, Number, Pattern};

/// How large a compiled regular expression may be: enough for every one of SigmaHQ's, and small
/// enough that `(a{1000}){1000}` is refused.
pub const REGEX_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One value of an event, as a rule sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Present, but null.
    Null,
    /// `true` or `false`; rules see the text.
    Bool(bool),
    /// A number, as written.
    Number(&'a str),
    /// A text.
    Text(&'a str),
    /// An object, as JSON without blanks.
    Object(&'a str),
}

impl<'a> Value<'a> {
    /// The text that patterns are laid on; null has none.
    pub fn text(self) -> Option<&'a str> {
        match self {
            Self::Null => None,
            Self::Bool(true) => Some("true"),
            Self::Bool(false) => Some("false"),
            Self::Number(text) | Self::Text(text) | Self::Object(text) => Some(text),
        }
    }
}

/// A regular expression in linear time, searched for, not anchored.
#[derive(Debug, Clone)]
pub struct Regex {
    source: String,
    compiled: regex::Regex,
}

impl Regex {
    /// Compiles `source` with the flags of the modifiers `i`, `m` and `s`; the error is in words.
    pub fn new(source: &str, flags: &str) -> Result<Self, String> {
        let compiled = regex::RegexBuilder::new(source)
            .case_insensitive(flags.contains('i'))
            .multi_line(flags.contains('m'))
            .dot_matches_new_line(flags.contains('s'))
            .size_limit(REGEX_BYTES_MAX)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(max) => format!("it needs more than {max} bytes"),
                other => last_line(&other.to_string()),
            })?;
        let prefix = if flags.is_empty() { String::new() } else { format!("(?{flags})") };
        Ok(Self { source: format!("{prefix}{source}"), compiled })
    }

    /// The expression, with its flags in front.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it is found in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled.is_match(text)
    }
}

/// The compiler draws the expression with a mark below; its last line has the words.
fn last_line(text: &str) -> String {
    let line = text.lines().last().unwrap_or(text);
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Regex {}

impl std::hash::Hash for Regex {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.source.hash(state);
    }
}

/// How two numbers are to compare, the event's on the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    fn holds<T: Ord>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

/// Where in one text another is to lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// It is the whole.
    Whole,
    /// At the start.
    Start,
    /// At the end.
    End,
    /// Anywhere.
    Anywhere,
}

/// One thing that a rule asks of a field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Matcher {
    /// The whole value fits the pattern, which is folded unless `cased`.
    Text {
        /// The pattern.
        pattern: Pattern,
        /// Whether case counts.
        cased: bool,
    },
    /// The expression is found in the value.
    Regex(Regex),
    /// The value is an address in the network.
    Network(Network),
    /// The value is a number (or the text of one) that compares so.
    Compare(Comparison, Number),
    /// The value is this number, written in any way, or text that reads exactly so.
    Equals(Number, String),
    /// A part of the date that the value is compares so.
    Date(DatePart, Comparison, i64),
    /// The field is absent or null.
    Null,
    /// The field is present (`true`) or absent, whatever its value.
    Exists(bool),
    /// The value and that of another field of the event lie in each other so.
    Reference {
        /// The other field, by its Sigma name.
        field: String,
        /// Where the other field's value lies in this one's.
        anchor: Anchor,
        /// Whether case counts.
        cased: bool,
    },
}

impl Matcher {
    /// Whether one value does what is asked. [`Self::Null`], [`Self::Exists`] and
    /// [`Self::Reference`] ask about more than one value, and no value alone does it.
    pub fn matches(&self, value: Value<'_>) -> bool {
        let Some(text) = value.text() else { return false };
        match self {
            Self::Text { pattern, cased: false } => pattern.fits(&fold(text)),
            _ => self.matches_unfolded(value),
        }
    }

    /// As [`Self::matches`], with the value's folded text at hand.
    pub fn matches_folded(&self, value: Value<'_>, folded: &str) -> bool {
        match self {
            Self::Text { pattern, cased: false } => value != Value::Null && pattern.fits(folded),
            _ => self.matches_unfolded(value),
        }
    }

    fn matches_unfolded(&self, value: Value<'_>) -> bool {
        let Some(text) = value.text() else { return false };
        match self {
            Self::Text { pattern, .. } => pattern.fits(text),
            Self::Regex(regex) => regex.is_match(text),
            Self::Network(network) => network.contains(text),
            Self::Compare(comparison, number) => {
                Number::parse(text).is_some_and(|value| comparison.holds(&value, number))
            }
            Self::Equals(number, written) => match value {
                Value::Number(text) => Number::parse(text).as_ref() == Some(number),
                _ => text == written,
            },
            Self::Date(part, comparison, number) => {
                part.of(text).is_some_and(|value| comparison.holds(&value, number))
            }
            Self::Null | Self::Exists(_) | Self::Reference { .. } => false,
        }
    }
}

impl Anchor {
    /// Whether `inner` lies so in `outer`.
    pub fn holds(self, outer: &str, inner: &str, cased: bool) -> bool {
        let check = |outer: &str, inner: &str| match self {
            Self::Whole => outer == inner,
            Self::Start => outer.starts_with(inner),
            Self::End => outer.ends_with(inner),
            Self::Anywhere => outer.contains(inner),
        };
        match cased {
            true => check(outer, inner),
            false => check(&fold(outer), &fold(inner)),
        }
    }
}
