//! PAM modules' messages, from whichever program calls them.

use crate::Cx;
use crate::fields::{End, actor, address, source, user};
use crate::scan::{between, cut, cut_at, find, has, rcut_at, rfind, word};
use ocsf::{Event, Path, Status, class};

/// Reads a body of a program that only PAM speaks through.
pub(crate) fn read<'a>(body: &'a str, _cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    if !read_message(body, event) {
        return false;
    }
    source(event, "pam/1", "pam");
    event.product("Linux-PAM", "Linux-PAM");
    event.message = Some(body);
    true
}

/// `pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)` and kin.
pub(crate) fn read_message<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    let Some(rest) = body.strip_prefix("PAM ").or_else(|| module(body, event)) else {
        return false;
    };
    let known = session(rest, event) || failure(rest, event) || counted(rest, event);
    let named = rest.strip_prefix("user ").or(rcut_at(rest, " user ").map(|(_, name)| name));
    if let Some(name) = named.filter(|_| !known) {
        user(event, word(name).0.trim_matches(['[', ']', '\'', '"', ',', ':']));
    }
    if event.class == class::AUTHENTICATION && !event.has(Path::SERVICE_NAME) {
        let program = event.text(Path::METADATA_LOG_PROVIDER).unwrap_or("PAM");
        event.set(Path::SERVICE_NAME, program);
    }
    true
}

/// The text behind `pam_MODULE(SERVICE:TYPE): `, `(pam_unix) ` or `PAM-MODULE: `.
fn module<'a>(body: &'a str, event: &mut Event<'a>) -> Option<&'a str> {
    if let Some(rest) = body.strip_prefix("(pam_") {
        return cut(rest, b')').map(|(_, rest)| rest.trim_start());
    }
    let rest = body.strip_prefix("pam_")?;
    let (name, rest) = cut(rest, b'(')?;
    if name.len() > 32 || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return None;
    }
    let (service, rest) = cut(rest, b')')?;
    event.set(Path::SERVICE_NAME, service.split(':').next().unwrap_or(service));
    Some(rest.trim_start_matches([':', ' ']))
}

/// `session opened|closed for user NAME[(uid=N)] [by NAME(uid=N)]`.
fn session<'a>(rest: &'a str, event: &mut Event<'a>) -> bool {
    let (opened, rest) = match (
        rest.strip_prefix("session opened for user "),
        rest.strip_prefix("session closed for user "),
    ) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return false,
    };
    event.kind(class::AUTHENTICATION, if opened { 1 } else { 2 });
    event.status(Status::Success);
    let (target, by) = match rcut_at(rest, " by ") {
        Some((target, by)) => (target, by),
        None => (rest, ""),
    };
    let (name, uid) = name_and_uid(target);
    user(event, name);
    event.set(Path::USER_UID, uid);
    let (name, uid) = name_and_uid(by);
    actor(event, name);
    event.set(Path::ACTOR_USER_UID, uid);
    true
}

fn name_and_uid(text: &str) -> (&str, &str) {
    match find(text, "(uid=") {
        Some(at) => (text[..at].trim(), between(&text[at..], "(uid=", ")").unwrap_or("")),
        None => (text.trim(), ""),
    }
}

/// `authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=1.2.3.4 user=root`.
///
/// `ruser` is the client's to choose, so `rhost` is the last one.
fn failure<'a>(rest: &'a str, event: &mut Event<'a>) -> bool {
    let worked = rest.starts_with("authentication success; ");
    let Some(at) = find(rest, "authentication failure; ")
        .or(find(rest, "auth could not identify password for ["))
        .or(worked.then_some(0))
    else {
        return false;
    };
    event.kind(class::AUTHENTICATION, 1);
    event.status(if worked { Status::Success } else { Status::Failure });
    if let Some(name) = between(&rest[at..], "password for [", "]") {
        user(event, name);
        return true;
    }
    set_pairs(&rest[at + 24..], event);
    event.set_if_absent(Path::USER_NAME, "(unknown)");
    true
}

/// `logname= uid=0 euid=0 tty=ssh ruser= rhost=1.2.3.4  user=root`.
fn set_pairs<'a>(pairs: &'a str, event: &mut Event<'a>) {
    let (before, host) = remote_host(pairs);
    let (host, tail) = word(host);
    address(event, End::Src, host);
    if let Some(name) = tail.strip_prefix("user=") {
        user(event, name);
    }
    pairs_before_host(before, event);
}

/// Splits before the value of `rhost`. Both `ruser` and `user` are the client's to choose: with an
/// empty `ruser` the first `rhost` is PAM's, else the last one.
fn remote_host(pairs: &str) -> (&str, &str) {
    let at = match find(pairs, "ruser= rhost=") {
        Some(at) => Some(at + 7),
        None => rfind(pairs, "rhost="),
    };
    at.map_or((pairs, ""), |at| (&pairs[..at], &pairs[at + 6..]))
}

fn pairs_before_host<'a>(before: &'a str, event: &mut Event<'a>) {
    let value = |key: &str, next: &str| {
        let rest = &before[find(before, key)? + key.len()..];
        Some(rest[..find(rest, next).unwrap_or(rest.len())].trim())
    };
    if let Some(name) = rfind(before, "ruser=").map(|at| before[at + 6..].trim()) {
        if !event.has(Path::USER_NAME) {
            user(event, name);
        } else {
            actor(event, name);
        }
    }
    for (key, next, path) in [
        (" euid=", " ", Path::ACTOR_PROCESS_EUID),
        ("tty=", " ruser=", Path::ACTOR_SESSION_TERMINAL),
        (" uid=", " ", Path::ACTOR_USER_UID),
    ] {
        if let Some(value) = value(key, next).filter(|v| !v.is_empty()) {
            event.set(path, value);
        }
    }
    if let Some(name) = value("logname=", " uid=") {
        actor(event, name);
    }
}

/// `2 more authentication failures; …`, `check pass; user unknown`, `bad username [x]`.
fn counted<'a>(rest: &'a str, event: &mut Event<'a>) -> bool {
    if let Some((count, pairs)) = cut_at(rest, " more authentication failure") {
        let pairs = pairs.trim_start_matches(['s', ';', ' ']);
        event.set(Path::COUNT, count.trim());
        event.kind(class::AUTHENTICATION, 1);
        event.status(Status::Failure);
        set_pairs(pairs, event);
        event.set_if_absent(Path::USER_NAME, "(unknown)");
        return true;
    }
    let failed = rest.starts_with("check pass; user unknown") || has(rest, "bad username");
    if failed {
        event.kind(class::AUTHENTICATION, 1);
        event.status(Status::Failure);
        event.set(Path::USER_NAME, between(rest, "bad username [", "]").unwrap_or("(unknown)"));
    }
    failed
}
