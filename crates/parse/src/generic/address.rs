//! Whose address it is, by the words before it.
//!
//! Where a message quotes what a client sent, the last address wins, because programs write their
//! own knowledge behind it.

use crate::fields::{End, address, port};
use crate::scan::digits;
use crate::words::{Guess, Target};
use ocsf::{Event, ip};

/// Addresses that are weighed.
const ADDRESSES_MAX: usize = 32;

/// An address within a text.
struct Found<'a> {
    text: &'a str,
    /// Where it begins.
    at: usize,
    /// What follows it.
    after: &'a str,
}

/// Sets the source to the address that the words before it speak for most.
pub(super) fn find_address<'a>(text: &'a str, event: &mut Event<'a>, guess: &Guess) {
    if guess.known(Target::Src) {
        return;
    }
    let mut best: Option<(u8, Found<'a>)> = None;
    let mut second: Option<Found<'a>> = None;
    for found in addresses(text).take(ADDRESSES_MAX) {
        if is_network(found.after) {
            continue;
        }
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

/// `/24` behind an address: it names a network, nobody's own address.
fn is_network(after: &str) -> bool {
    let length = after
        .strip_prefix('/')
        .map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let bits = after.get(1..1 + length).and_then(digits);
    (1..=2).contains(&length) && bits.is_some_and(|bits| (8..=32).contains(&bits))
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
    // `host (greeting) [1.2.3.4]`: the greeting is the client's, the bracket the program's.
    if before.ends_with(b") [") {
        return 11;
    }
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
    if before.ends_with(b"=[") {
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
        while let Some(skipped) = bytes[at..].iter().position(|byte| has_class(*byte, BEGINS)) {
            at += skipped;
            let word = Word::at(&bytes[at..]);
            let joined = at > 0 && has_class(bytes[at - 1], JOINS);
            let start = at;
            at += word.length;
            if joined {
                // `IPv6:2001:db8::1`, `UDP:10.0.0.1`: an address may follow a word and a colon.
                let colon = bytes[start..at].iter().position(|b| *b == b':');
                at = colon.map_or(at, |colon| start + colon + 1);
                continue;
            }
            let length = word.may_be_address.then(|| longest(&text[start..at])).flatten();
            if let Some(length) = length {
                let after = &text[start + length..];
                return Some(Found { text: &text[start..start + length], at: start, after });
            }
        }
        None
    })
}

/// A run of bytes that may have an address in it.
struct Word {
    length: usize,
    /// It has what every address has: three dots behind a digit, or two colons.
    may_be_address: bool,
}

/// The longest address, with its zone, is shorter.
const WORD_BYTES_MAX: usize = 64;

impl Word {
    /// The run at the start of `bytes`.
    #[inline]
    fn at(bytes: &[u8]) -> Self {
        let (mut length, mut dots, mut colons) = (0, 0, 0);
        for byte in bytes.iter().take(WORD_BYTES_MAX) {
            if !has_class(*byte, PART) {
                break;
            }
            length += 1;
            dots += u32::from(*byte == b'.');
            colons += u32::from(*byte == b':');
        }
        let digit = bytes.first().is_some_and(u8::is_ascii_digit);
        Self { length, may_be_address: colons >= 2 || dots >= 3 && digit }
    }
}

/// An address may begin with it.
const BEGINS: u8 = 1;
/// It may stand within an address or its zone.
const PART: u8 = 1 << 1;
/// Behind it no address begins, but the rest of a word.
const JOINS: u8 = 1 << 2;

/// Each byte's classes.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        let word = byte.is_ascii_alphanumeric();
        if byte.is_ascii_hexdigit() || byte == b':' {
            classes[at] |= BEGINS;
        }
        if word || matches!(byte, b'.' | b':' | b'%' | b'_' | b'-') {
            classes[at] |= PART;
        }
        if word || matches!(byte, b'.' | b'_' | b'-') {
            classes[at] |= JOINS;
        }
        at += 1;
    }
    classes
};

#[inline]
fn has_class(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
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
