//! E-mail addresses in running text.

use crate::Kind;
use crate::key::is_email_token;
use crate::mask::Span;
use memchr::memmem;

/// RFC 5321, section 4.5.3.1.
const LOCAL_BYTES_MAX: usize = 64;
const DOMAIN_BYTES_MAX: usize = 255;

/// The signs between name and domain: plain, percent-encoded, escaped in JSON.
const SIGNS: [&[u8]; 3] = [b"@", b"%40", b"\\u0040"];

/// Endings of systemd's unit names, which look like addresses (`user@1000.service`).
const UNITS: [&str; 12] = [
    "service",
    "slice",
    "socket",
    "timer",
    "mount",
    "automount",
    "scope",
    "target",
    "device",
    "path",
    // What a token begins with, behind a dot.
    "tok",
    "swap",
];
/// Who names algorithms of the Secure Shell in the form of an address (RFC 4251, section 6).
const ALGORITHMS: [&str; 4] = ["openssh.com", "libssh.org", "ssh.com", "lysator.liu.se"];

/// Adds the addresses in `bytes` to `spans`.
pub(crate) fn find(bytes: &[u8], spans: &mut Vec<Span>) {
    for at in memchr::memchr_iter(b'@', bytes) {
        spans.extend(address(bytes, at, at + 1));
    }
    for sign in &SIGNS[1..] {
        // Most logs have neither percent nor backslash.
        if memchr::memchr(sign[0], bytes).is_some() {
            for at in memmem::find_iter(bytes, sign) {
                spans.extend(address(bytes, at, at + sign.len()));
            }
        }
    }
}

/// The address whose sign stands from `at` to `after`.
fn address(bytes: &[u8], at: usize, after: usize) -> Option<Span> {
    let local_start = local_start(bytes, at);
    let local = &bytes[local_start..at];
    let domain = domain(&bytes[after..])?;
    if local.is_empty() || local.len() > LOCAL_BYTES_MAX || is_email_token(local) {
        return None;
    }
    let local = std::str::from_utf8(local).ok()?.to_ascii_lowercase();
    let domain = domain.to_ascii_lowercase();
    let end = after + domain.len();
    if UNITS.iter().any(|unit| domain.rsplit('.').next() == Some(unit))
        || ALGORITHMS.contains(&domain.as_str())
    {
        return None;
    }
    Some(Span {
        start: local_start,
        end,
        kind: Kind::Email,
        canonical: format!("{local}@{domain}"),
    })
}

/// Where the name before the sign begins.
fn local_start(bytes: &[u8], at: usize) -> usize {
    let floor = at.saturating_sub(LOCAL_BYTES_MAX + 1);
    let is_local = |b: u8| b.is_ascii_alphanumeric() || b"._+-".contains(&b);
    let mut start = at;
    while start > floor && is_local(bytes[start - 1]) {
        start -= 1;
    }
    // What ends an escape is no part of the name: `%3Crahim`, `\nrahim`, `\u003crahim`.
    let hex = |from: usize, count: usize| {
        from + count <= at && bytes[from..from + count].iter().all(u8::is_ascii_hexdigit)
    };
    match &bytes[..start] {
        [.., b'%'] if hex(start, 2) => start += 2,
        // An even number of backslashes are backslashes, and escape nothing.
        before @ [.., b'\\'] if start < at && is_odd(before) && escapes(before) => {
            match bytes[start] {
                b'u' if hex(start + 1, 4) => start += 5,
                b'n' | b'r' | b't' | b'b' | b'f' => start += 1,
                _ => {}
            }
        }
        _ => {}
    }
    while start < at && !bytes[start].is_ascii_alphanumeric() {
        start += 1;
    }
    start
}

/// How much of a text is searched for an object.
const OBJECT_BYTES_MAX: usize = 4096;

/// Whether the backslash at the end of `before` escapes what follows: within JSON it does. In plain
/// text a word before it is a Windows domain's name (`MOF\nadia@mof.gov.bd`).
fn escapes(before: &[u8]) -> bool {
    let near = &before[..before.len().min(OBJECT_BYTES_MAX)];
    let word = before.len() >= 2 && before[before.len() - 2].is_ascii_alphanumeric();
    !word
        || matches!(near.trim_ascii_start().first(), Some(b'{' | b'['))
        || memmem::find(near, b"{\"").is_some()
        || memmem::find(near, b"{\\\"").is_some()
}

/// Whether an odd number of backslashes stands at the end.
fn is_odd(before: &[u8]) -> bool {
    before.iter().rev().take(LOCAL_BYTES_MAX).take_while(|b| **b == b'\\').count() % 2 == 1
}

/// The domain at the start of `bytes`: labels joined by dots, of which the last is letters.
fn domain(bytes: &[u8]) -> Option<&str> {
    let legal = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    let length = bytes.iter().take(DOMAIN_BYTES_MAX).take_while(|b| legal(b)).count();
    let text = std::str::from_utf8(&bytes[..length]).ok()?.trim_end_matches(['-', '.']);
    let (rest, last) = text.rsplit_once('.')?;
    let named = last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphabetic());
    (named && rest.split('.').all(|label| !label.is_empty())).then_some(text)
}
