//! Mail servers: Postfix, Dovecot, Exim, Sendmail.

mod dovecot;
mod exim;
mod postfix;
mod sendmail;

use crate::Cx;
use crate::fields::{End, address, source};
use crate::scan::cut;
use bumpalo::collections::Vec as ArenaVec;
use ocsf::{Event, Path, Status, Value, class, ip};

/// Reads the body of a mail server's syslog message.
pub(crate) fn by_program<'a>(
    program: &'a str,
    body: &'a str,
    cx: &Cx<'a>,
    event: &mut Event<'a>,
) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    if program.starts_with("postfix") || program.starts_with("mail/postfix") {
        postfix::read(name, body, cx, event)
    } else if matches!(name, "dovecot" | "imap-login" | "pop3-login" | "managesieve-login") {
        dovecot::read(body, cx, event)
    } else if matches!(name, "exim" | "exim4" | "exim5") {
        exim::read(body, cx, event)
    } else if matches!(name, "sendmail" | "sm-mta" | "sm-msp-queue" | "sm-acceptingconnections") {
        sendmail::read(body, cx, event)
    } else {
        false
    }
}

/// Exim's own log, which has no syslog header; it begins with a time.
pub(crate) fn by_look<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    exim::read_file(text, cx, event)
}

/// Sets parser, source and product.
fn product(event: &mut Event<'_>, parser: &'static str, name: &'static str, title: &'static str) {
    source(event, parser, name);
    event.product(title, title);
}

/// A mail's address without its angle brackets.
fn bare(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('<').and_then(|t| t.split('>').next()).unwrap_or(text)
}

/// Sets who sends, where the address is one.
fn from<'a>(event: &mut Event<'a>, text: &'a str) {
    let address = bare(text);
    if !address.is_empty() && !event.try_set(Path::EMAIL_FROM, address) {
        event.unmapped("from", address);
    }
}

/// Sets who receives: one or several with commas between them.
fn to<'a>(event: &mut Event<'a>, text: &'a str, cx: &Cx<'a>) {
    let mut list = ArenaVec::new_in(cx.arena);
    list.extend(text.split([',', ' ']).map(bare).filter(|a| ip::is_email(a)).take(100));
    if list.is_empty() {
        event.unmapped("to", bare(text));
    } else {
        event.set(Path::EMAIL_TO, Value::List(list.into_bump_slice()));
    }
}

/// `name[10.0.0.1]`, `name[10.0.0.1]:25`, `name [10.0.0.1]`, `[10.0.0.1]`: sets address and name;
/// returns what follows.
fn peer<'a>(event: &mut Event<'a>, end: End, text: &'a str) -> Option<&'a str> {
    let (name, rest) = cut(text, b'[')?;
    let (inner, rest) = cut(rest, b']')?;
    let inner = inner.strip_prefix("IPv6:").unwrap_or(inner);
    ip::parse(inner)?;
    address(event, end, inner);
    let name = name.trim().rsplit(' ').next().unwrap_or("");
    if !matches!(name, "" | "unknown") && ip::parse(name).is_none() {
        let path =
            if end == End::Src { Path::SRC_ENDPOINT_HOSTNAME } else { Path::DST_ENDPOINT_HOSTNAME };
        if crate::fields::is_host(name) {
            event.set(path, name.trim_matches(['(', ')']));
        }
    }
    let number = rest.strip_prefix(':').map(|r| r.split(|c: char| !c.is_ascii_digit()).next());
    if let Some(number) = number.flatten().filter(|n| !n.is_empty()) {
        crate::fields::port(event, end, number);
    }
    Some(rest)
}

/// Settles what is not a logon: a mail where one is named, else a connection.
fn settle(event: &mut Event<'_>, activity: u8) {
    if event.class != class::BASE {
        return;
    }
    let mail = [
        Path::EMAIL_FROM,
        Path::EMAIL_TO,
        Path::EMAIL_MESSAGE_UID,
        Path::EMAIL_UID,
        Path::EMAIL_SUBJECT,
    ];
    if mail.iter().any(|path| event.has(*path)) {
        event.kind(class::EMAIL, activity);
        event.set_if_absent(Path::DIRECTION_ID, 0);
    } else if event.has(Path::SRC_ENDPOINT_IP) || event.has(Path::DST_ENDPOINT_IP) {
        event.kind(class::NETWORK, 0);
    }
}

/// What a delivery's status word says.
fn delivered(event: &mut Event<'_>, word: &str) {
    let is = |words: &[&str]| {
        words.iter().any(|w| word.get(..w.len()).is_some_and(|head| head.eq_ignore_ascii_case(w)))
    };
    if is(&["sent", "delivered", "ok"]) {
        event.status(Status::Success);
    } else if is(&["bounced", "expired", "undeliverable", "reject", "user unknown", "host unknown"])
    {
        event.status(Status::Failure);
    }
}
