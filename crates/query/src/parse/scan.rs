//! The text, character by character: what a word, a name, a quotation and a value are.

use crate::{Error, Problem};
use sigma::{Part, Pattern};
use std::net::Ipv6Addr;

/// The operators that may follow a field's name, the longer first.
pub(super) const OPERATORS: [&str; 8] = ["!=", ">=", "<=", ":", "=", "~", ">", "<"];
/// The characters that end a word.
const ENDS: [char; 5] = ['(', ')', '|', '"', ','];
/// How much of the text an error repeats, in characters.
const FOUND_CHARS_MAX: usize = 24;

/// A place in a text.
pub(super) struct Scan {
    characters: Vec<char>,
    at: usize,
}

impl Scan {
    pub(super) fn new(text: &str) -> Self {
        Self { characters: text.chars().collect(), at: 0 }
    }

    /// Where it is, in characters.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn back_to(&mut self, at: usize) {
        self.at = at;
    }

    fn get(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    /// The next character that is no blank; blanks before it are passed.
    pub(super) fn peek(&mut self) -> Option<char> {
        while self.get(0).is_some_and(char::is_whitespace) {
            self.at += 1;
        }
        self.get(0)
    }

    /// The very next character, a blank too.
    pub(super) fn here(&self) -> Option<char> {
        self.get(0)
    }

    pub(super) fn at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    pub(super) fn take(&mut self, character: char) -> bool {
        let found = self.peek() == Some(character);
        self.at += usize::from(found);
        found
    }

    /// Whether a word ends here.
    fn ends(&self, ahead: usize) -> bool {
        self.get(ahead).is_none_or(|c| c.is_whitespace() || ENDS.contains(&c))
    }

    /// Whether this word comes next, in any case, and alone.
    pub(super) fn is_keyword(&mut self, keyword: &str) -> bool {
        self.peek();
        let same = |(i, c): (usize, char)| self.get(i).is_some_and(|x| x.eq_ignore_ascii_case(&c));
        keyword.chars().enumerate().all(same) && self.ends(keyword.len())
    }

    pub(super) fn take_keyword(&mut self, keyword: &str) -> bool {
        let found = self.is_keyword(keyword);
        if found {
            self.at += keyword.len();
        }
        found
    }

    /// A minus that stands before something: `-cron`, but neither `-` alone nor `--`.
    pub(super) fn take_minus(&mut self) -> bool {
        let sign = self.peek() == Some('-');
        let before = self.get(1).is_some_and(|c| !c.is_whitespace() && !"-),|".contains(c));
        let found = sign && before;
        self.at += usize::from(found);
        found
    }

    /// A star alone: everything.
    pub(super) fn take_star(&mut self) -> bool {
        let found = self.peek() == Some('*') && self.ends(1);
        self.at += usize::from(found);
        found
    }

    /// `2 of` before a parenthesis.
    pub(super) fn take_count_of(&mut self) -> Option<usize> {
        self.peek();
        let start = self.at;
        let digits: String =
            (0..4).map_while(|i| self.get(i).filter(char::is_ascii_digit)).collect();
        self.at += digits.len();
        let count = digits.parse().ok().filter(|count| *count > 0);
        if count.is_some() && self.ends(0) && self.take_keyword("of") && self.peek() == Some('(') {
            return count;
        }
        self.at = start;
        None
    }

    /// The name of a function whose parenthesis follows at once.
    pub(super) fn take_function(&mut self) -> Option<String> {
        self.peek();
        let name: String = (0..)
            .map_while(|i| self.get(i).filter(|c| c.is_ascii_lowercase() || *c == '_'))
            .collect();
        let found = !name.is_empty() && self.get(name.len()) == Some('(');
        self.at += if found { name.len() } else { 0 };
        found.then_some(name)
    }

    /// A field's name, if an operator or `in (` follows; what only looks like one is left.
    pub(super) fn take_field(&mut self) -> Option<String> {
        self.peek();
        let start = self.at;
        let name = self.name()?;
        let operator = self.is_operator();
        let value = self.at + usize::from(operator);
        let word: String =
            self.characters[start..].iter().take_while(|c| !c.is_whitespace()).collect();
        let is_in = !operator && self.is_keyword("in") && {
            let at = self.at;
            self.at += 2;
            let list = self.peek() == Some('(');
            self.at = at;
            list
        };
        let colon = self.get(0) == Some(':');
        let is_value = || colon && is_value(&name, &word, &self.characters[value..]);
        if is_in || operator && !is_value() {
            return Some(name);
        }
        self.at = start;
        None
    }

    /// A name: letters, digits and a few signs; a backslash takes any character in.
    pub(super) fn name(&mut self) -> Option<String> {
        let mut name = String::new();
        let start = self.at;
        loop {
            match (self.get(0), self.get(1)) {
                (Some('\\'), Some(next)) if !next.is_alphanumeric() => {
                    name.push(next);
                    self.at += 2;
                }
                (Some(c), _) if c.is_alphanumeric() || "_.-@/$#".contains(c) => {
                    name.push(c);
                    self.at += 1;
                }
                _ => break,
            }
        }
        let escaped = self.at - start != name.chars().count();
        let begins = name.chars().next().is_some_and(|c| c.is_alphabetic() || "_@".contains(c));
        if begins || escaped {
            return Some(name);
        }
        self.at = start;
        None
    }

    fn is_operator(&self) -> bool {
        OPERATORS.iter().any(|operator| self.starts_with(operator))
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.get(i) == Some(c))
    }

    pub(super) fn take_operator(&mut self) -> Option<&'static str> {
        let operator = OPERATORS.into_iter().find(|operator| self.starts_with(operator))?;
        self.at += operator.len();
        Some(operator)
    }

    /// What stands in quotation marks; `\"` and `\\` are one character each, other backslashes
    /// themselves.
    pub(super) fn quoted(&mut self) -> Result<String, Error> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            match (self.get(0), self.get(1)) {
                (None, _) => return Err(self.fail_from(start, Problem::OpenQuote)),
                (Some('"'), _) => {
                    self.at += 1;
                    return Ok(text);
                }
                (Some('\\'), Some(next @ ('"' | '\\'))) => {
                    text.push(next);
                    self.at += 2;
                }
                (Some(c), _) => {
                    text.push(c);
                    self.at += 1;
                }
            }
        }
    }

    /// A bare word as a pattern: `*` and `?` are wildcards; a backslash takes a wildcard, another
    /// backslash, a blank or a sign of the language as itself, and is itself before anything else.
    pub(super) fn pattern(&mut self) -> Pattern {
        let mut pattern = Pattern::default();
        while !self.ends(0) {
            let (part, length) = match (self.get(0), self.get(1)) {
                (Some('\\'), Some(next)) if taken(next) => (Part::Text(next.to_string()), 2),
                (Some('*'), _) => (Part::Any, 1),
                (Some('?'), _) => (Part::One, 1),
                (c, _) => (Part::Text(c.map(String::from).unwrap_or_default()), 1),
            };
            pattern.push(part);
            self.at += length;
        }
        pattern
    }

    /// A bare word as it stands.
    pub(super) fn bare(&mut self) -> String {
        let mut word = String::new();
        while !self.ends(0) && self.get(0) != Some(']') {
            word.extend(self.get(0));
            self.at += 1;
        }
        word
    }

    /// `/expression/flags`, if it is one: closed by a slash, then flags, then the end of the word.
    pub(super) fn take_regex(&mut self) -> Option<(String, String)> {
        if self.get(0) != Some('/') {
            return None;
        }
        let (mut source, mut ahead) = (String::new(), 1);
        loop {
            match (self.get(ahead)?, self.get(ahead + 1)) {
                ('/', _) => break,
                ('\\', Some(next)) => {
                    source.push('\\');
                    source.push(next);
                    ahead += 2;
                }
                (c, _) => {
                    source.push(c);
                    ahead += 1;
                }
            }
        }
        ahead += 1;
        let flags: String =
            (ahead..).map_while(|i| self.get(i).filter(|c| "ims".contains(*c))).collect();
        ahead += flags.len();
        if source.is_empty() || !self.ends(ahead) {
            return None;
        }
        self.at += ahead;
        Some((source, flags))
    }

    /// An error about the word that begins here.
    pub(super) fn fail_here(&mut self, problem: Problem) -> Error {
        self.peek();
        let start = self.at;
        let mut end = (start + 1).min(self.characters.len());
        while self.characters.get(end).is_some_and(|c| !c.is_whitespace() && !ENDS.contains(c)) {
            end += 1;
        }
        Error { span: start..end.max(start), problem }
    }

    /// An error about what lies between `start` and here.
    pub(super) fn fail_from(&self, start: usize, problem: Problem) -> Error {
        Error { span: start..self.at.max(start), problem }
    }

    pub(super) fn expected(&mut self, expected: &'static str, mend: &'static str) -> Error {
        self.peek();
        let rest = &self.characters[self.at..];
        let word = rest.iter().enumerate().take_while(|(i, c)| *i == 0 || !c.is_whitespace());
        let found: String = word.map(|(_, c)| *c).take(FOUND_CHARS_MAX).collect();
        self.fail_here(Problem::Expected { expected, found, mend })
    }

    /// What stands between two places.
    pub(super) fn text(&self, range: std::ops::Range<usize>) -> String {
        self.characters[range].iter().collect()
    }
}

/// Whether a backslash takes `next` as itself.
pub(crate) fn taken(next: char) -> bool {
    next.is_whitespace() || matches!(next, '*' | '?' | '\\') || ENDS.contains(&next)
}

/// Whether what looks like a field and an operator is a value of its own: an address of IPv6, a
/// MAC address, a Windows path, a URL, or a host and a port. `behind` is what follows the operator.
fn is_value(name: &str, word: &str, behind: &[char]) -> bool {
    let drive = name.len() == 1 && matches!(behind.first(), Some('\\' | '/'));
    let url = behind.starts_with(&['/', '/']) && name.chars().all(|c| c.is_ascii_alphanumeric());
    let word = word.trim_end_matches([')', ',']);
    let mac = word.len() == 17
        && word.split(':').count() == 6
        && word.split(':').all(|p| p.len() == 2 && p.bytes().all(|b| b.is_ascii_hexdigit()));
    let address = word.split('/').next().is_some_and(|word| word.parse::<Ipv6Addr>().is_ok());
    let port = word.rsplit_once(':').is_some_and(|(host, port)| {
        let known = host == "localhost" || host.contains('.') && !crate::field::is_path(host);
        host == name && known && port.parse::<u16>().is_ok()
    });
    drive || url || mac || address || port
}
