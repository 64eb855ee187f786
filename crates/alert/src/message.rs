//! What an alert says in one sentence, in English and in Bangla.

use crate::Source;
use detect::Clause;
use sigma::Rule;
use std::borrow::Cow;

/// How much of a value a sentence shows, in characters.
const SHOWN_CHARS_MAX: usize = 120;

/// The languages of the dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Bangla,
}

/// What both sentences tell: where, for whom, from where, and the value that says so.
#[derive(Debug)]
pub(crate) struct Facts<'f> {
    host: Option<Cow<'f, str>>,
    user: Option<Cow<'f, str>>,
    address: Option<Cow<'f, str>>,
    telling: Option<(&'f str, String)>,
}

impl<'f> Facts<'f> {
    pub(crate) fn new(clauses: &'f [Clause<'_>], source: &'f Source<'_>) -> Self {
        Self {
            host: source.host(),
            user: source.user(),
            address: source.address(),
            telling: telling(clauses),
        }
    }

    /// The sentence about a match of `rule`.
    pub(crate) fn sentence(&self, language: Language, rule: &Rule) -> String {
        let mut text = String::with_capacity(256);
        match language {
            Language::English => self.english(&rule.title, &mut text),
            Language::Bangla => self.bangla(rule, &mut text),
        }
        text
    }

    fn english(&self, title: &str, text: &mut String) {
        text.push_str(title.trim_end_matches('.'));
        for (before, what) in
            [(" on host ", &self.host), (", user ", &self.user), (", from ", &self.address)]
        {
            text.extend(what.iter().flat_map(|what| [before, what]));
        }
        if let Some((field, value)) = &self.telling {
            text.extend([": ", field, " is “", value, "”"]);
        }
        text.push('.');
    }

    fn bangla(&self, rule: &Rule, text: &mut String) {
        let own = rule.title_bn.as_ref().map(|title| title.trim_end_matches('।'));
        let title = own.unwrap_or_else(|| rule.title.trim_end_matches('.'));
        text.extend(self.host.iter().flat_map(|host| ["হোস্ট ", host, "-এ "]));
        text.extend(["“", title, "” শনাক্ত হয়েছে"]);
        for (before, what) in [(", ব্যবহারকারী ", &self.user), (", উৎস ঠিকানা ", &self.address)]
        {
            text.extend(what.iter().flat_map(|what| [before, what]));
        }
        if let Some((field, value)) = &self.telling {
            text.extend([": ", field, "-এর মান “", value, "”"]);
        }
        text.push('।');
    }
}

/// The clause that tells most: a named field with the longest pattern that was met.
fn telling<'c>(clauses: &'c [Clause<'_>]) -> Option<(&'c str, String)> {
    let named = clauses.iter().filter_map(|clause| {
        let value = clause.value.as_deref().filter(|value| !value.is_empty())?;
        Some((clause.field?, clause.pattern.chars().count(), value))
    });
    let (field, _, value) = named.max_by_key(|(_, length, _)| *length)?;
    Some((field, shown(value)))
}

/// The value on one line, cut where it is long.
fn shown(value: &str) -> String {
    let line: String = value
        .chars()
        .take(SHOWN_CHARS_MAX + 1)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match line.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
