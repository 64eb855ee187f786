//! From a record's first bytes to the reader for it.

use crate::custom::{self, Unread};
use crate::header::{self, Header};
use crate::hint::{self, Hint};
use crate::words::Guess;
use crate::{
    Cx, Emit, Outcome, Scratch, access, apps, audit, cef, databases, dhcp, dns, error_log, generic,
    journal, json, kv, layout, mail, squid, syslog, time, w3c, windows_xml,
};
use model::DeadLetterCode;
use ocsf::Event;

/// Reads one record: emits each event that it holds, or says why there is none.
///
/// `event` must be empty; what it is afterwards is not defined.
pub fn parse<'a>(
    raw: &'a str,
    cx: &Cx<'a>,
    scratch: &mut Scratch,
    event: &mut Event<'a>,
    emit: Emit<'_, 'a>,
) -> Outcome {
    let Some(name) = cx.hint else { return read(raw, None, cx, scratch, event, emit) };
    // A parser that the user wrote may bear any name.
    let of_user = cx.custom.is_some_and(|custom| custom.knows(name));
    let hint = Hint::named(name).filter(|_| !of_user);
    let cx = Cx { hint: Some(hint.map_or(name, |hint| hint.source)), ..*cx };
    read(raw, hint, &cx, scratch, event, &mut |event| {
        hint::settle(name, hint, event);
        emit(event);
    })
}

fn read<'a>(
    raw: &'a str,
    hint: Option<&'static Hint>,
    cx: &Cx<'a>,
    scratch: &mut Scratch,
    event: &mut Event<'a>,
    emit: Emit<'_, 'a>,
) -> Outcome {
    let blank = |c: char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}');
    let text = raw.trim_matches(blank);
    let Some(first) = text.bytes().next() else {
        return Outcome::Dead {
            code: DeadLetterCode::Empty,
            reason: "nothing but blanks or nul bytes",
            parser: "detect/1",
        };
    };
    if given(text, cx, event) {
        emit(event);
        return Outcome::Events;
    }
    if (first == b'{' || first == b'[')
        && let Some(outcome) = json::read(text, cx, scratch, event, emit).outcome()
    {
        return outcome;
    }
    if first == b'#'
        && let Some(outcome) = layout::read_headers(text, cx, scratch, event, emit)
    {
        return outcome;
    }
    if journal::is(text) {
        let entry = journal::as_json(text, cx);
        if let Some(outcome) = json::read(entry, cx, scratch, event, emit).outcome() {
            return outcome;
        }
    }
    if first != b'<' && layout::read_row(text, cx, scratch, event, emit) {
        return Outcome::Events;
    }
    if hinted(text, cx, event) || known_whole(text, first, cx, scratch, event) {
        emit(event);
        return Outcome::Events;
    }
    with_header(text, hint, cx, scratch, event, emit);
    Outcome::Events
}

/// Reads a record that its hint gives to a reader of the user's.
fn given<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some((custom, hint)) = cx.custom.zip(cx.hint).filter(|(c, hint)| c.knows(hint)) else {
        return false;
    };
    let header = header::read(text, cx);
    header.apply(event);
    let unread = Unread { record: Some(text), message: header.body, program: header.program };
    let done = custom.hinted(hint, unread, cx, event);
    if !done {
        event.clear();
    }
    done
}

/// The source that the collector's configuration names, where its name alone decides.
fn hinted<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    match cx.hint {
        Some(name @ ("nginx" | "apache" | "traefik" | "lighttpd" | "haproxy")) => {
            access::read(text, Some(name), cx, event) || error_log::read(text, cx, event)
        }
        Some("modsecurity") => error_log::read(text, cx, event),
        Some("iis") => w3c::read(text, cx, event),
        Some("exchange") => w3c::read_exchange(text, cx, event),
        Some("squid") => squid::read(text, cx, event),
        Some("exim") => mail::by_look(text, cx, event),
        Some("bind" | "unbound" | "nsd" | "dns") => dns::by_look(text, cx, event),
        Some("dhcp" | "dhcpd" | "kea") => dhcp::by_look(text, cx, event),
        Some("postgresql" | "mysql" | "mssql" | "oracle" | "mongodb" | "redis") => {
            databases::by_look(text, cx, event)
        }
        Some("auditd") if audit::is(text) => {
            audit::read(text, cx, event);
            true
        }
        _ => false,
    }
}

/// Formats that begin with themselves rather than with syslog's header.
fn known_whole<'a>(
    text: &'a str,
    first: u8,
    cx: &Cx<'a>,
    scratch: &mut Scratch,
    event: &mut Event<'a>,
) -> bool {
    match first {
        b'<' if windows_xml::is(text) => {
            windows_xml::read(text, cx, scratch, event);
            true
        }
        b't' | b'n' | b'a' if audit::is(text) => {
            audit::read(text, cx, event);
            true
        }
        b'C' | b'L' if text.starts_with("CEF:") || text.starts_with("LEEF:") => {
            cef::read(text, cx, event)
        }
        b'<' if text.starts_with("<AUDIT_RECORD") => databases::by_look(text, cx, event),
        b'[' => {
            error_log::read(text, cx, event)
                || access::read(text, None, cx, event)
                || dns::by_look(text, cx, event)
                || databases::by_look(text, cx, event)
                || apps::by_shape(text, cx, event)
                || apps::by_look(text, cx, event)
        }
        b'0'..=b'9' => by_number(text, cx, event),
        b'#' | b'O' | b'L' => databases::by_look(text, cx, event),
        b'c' => dns::by_look(text, cx, event),
        b'D' => dhcp::by_look(text, cx, event) || access::read(text, None, cx, event),
        b'<' => false,
        _ if time::scan(text).is_some() => false,
        _ => access::read(text, None, cx, event),
    }
}

/// Files' own formats that begin with a time, an address, a number.
fn by_number<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    if time::scan(text).is_some() {
        return error_log::read(text, cx, event)
            || w3c::read(text, cx, event)
            || w3c::read_exchange(text, cx, event)
            || databases::by_look(text, cx, event)
            || mail::by_look(text, cx, event)
            || dns::by_look(text, cx, event)
            || dhcp::by_look(text, cx, event)
            || apps::by_look(text, cx, event);
    }
    if text.starts_with("0|") || text.starts_with("1|") {
        return cef::read_bare(text, cx, event);
    }
    squid::read(text, cx, event)
        || apps::by_shape(text, cx, event)
        || w3c::read_ftp(text, event)
        || layout::read_headless(text, cx, event)
        || dhcp::by_look(text, cx, event)
        || access::read(text, None, cx, event)
        || databases::by_look(text, cx, event)
}

/// Everything else has a header, or nothing that is known.
fn with_header<'a>(
    text: &'a str,
    hint: Option<&'static Hint>,
    cx: &Cx<'a>,
    scratch: &mut Scratch,
    event: &mut Event<'a>,
    emit: Emit<'_, 'a>,
) {
    let mut header = header::read(text, cx);
    if header.pri.is_none() && header.program.is_none() && is_pairs(text) {
        let unread = Unread { record: Some(text), message: text, program: None };
        if custom::read(unread, cx, event) {
            emit(event);
            return;
        }
        generic::mark(event, false);
        event.message = Some(text);
        event.parser = "kv/1";
        generic::read(text, cx, event, &mut Guess::default());
        emit(event);
        return;
    }
    header.apply(event);
    if let Some(hint) = hint.filter(|hint| header.program.is_none() && !hint.program.is_empty()) {
        if header.pri.is_none() && header.stamp.is_none() && header.host.is_none() {
            header = Header { body: text, ..header };
        }
        header.program = Some(hint.program);
    }
    syslog::read(&header, text, cx, scratch, event, emit);
}

/// `key=value …` from the first word on.
fn is_pairs(text: &str) -> bool {
    let first = text.split([' ', '\t']).next().unwrap_or(text);
    first.contains('=') && kv::count(generic::head(text, 512), 3) >= 3
}
