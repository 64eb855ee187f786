//! What the words of a text say: that it failed, that it is about a logon, whose.

use crate::scan::find;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use ocsf::ip;
use std::sync::LazyLock;

/// It failed.
const FAILED: u8 = 1;
/// It worked.
const WORKED: u8 = 1 << 1;
/// It is about a logon.
const LOGON: u8 = 1 << 2;
/// A user's name follows.
const USER: u8 = 1 << 3;
/// A user's name follows if the text is about a logon.
const USER_MAYBE: u8 = 1 << 4;

const WORDS: &[(&str, u8)] = &[
    ("failed", FAILED),
    ("failure", FAILED),
    ("fail", FAILED),
    ("invalid", FAILED),
    ("incorrect", FAILED),
    ("denied", FAILED),
    ("rejected", FAILED),
    ("unsuccessful", FAILED),
    ("unauthorized", FAILED),
    ("refused", FAILED),
    ("bad password", FAILED),
    ("bad login", FAILED | LOGON),
    ("badlogin", FAILED | LOGON),
    ("wrong password", FAILED),
    ("mismatch", FAILED),
    ("not allowed", FAILED),
    ("unknown user", FAILED),
    ("no such user", FAILED),
    ("does not exist", FAILED),
    ("successful", WORKED),
    ("success", WORKED),
    ("logged in", WORKED | LOGON),
    ("accepted", WORKED),
    ("succeeded", WORKED),
    ("login", LOGON),
    ("logon", LOGON),
    ("log in", LOGON),
    ("authenticat", LOGON),
    ("password", LOGON),
    ("passwd", LOGON),
    ("credentials", LOGON),
    ("auth fail", FAILED | LOGON),
    ("auth-fail", FAILED | LOGON),
    ("authfail", FAILED | LOGON),
    ("auth for ", LOGON),
    ("auth-failure", FAILED | LOGON),
    ("sign in", LOGON),
    ("signin", LOGON),
    ("user name: ", USER),
    ("username: ", USER),
    ("username=", USER),
    ("username ", USER),
    ("user: ", USER),
    ("user=", USER),
    ("user ", USER_MAYBE),
    ("account: ", USER),
    ("account ", USER_MAYBE),
    ("login=", USER | LOGON),
    ("login for ", USER_MAYBE | LOGON),
    ("login attempt for ", USER_MAYBE | LOGON),
    ("login as ", USER_MAYBE | LOGON),
    ("login using ", USER_MAYBE | LOGON),
    ("login failed: ", USER_MAYBE | LOGON | FAILED),
    ("set_id=", USER),
    ("sasl_username=", USER),
    ("attempt by ", USER_MAYBE),
    ("attempt for ", USER_MAYBE),
    ("request for ", USER_MAYBE),
    ("failed for ", USER_MAYBE | FAILED),
    ("failure for ", USER_MAYBE | FAILED),
    ("error for ", USER_MAYBE),
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
pub(super) struct Said<'a> {
    pub(super) failed: bool,
    pub(super) worked: bool,
    pub(super) logon: bool,
    user: Option<&'a str>,
    maybe_user: Option<&'a str>,
}

impl<'a> Said<'a> {
    /// The user's name, where the words make it one.
    pub(super) fn name(&self) -> Option<&'a str> {
        self.user.or(self.maybe_user.filter(|_| self.logon || self.failed))
    }
}

/// Finds the words that matter.
pub(super) fn words<'a>(text: &'a str) -> Said<'a> {
    let mut said = Said::default();
    let Some(automaton) = AUTOMATON.as_ref() else { return said };
    for hit in automaton.find_iter(text) {
        let says = WORDS[hit.pattern().as_usize()].1;
        said.failed |= says & FAILED != 0;
        said.worked |= says & WORKED != 0;
        said.logon |= says & LOGON != 0;
        if says & USER != 0 && said.user.is_none() {
            said.user = name(&text[hit.end()..], true);
        }
        if says & USER_MAYBE != 0 && said.maybe_user.is_none() {
            said.maybe_user = name(&text[hit.end()..], false);
        }
    }
    said
}

/// A user's name at the start of a text: quoted, in brackets, or one word.
fn name(text: &str, sure: bool) -> Option<&str> {
    let text = text.trim_start();
    let text = text.strip_prefix("user ").or(text.strip_prefix("username ")).unwrap_or(text);
    let text = text.strip_prefix("name ").or(text.strip_prefix("input ")).unwrap_or(text);
    let text = text.trim_start_matches(['\\', ':', ' ']);
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

/// How far behind its first word a name with blanks may end.
const NAME_REST_BYTES_MAX: usize = 40;

fn bare_name(text: &str, sure: bool) -> Option<&str> {
    let end =
        text.find([' ', ',', ';', '\n', ')', '>', '"', '\'', ']', '\t', '|']).unwrap_or(text.len());
    let mut found = text[..end].trim_end_matches(['.', ':']);
    // `user name with blanks from 1.2.3.4`: up to the address.
    let behind = super::head(&text[end..], NAME_REST_BYTES_MAX + " from ".len());
    if let Some(at) = find(behind, " from ").filter(|at| *at > 0 && *at < NAME_REST_BYTES_MAX) {
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
const STOP: [&str; 33] = [
    "peer",
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
