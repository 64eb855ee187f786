//! RFC 5424, also without its version, and its structured data.

use super::Header;
use super::rfc3164::program;
use crate::fields::is_host;
use crate::scan::cut;
use crate::{Cx, time};

fn nil(text: &str) -> Option<&str> {
    (!text.is_empty() && text != "-").then_some(text)
}

/// `1 TIME HOST APP PROCID MSGID [DATA] MESSAGE`, after the priority.
///
/// Some devices leave the version out: then all the rest must be as RFC 5424 has it. With a
/// version, what is not becomes the message.
pub(super) fn rfc5424<'a>(text: &'a str, cx: &Cx<'a>) -> Option<Header<'a>> {
    let (versioned, rest) = match text.strip_prefix("1 ") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (stamp, rest) = cut(rest, b' ')?;
    let stamp = match stamp {
        "-" => None,
        text => Some((stamp_5424(text, versioned, cx)?, text)),
    };
    let (host, rest) = cut(rest.trim_start(), b' ')?;
    let whole = rest;
    let parts = header_words(rest);
    let data = parts.filter(|(.., rest)| versioned || is_data(rest));
    let Some((program, pid, msgid, rest)) = data else {
        let header = Header { stamp, host: nil(host), ..Header::default() };
        let named = versioned && (is_host(host) || host == "-");
        return named.then(|| program(header, whole.trim_start()));
    };
    let (data, body) = structured_data(rest);
    Some(Header {
        pri: None,
        host: nil(host),
        program: nil(program),
        pid: nil(pid),
        msgid: nil(msgid),
        data,
        stamp,
        level: None,
        body: body.trim_start_matches('\u{feff}'),
    })
}

/// A time of the form that RFC 5424 has, or seconds since the epoch as Meraki writes them.
fn stamp_5424<'a>(text: &'a str, versioned: bool, cx: &Cx<'a>) -> Option<time::Stamp> {
    if let Some((civil, length)) = time::scan(text) {
        let whole = length == text.len() && (versioned || text.contains('T'));
        return whole.then(|| time::resolve(&civil, cx.zone, cx.arrival_ms));
    }
    let (ms, length) = time::scan_epoch(text)?;
    (versioned && length == text.len()).then(|| time::Stamp::exact(ms))
}

/// `APP PROCID MSGID`, where they are words that may be such; and what follows.
fn header_words(text: &str) -> Option<(&str, &str, &str, &str)> {
    let (program, rest) = cut(text, b' ')?;
    let (pid, rest) = cut(rest, b' ')?;
    let (msgid, rest) = cut(rest, b' ').unwrap_or((rest, ""));
    let odd = program.contains(['|', '=', ',', '"', '{', '[', '<']) || program.ends_with(':');
    let number = pid.len() <= 128 && !pid.contains(['=', '"', '{', ':']);
    (!odd && number && !msgid.contains(['=', '"', '{'])).then_some((program, pid, msgid, rest))
}

/// `-` or `[id …`.
fn is_data(text: &str) -> bool {
    let named = |rest: &str| {
        let end = rest.find([' ', ']', '=', '"']).unwrap_or(rest.len());
        end > 0 && matches!(rest.as_bytes().get(end), Some(b' ' | b']'))
    };
    text == "-" || text.starts_with("- ") || text.strip_prefix('[').is_some_and(named)
}

/// Splits `[id a="b"][id2 …] message`; `]` within quotes does not end an element.
fn structured_data(text: &str) -> (Option<&str>, &str) {
    if let Some(rest) = text.strip_prefix('-') {
        return (None, rest.strip_prefix(' ').unwrap_or(rest));
    }
    let bytes = text.as_bytes();
    let (mut at, mut in_quotes, mut depth) = (0, false, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if in_quotes => at += 1,
            b'"' => in_quotes = !in_quotes,
            b'[' if !in_quotes => depth += 1,
            b']' if !in_quotes => {
                depth -= 1;
                if depth == 0 && bytes.get(at + 1) != Some(&b'[') {
                    let rest = &text[at + 1..];
                    return (Some(&text[..=at]), rest.strip_prefix(' ').unwrap_or(rest));
                }
            }
            _ if depth == 0 => break,
            _ => {}
        }
        at += 1;
    }
    (None, text)
}
