//! RFC 3164 and what devices really send: time, host, program and pid as far as they can be told.

use super::Header;
use crate::fields::is_host;
use crate::scan::{cut, cut_at, digits, has, word};
use crate::{Cx, time};
use ocsf::ip;

/// A time stamp at the start, also behind a sequence number, `*`, `.` or `[`.
fn stamp<'a>(text: &'a str, cx: &Cx<'a>) -> Option<(time::Stamp, &'a str, &'a str)> {
    let bare = text.trim_start_matches(['*', '.', ' ', ':']);
    let read = |text: &'a str| {
        let (civil, length) = time::scan(text)?;
        let stamp = time::resolve_before(&civil, &text[length..], cx.zone, cx.arrival_ms);
        Some((stamp, &text[..length], &text[length..]))
    };
    if let Some(found) = read(bare) {
        return Some(found);
    }
    // Cisco: `000123: *Mar  1 18:46:11.000: %SYS-5-…`, also with a host before the second colon.
    let (sequence, rest) = cut(bare, b':')?;
    digits(sequence)?;
    read(rest.trim_start_matches(['*', '.', ' ']))
}

/// Time, host, program and pid as far as they can be told apart.
pub(super) fn rfc3164<'a>(text: &'a str, cx: &Cx<'a>) -> Header<'a> {
    let Some((stamp, written, rest)) = stamp(text, cx) else {
        return host_then_time(text, cx).unwrap_or_else(|| without_time(text));
    };
    let header = Header { stamp: Some((stamp, written)), ..Header::default() };
    let rest = behind_zone(rest);
    // A colon behind the time says that no host follows.
    if let Some(body) = rest.strip_prefix(':') {
        return Header { body: body.trim_start(), ..header };
    }
    host_and_program(header, rest.trim_start())
}

/// Zones by letters that more than one place has, which Cisco writes behind its times. They decide
/// nothing: the source's zone is configured.
const ZONES: [&str; 10] = ["BDT", "BST", "IST", "PKT", "SGT", "HKT", "JST", "AEST", "AEDT", "NZST"];

/// What follows such a zone between a time and Cisco's tag.
fn behind_zone(rest: &str) -> &str {
    let inner = rest.strip_prefix(' ').and_then(|rest| cut(rest, b':'));
    match inner.filter(|(zone, text)| ZONES.contains(zone) && text.starts_with(" %")) {
        Some((zone, _)) => &rest[1 + zone.len()..],
        None => rest,
    }
}

fn host_and_program<'a>(header: Header<'a>, rest: &'a str) -> Header<'a> {
    let whole = rest;
    if let Some((host, after)) = bracketed_host(rest) {
        return program(Header { host: Some(host), ..header }, after);
    }
    if rest.starts_with(['%', '{', '[', '<']) || rest.is_empty() {
        return Header { body: rest, ..header };
    }
    if let Some(tagged) = rest.strip_prefix(": ") {
        return Header { body: tagged.trim_start(), ..header };
    }
    let (first, after) = word(rest);
    // `user.info host program: text`: facility and level in words.
    if is_facility(first) {
        return host_and_program(header, after);
    }
    if let Some(host) = first.strip_suffix(':') {
        // `host: %ASA-…` names the host, `program: text` the program; `host: host: text` NetApp's.
        let twice = after.strip_prefix(host).is_some_and(|rest| rest.starts_with(": "));
        let tagged =
            ["%", "CEF:", "LEEF:", "NetScreen "].iter().any(|mark| after.starts_with(mark));
        if (tagged || twice) && is_host(host) {
            return Header { host: Some(host), body: after, ..header };
        }
        return program(header, rest);
    }
    if let Some((host, after)) = listed_host(rest) {
        return program(Header { host: Some(host), ..header }, after);
    }
    if has(first, "]:") || has(first, "):") || (first.ends_with(']') && has(first, "[")) {
        return program(header, rest);
    }
    if is_host(first) || first.contains('/') && is_host(&first.replace('/', "")) {
        return behind_host(header, first, after, whole);
    }
    Header { body: rest, ..header }
}

/// What stands behind a word that may be the host; `whole` is both.
fn behind_host<'a>(
    header: Header<'a>,
    first: &'a str,
    after: &'a str,
    whole: &'a str,
) -> Header<'a> {
    let after = after.strip_prefix(": ").map_or(after, str::trim_start);
    // F5 writes its slot before the host, and the level before the program.
    let host = first.rsplit('/').next().unwrap_or(first);
    let (next, rest) = word(after);
    let skipped = next == first || LEVELS.contains(&next);
    let level = Some(next).filter(|next| LEVELS.contains(next));
    let header = Header { host: Some(host), level, ..header };
    if RATINGS.contains(&next) {
        let found = program(Header { level: Some(next), ..header }, rest);
        if found.program.is_some() {
            return found;
        }
    }
    let found = program(header, if skipped { rest } else { after });
    if is_sure(&found) { found } else { Header { host: None, level: None, body: whole, ..header } }
}

/// `[10.0.0.1] program: text`.
fn bracketed_host(text: &str) -> Option<(&str, &str)> {
    let (host, rest) = cut(text.strip_prefix('[')?, b']')?;
    let rest = rest.strip_prefix(' ')?;
    ip::parse(host).map(|_| (host, rest))
}

/// `host,key=value,…` (F5's rules) and `host,MAC,version program: …` (UniFi).
fn listed_host(text: &str) -> Option<(&str, &str)> {
    let (host, rest) = cut(text, b',')?;
    if !is_host(host) || ip::parse(host).is_none() && host.contains(':') {
        return None;
    }
    let end = rest.find([',', ' ', '=']).unwrap_or(rest.len());
    match rest.as_bytes().get(end) {
        Some(b'=') if end > 0 => Some((host, rest)),
        Some(b',') if end == 12 && rest[..12].bytes().all(|b| b.is_ascii_hexdigit()) => {
            Some((host, word(rest).1))
        }
        _ => None,
    }
}

/// `local7.notice`.
fn is_facility(text: &str) -> bool {
    let Some((facility, level)) = text.split_once('.') else { return false };
    let known = matches!(
        facility,
        "kern"
            | "user"
            | "mail"
            | "daemon"
            | "auth"
            | "syslog"
            | "lpr"
            | "news"
            | "uucp"
            | "cron"
            | "authpriv"
            | "ftp"
    ) || facility.strip_prefix("local").and_then(digits).is_some_and(|n| n <= 7);
    known && (LEVELS.contains(&level) || level == "warn")
}

/// Whether the word taken for a host is one. Applications write their own times and then a level,
/// a thread or a sentence; syslog writes a host, and mostly a program behind it.
fn is_sure(header: &Header<'_>) -> bool {
    let host = header.host.unwrap_or("");
    let mut levels = LEVELS.iter().chain(&["warn", "fatal", "critical", "trace", "severe"]);
    let may_be_level = host.len() <= 8 && host.bytes().all(|byte| byte.is_ascii_alphabetic());
    if may_be_level && levels.any(|level| host.eq_ignore_ascii_case(level)) {
        return false;
    }
    let by_syslog = header.stamp.is_some_and(|(_, text)| {
        text.starts_with(|c: char| c.is_ascii_alphabetic()) || text.contains('T')
    });
    header.program.is_some()
        || ip::parse(host).is_some()
        || header.body.starts_with(['%', '{', '<'])
        || by_syslog
}

/// Levels as words, which some devices write between host and program.
const LEVELS: [&str; 9] =
    ["emerg", "alert", "crit", "err", "error", "warning", "notice", "info", "debug"];

/// Ratings that may stand there too, where a program follows them.
const RATINGS: [&str; 4] = ["low", "medium", "high", "very-high"];

/// `program[pid]: text`, `program: text`, or no program at all.
pub(super) fn program<'a>(header: Header<'a>, text: &'a str) -> Header<'a> {
    let end = text.find(|c: char| !is_tag(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let none = Header { body: text, ..header };
    if name.is_empty() || name.len() > 96 {
        return none;
    }
    if let Some((pid, rest)) = rest.strip_prefix('[').and_then(|r| cut(r, b']')) {
        let known = pid.len() <= 24 && !pid.contains(' ');
        let colon = rest.strip_prefix(':').or_else(|| rest.strip_prefix(' ').map(|_| rest));
        return match colon {
            Some(body) if known => {
                Header { program: Some(name), pid: Some(pid), body: body.trim_start(), ..header }
            }
            _ => none,
        };
    }
    // `sshd(pam_unix)[12]: text`, `pam_unix(sshd:auth): text`.
    if let Some((_, after)) = rest.strip_prefix('(').and_then(|r| cut(r, b')')) {
        return parenthesised(header, text, name, after);
    }
    match rest.strip_prefix(':') {
        Some(body) if body.is_empty() || body.starts_with(' ') => {
            Header { program: Some(name), body: body.trim_start(), ..header }
        }
        _ => none,
    }
}

fn parenthesised<'a>(
    header: Header<'a>,
    text: &'a str,
    name: &'a str,
    after: &'a str,
) -> Header<'a> {
    let none = Header { body: text, ..header };
    if let Some((pid, rest)) = after.strip_prefix('[').and_then(|r| cut(r, b']'))
        && let Some(body) = rest.strip_prefix(':')
    {
        return Header { program: Some(name), pid: Some(pid), body: body.trim_start(), ..header };
    }
    none
}

fn is_tag(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '-' | '_' | '.' | '/' | '@' | '#' | '+')
        || !c.is_ascii()
}

/// Cisco with a host and no relay: `host: *Mar  1 18:46:11: %SYS-5-…`, `host: 00:01:01: %SYS-5-…`, also
/// behind a sequence number.
fn host_then_time<'a>(text: &'a str, cx: &Cx<'a>) -> Option<Header<'a>> {
    let numbered = cut_at(text, ": ").filter(|(number, _)| digits(number).is_some());
    let text = numbered.map_or(text, |(_, rest)| rest);
    let (host, rest) = cut_at(text, ": ").filter(|(host, _)| is_host(host))?;
    if let Some((stamp, written, rest)) = stamp(rest, cx) {
        let body = behind_zone(rest).trim_start_matches([':', ' ']);
        let header =
            Header { host: Some(host), stamp: Some((stamp, written)), body, ..Header::default() };
        return body.starts_with('%').then_some(header);
    }
    let (uptime, body) = cut_at(rest, ": ").filter(|(_, body)| body.starts_with('%'))?;
    let clock = uptime.bytes().all(|b| b.is_ascii_digit() || b":dhwy".contains(&b));
    clock.then_some(Header { host: Some(host), body, ..Header::default() })
}

/// `host program[pid]: text` and `program[pid]: text`, where no time stands before them.
fn without_time(text: &str) -> Header<'_> {
    let (first, after) = word(text);
    let bare = Header { body: text, ..Header::default() };
    if first.ends_with(':') || has(first, "]:") {
        // ScreenOS writes its host and no time: `fw1: NetScreen device_id=…`.
        if let Some(host) = first.strip_suffix(':').filter(|_| after.starts_with("NetScreen ")) {
            return Header { host: Some(host), body: after, ..Header::default() };
        }
        let header = program(Header::default(), text);
        return if header.pid.is_some() || known_program(header.program) { header } else { bare };
    }
    if !is_host(first) || first.ends_with(']') || ip::parse(first).is_some() && !has(after, "]: ") {
        return bare;
    }
    let header = program(Header { host: Some(first), ..Header::default() }, after);
    let sure = header.pid.is_some_and(|p| digits(p).is_some()) && !after.starts_with('[');
    if sure || known_program(header.program) { header } else { bare }
}

fn known_program(name: Option<&str>) -> bool {
    matches!(
        name,
        Some(
            "sshd"
                | "sudo"
                | "su"
                | "CRON"
                | "cron"
                | "login"
                | "kernel"
                | "useradd"
                | "userdel"
                | "usermod"
                | "groupadd"
                | "passwd"
                | "named"
                | "dovecot"
                | "proftpd"
                | "vsftpd"
                | "pure-ftpd"
                | "systemd-logind"
                | "systemd"
        )
    )
}
