//! From a value of a rule, through its modifiers, to what is asked of the event.

use crate::encode::{Utf16, base64, base64_offsets, utf16};
use crate::error::Fault;
use crate::placeholder::{self, EXPANSIONS_MAX, Failure};
use crate::{Anchor, Comparison, DatePart, Matcher, Modifier, Network, Number, Part, Pattern};
use crate::{Placeholders, Problem, Regex, Test};
use yaml::Node;

/// The characters that may stand before a command's option: hyphen, slash, en dash, em dash and
/// horizontal bar.
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// A value on its way through the modifiers.
#[derive(Debug, Clone)]
enum Draft {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Pattern(Pattern),
    Bytes(Vec<u8>),
    Regex { source: String, flags: String },
    Reference { field: String, anchor: Anchor },
    Compare(Comparison, Number),
    Date(DatePart, Comparison, i64),
    Done(Matcher),
}

/// The modifiers of an item, and what the configuration adds.
pub(crate) struct Chain<'a> {
    pub(crate) modifiers: &'a [Modifier],
    pub(crate) placeholders: &'a Placeholders,
    /// Whether this is a keyword, which is looked for anywhere in a value.
    pub(crate) keyword: bool,
}

impl Chain<'_> {
    /// The test that the value `node` stands for.
    pub(crate) fn test(&self, node: &Node) -> Result<Test, Fault> {
        let fault = |problem| (node.at, problem);
        let first = self.first(node).map_err(fault)?;
        let mut drafts = self.expanded(first).map_err(fault)?;
        for modifier in self.modifiers {
            let mut next = Vec::with_capacity(drafts.len());
            for draft in drafts {
                next.append(&mut apply(*modifier, draft).map_err(fault)?);
            }
            if next.len() > EXPANSIONS_MAX {
                return Err(fault(too_many()));
            }
            drafts = next;
        }
        let finish = |draft| self.finish(draft).map_err(fault);
        let alternatives = drafts.into_iter().map(finish).collect::<Result<_, _>>()?;
        let text = node.as_scalar().map_or_else(String::new, |scalar| scalar.text.clone());
        Ok(Test { text, at: node.at, alternatives })
    }

    fn first(&self, node: &Node) -> Result<Draft, Problem> {
        let Some(scalar) = node.as_scalar() else {
            return Err(Problem::Form {
                what: "a value".into(),
                expected: "text, a number, true, false or null (nested fields are named with dots)",
                found: node.what().into(),
            });
        };
        let text = scalar.text.clone();
        if self.modifiers.contains(&Modifier::Fieldref) {
            return Ok(Draft::Reference { field: text, anchor: Anchor::Whole });
        }
        Ok(match scalar.as_bool() {
            _ if scalar.is_null() => Draft::Null,
            Some(value) => Draft::Bool(value),
            None if scalar.plain && Number::parse(&text).is_some() => Draft::Number(text),
            None => Draft::Text(text),
        })
    }

    /// `expand` comes first wherever it is written: what surrounds a placeholder stays around it.
    fn expanded(&self, first: Draft) -> Result<Vec<Draft>, Problem> {
        let Draft::Text(text) = &first else { return Ok(vec![first]) };
        if !self.modifiers.contains(&Modifier::Expand) {
            return Ok(vec![first]);
        }
        match placeholder::expand(text, self.placeholders) {
            Ok(values) => Ok(values.into_iter().map(Draft::Text).collect()),
            Err(Failure::Unknown(name)) => Err(Problem::Placeholder { name }),
            Err(Failure::TooMany) => Err(too_many()),
            Err(Failure::None) => Err(Problem::Modifier {
                modifier: "expand",
                why: format!("finds no %placeholder% in {text:?}"),
                mend: "remove it",
            }),
        }
    }

    fn finish(&self, draft: Draft) -> Result<Matcher, Problem> {
        let cased = self.modifiers.contains(&Modifier::Cased);
        let text = |pattern: Pattern| {
            let pattern = match self.keyword {
                true => pattern.any_before().any_after(),
                false => pattern,
            };
            Matcher::Text { pattern: if cased { pattern } else { pattern.folded() }, cased }
        };
        Ok(match draft {
            Draft::Null if self.keyword => {
                return Err(Problem::Form {
                    what: "a keyword".into(),
                    expected: "text or a number",
                    found: "nothing".into(),
                });
            }
            Draft::Null => Matcher::Null,
            Draft::Number(written) if !self.keyword => match Number::parse(&written) {
                Some(number) => Matcher::Equals(number, written),
                None => text(Pattern::literal(&written)),
            },
            Draft::Bool(_) | Draft::Number(_) | Draft::Text(_) | Draft::Pattern(_) => {
                text(pattern("", draft)?)
            }
            Draft::Bytes(bytes) => match String::from_utf8(bytes) {
                Ok(value) => text(Pattern::literal(&value)),
                Err(_) => {
                    return Err(Problem::Modifier {
                        modifier: "utf16",
                        why: "makes bytes that no text holds".into(),
                        mend: "let base64 or base64offset follow",
                    });
                }
            },
            Draft::Regex { source, flags } => Matcher::Regex(
                Regex::new(&source, &flags)
                    .map_err(|why| Problem::Regex { source_text: source, why })?,
            ),
            Draft::Reference { field, anchor } => Matcher::Reference { field, anchor, cased },
            Draft::Compare(comparison, number) => Matcher::Compare(comparison, number),
            Draft::Date(part, comparison, number) => Matcher::Date(part, comparison, number),
            Draft::Done(matcher) => matcher,
        })
    }
}

fn too_many() -> Problem {
    Problem::Limit {
        what: "the number of values that one value becomes".into(),
        max: EXPANSIONS_MAX,
        mend: "use fewer placeholders or dashes in it",
    }
}

/// What one modifier makes of a value; mostly one value, for some several. Base64 can be read as a
/// pattern again, as its alphabet has neither wildcards nor the backslash.
fn apply(modifier: Modifier, draft: Draft) -> Result<Vec<Draft>, Problem> {
    use Modifier as M;
    let one = match (modifier, draft) {
        (M::All | M::Neq | M::Cased | M::Expand | M::Fieldref, draft) => draft,
        (M::Contains | M::StartsWith | M::EndsWith, draft) => anchored(modifier, draft)?,
        (M::Re, Draft::Text(source) | Draft::Number(source)) => {
            Draft::Regex { source, flags: String::new() }
        }
        (M::IgnoreCase | M::MultiLine | M::DotAll, Draft::Regex { source, flags }) => {
            Draft::Regex { source, flags: flags + modifier.name() }
        }
        (M::IgnoreCase | M::MultiLine | M::DotAll, _) => {
            return Err(refuse(modifier, "is a flag of regular expressions", "put it after re"));
        }
        (M::Cidr, Draft::Text(text)) => match Network::parse(&text) {
            Some(network) => Draft::Done(Matcher::Network(network)),
            None => {
                let why = format!("finds no network in {text:?}");
                return Err(refuse(modifier, &why, "write it as 10.0.0.0/8 or 2001:db8::/32"));
            }
        },
        (M::Exists, Draft::Bool(value)) => Draft::Done(Matcher::Exists(value)),
        (M::Compare(comparison), draft) => compared(modifier, comparison, draft)?,
        (M::Date(part), draft) => dated(modifier, part, draft)?,
        (M::Windash, draft) => return windash(pattern(modifier.name(), draft)?),
        (M::Base64, draft) => Draft::Text(base64(&bytes(modifier, draft)?)),
        (M::Base64Offset, draft) => {
            return Ok(base64_offsets(&bytes(modifier, draft)?).map(Draft::Text).into());
        }
        (M::Utf16le, draft) => Draft::Bytes(utf16(&plain(modifier, draft)?, Utf16::Little)),
        (M::Utf16be, draft) => Draft::Bytes(utf16(&plain(modifier, draft)?, Utf16::Big)),
        (M::Utf16, draft) => Draft::Bytes(utf16(&plain(modifier, draft)?, Utf16::Marked)),
        (M::Re | M::Cidr, _) => return Err(refuse(modifier, "needs text", "put it first")),
        (M::Exists, _) => return Err(refuse(modifier, "needs true or false", "write one of them")),
    };
    Ok(vec![one])
}

fn refuse(modifier: Modifier, why: &str, mend: &'static str) -> Problem {
    Problem::Modifier { modifier: modifier.name(), why: why.to_owned(), mend }
}

fn anchored(modifier: Modifier, draft: Draft) -> Result<Draft, Problem> {
    let start = matches!(modifier, Modifier::StartsWith);
    let end = matches!(modifier, Modifier::EndsWith);
    Ok(match draft {
        Draft::Regex { source, flags } if start => {
            Draft::Regex { source: format!("\\A(?:{source})"), flags }
        }
        Draft::Regex { source, flags } if end => {
            Draft::Regex { source: format!("(?:{source})\\z"), flags }
        }
        Draft::Regex { source, flags } => Draft::Regex { source, flags },
        Draft::Reference { field, .. } => {
            let anchor = match (start, end) {
                (true, _) => Anchor::Start,
                (_, true) => Anchor::End,
                _ => Anchor::Anywhere,
            };
            Draft::Reference { field, anchor }
        }
        draft => {
            let mut pattern = pattern(modifier.name(), draft)?;
            if !start {
                pattern = pattern.any_before();
            }
            if !end {
                pattern = pattern.any_after();
            }
            Draft::Pattern(pattern)
        }
    })
}

fn compared(modifier: Modifier, comparison: Comparison, draft: Draft) -> Result<Draft, Problem> {
    let number = match draft {
        Draft::Date(part, _, number) => return Ok(Draft::Date(part, comparison, number)),
        Draft::Number(text) | Draft::Text(text) => Number::parse(&text),
        _ => None,
    };
    let number = number.ok_or_else(|| refuse(modifier, "needs a number", "write one"))?;
    Ok(Draft::Compare(comparison, number))
}

fn dated(modifier: Modifier, part: DatePart, draft: Draft) -> Result<Draft, Problem> {
    let (comparison, number) = match draft {
        Draft::Number(text) | Draft::Text(text) => (Comparison::Equal, text.trim().parse().ok()),
        Draft::Compare(..) => {
            return Err(refuse(modifier, "comes after a comparison", "put it before"));
        }
        _ => (Comparison::Equal, None),
    };
    let number = number.ok_or_else(|| refuse(modifier, "needs a whole number", "write one"))?;
    Ok(Draft::Date(part, comparison, number))
}

/// The pattern that a value is so far; `modifier` is for the error.
fn pattern(modifier: &'static str, draft: Draft) -> Result<Pattern, Problem> {
    Ok(match draft {
        Draft::Text(text) => Pattern::parse(&text),
        Draft::Number(text) => Pattern::literal(&text),
        Draft::Bool(value) => Pattern::literal(if value { "true" } else { "false" }),
        Draft::Pattern(pattern) => pattern,
        Draft::Bytes(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Pattern::literal(&text),
            Err(_) => {
                return Err(Problem::Modifier {
                    modifier,
                    why: "follows an encoding that makes bytes which no text holds".into(),
                    mend: "put base64 or base64offset between them",
                });
            }
        },
        _ => {
            return Err(Problem::Modifier {
                modifier,
                why: "needs text".into(),
                mend: "remove it, or the modifier before it",
            });
        }
    })
}

/// A value's text, where wildcards can have no meaning.
fn plain(modifier: Modifier, draft: Draft) -> Result<String, Problem> {
    let pattern = pattern(modifier.name(), draft)?;
    pattern.as_literal().map(str::to_owned).ok_or_else(|| {
        refuse(
            modifier,
            "cannot encode wildcards",
            "escape them as \\* and \\?, and put contains, startswith and endswith last",
        )
    })
}

fn bytes(modifier: Modifier, draft: Draft) -> Result<Vec<u8>, Problem> {
    match draft {
        Draft::Bytes(bytes) => Ok(bytes),
        draft => plain(modifier, draft).map(String::into_bytes),
    }
}

/// Every combination of dashes at the places where an option can begin: after anything that is no
/// letter, digit or underscore, before one that is.
fn windash(pattern: Pattern) -> Result<Vec<Draft>, Problem> {
    let mut patterns = vec![Pattern::default()];
    for part in pattern.parts() {
        let Part::Text(text) = part else {
            for pattern in &mut patterns {
                pattern.push(part.clone());
            }
            continue;
        };
        let mut start = 0;
        for (at, length) in option_dashes(text) {
            let piece = &text[start..at];
            if patterns.len() * DASHES.len() > EXPANSIONS_MAX {
                return Err(too_many());
            }
            let with = |pattern: &Pattern, dash: char| {
                let mut pattern = pattern.clone();
                pattern.push(Part::Text(format!("{piece}{dash}")));
                pattern
            };
            let product = |pattern: &Pattern| DASHES.map(|dash| with(pattern, dash));
            patterns = patterns.iter().flat_map(product).collect();
            start = at + length;
        }
        for pattern in &mut patterns {
            pattern.push_text(&text[start..]);
        }
    }
    Ok(patterns.into_iter().map(Draft::Pattern).collect())
}

/// Byte offset and length of each dash that begins an option.
fn option_dashes(text: &str) -> Vec<(usize, usize)> {
    let word = |character: char| character.is_alphanumeric() || character == '_';
    let mut dashes = Vec::new();
    let mut after_word = false;
    for (at, character) in text.char_indices() {
        let behind = at + character.len_utf8();
        let before_word = text[behind..].chars().next().is_some_and(word);
        if DASHES.contains(&character) && !after_word && before_word {
            dashes.push((at, character.len_utf8()));
        }
        after_word = word(character);
    }
    dashes
}
