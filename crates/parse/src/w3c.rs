//! IIS and other W3C logs whose line comes without its `#Fields` header.
//!
//! The columns are guessed by what they hold: IIS' own orders are the ones that are known.

mod named;

pub(crate) use named::read_named;

use crate::fields::{End, actor, address, http_method, is_nothing, port, source};
use crate::layout::{Layout, Separator};
use crate::scan::{cut, digits};
use crate::{Cx, time};
use bumpalo::collections::Vec as ArenaVec;
use ocsf::{Event, Path, Status, class, ip};
use std::sync::LazyLock;

/// Columns of one row that are looked at.
const COLUMNS_MAX: usize = 512;

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

/// IIS' FTP service without its header: `10:00:00 10.0.0.1 [2]USER anonymous 331`.
pub(crate) fn read_ftp<'a>(line: &'a str, event: &mut Event<'a>) -> bool {
    let clock = line.as_bytes().first_chunk::<8>();
    if !clock.is_some_and(|clock| clock[2] == b':' && clock[5] == b':') {
        return false;
    }
    let mut columns = line.split(' ').filter(|column| !column.is_empty());
    let mut column = || columns.next().unwrap_or("");
    let (clock, client, command) = (column(), column(), column());
    let (target, code) = (column(), column());
    let Some((session, verb)) = command.strip_prefix('[').and_then(|rest| cut(rest, b']')) else {
        return false;
    };
    let Some(code) = digits(code).filter(|code| (100..1000).contains(code)) else { return false };
    if clock.len() != 8 || digits(session).is_none() || ip::parse(client).is_none() {
        return false;
    }
    source(event, "iis/1", "iis");
    event.product("Microsoft", "IIS FTP");
    event.message = Some(line);
    address(event, End::Src, client);
    ftp(verb, target, event);
    event.unmapped("cs-method", command);
    event.set(Path::CODES, code);
    event.set(Path::STATUS_CODE, code);
    event.status(if code >= 400 { Status::Failure } else { Status::Success });
    true
}

/// A command of FTP and what it is about.
fn ftp<'a>(verb: &'a str, target: &'a str, event: &mut Event<'a>) {
    let activity = match verb.to_ascii_lowercase().as_str() {
        "created" | "stor" | "appe" => 1,
        "sent" | "retr" => 2,
        "deleted" | "dele" | "rmd" => 4,
        "rnfr" | "rnto" => 5,
        "list" | "nlst" => 6,
        _ => 0,
    };
    event.kind(class::FTP, activity);
    event.set(Path::COMMAND, verb);
    if verb.eq_ignore_ascii_case("USER") {
        actor(event, target);
    } else if !is_nothing(target) {
        event.set(Path::FILE_PATH, target);
    }
}

/// Exchange's protocol logs without their header: `TIME,connector or session,…,LOCAL:PORT,
/// REMOTE:PORT,…`.
pub(crate) fn read_exchange<'a>(line: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some((civil, length)) = time::scan(line) else { return false };
    if !line[..length].ends_with('Z') || !line[length..].starts_with(',') {
        return false;
    }
    if is_tracked(&line[length + 1..]) {
        return TRACKING.iter().any(|layout| read_named(line, layout, cx, event));
    }
    let columns = crate::csv::columns(&line[length + 1..], cx);
    let is_endpoint = |text: &str| {
        let (host, port) = crate::fields::split_port(text);
        port.is_some() && ip::parse(host).is_some()
    };
    let Some(at) = columns.iter().take(6).position(|column| is_endpoint(column)) else {
        return false;
    };
    let Some(remote) = columns.get(at + 1).filter(|column| is_endpoint(column)) else {
        return false;
    };
    time::resolve(&civil, cx.zone, cx.arrival_ms).apply(event, &line[..length]);
    source(event, "exchange/1", "exchange");
    event.product("Microsoft", "Exchange");
    event.message = columns.last().copied().filter(|text| !text.is_empty()).or(Some(line));
    crate::fields::address_port(event, End::Dst, columns[at]);
    crate::fields::address_port(event, End::Src, remote);
    event.set(Path::METADATA_CORRELATION_UID, columns[at.saturating_sub(2)]);
    let failed = crate::scan::has(line, "Authentication unsuccessful")
        || crate::scan::has(line, "LogonDenied")
        || crate::scan::has(line, "Authentication failure");
    // POP3 and IMAP4 name the user behind the client; SMTP the direction of what was said.
    let name = columns.get(at + 2).copied().unwrap_or("");
    if !is_nothing(name) && name.bytes().any(|b| b.is_ascii_alphanumeric()) {
        crate::fields::user(event, name);
    }
    if failed {
        crate::fields::logon(event, "exchange", Some(Status::Failure));
    } else {
        event.kind(class::NETWORK, 6);
    }
    true
}

/// The columns of Exchange's message tracking (Microsoft, "Message tracking", of Exchange 2016 and
/// later); servers of 2013 write no more than the first twenty-six.
const TRACKED: &str = "date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,\
     connector-id,source,event-id,internal-message-id,message-id,network-message-id,\
     recipient-address,recipient-status,total-bytes,recipient-count,related-recipient-address,\
     reference,message-subject,sender-address,return-path,message-info,directionality,tenant-id,\
     original-client-ip,original-server-ip,custom-data,transport-traffic-type,log-id,schema-version";

static TRACKING: LazyLock<[Layout; 2]> = LazyLock::new(|| {
    let layout = |columns| Layout::of(TRACKED.split(',').take(columns), Separator::Comma);
    [layout(30), layout(26)]
});

/// Whether a row, without its time, is of the message tracking: source and event stand eighth and
/// ninth, in capitals.
fn is_tracked(row: &str) -> bool {
    let mut columns = row.split(',').skip(6);
    let capitals = |text: &str| text.len() >= 3 && text.bytes().all(|b| b.is_ascii_uppercase());
    let (source, kind) = (columns.next().unwrap_or(""), columns.next().unwrap_or(""));
    capitals(source) && capitals(kind)
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
