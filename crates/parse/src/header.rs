//! Syslog headers: RFC 5424, RFC 3164 and what devices really send.

use crate::Cx;
use crate::fields::{device, is_host};
use crate::scan::{cut, digits, has, leading_digits, word};
use crate::time;
use ocsf::{Event, Path, Severity, ip};

/// What stands before the message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Header<'a> {
    /// Facility times eight plus severity.
    pub(crate) pri: Option<u8>,
    pub(crate) host: Option<&'a str>,
    pub(crate) program: Option<&'a str>,
    pub(crate) pid: Option<&'a str>,
    pub(crate) msgid: Option<&'a str>,
    /// RFC 5424's structured data, brackets included.
    pub(crate) data: Option<&'a str>,
    pub(crate) stamp: Option<(time::Stamp, &'a str)>,
    /// The message.
    pub(crate) body: &'a str,
}

impl<'a> Header<'a> {
    /// Sets what the header says on the event.
    pub(crate) fn apply(&self, event: &mut Event<'a>) {
        if let Some(pri) = self.pri {
            event.severity = Severity::of_syslog(pri & 7);
            event.unmapped("syslog_pri", i64::from(pri));
            event.unmapped("syslog_facility", i64::from(pri >> 3));
            event.unmapped("syslog_severity", i64::from(pri & 7));
        }
        if let Some((stamp, text)) = self.stamp {
            stamp.apply(event, text);
        }
        if let Some(host) = self.host {
            device(event, host);
        }
        if let Some(program) = self.program {
            event.set(Path::METADATA_LOG_PROVIDER, program);
            event.set(Path::ACTOR_PROCESS_NAME, program);
        }
        if let Some(pid) = self.pid {
            match digits(pid) {
                Some(number) => event.set(Path::ACTOR_PROCESS_PID, number),
                None => event.unmapped("procid", pid),
            }
        }
        if let Some(msgid) = self.msgid {
            event.set(Path::METADATA_EVENT_CODE, msgid);
        }
    }
}

/// Reads `<PRI>` at the start of `text`.
pub(crate) fn priority(text: &str) -> Option<(u8, &str)> {
    let (number, rest) = leading_digits(text.strip_prefix('<')?)?;
    let rest = rest.strip_prefix('>')?;
    (number <= 191).then_some((number as u8, rest))
}

/// Reads a header; what cannot be read stays in the body.
pub(crate) fn read<'a>(text: &'a str, cx: &Cx<'a>) -> Header<'a> {
    let (pri, rest) = match priority(text) {
        Some((pri, rest)) => (Some(pri), rest),
        None => (None, text),
    };
    if let Some(header) = pri.and_then(|_| rfc5424(rest, cx)) {
        return Header { pri, ..header };
    }
    let header = Header { pri, ..rfc3164(rest.trim_start(), cx) };
    relayed(header, cx)
}

/// A relay may put its own header before the sender's: the inner one tells more.
fn relayed<'a>(outer: Header<'a>, cx: &Cx<'a>) -> Header<'a> {
    let Some((pri, rest)) = priority(outer.body) else { return outer };
    let inner = match rfc5424(rest, cx) {
        Some(inner) => inner,
        None => rfc3164(rest.trim_start(), cx),
    };
    if inner.stamp.is_none() && inner.program.is_none() {
        return outer;
    }
    Header {
        pri: Some(pri),
        host: inner.host.or(outer.host),
        stamp: inner.stamp.or(outer.stamp),
        ..inner
    }
}

fn nil(text: &str) -> Option<&str> {
    (!text.is_empty() && text != "-").then_some(text)
}

/// `1 TIME HOST APP PROCID MSGID [DATA] MESSAGE`, after the priority.
fn rfc5424<'a>(text: &'a str, cx: &Cx<'a>) -> Option<Header<'a>> {
    let (version, rest) = cut(text, b' ')?;
    if version != "1" {
        return None;
    }
    let (stamp, rest) = cut(rest, b' ')?;
    let stamp = match stamp {
        "-" => None,
        text => {
            let (civil, length) = time::scan(text)?;
            if length != text.len() {
                return None;
            }
            Some((time::resolve(&civil, cx.zone, cx.arrival_ms), text))
        }
    };
    let (host, rest) = cut(rest, b' ')?;
    let (program, rest) = cut(rest, b' ')?;
    let (pid, rest) = cut(rest, b' ')?;
    let (msgid, rest) = cut(rest, b' ').unwrap_or((rest, ""));
    let (data, body) = structured_data(rest);
    Some(Header {
        pri: None,
        host: nil(host),
        program: nil(program),
        pid: nil(pid),
        msgid: nil(msgid),
        data,
        stamp,
        body: body.trim_start_matches('\u{feff}'),
    })
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

/// A time stamp at the start, also behind a sequence number, `*`, `.` or `[`.
fn stamp<'a>(text: &'a str, cx: &Cx<'a>) -> Option<(time::Stamp, &'a str, &'a str)> {
    let bare = text.trim_start_matches(['*', '.', ' ', ':']);
    let read = |text: &'a str| {
        let (civil, length) = time::scan(text)?;
        let stamp = time::resolve(&civil, cx.zone, cx.arrival_ms);
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
fn rfc3164<'a>(text: &'a str, cx: &Cx<'a>) -> Header<'a> {
    let Some((stamp, written, rest)) = stamp(text, cx) else {
        return host_then_time(text, cx).unwrap_or_else(|| without_time(text));
    };
    let header = Header { stamp: Some((stamp, written)), ..Header::default() };
    // An unknown zone's name may follow: `Mar  1 10:00:00 BDT host …`; Cisco writes `: `.
    let rest = rest.strip_prefix(':').unwrap_or(rest).trim_start();
    host_and_program(header, rest)
}

fn host_and_program<'a>(header: Header<'a>, rest: &'a str) -> Header<'a> {
    let whole = rest;
    if rest.starts_with(['%', '{', '[', '<']) || rest.is_empty() {
        return Header { body: rest, ..header };
    }
    if let Some(tagged) = rest.strip_prefix(": ") {
        return Header { body: tagged.trim_start(), ..header };
    }
    let (first, after) = word(rest);
    if let Some(host) = first.strip_suffix(':') {
        // `host: %ASA-…` names the host, `program: text` the program.
        if after.starts_with('%') && is_host(host) {
            return Header { host: Some(host), body: after, ..header };
        }
        return program(header, rest);
    }
    if has(first, "]:") || has(first, "):") || (first.ends_with(']') && has(first, "[")) {
        return program(header, rest);
    }
    if is_host(first) || first.contains('/') && is_host(&first.replace('/', "")) {
        let after = after.strip_prefix(": ").map_or(after, str::trim_start);
        // F5 writes its slot before the host, and the level before the program.
        let host = first.rsplit('/').next().unwrap_or(first);
        let (next, rest) = word(after);
        let skipped = next == first || LEVELS.contains(&next);
        let found =
            program(Header { host: Some(host), ..header }, if skipped { rest } else { after });
        return if is_sure(&found) { found } else { Header { body: whole, ..header } };
    }
    Header { body: rest, ..header }
}

/// Whether the word taken for a host is one. Applications write their own times and then a level,
/// a thread or a sentence; syslog writes a host, and mostly a program behind it.
fn is_sure(header: &Header<'_>) -> bool {
    let host = header.host.unwrap_or("");
    let level = LEVELS.iter().chain(&["warn", "fatal", "critical", "trace", "severe"]);
    if level.into_iter().any(|level| host.eq_ignore_ascii_case(level)) {
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

/// `program[pid]: text`, `program: text`, or no program at all.
fn program<'a>(header: Header<'a>, text: &'a str) -> Header<'a> {
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

/// Cisco with a host and no relay: `host: *Mar  1 18:46:11: %SYS-5-…`, `host: 00:01:01: %SYS-5-…`.
fn host_then_time<'a>(text: &'a str, cx: &Cx<'a>) -> Option<Header<'a>> {
    let (host, rest) = text.split_once(": ").filter(|(host, _)| is_host(host))?;
    if let Some((stamp, written, rest)) = stamp(rest, cx) {
        let body = rest.trim_start_matches([':', ' ']);
        let header =
            Header { host: Some(host), stamp: Some((stamp, written)), body, ..Header::default() };
        return body.starts_with('%').then_some(header);
    }
    let (uptime, body) = rest.split_once(": ").filter(|(_, body)| body.starts_with('%'))?;
    let clock = uptime.bytes().all(|b| b.is_ascii_digit() || b":dhwy".contains(&b));
    clock.then_some(Header { host: Some(host), body, ..Header::default() })
}

/// `host program[pid]: text` and `program[pid]: text`, where no time stands before them.
fn without_time(text: &str) -> Header<'_> {
    let (first, after) = word(text);
    let bare = Header { body: text, ..Header::default() };
    if first.ends_with(':') || has(first, "]:") {
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

#[cfg(test)]
mod tests;
