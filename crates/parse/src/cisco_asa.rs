//! Cisco ASA, FTD and PIX firewalls: `%ASA-6-302013: Built inbound TCP connection …`.
//!
//! Some hundred messages share a handful of ways to write addresses. Each is read by the words in
//! front of it (`from`, `src`, `for`; `to`, `dst`, `->`), which holds for messages never seen too.

mod said;

use crate::Cx;
use crate::fields::{End, actor, address, is_host, port, source};
use crate::scan::{after, between, cut, cut_at, digits, find, has, word};
use ocsf::{Event, Path, Severity, class, ip};
use said::{amounts, outcome};

/// Words of one message that are looked at.
const WORDS_MAX: usize = 120;

/// Splits `%ASA-6-302013: text` into severity, id and text, wherever in the body it stands.
pub(crate) fn split(body: &str) -> Option<(u8, &str, &str)> {
    let rest = memchr::memchr_iter(b'%', body.as_bytes()).find_map(|at| {
        ["ASA-", "FTD-", "PIX-", "FWSM-"].iter().find_map(|tag| body[at + 1..].strip_prefix(tag))
    })?;
    // `%ASA-session-5-106100`: a class may stand before the severity.
    let rest = match rest.as_bytes().first() {
        Some(b) if b.is_ascii_digit() => rest,
        _ => cut(rest, b'-')?.1,
    };
    let (severity, rest) = cut(rest, b'-')?;
    // Some relays lose the colon.
    let end = rest.find([':', ' '])?;
    let (id, text) = (&rest[..end], &rest[end + 1..]);
    let severity = digits(severity).filter(|s| *s <= 7)?;
    digits(id)?;
    Some((severity as u8, id, text.trim_start()))
}

/// Reads a body that [`split`] has split.
pub(crate) fn read<'a>(parts: (u8, &'a str, &'a str), _cx: &Cx<'a>, event: &mut Event<'a>) {
    let (severity, id, text) = parts;
    source(event, "cisco-asa/1", "cisco-asa");
    event.product("Cisco", "ASA");
    event.severity = Severity::of_syslog(severity);
    event.unmapped("syslog_severity", i64::from(severity));
    event.set(Path::METADATA_EVENT_CODE, id);
    event.message = Some(text);
    endpoints(text, event);
    names(text, event);
    amounts(text, event);
    outcome(text, event);
    settle(text, event);
}

fn settle<'a>(text: &'a str, event: &mut Event<'a>) {
    let endpoint = [
        Path::SRC_ENDPOINT_IP,
        Path::SRC_ENDPOINT_HOSTNAME,
        Path::DST_ENDPOINT_IP,
        Path::DST_ENDPOINT_HOSTNAME,
    ];
    let known = endpoint.iter().any(|path| event.has(*path));
    let logon =
        has(text, "uthenticat") && (event.has(Path::ACTOR_USER_NAME) || event.has(Path::USER_NAME));
    if logon {
        event.kind(class::AUTHENTICATION, 1);
        if let Some(name) = event.get(Path::ACTOR_USER_NAME) {
            event.set(Path::USER_NAME, name);
        }
        event.set(Path::SERVICE_NAME, "ASA");
    } else if let Some(activity) = session(text).filter(|_| event.has(Path::ACTOR_USER_NAME)) {
        event.kind(class::AUTHENTICATION, activity);
        if let Some(name) = event.get(Path::ACTOR_USER_NAME) {
            event.set(Path::USER_NAME, name);
        }
        event.set(Path::SERVICE_NAME, "ASA");
    } else if (has(text, "Accessed ") || has(text, " URL "))
        && event.has(Path::HTTP_REQUEST_URL_URL_STRING)
    {
        event.kind(class::HTTP, 0);
    } else if known && event.has(Path::FILE_PATH) {
        let stored = event.text(Path::COMMAND) == Some("STOR");
        event.kind(class::FTP, if stored { 1 } else { 2 });
    } else if known {
        let activity = if text.starts_with("Built") {
            1
        } else if text.starts_with("Teardown") {
            2
        } else if event.text(Path::ACTION) == Some("Deny") {
            5
        } else {
            6
        };
        event.kind(class::NETWORK, activity);
    }
}

/// Whether a user's session over VPN begins (1) or ends (2).
fn session(text: &str) -> Option<u8> {
    if !has(text, "ession ") {
        return None;
    }
    let ends = ["Session disconnected", "ession terminated"];
    if ends.iter().any(|words| has(text, words)) {
        return Some(2);
    }
    (has(text, "PN session started") || has(text, "connection established")).then_some(1)
}

/// What stands before an address.
fn role(word: &str) -> Option<End> {
    match word {
        "from" | "src" | "SRC" | "for" | "laddr" | "source" | "From" | "inside" | "host"
        | "between" | "permitted" | "denied" => Some(End::Src),
        "to" | "dst" | "DEST" | "->" | "faddr" | "destination" | "dest" => Some(End::Dst),
        _ => None,
    }
}

/// Reads all addresses by the words before them.
fn endpoints<'a>(text: &'a str, event: &mut Event<'a>) {
    let outbound = text.starts_with("Built outbound") && !has(text, " laddr ");
    let mut before = None;
    let mut seen = [false; 2];
    let mut skip = false;
    for token in tokens(text).take(WORDS_MAX) {
        if std::mem::take(&mut skip) {
            continue;
        }
        if token == "gaddr" {
            skip = true;
            continue;
        }
        if token == "and" && seen[0] {
            before = has(text, "between ").then_some(End::Dst);
            continue;
        }
        if let Some(end) = role(token.trim_end_matches(':')) {
            before = Some(end);
            continue;
        }
        if protocol(token, event) || token.is_empty() {
            continue;
        }
        let Some(end) = before else {
            if !seen[0] {
                seen[0] = first_address(token, event);
            }
            continue;
        };
        let slot = usize::from(end == End::Dst);
        // Of `Built outbound … for A to B` B is the source.
        let end = if outbound { if end == End::Src { End::Dst } else { End::Src } } else { end };
        if token.starts_with('(') && (seen[slot] || !bracketed(token)) {
            translated(token, end, event);
            continue;
        }
        if !seen[slot] && endpoint(token, end, event) {
            seen[slot] = true;
        } else if seen[slot] && !token.starts_with('(') {
            before = None;
        }
    }
    icmp_payload(text, event);
    if let Some(global) = after(text, "gaddr ").map(|rest| word(rest).0) {
        translated(global, End::Src, event);
    }
}

/// What stands between blanks and commas.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        // Words are short: a loop over bytes is done before a search has begun.
        match text.bytes().position(|byte| byte == b' ' || byte == b',') {
            Some(end) => {
                rest = Some(&text[end + 1..]);
                Some(&text[..end])
            }
            None => rest.take(),
        }
    })
}

/// `(0.0.0.0)` in the place of an address.
fn bracketed(token: &str) -> bool {
    token
        .strip_prefix('(')
        .and_then(|t| t.strip_suffix(')'))
        .is_some_and(|t| ip::parse(t).is_some())
}

/// An address that no word stands before: who did it.
fn first_address<'a>(token: &'a str, event: &mut Event<'a>) -> bool {
    let token = token.trim_matches(['<', '>', '[', ']', '.', ':']);
    let (name, rest) = token.split_once(':').unwrap_or(("", token));
    let bare = if name.is_empty() { token } else { rest };
    let (host, number) = bare.split_once('/').unwrap_or((bare, ""));
    let found = ip::parse(host).is_some() || (name.is_empty() && ip::parse(token).is_some());
    if found {
        address(event, End::Src, if ip::parse(host).is_some() { host } else { token });
        port(event, End::Src, number);
    }
    found
}

/// `IF:ADDRESS/PORT`, `ADDRESS/PORT`, `IF/ADDRESS(PORT)`, `ADDRESS`.
fn endpoint<'a>(token: &'a str, end: End, event: &mut Event<'a>) -> bool {
    let token = token.trim_end_matches(['.', ',', ';', ':']);
    let token = if bracketed(token) { token.trim_matches(['(', ')']) } else { token };
    let (token, user) = match find(token, "(") {
        Some(at) => (&token[..at], &token[at + 1..]),
        None => (token, ""),
    };
    let tail = user.trim_end_matches(')');
    let interface = if end == End::Src {
        Path::SRC_ENDPOINT_INTERFACE_NAME
    } else {
        Path::DST_ENDPOINT_INTERFACE_NAME
    };
    // IPv6 has colons itself, so the interface ends at the first one only if an address follows.
    let (name, host) = match token.split_once(':') {
        Some((name, host))
            if !name.is_empty()
                && ip::parse(token.split('/').next().unwrap_or(token)).is_none() =>
        {
            (name, host)
        }
        _ => ("", token),
    };
    let (first, second) = host.split_once('/').unwrap_or((host, ""));
    if ip::parse(first).is_some()
        || (!name.is_empty() && is_host(first))
        || (digits(second).is_some() && is_host(first))
    {
        event.set(interface, name);
        address(event, end, first);
        port(event, end, second);
        translated_user(tail, end, event);
        return true;
    }
    if ip::parse(second).is_some() || (digits(tail).is_some() && is_host(second)) {
        event.set(interface, first);
        address(event, end, second);
        port(event, end, tail);
        return true;
    }
    false
}

/// `(81.2.69.144/53500)` behind an address is what it was translated to; `(LOCAL\alice)` the user.
fn translated<'a>(token: &'a str, end: End, event: &mut Event<'a>) {
    let inner = token.trim_matches(['(', ')', ',', ';']);
    let (inner, user) = cut_at(inner, ")(").unwrap_or((inner, ""));
    let (host, number) = inner.split_once('/').unwrap_or((inner, ""));
    let paths = match end {
        End::Src => [
            Path::SRC_ENDPOINT_PROXY_ENDPOINT_IP,
            Path::SRC_ENDPOINT_PROXY_ENDPOINT_PORT,
            Path::SRC_ENDPOINT_IP,
        ],
        End::Dst => [
            Path::DST_ENDPOINT_PROXY_ENDPOINT_IP,
            Path::DST_ENDPOINT_PROXY_ENDPOINT_PORT,
            Path::DST_ENDPOINT_IP,
        ],
    };
    if let Some(ip) = ip::parse(host) {
        if event.text(paths[2]) != Some(ip.text) {
            event.set(paths[0], ip.text);
            if digits(number).is_some() {
                event.set(paths[1], number);
            }
        }
    } else {
        translated_user(inner, end, event);
    }
    translated_user(user, end, event);
}

fn translated_user<'a>(text: &'a str, end: End, event: &mut Event<'a>) {
    let text = text.trim_matches(['(', ')', ',']);
    let usable =
        !text.is_empty() && text.bytes().any(|b| b.is_ascii_alphabetic()) && !text.contains('/');
    if !usable {
        return;
    }
    match end {
        End::Src if text.contains('\\') || !event.has(Path::ACTOR_USER_NAME) => actor(event, text),
        // Behind both ends stands who is logged on at the other one.
        End::Dst if text.contains('\\') => {
            event.unmapped("destination_user", text.rsplit('\\').next().unwrap_or(text));
        }
        _ => {}
    }
}

/// `Original IP payload: udp src A/P dst B/P`: the ports that the ICMP error is about.
fn icmp_payload<'a>(text: &'a str, event: &mut Event<'a>) {
    let Some(rest) = after(text, "Original IP payload: ") else { return };
    for (key, end) in [("src ", End::Src), ("dst ", End::Dst)] {
        let token = after(rest, key).map(|r| word(r).0.trim_end_matches('.'));
        if let Some((_, number)) = token.and_then(|t| t.rsplit_once('/')) {
            port(event, end, number);
        }
    }
}

/// The transport, as a word of its own.
fn protocol<'a>(token: &'a str, event: &mut Event<'a>) -> bool {
    let known = match token.len() {
        2 => matches!(token, "ah" | "AH"),
        3 => matches!(token, "tcp" | "udp" | "gre" | "esp" | "TCP" | "UDP" | "GRE" | "ESP"),
        4 => matches!(token, "icmp" | "sctp" | "igmp" | "ICMP" | "SCTP" | "IGMP"),
        5 => token == "icmp6",
        9 => token.eq_ignore_ascii_case("ipv6-icmp"),
        _ => false,
    };
    let token = if token == "IPv6-ICMP" { "ipv6-icmp" } else { token };
    if known && !event.has(Path::CONNECTION_INFO_PROTOCOL_NAME) {
        event.set(Path::CONNECTION_INFO_PROTOCOL_NAME, token);
    }
    known
}

/// `Group <g> User <u> IP <a>`, `Group = g, Username = u, IP = a`, `user = u`, `Username:u`.
fn names<'a>(text: &'a str, event: &mut Event<'a>) {
    // Most messages have none of these words: one look for what they share spares looking for each.
    if has(text, "ser") || has(text, "Uname: ") {
        user_names(text, event);
    }
    if has(text, "IP") {
        for (key, end) in [
            ("IP <", End::Src),
            ("IP = ", End::Src),
            (" IP ", End::Src),
            ("user IP = ", End::Src),
            ("peer IP ", End::Src),
        ] {
            named_address(text, key, end, event);
        }
    }
    for (key, end) in [
        ("Local:", End::Src),
        ("server = ", End::Dst),
        ("Remote:", End::Dst),
        ("server ", End::Dst),
    ] {
        named_address(text, key, end, event);
    }
    // The server's address is not the client's too.
    let server = event.get(Path::DST_ENDPOINT_IP);
    if has(text, "server = ") && server.is_some() && server == event.get(Path::SRC_ENDPOINT_IP) {
        event.remove(Path::SRC_ENDPOINT_IP);
    }
    at_ends(text, event);
    rule(text, event);
    url(text, event);
    file(text, event);
}

fn user_names<'a>(text: &'a str, event: &mut Event<'a>) {
    for key in ["User <", "user <", "Username <"] {
        if let Some(name) = between(text, key, ">") {
            actor(event, name);
        }
    }
    for (key, stop) in [
        ("Username = ", ", "),
        ("User = ", ", "),
        ("user = ", " : "),
        ("Username = ", ","),
        (" Username:", " "),
        ("Uname: ", " "),
        ("user '", "'"),
        ("User '", "'"),
        ("user: ", " "),
        ("(user= ", ")"),
        (" User ", " IP "),
        (" user ", " IP "),
    ] {
        if event.has(Path::ACTOR_USER_NAME) {
            break;
        }
        if let Some(rest) = after(text, key) {
            let end = find(rest, stop).or_else(|| find(rest, " ")).unwrap_or(rest.len());
            let name = rest[..end].trim_end_matches([',', '.', ':', ';']);
            if !name.is_empty() && name.len() <= 128 {
                actor(event, name);
            }
        }
    }
}

/// The address behind a word, with its port.
fn named_address<'a>(text: &'a str, key: &str, end: End, event: &mut Event<'a>) {
    let Some(rest) = after(text, key).map(str::trim_start) else { return };
    let token =
        rest.split([' ', '>', ',', ';']).next().unwrap_or(rest).trim_end_matches(['.', ':']);
    let (host, number) = crate::fields::split_port(token);
    if ip::parse(host).is_some() {
        address(event, end, host);
        if let Some(number) = number {
            port(event, end, number);
        }
    }
}

/// `Teardown UDP connection 7 for outside:A/P alice to inside:B/P bob duration …`: who is logged on
/// at either end.
fn at_ends<'a>(text: &'a str, event: &mut Event<'a>) {
    if !text.starts_with("Teardown ") || event.has(Path::ACTOR_USER_NAME) {
        return;
    }
    let Some((_, rest)) = after(text, " for ").map(word) else { return };
    let (name, rest) = word(rest);
    if !matches!(name, "to" | "") && !name.starts_with('(') && rest.starts_with("to ") {
        actor(event, name);
    }
}

fn rule<'a>(text: &'a str, event: &mut Event<'a>) {
    if !has(text, "roup") && !has(text, "access-list ") {
        return;
    }
    if let Some(name) = between(text, "access-group \"", "\"") {
        event.set(Path::FIREWALL_RULE_NAME, name);
    } else if let Some(rest) = after(text, "access-list ") {
        event.set(Path::FIREWALL_RULE_NAME, word(rest).0);
    }
    if let Some(name) = between(text, "Group <", ">").or_else(|| between(text, "Group = ", ",")) {
        event.unmapped("group", name);
    }
}

/// `FTP connection from A to B, user U Stored|Retrieved file NAME`.
fn file<'a>(text: &'a str, event: &mut Event<'a>) {
    if !text.starts_with("FTP connection from ") {
        return;
    }
    event.set(Path::APP_NAME, "ftp");
    for (key, command) in [(" Stored file ", "STOR"), (" Retrieved file ", "RETR")] {
        if let Some(name) = after(text, key) {
            event.set(Path::FILE_PATH, name);
            event.set(Path::COMMAND, command);
        }
    }
}

/// `A Accessed URL B:http://…`: the address before the URL is the server's.
fn url<'a>(text: &'a str, event: &mut Event<'a>) {
    let Some(rest) = after(text, " URL ") else { return };
    let target = word(rest).0;
    let (server, target) = match target.split_once(':') {
        Some((server, target)) if has(target, "://") => (server, target),
        _ => ("", target),
    };
    let server = server.rsplit('@').next().unwrap_or(server);
    address(event, End::Dst, server);
    crate::fields::url(event, target);
}
