//! ArcSight's CEF and QRadar's LEEF, of any vendor.

use crate::Cx;
use crate::fields::source;
use crate::kv;
use crate::scan::{cut, digits, find};
use crate::words::{Guess, Target, alias, settle};
use memchr::memchr_iter;
use ocsf::{Event, Path, Severity};

/// Extension fields that are looked at.
const FIELDS_MAX: usize = 300;
/// The longest key.
const KEY_BYTES_MAX: usize = 64;

/// Reads a text that holds either, at its start or behind a tag.
pub(crate) fn read<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let near = crate::generic::head(text, 96);
    match find(near, "CEF:") {
        Some(at) if text.as_bytes().get(at + 4).is_some_and(u8::is_ascii_digit) => {
            read_cef(&text[at + 4..], cx, event)
        }
        _ => match find(near, "LEEF:") {
            Some(at) => read_leef(&text[at + 5..], cx, event),
            None => false,
        },
    }
}

/// Reads CEF without its own name, as some relays leave it: `0|Vendor|Product|…`.
pub(crate) fn read_bare<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    read_cef(text, cx, event)
}

/// Cuts at the next `|` that no backslash stands before.
fn header(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let end = memchr_iter(b'|', bytes).find(|at| {
        let slashes = bytes[..*at].iter().rev().take_while(|b| **b == b'\\').count();
        slashes % 2 == 0
    })?;
    Some((&text[..end], &text[end + 1..]))
}

/// `0|Vendor|Product|Version|Id|Name|Severity|extension`.
fn read_cef<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let mut parts = [""; 7];
    let mut rest = text;
    for (at, part) in parts.iter_mut().enumerate() {
        match header(rest) {
            Some((head, tail)) => (*part, rest) = (head, tail),
            None if at == 6 => (*part, rest) = (rest, ""),
            None => return false,
        }
    }
    let [_, vendor, product, version, id, name, severity] = parts;
    source(event, "cef/1", "cef");
    names(vendor, product, version, id, event);
    event.message = Some(plain(name, cx));
    event.severity = cef_severity(severity);
    event.set(Path::METADATA_LOG_LEVEL, severity);
    let mut guess = Guess::default();
    extension(rest, cx, event, &mut guess);
    settle(event, false);
    true
}

fn names<'a>(
    vendor: &'a str,
    product: &'a str,
    version: &'a str,
    id: &'a str,
    event: &mut Event<'a>,
) {
    event.set(Path::METADATA_PRODUCT_VENDOR_NAME, vendor);
    event.set(Path::METADATA_PRODUCT_NAME, if product.is_empty() { vendor } else { product });
    event.set(Path::METADATA_PRODUCT_VERSION, version);
    event.set(Path::METADATA_EVENT_CODE, id);
    event.set_if_absent(Path::METADATA_LOG_PROVIDER, vendor);
}

fn cef_severity(text: &str) -> Severity {
    match digits(text) {
        Some(0..=3) => Severity::Low,
        Some(4..=6) => Severity::Medium,
        Some(7 | 8) => Severity::High,
        Some(_) => Severity::Critical,
        None => match text {
            "Very-High" => Severity::Critical,
            _ => crate::error_log::severity(text),
        },
    }
}

/// Unescapes `\|`, `\=`, `\\`, `\n`, `\r`.
fn plain<'a>(text: &'a str, cx: &Cx<'a>) -> &'a str {
    if !text.contains('\\') {
        return text;
    }
    let mut out = bumpalo::collections::String::with_capacity_in(text.len(), cx.arena);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, character == '\\') {
            (_, true) => match characters.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some(other @ ('|' | '=' | '\\')) => out.push(other),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            (other, false) => out.push(other),
        }
    }
    out.into_bump_str()
}

/// `key=value` where a value goes up to the blank before the next key.
fn extension<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>, guess: &mut Guess) {
    let mut found: [(&str, usize, usize); FIELDS_MAX] = [("", 0, 0); FIELDS_MAX];
    let mut count = 0;
    let bytes = text.as_bytes();
    for equals in memchr_iter(b'=', bytes) {
        let slashes = bytes[..equals].iter().rev().take_while(|b| **b == b'\\').count();
        if slashes % 2 == 1 || count == FIELDS_MAX {
            continue;
        }
        // A key is short, so no blank is looked for further back than one may be.
        let near = equals.saturating_sub(KEY_BYTES_MAX + 1);
        let blank = bytes[near..equals].iter().rposition(|b| *b == b' ' || *b == b'\t');
        let start = match blank {
            Some(at) => near + at + 1,
            None if near == 0 => 0,
            None => continue,
        };
        let key = &text[start..equals];
        let legal = !key.is_empty()
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-[]".contains(&b));
        if legal && (count == 0 || found[count - 1].2 <= start) {
            found[count] = (key, start, equals + 1);
            count += 1;
        }
    }
    for at in 0..count {
        let (key, _, begin) = found[at];
        let end = if at + 1 < count { found[at + 1].1 } else { text.len() };
        let value = plain(text[begin..end].trim(), cx);
        set(key, value, &found[..count], text, cx, event, guess);
    }
}

/// Sets one field; `cs1` bears the name that `cs1Label` gives it.
fn set<'a>(
    key: &'a str,
    value: &'a str,
    all: &[(&'a str, usize, usize)],
    text: &'a str,
    cx: &Cx<'a>,
    event: &mut Event<'a>,
    guess: &mut Guess,
) {
    let labelled = key.len() <= 24 && key.ends_with(|c: char| c.is_ascii_digit());
    let label = all.iter().position(|(k, ..)| labelled && k.strip_suffix("Label") == Some(key));
    event.unmapped(key, value);
    if let Some(at) = label {
        let end = all.get(at + 1).map_or(text.len(), |next| next.1);
        let name = text[all[at].2..end].trim();
        if !name.is_empty() {
            event.unmapped(name, value);
            if let Some((target, rank)) = alias(name) {
                guess.offer(event, cx, target, rank + 2, value);
            }
        }
        return;
    }
    let target = match key {
        "rt" => Some((Target::Time, 1)),
        "duser" => Some((Target::User, 1)),
        "suser" => Some((Target::Actor, 1)),
        "request" => Some((Target::Url, 1)),
        "app" => Some((Target::Path(Path::APP_NAME), 1)),
        "dvchost" => Some((Target::Host, 2)),
        "fname" => Some((Target::Path(Path::FILE_NAME), 1)),
        "filePath" => Some((Target::Path(Path::FILE_PATH), 1)),
        "cat" => None,
        "in" => Some((Target::Path(Path::TRAFFIC_BYTES_IN), 1)),
        "out" => Some((Target::Path(Path::TRAFFIC_BYTES_OUT), 1)),
        "dvc" => Some((Target::Path(Path::DEVICE_IP), 1)),
        "externalId" => Some((Target::Path(Path::METADATA_ORIGINAL_EVENT_UID), 1)),
        key => alias(key),
    };
    if let Some((target, rank)) = target {
        guess.offer(event, cx, target, rank, value);
    }
}

/// `1.0|Vendor|Product|Version|Id|a=b<tab>c=d`; 2.0 may name its own separator.
fn read_leef<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let mut rest = text;
    let mut parts = [""; 5];
    for part in &mut parts {
        match cut(rest, b'|') {
            Some((head, tail)) => (*part, rest) = (head, tail),
            None => return false,
        }
    }
    let [version, vendor, product, product_version, id] = parts;
    let mut separator = b'\t';
    if version.starts_with('2')
        && let Some((mark, tail)) =
            cut(rest, b'|').filter(|(mark, _)| mark.len() <= 4 && !mark.contains('='))
    {
        rest = tail;
        separator = leef_separator(mark).unwrap_or(separator);
    }
    source(event, "leef/1", "leef");
    names(vendor, product, product_version, id, event);
    let mut guess = Guess::default();
    kv::read(rest, separator, cx, event, &mut guess);
    settle(event, false);
    true
}

/// A character, or its code as `x5E` or `0x5E`.
fn leef_separator(mark: &str) -> Option<u8> {
    let hex = mark.strip_prefix("0x").or_else(|| mark.strip_prefix('x').filter(|h| !h.is_empty()));
    let separator = match hex {
        Some(hex) => u8::from_str_radix(hex, 16).ok(),
        None => mark.bytes().next(),
    };
    // A byte of a longer character would cut others in two.
    separator.filter(u8::is_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_whole_characters() {
        for (mark, expected) in [
            ("^", Some(b'^')),
            ("x7C", Some(b'|')),
            ("0x09", Some(b'\t')),
            ("x", Some(b'x')),
            ("xA6", None),
            ("€", None),
            ("", None),
        ] {
            assert_eq!(leef_separator(mark), expected, "{mark}");
        }
    }
}
