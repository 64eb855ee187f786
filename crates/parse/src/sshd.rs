//! OpenSSH's server: who logged on from where, and who tried.
//!
//! The user's name in these messages is the client's to choose, so it may hold blanks, addresses
//! and pieces of other messages. What the server itself writes stands behind it: each message is
//! read from its end.

use crate::fields::{End, address, port, source, user};
use crate::scan::{cut, cut_at, digits, find, rcut_at, rfind, word};
use crate::{Cx, pam};
use ocsf::{Event, Path, Status, class, ip};

/// Where a message's safe end says that it came from.
struct Peer<'a> {
    address: &'a str,
    port: Option<&'a str>,
    /// The text before it.
    before: &'a str,
    /// The text after it.
    after: &'a str,
}

/// Reads the body of a message of sshd.
pub(crate) fn read<'a>(body: &'a str, _cx: &Cx<'a>, event: &mut Event<'a>) {
    source(event, "sshd/1", "sshd");
    event.product("OpenBSD", "OpenSSH");
    event.message = Some(body);
    let text = body.strip_prefix("error: ").or(body.strip_prefix("fatal: ")).unwrap_or(body);
    let text = text.strip_suffix(" [preauth]").unwrap_or(text);
    if !(logon(text, event) || connection(text, event) || session(text, event)) {
        other(text, event);
    }
    if matches!(event.class, class::AUTHENTICATION) {
        event.set(Path::SERVICE_NAME, "sshd");
        event.set(Path::IS_REMOTE, true);
    }
}

/// `Accepted|Failed|Postponed|Partial METHOD for [invalid user ]NAME from ADDRESS port N …`.
fn logon<'a>(text: &'a str, event: &mut Event<'a>) -> bool {
    let (verb, rest) = word(text);
    let status = match verb {
        "Accepted" => Some(Status::Success),
        "Failed" => Some(Status::Failure),
        "Postponed" | "Partial" => None,
        _ => return false,
    };
    let (method, rest) = word(rest);
    let Some(rest) = rest.strip_prefix("for ") else { return false };
    let name_end = find(rest, ", client user \"").or_else(|| ruser(rest)).unwrap_or(rest.len());
    let Some(peer) = peer_from_end(&rest[..name_end]) else { return false };
    event.kind(class::AUTHENTICATION, if status.is_some() { 1 } else { 6 });
    if let Some(status) = status {
        event.status(status);
    }
    event.set(Path::AUTH_PROTOCOL, method);
    event.set(Path::AUTH_PROTOCOL_ID, 99);
    let (name, invalid) = match peer.before.strip_prefix("invalid user ") {
        Some(name) => (name, true),
        None => (peer.before.strip_prefix("illegal user ").unwrap_or(peer.before), false),
    };
    named(event, name, invalid);
    set_peer(event, &peer);
    key(event, peer.after);
    true
}

/// Protocol 1 wrote the client's own user behind everything else: ` ssh1: ruser x`. A message that
/// ends as protocol 2 ends it has no such part, whatever the user's name looks like.
fn ruser(rest: &str) -> Option<usize> {
    (!rest.ends_with(" ssh2")).then(|| find(rest, " ssh1: ruser ")).flatten()
}

/// ` ssh2: RSA SHA256:…`: the key that was offered.
fn key<'a>(event: &mut Event<'a>, after: &'a str) {
    if let Some((kind, print)) = cut(after, b':').and_then(|(_, k)| k.trim_start().split_once(' '))
    {
        event.unmapped("ssh_key_type", kind);
        event.unmapped("ssh_key_fingerprint", print);
    }
}

fn named<'a>(event: &mut Event<'a>, name: &'a str, invalid: bool) {
    if name.is_empty() {
        // An empty name is a name: a logon needs a user.
        event.set(Path::USER_NAME, "(empty)");
    } else if name != "<invalid username>" {
        event.set(Path::USER_NAME, name);
    }
    if !event.has(Path::USER_NAME) {
        event.set(Path::USER_NAME, "(unknown)");
    }
    if invalid {
        event.set(Path::STATUS_DETAIL, "invalid user");
    }
}

/// The last ` from ADDRESS[ port N]` or `from ADDRESS` that is one.
fn peer_from_end(text: &str) -> Option<Peer<'_>> {
    let mut end = text.len();
    while let Some(at) = rfind(&text[..end], "from ") {
        let starts_word = at == 0 || text.as_bytes()[at - 1] == b' ';
        if let Some(peer) = starts_word.then(|| peer_at(&text[at + 5..])).flatten() {
            return Some(Peer {
                before: text[..at].strip_suffix(' ').unwrap_or(&text[..at]),
                ..peer
            });
        }
        end = at;
    }
    None
}

/// `ADDRESS[ port N] rest` at the start of a text.
fn peer_at(text: &str) -> Option<Peer<'_>> {
    let (first, rest) = word(text);
    let address = first.trim_end_matches([':', ',', '.']);
    let address = address.split_once('#').map_or(address, |(a, _)| a);
    if ip::parse(address).is_none() && !(address.contains('.') && rest_is_safe(rest)) {
        return None;
    }
    let (number, after) = match rest.strip_prefix("port ") {
        Some(rest) => {
            let (number, after) = word(rest);
            let bare = number.split(':').next().unwrap_or(number).trim_end_matches('.');
            (digits(bare).map(|_| bare), after)
        }
        None => (None, rest),
    };
    Some(Peer { address, port: number, before: "", after })
}

/// A host name is trusted to be one only where the message goes on as sshd writes it.
fn rest_is_safe(rest: &str) -> bool {
    ["port ", "not allowed", "ssh2", "via ", ""]
        .iter()
        .any(|s| rest.starts_with(s) && (!s.is_empty() || rest.is_empty()))
}

fn set_peer<'a>(event: &mut Event<'a>, peer: &Peer<'a>) {
    address(event, End::Src, peer.address);
    if let Some(number) = peer.port {
        port(event, End::Src, number);
    }
}

/// Messages on a connection before anyone logged on.
fn connection<'a>(text: &'a str, event: &mut Event<'a>) -> bool {
    // `Connection closed by [authenticating user|invalid user NAME ]ADDRESS port N`, and kin.
    for (start, activity) in [
        ("Connection closed by ", 2),
        ("Connection reset by ", 3),
        ("Disconnected from ", 2),
        ("Disconnecting ", 2),
        ("Received disconnect from ", 2),
        ("Connection from ", 1),
        ("Timeout before authentication for connection from ", 4),
        ("Timeout before authentication for ", 4),
        ("Unable to negotiate with ", 4),
        ("Did not receive identification string from ", 4),
        ("Bad protocol version identification ", 4),
        ("banner exchange: Connection from ", 4),
        ("ssh_dispatch_run_fatal: Connection from ", 4),
        ("refused connect from ", 5),
    ] {
        if let Some(rest) = text.strip_prefix(start) {
            event.kind(class::SSH, activity);
            return disconnect(rest, event);
        }
    }
    false
}

/// What follows: `[authenticating user|invalid user|user NAME ]ADDRESS[ port N][:text]`.
fn disconnect<'a>(rest: &'a str, event: &mut Event<'a>) -> bool {
    let users = ["authenticating user ", "invalid user ", "user "];
    let after_user = users.iter().find_map(|u| rest.strip_prefix(u));
    if let Some(named_part) = after_user {
        let Some(peer) = address_port_from_end(named_part) else { return true };
        event.kind(class::AUTHENTICATION, if rest.starts_with("user ") { 2 } else { 1 });
        if !rest.starts_with("user ") {
            event.status(Status::Failure);
        }
        named(event, peer.before.trim_end(), rest.starts_with("invalid user "));
        set_peer(event, &peer);
        return true;
    }
    if let Some(peer) = peer_from_end(rest).or_else(|| address_at(rest)) {
        set_peer(event, &peer);
        if let Some(on) = peer.after.strip_prefix("on ").and_then(address_at) {
            address(event, End::Dst, on.address);
            on.port.map(|number| port(event, End::Dst, number));
        }
    }
    if let Some((host, rest)) = cut_at(rest, " (") {
        // `refused connect from host (1.2.3.4)`.
        if let Some(ip) = rest.strip_suffix(')').filter(|ip| ip::parse(ip).is_some()) {
            address(event, End::Src, ip);
            event.set(Path::SRC_ENDPOINT_HOSTNAME, host);
        }
    }
    true
}

fn address_at(text: &str) -> Option<Peer<'_>> {
    let text = text.strip_prefix("UNKNOWN ").unwrap_or(text);
    let peer = peer_at(text)?;
    ip::parse(peer.address).map(|_| peer)
}

/// `NAME ADDRESS port N[: text]`, read from the last address with a port.
fn address_port_from_end(text: &str) -> Option<Peer<'_>> {
    let mut end = text.len();
    while let Some(at) = rfind(&text[..end], " port ") {
        let start = text[..at].rfind(' ').map_or(0, |space| space + 1);
        if ip::parse(&text[start..at]).is_some() {
            let rest = &text[at + 6..];
            let length = rest.bytes().take_while(u8::is_ascii_digit).count();
            if length > 0 {
                return Some(Peer {
                    address: &text[start..at],
                    port: Some(&rest[..length]),
                    before: &text[..start],
                    after: &rest[length..],
                });
            }
        }
        end = at;
    }
    // Older versions write no port.
    let start = text.rfind(' ').map_or(0, |space| space + 1);
    ip::parse(&text[start..])?;
    Some(Peer { address: &text[start..], port: None, before: &text[..start], after: "" })
}

/// Messages about a user: not allowed, too many failures, PAM.
fn session<'a>(text: &'a str, event: &mut Event<'a>) -> bool {
    if pam::read_message(text, event) {
        return true;
    }
    for start in ["Invalid user ", "Illegal user ", "input_userauth_request: invalid user "] {
        if let Some(rest) = text.strip_prefix(start) {
            failed(event);
            match peer_from_end(rest) {
                Some(peer) => {
                    named(event, peer.before, true);
                    set_peer(event, &peer);
                }
                None => named(event, rest.strip_suffix(" from ").unwrap_or(rest), true),
            }
            return true;
        }
    }
    if let Some(rest) =
        text.strip_prefix("User ").or_else(|| text.strip_prefix("Login attempted for user "))
    {
        return not_allowed(rest, event);
    }
    failure(text, event)
}

/// `User NAME from ADDRESS not allowed because …`.
fn not_allowed<'a>(rest: &'a str, event: &mut Event<'a>) -> bool {
    let Some(at) = rfind(rest, " not allowed because ") else {
        return match rest.strip_suffix(" not allowed because shell does not exist") {
            Some(name) => {
                failed(event);
                named(event, name, false);
                true
            }
            None => false,
        };
    };
    failed(event);
    event.set(Path::STATUS_DETAIL, &rest[at + 21..]);
    match peer_from_end(&rest[..at]) {
        Some(peer) => {
            named(event, peer.before, false);
            set_peer(event, &peer);
        }
        None => named(event, &rest[..at], false),
    }
    true
}

fn failed(event: &mut Event<'_>) {
    event.kind(class::AUTHENTICATION, 1);
    event.status(Status::Failure);
}

/// Failures in which the user stands behind `for`.
fn failure<'a>(text: &'a str, event: &mut Event<'a>) -> bool {
    for start in [
        "maximum authentication attempts exceeded for ",
        "PAM: Authentication failure for ",
        "PAM: authentication failure for ",
        "PAM: Authentication error for ",
        "PAM: authentication error for ",
        "PAM: User not known to the underlying authentication module for ",
        "PAM: User account has expired for ",
        "PAM: Permission denied for ",
        "Could not get shadow information for ",
    ] {
        let Some(rest) = text.strip_prefix(start) else { continue };
        failed(event);
        let invalid = rest.starts_with("invalid user ") || rest.starts_with("illegal user ");
        let rest = if invalid { &rest[13..] } else { rest };
        match peer_from_end(rest) {
            Some(peer) => {
                named(event, peer.before, invalid);
                set_peer(event, &peer);
            }
            None => named(event, rest, invalid),
        }
        return true;
    }
    if let Some(rest) = text.strip_prefix("ROOT LOGIN REFUSED FROM ") {
        failed(event);
        event.set(Path::USER_NAME, "root");
        if let Some(peer) = peer_at(rest) {
            set_peer(event, &peer);
        }
        return true;
    }
    false
}

/// Any other message: the address at its safe end, if it has one.
fn other<'a>(text: &'a str, event: &mut Event<'a>) {
    if let Some(rest) = text.strip_prefix("Server listening on ") {
        event.kind(class::SSH, 7);
        if let Some(peer) = address_at(rest) {
            address(event, End::Dst, peer.address);
            peer.port.map(|number| port(event, End::Dst, number));
        }
        return;
    }
    if let Some(rest) = text.strip_prefix("Starting session: ") {
        event.kind(class::AUTHENTICATION, 1);
        event.status(Status::Success);
        if let Some(peer) = peer_from_end(rest) {
            set_peer(event, &peer);
            match rcut_at(peer.before, " for ") {
                Some((_, name)) => user(event, name),
                None => event.set(Path::USER_NAME, "(unknown)"),
            }
        }
        return;
    }
    if let Some(peer) = peer_from_end(text).or_else(|| address_port_from_end(text)) {
        event.kind(class::SSH, 0);
        set_peer(event, &peer);
    } else if let Some((_, rest)) = cut_at(text, " for user ").or_else(|| cut_at(text, " by user "))
    {
        user(event, word(rest).0);
    }
}
