//! Servers that let users in from afar: strongSwan, vsftpd and ProFTPD.
//!
//! The name is the client's to choose: it is read up to what the server itself writes behind it.

use crate::fields::{End, address, logon, source, user};
use crate::scan::{after, cut, cut_at, find, has, rcut_at};
use ocsf::{Event, Path, Status};

/// Reads a message of one of them; `false` where it says nothing of a logon.
pub(crate) fn by_program<'a>(name: &str, body: &'a str, event: &mut Event<'a>) -> bool {
    match name {
        "charon" | "charon-systemd" | "ipsec" => strongswan(body, event),
        "vsftpd" => vsftpd(body, event),
        "proftpd" => proftpd(body, event),
        _ => false,
    }
}

fn mark<'a>(
    event: &mut Event<'a>,
    parser: &'static str,
    name: &'static str,
    product: (&'static str, &'static str),
    text: &'a str,
) {
    source(event, parser, name);
    event.product(product.0, product.1);
    event.message = Some(text);
}

/// `12[IKE] authentication of 'NAME' with EAP successful`, `… EAP method EAP_MSCHAPV2 failed for peer
/// NAME`.
fn strongswan<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    let failed_peer = after(body, " failed for peer ").filter(|_| has(body, "EAP method "));
    let (who, worked) = match (failed_peer, after(body, "authentication of '")) {
        (Some(peer), _) => (peer, false),
        (_, Some(rest)) => {
            let Some((who, how)) = rcut_at(rest, "' with ") else { return false };
            (who, how.ends_with(" successful"))
        }
        _ => return false,
    };
    mark(event, "strongswan/1", "strongswan", ("strongSwan", "strongSwan"), body);
    user(event, who.trim_matches('\''));
    event.set(Path::AUTH_PROTOCOL, "IKE");
    logon(event, "IPsec", Some(if worked { Status::Success } else { Status::Failure }));
    true
}

/// `[pid 5] [NAME] OK LOGIN: Client "ADDRESS"`, `[NAME] FAIL LOGIN: Client "ADDRESS"`; also a file's
/// own line, behind its time.
pub(crate) fn vsftpd<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    let text = match body.strip_prefix("[pid ").and_then(|rest| cut(rest, b']')) {
        Some((_, rest)) => rest.trim_start(),
        None => body,
    };
    let Some((name, client)) = text.strip_prefix('[').and_then(|t| rcut_at(t, ": Client \""))
    else {
        return false;
    };
    let (name, worked) = match (rcut_at(name, "] OK LOGIN"), rcut_at(name, "] FAIL LOGIN")) {
        (Some((name, _)), _) => (name, true),
        (_, Some((name, _))) => (name, false),
        _ => return false,
    };
    mark(event, "vsftpd/1", "vsftpd", ("vsftpd", "vsftpd"), body);
    user(event, name);
    address(event, End::Src, client.split('"').next().unwrap_or(client));
    logon(event, "vsftpd", Some(if worked { Status::Success } else { Status::Failure }));
    true
}

/// `HOST (CLIENT[ADDRESS]) - USER NAME: Login successful.`, `… no such user found from …`.
fn proftpd<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    let Some((head, text)) = cut_at(body, " - USER ") else { return false };
    let marks = [": Login successful", ": no such user", " (Login failed)"];
    let Some((at, worked)) = marks.iter().find_map(|m| Some((find(text, m)?, *m == marks[0])))
    else {
        return false;
    };
    mark(event, "proftpd/1", "proftpd", ("ProFTPD", "ProFTPD"), body);
    user(event, &text[..at]);
    let client = after(head, "[").and_then(|rest| cut(rest, b']'));
    address(event, End::Src, client.map_or("", |(client, _)| client));
    logon(event, "proftpd", Some(if worked { Status::Success } else { Status::Failure }));
    true
}
