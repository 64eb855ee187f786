//! Logs of no known kind: the time, the host, who and from where, as far as words tell.
//!
//! One pass of an automaton over the text finds the words that matter (`from`, `user`, `failed` …);
//! addresses are then weighed by the words before them. Where a message quotes what a client sent,
//! the last address wins, because programs write their own knowledge behind it.

use crate::fields::{End, address, port, source, user};
use crate::scan::{digits, has_ignore_case};
use crate::words::{Guess, Target, settle};
use crate::{Cx, error_log, kv, time};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use ocsf::{Event, Path, Severity, Status, ip};
use std::sync::LazyLock;

/// How much of a text is searched for words and addresses.
const SEARCH_BYTES_MAX: usize = 8192;
/// How far from the start a time may stand.
const TIME_BYTES_MAX: usize = 160;
/// Addresses that are weighed.
const ADDRESSES_MAX: usize = 32;

/// What a word says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    /// It failed.
    Failed,
    /// It worked.
    Worked,
    /// It is about a logon.
    Logon,
    /// A user's name follows.
    User,
    /// A user's name follows if the text is about a logon.
    UserMaybe,
}

const WORDS: &[(&str, Word)] = &[
    ("failed", Word::Failed),
    ("failure", Word::Failed),
    ("fail", Word::Failed),
    ("invalid", Word::Failed),
    ("incorrect", Word::Failed),
    ("denied", Word::Failed),
    ("rejected", Word::Failed),
    ("unsuccessful", Word::Failed),
    ("unauthorized", Word::Failed),
    ("refused", Word::Failed),
    ("bad password", Word::Failed),
    ("bad login", Word::Failed),
    ("badlogin", Word::Failed),
    ("wrong password", Word::Failed),
    ("mismatch", Word::Failed),
    ("not allowed", Word::Failed),
    ("unknown user", Word::Failed),
    ("no such user", Word::Failed),
    ("does not exist", Word::Failed),
    ("successful", Word::Worked),
    ("success", Word::Worked),
    ("logged in", Word::Worked),
    ("accepted", Word::Worked),
    ("succeeded", Word::Worked),
    ("login", Word::Logon),
    ("logon", Word::Logon),
    ("log in", Word::Logon),
    ("authenticat", Word::Logon),
    ("password", Word::Logon),
    ("passwd", Word::Logon),
    ("credentials", Word::Logon),
    ("auth fail", Word::Logon),
    ("auth-fail", Word::Logon),
    ("authfail", Word::Logon),
    ("sign in", Word::Logon),
    ("signin", Word::Logon),
    ("user name: ", Word::User),
    ("username: ", Word::User),
    ("username=", Word::User),
    ("username ", Word::User),
    ("user: ", Word::User),
    ("user=", Word::User),
    ("user ", Word::UserMaybe),
    ("account: ", Word::User),
    ("account ", Word::UserMaybe),
    ("login=", Word::User),
    ("login for ", Word::UserMaybe),
    ("login attempt for ", Word::UserMaybe),
    ("login as ", Word::UserMaybe),
    ("login using ", Word::UserMaybe),
    ("login failed: ", Word::UserMaybe),
    ("set_id=", Word::User),
    ("sasl_username=", Word::User),
    ("attempt by ", Word::UserMaybe),
    ("attempt for ", Word::UserMaybe),
    ("request for ", Word::UserMaybe),
    ("failed for ", Word::UserMaybe),
    ("failure for ", Word::UserMaybe),
    ("error for ", Word::UserMaybe),
];

static AUTOMATON: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    // The patterns are constants: building can only fail by their number.
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .kind(Some(AhoCorasickKind::DFA))
        .build(WORDS.iter().map(|(word, _)| word))
        .ok()
});

/// What the words of a text say together.
#[derive(Default)]
struct Said<'a> {
    failed: bool,
    worked: bool,
    logon: bool,
    user: Option<&'a str>,
    maybe_user: Option<&'a str>,
}

/// Reads what can be seen; `guess` holds what is known already.
pub(crate) fn read<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>, guess: &mut Guess) {
    if event.time.is_none() {
        find_time(text, cx, event);
    }
    if event.message.is_none() {
        event.message = Some(text.lines().next().unwrap_or(text));
    }
    let searched = head(text, SEARCH_BYTES_MAX);
    if kv::count(searched, 3) >= 3 {
        kv::read(searched, b' ', cx, event, guess);
    }
    let said = words(searched);
    find_address(searched, event, guess);
    if !guess.known(Target::User) {
        let name = said.user.or(said.maybe_user.filter(|_| said.logon || said.failed));
        if let Some(name) = name {
            user(event, name);
        }
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

fn words<'a>(text: &'a str) -> Said<'a> {
    let mut said = Said::default();
    let Some(automaton) = AUTOMATON.as_ref() else { return said };
    for hit in automaton.find_iter(text) {
        match WORDS[hit.pattern().as_usize()].1 {
            Word::Failed => said.failed = true,
            Word::Worked => said.worked = true,
            Word::Logon => said.logon = true,
            Word::User => {
                said.logon |= text[hit.start()..hit.end()].to_ascii_lowercase().contains("login");
                if said.user.is_none() {
                    said.user = name(&text[hit.end()..], true);
                }
            }
            Word::UserMaybe => {
                let word = &text[hit.start()..hit.end()];
                said.logon |= has_ignore_case(word, "login");
                said.failed |= has_ignore_case(word, "fail");
                if said.maybe_user.is_none() {
                    said.maybe_user = name(&text[hit.end()..], false);
                }
            }
        }
    }
    said
}

/// A user's name at the start of a text: quoted, in brackets, or one word.
fn name(text: &str, sure: bool) -> Option<&str> {
    let text = text.trim_start();
    let text = text.strip_prefix("user ").or(text.strip_prefix("username ")).unwrap_or(text);
    let text = text.strip_prefix("name ").unwrap_or(text).trim_start_matches(['\\', ':', ' ']);
    let (open, rest) = text.split_at_checked(1)?;
    let close = match open {
        "\"" | "'" => open.chars().next()?,
        "`" => '`',
        "<" => '>',
        "[" => ']',
        "(" => return None,
        _ => return bare_name(text, sure),
    };
    let end =
        rest.find([close, '\n']).or_else(|| if close == '`' { rest.find('\'') } else { None })?;
    let found = rest[..end].trim_end_matches('\\');
    (!found.is_empty() && found.len() <= 256).then_some(found)
}

fn bare_name(text: &str, sure: bool) -> Option<&str> {
    let end =
        text.find([' ', ',', ';', '\n', ')', '>', '"', '\'', ']', '\t', '|']).unwrap_or(text.len());
    let mut found = text[..end].trim_end_matches(['.', ':']);
    // `user name with blanks from 1.2.3.4`: up to the address.
    if let Some(at) = text[end..].find(" from ").filter(|at| *at > 0 && *at < 40) {
        let whole = text[..end + at].trim_end();
        let after = &text[end + at + 6..];
        let address = after.split([' ', ':', ',']).next().unwrap_or(after);
        if ip::parse(address).is_some()
            && !whole.contains(['"', '(', '[', ',', ':'])
            && sure_name(whole)
        {
            found = whole;
        }
    }
    let word = !found.is_empty() && found.len() <= 128 && found != "=";
    (word && (sure || sure_name(found)) && !STOP.contains(&found)).then_some(found)
}

/// Words that follow `user` without being a name.
const STOP: [&str; 32] = [
    "is",
    "was",
    "has",
    "from",
    "not",
    "or",
    "and",
    "name",
    "failed",
    "unknown",
    "with",
    "agent",
    "for",
    "in",
    "login",
    "account",
    "the",
    "to",
    "by",
    "on",
    "at",
    "of",
    "does",
    "could",
    "ip",
    "authentication",
    "attempted",
    "may",
    "logged",
    "without",
    "exit",
    "tried",
];

fn sure_name(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_alphanumeric() || b >= 0x80) && !text.contains(['=', '{', '}'])
}

/// Tries each word near the start.
fn find_time<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    let near = head(text, TIME_BYTES_MAX);
    let bytes = near.as_bytes();
    let begins = |at: usize| at == 0 || b" [(\"'=|<>\t,{".contains(&bytes[at - 1]);
    let mut at = 0;
    while at < bytes.len() {
        if begins(at) && bytes[at].is_ascii_alphanumeric() {
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

/// An address within a text.
struct Found<'a> {
    text: &'a str,
    /// Where it begins.
    at: usize,
    /// What follows it.
    after: &'a str,
}

/// Sets the source to the address that the words before it speak for most.
fn find_address<'a>(text: &'a str, event: &mut Event<'a>, guess: &Guess) {
    if guess.known(Target::Src) {
        return;
    }
    let mut best: Option<(u8, Found<'a>)> = None;
    let mut second: Option<Found<'a>> = None;
    for found in addresses(text).take(ADDRESSES_MAX) {
        let weight = weigh(text, found.at);
        let better = match &best {
            None => true,
            // After the same words the last one counts.
            Some((known, _)) => weight > *known || (weight == *known && weight >= 9),
        };
        if weight == 0 {
            second.get_or_insert(found);
        } else if better {
            best = Some((weight, found));
        }
    }
    let Some((_, found)) = best else {
        if let Some(found) = second {
            set_end(event, End::Dst, &found);
        }
        return;
    };
    set_end(event, End::Src, &found);
    if let Some(found) = second.filter(|_| !guess.known(Target::Dst)) {
        set_end(event, End::Dst, &found);
    }
}

fn set_end<'a>(event: &mut Event<'a>, end: End, found: &Found<'a>) {
    address(event, end, found.text);
    let rest = found.after;
    let number = rest
        .strip_prefix(':')
        .or(rest.strip_prefix('#'))
        .or(rest.strip_prefix("]:"))
        .or(rest.strip_prefix(" port "))
        .or(rest.strip_prefix('/'));
    if let Some(number) = number {
        let length = number.bytes().take_while(u8::is_ascii_digit).count();
        if (1..=5).contains(&length) && digits(&number[..length]).is_some_and(|n| n < 65_536) {
            port(event, end, &number[..length]);
        }
    }
}

/// How much the words before an address speak for its being the source; 0: it is the destination.
fn weigh(text: &str, at: usize) -> u8 {
    let start = at.saturating_sub(24);
    let before = &text.as_bytes()[start..at];
    let before = &before[before.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1)..];
    let ends = |word: &[u8]| {
        let end = before.iter().rposition(|b| b.is_ascii_alphanumeric()).map_or(0, |i| i + 1);
        let Some(start) = end.checked_sub(word.len()) else { return false };
        let whole = start == 0 || !before[start - 1].is_ascii_alphanumeric();
        whole && before[start..end].eq_ignore_ascii_case(word)
    };
    let any = |words: &[&str]| words.iter().any(|w| ends(w.as_bytes()));
    if any(&["dst", "dest", "server", "lip", "laddr", "I", "local", "on", "upstream"])
        || ends(b"to")
    {
        return 0;
    }
    if before.ends_with(b"-> ") || before.ends_with(b"->") {
        return 0;
    }
    // A mail address' domain, and the name that a mail client gives itself.
    if before.ends_with(b"@") || before.ends_with(b"([") {
        return 1;
    }
    if before.ends_with(b") [") || before.ends_with(b"=[") {
        return 11;
    }
    if any(&["from", "rhost", "rip", "client", "from ip", "attacker", "oip", "failed for"]) {
        return 10;
    }
    if any(&["ip", "remote", "address", "addr", "host", "src", "source", "by", "relay", "H"]) {
        return 8;
    }
    if at == 0 || before.ends_with(b"[") {
        return 5;
    }
    3
}

/// All IPv4 and IPv6 addresses of a text.
fn addresses(text: &str) -> impl Iterator<Item = Found<'_>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let byte = bytes[at];
            let begins = byte.is_ascii_hexdigit() || byte == b':';
            if !begins {
                at += 1;
                continue;
            }
            let part =
                |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'%' | b'_' | b'-');
            let joined = at > 0
                && (bytes[at - 1].is_ascii_alphanumeric()
                    || matches!(bytes[at - 1], b'.' | b'_' | b'-'));
            let length = bytes[at..].iter().take(64).take_while(|b| part(**b)).count();
            let start = at;
            at += length;
            if joined {
                // `IPv6:2001:db8::1`, `UDP:10.0.0.1`: an address may follow a word and a colon.
                let word = bytes[start..at].iter().position(|b| *b == b':');
                at = word.map_or(at, |colon| start + colon + 1);
                continue;
            }
            if let Some(length) = longest(&text[start..start + length]) {
                return Some(Found {
                    text: &text[start..start + length],
                    at: start,
                    after: &text[start + length..],
                });
            }
        }
        None
    })
}

/// How much of a word is an address.
fn longest(word: &str) -> Option<usize> {
    let trimmed = word.trim_end_matches(['.', ':', '-', '_']);
    if trimmed.len() < 3 || !trimmed.is_ascii() {
        return None;
    }
    if ip::parse(trimmed).is_some() {
        return Some(trimmed.len());
    }
    // `1.2.3.4:80` and `1.2.3.4-x`.
    let end = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    ip::is_v4(&trimmed[..end]).then_some(end)
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
    let word = near.split(|c: char| !c.is_ascii_alphabetic()).find(|word| {
        LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level))
            && (word.bytes().all(|b| b.is_ascii_uppercase()) || near.contains(&format!("[{word}")))
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
