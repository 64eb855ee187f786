//! IIS and other W3C logs whose line comes without its `#Fields` header.
//!
//! The columns are guessed by what they hold: IIS' own orders are the ones that are known.

use crate::fields::{End, actor, address, http_method, is_nothing, port, source};
use crate::scan::digits;
use crate::{Cx, time};
use bumpalo::collections::Vec as ArenaVec;
use ocsf::{Event, Path, Status, class, ip};

/// `date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent)
/// [cs(Referer)] sc-status sc-substatus sc-win32-status [sc-bytes cs-bytes] time-taken`, with
/// `s-sitename s-computername` before `s-ip`, maybe.
pub(crate) fn read<'a>(line: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some((civil, length)) = time::scan(line).filter(|(c, _)| c.year.is_some()) else {
        return false;
    };
    let mut columns = ArenaVec::with_capacity_in(24, cx.arena);
    columns.extend(line[length..].split(' ').filter(|c| !c.is_empty()).take(40));
    let server = columns.iter().take(3).position(|c| ip::parse(c).is_some());
    let Some(server) = server else { return false };
    let column = |at: usize| columns.get(server + at).copied().unwrap_or("");
    let method = column(1);
    let plain = method.len() >= 3
        && method.len() <= 20
        && method.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    if !plain || digits(column(4)).is_none() || ip::parse(column(6)).is_none() {
        return false;
    }
    // W3C's extended format is UTC by definition.
    time::resolve(&civil, &crate::Zone::UTC, cx.arrival_ms).apply(event, &line[..length]);
    source(event, "iis/1", "iis");
    event.product("Microsoft", "IIS");
    http_method(event, method);
    address(event, End::Dst, column(0));
    port(event, End::Dst, column(4));
    address(event, End::Src, column(6));
    uri(column(2), column(3), cx, event);
    if !is_nothing(column(5)) {
        actor(event, column(5));
    }
    tail(&columns[server + 7..], cx, event);
    true
}

fn uri<'a>(stem: &'a str, query: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) {
    event.set(Path::HTTP_REQUEST_URL_PATH, stem);
    if is_nothing(query) {
        event.set(Path::HTTP_REQUEST_URL_URL_STRING, stem);
        return;
    }
    event.set(Path::HTTP_REQUEST_URL_QUERY_STRING, query);
    let whole = cx.write(format_args!("{stem}?{query}"));
    event.set(Path::HTTP_REQUEST_URL_URL_STRING, whole);
}

/// Agent, referrer, host: as many as there are before the status.
fn tail<'a>(columns: &[&'a str], cx: &Cx<'a>, event: &mut Event<'a>) {
    let status = columns.iter().position(|c| c.len() == 3 && digits(c).is_some_and(|n| n >= 100));
    let status = status.unwrap_or(columns.len());
    let blanks = |text: &'a str| match text.contains('+') {
        true => &*cx.arena.alloc_str(&text.replace('+', " ")),
        false => text,
    };
    let texts = [
        Path::HTTP_REQUEST_USER_AGENT,
        Path::HTTP_REQUEST_REFERRER,
        Path::HTTP_REQUEST_URL_HOSTNAME,
    ];
    for (text, path) in columns[..status].iter().zip(texts).filter(|(t, _)| !is_nothing(t)) {
        event.set(path, if path == Path::HTTP_REQUEST_USER_AGENT { blanks(text) } else { text });
    }
    if let Some(code) = columns.get(status).and_then(|c| digits(c)) {
        event.set(Path::HTTP_RESPONSE_CODE, code);
        event.status(if code >= 400 { Status::Failure } else { Status::Success });
    }
    for (at, name) in [(1, "sc-substatus"), (2, "sc-win32-status")] {
        if let Some(text) = columns.get(status + at) {
            event.unmapped(name, *text);
        }
    }
    let numbers = columns.get(status + 3..).unwrap_or(&[]);
    if let [sent, received, ..] = numbers {
        event.set(Path::HTTP_RESPONSE_LENGTH, *sent);
        event.set(Path::HTTP_REQUEST_LENGTH, *received);
    }
    if event.class != class::HTTP {
        event.kind(class::HTTP, 0);
    }
}
