//! What an alert says in one sentence, in English and in Bangla.

use crate::Source;
use detect::Clause;
use sigma::Rule;
use std::fmt::Write as _;

/// How much of a value a sentence shows, in characters.
const SHOWN_CHARS_MAX: usize = 120;

/// The languages of the dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Bangla,
}

/// The sentence: what was detected, where, for whom, from where, and the value that says so.
pub(crate) fn sentence(
    language: Language,
    rule: &Rule,
    clauses: &[Clause],
    source: &Source,
) -> String {
    let mut text = String::new();
    let title = match (language, &rule.title_bn) {
        (Language::Bangla, Some(title)) => title.trim_end_matches('।'),
        _ => rule.title.trim_end_matches('.'),
    };
    let (host, user, address) = (source.host(), source.user(), source.address());
    // Writing to a String cannot fail.
    let _ = match language {
        Language::English => english(&mut text, title, host, user, address),
        Language::Bangla => bangla(&mut text, title, host, user, address),
    };
    if let Some((field, value)) = telling(clauses) {
        let _ = match language {
            Language::English => write!(text, ": {field} is “{value}”"),
            Language::Bangla => write!(text, ": {field}-এর মান “{value}”"),
        };
    }
    text.push_str(if language == Language::English { "." } else { "।" });
    text
}

fn english(
    text: &mut String,
    title: &str,
    host: Option<&str>,
    user: Option<&str>,
    address: Option<&str>,
) -> std::fmt::Result {
    write!(text, "{title}")?;
    if let Some(host) = host {
        write!(text, " on host {host}")?;
    }
    if let Some(user) = user {
        write!(text, ", user {user}")?;
    }
    if let Some(address) = address {
        write!(text, ", from {address}")?;
    }
    Ok(())
}

fn bangla(
    text: &mut String,
    title: &str,
    host: Option<&str>,
    user: Option<&str>,
    address: Option<&str>,
) -> std::fmt::Result {
    if let Some(host) = host {
        write!(text, "হোস্ট {host}-এ ")?;
    }
    write!(text, "“{title}” শনাক্ত হয়েছে")?;
    if let Some(user) = user {
        write!(text, ", ব্যবহারকারী {user}")?;
    }
    if let Some(address) = address {
        write!(text, ", উৎস ঠিকানা {address}")?;
    }
    Ok(())
}

/// The clause that tells most: a named field with the longest pattern that was met.
fn telling(clauses: &[Clause]) -> Option<(&str, String)> {
    let named = clauses.iter().filter_map(|clause| {
        let value = clause.value.as_deref().filter(|value| !value.is_empty())?;
        Some((clause.field.as_deref()?, clause.pattern.chars().count(), value))
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
