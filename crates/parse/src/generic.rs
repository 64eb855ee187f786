//! Logs of no known kind: the time, the host, who and from where, as far as words tell.
//!
//! One pass of an automaton over the text finds the words that matter (`from`, `user`, `failed` …);
//! addresses are then weighed by the words before them. Where a message quotes what a client sent,
//! the last address wins, because programs write their own knowledge behind it.

mod address;
mod said;

use crate::fields::{source, user};
use crate::scan::digits;
use crate::words::{Guess, Target, settle};
use crate::{Cx, error_log, kv, time};
use address::find_address;
use ocsf::{Event, Names, Path, Severity, Status};
use said::words;

/// How much of a text is searched for words and addresses.
const SEARCH_BYTES_MAX: usize = 8192;
/// How far from the start a time may stand.
const TIME_BYTES_MAX: usize = 160;
/// Reads what can be seen; `guess` holds what is known already.
pub(crate) fn read<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>, guess: &mut Guess) {
    if event.time.is_none() {
        find_time(text, cx, event);
    }
    if event.message.is_none() {
        event.message = Some(text.lines().next().unwrap_or(text));
    }
    let searched = head(text, SEARCH_BYTES_MAX);
    let mut signs = kv::Signs::default();
    if let Some(separator) = kv::separator_of(searched, 3) {
        signs = kv::read(searched, separator, cx, event, guess);
    }
    let said = words(searched);
    find_address(searched, event, guess);
    if let Some(name) = said.name().filter(|_| !guess.known(Target::User)) {
        user(event, name);
    }
    find_level(searched, event, guess);
    if event.class == ocsf::class::BASE && event.has(Path::SRC_ENDPOINT_IP) {
        find_request(searched, event);
    }
    let logon = said.logon && (said.failed || said.worked);
    if logon && !event.has(Path::STATUS_ID) {
        event.status(if said.failed { Status::Failure } else { Status::Success });
    }
    settle(event, logon);
    signs.settle(event);
}

/// Sets the ends that the words of a text tell, and nothing else.
pub(crate) fn addresses_only<'a>(text: &'a str, event: &mut Event<'a>, guess: &Guess) {
    find_address(head(text, SEARCH_BYTES_MAX), event, guess);
}

/// Marks the event as read by this reader only.
pub(crate) fn mark(event: &mut Event<'_>, is_syslog: bool) {
    source(event, "generic/1", if is_syslog { "syslog" } else { "text" });
}

/// At most `bytes` of a text, cut between characters.
pub(crate) fn head(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Tries each word near the start.
pub(crate) fn find_time<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    let near = head(text, TIME_BYTES_MAX);
    let bytes = near.as_bytes();
    let begins = |at: usize| {
        at == 0
            || matches!(
                bytes[at - 1],
                b' ' | b'[' | b'(' | b'"' | b'\'' | b'=' | b'|' | b'<' | b'>' | b'\t' | b',' | b'{'
            )
    };
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at].is_ascii_alphanumeric() && begins(at) {
            let written = &text[at..];
            if let Some((civil, length)) = time::scan(written) {
                time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, &written[..length]);
                return;
            }
            if let Some((ms, length)) = time::scan_epoch(written) {
                let ends = !written[length..].starts_with(|c: char| c.is_ascii_alphanumeric());
                // Seconds must be of this century, or any ten digits would be a time.
                if ends && (946_684_800_000..4_102_444_800_000).contains(&ms) {
                    time::Stamp::exact(ms).apply(event, &written[..length]);
                    return;
                }
            }
        }
        at += 1;
    }
}

/// `"GET /path HTTP/1.1" 401` within a text.
fn find_request<'a>(text: &'a str, event: &mut Event<'a>) {
    let Some(at) = crate::scan::find(text, " HTTP/") else { return };
    let start = text[..at].rfind('"').map_or(0, |quote| quote + 1);
    let Some(length) = text[at..].find('"').filter(|_| start > 0) else { return };
    crate::access::request_line(&text[start..at + length], event);
    let after = text[at + length + 1..].trim_start();
    if let Some(code) = digits(crate::scan::word(after).0).filter(|c| (100..600).contains(c)) {
        event.set(Path::HTTP_RESPONSE_CODE, code);
    }
}

/// `[error]`, `ERROR`, `WARN:` near the start.
fn find_level<'a>(text: &'a str, event: &mut Event<'a>, guess: &Guess) {
    if guess.known(Target::Severity) || event.severity != Severity::Informational {
        return;
    }
    let near = head(text, 120);
    let words = near.as_bytes().split(|byte| !byte.is_ascii_alphabetic());
    // Of letters only, hence text.
    let mut words = words
        .filter(|word| LEVEL_BYTES.contains(&word.len()))
        .filter_map(|word| std::str::from_utf8(word).ok());
    let word = words.find(|word| {
        LEVEL_NAMES.may_have(word)
            && LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level))
            && (word.bytes().all(|b| b.is_ascii_uppercase()) || is_bracketed(near, word))
    });
    if let Some(word) = word {
        event.set(Path::METADATA_LOG_LEVEL, word);
        event.severity = error_log::severity(word);
    }
}

const LEVELS: [&str; 16] = [
    "NOTE", "SYSTEM", "ERROR", "ERR", "WARN", "WARNING", "WRN", "INFO", "INF", "NOTICE",
    "CRITICAL", "CRIT", "FATAL", "DEBUG", "ALERT", "SEVERE",
];

/// How long they are.
const LEVEL_BYTES: std::ops::RangeInclusive<usize> = 3..=8;

const LEVEL_NAMES: Names = Names::of(&LEVELS);

/// Whether a word stands behind a bracket somewhere in a text.
fn is_bracketed(text: &str, word: &str) -> bool {
    text.split('[').skip(1).any(|behind| behind.starts_with(word))
}
