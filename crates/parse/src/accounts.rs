//! Programs that change accounts and groups, and systemd's logins.

use crate::fields::{End, address, source, user};
use crate::scan::{between, cut, cut_at, has, word};
use crate::{Cx, pam};
use ocsf::{Event, Path, Status, class};

/// useradd, userdel, usermod, groupadd, groupdel, groupmod, gpasswd, passwd, chage, chpasswd.
pub(crate) fn read<'a>(program: &str, body: &'a str, _cx: &Cx<'a>, event: &mut Event<'a>) {
    source(event, "accounts/1", "useradd");
    event.product("shadow", "shadow-utils");
    event.message = Some(body);
    if pam::read_message(body, event) {
        if event.class == class::BASE {
            password(program, body, event);
        }
        return;
    }
    event.status(if body.starts_with("failed") || has(body, "cannot") {
        Status::Failure
    } else {
        Status::Success
    });
    if !(group(body, event) || member(body, event) || account(program, body, event)) {
        password(program, body, event);
    }
}

/// `KEY=VALUE` up to a comma or the end.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let rest = &text[crate::scan::find(text, key)? + key.len()..];
    Some(rest.split([',', ' ']).next().unwrap_or(rest).trim_matches(['\'', '"', '`']))
}

/// `new group: name=x, GID=1`, `group added to /etc/group: name=x, GID=1`, `removed group 'x' …`.
fn group<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    let activity = if body.starts_with("new group: ") || body.starts_with("group added to ") {
        6
    } else if body.starts_with("removed group `")
        || body.starts_with("removed group '")
        || body.starts_with("group '") && has(body, " removed")
    {
        5
    } else if body.starts_with("group changed in ") {
        0
    } else {
        return false;
    };
    event.kind(class::GROUP, activity);
    let name = value(body, "name=")
        .or_else(|| body.split(['\'', '`']).nth(1))
        .or_else(|| between(body, "group ", "/"));
    event.set(Path::GROUP_NAME, name.unwrap_or(""));
    if let Some(gid) = value(body, "GID=") {
        event.set(Path::GROUP_UID, gid);
    }
    if let Some(path) = crate::scan::find(body, " /").map(|at| word(&body[at + 1..]).0) {
        let path = path.trim_end_matches([':', ',']);
        event.unmapped("file", path);
    }
    true
}

/// `add 'alice' to group 'wheel'`, `user alice added by root to group wheel`, and removals.
fn member<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    let (name, group, activity) = if let Some(rest) = body.strip_prefix("add ") {
        match cut_at(rest, " to group ").or(cut_at(rest, " to shadow group ")) {
            Some((name, group)) => (name, group, 3),
            None => return false,
        }
    } else if let Some(rest) = body.strip_prefix("delete ") {
        match cut_at(rest, " from group ").or(cut_at(rest, " from shadow group ")) {
            Some((name, group)) => (name, group, 4),
            None => return false,
        }
    } else if let Some((name, group)) =
        between(body, "user ", " added by").zip(crate::scan::after(body, "to group "))
    {
        (name, group, 3)
    } else if let Some((name, group)) =
        between(body, "user ", " removed by").zip(crate::scan::after(body, "from group "))
    {
        (name, group, 4)
    } else {
        return false;
    };
    event.kind(class::GROUP, activity);
    event.set(Path::USER_NAME, name.trim_matches(['\'', '`']));
    event.set(Path::GROUP_NAME, group.trim_matches(['\'', '`']));
    true
}

/// `new user: name=x, UID=1, GID=1, home=…, shell=…`, `delete user 'x'`, `change user 'x' …`.
fn account<'a>(_program: &str, body: &'a str, event: &mut Event<'a>) -> bool {
    let quoted_name = || body.split(['\'', '`']).nth(1);
    let (name, activity) = if let Some(rest) =
        body.strip_prefix("new user: ").or(body.strip_prefix("failed adding user "))
    {
        (value(rest, "name=").or_else(&quoted_name), 1)
    } else if body.starts_with("delete user ") || body.starts_with("removed user ") {
        (quoted_name(), 6)
    } else if body.starts_with("change user ") {
        (quoted_name(), if has(body, " password") { 3 } else { 99 })
    } else if body.starts_with("lock user ") {
        (quoted_name(), 9)
    } else if body.starts_with("unlock user ") {
        (quoted_name(), 12)
    } else {
        return false;
    };
    let Some(name) = name else { return false };
    event.kind(class::ACCOUNT_CHANGE, activity);
    if activity == 99 {
        event.activity_name = Some("Change");
    }
    event.set(Path::USER_NAME, name);
    for (key, path) in [("UID=", Path::USER_UID), ("GID=", Path::USER_GROUPS_UID)] {
        if let Some(value) = value(body, key) {
            event.set(path, value);
        }
    }
    for key in ["home", "shell", "from"] {
        if let Some(value) = between(body, key, ",").and_then(|v| v.strip_prefix('=')) {
            event.unmapped(key, value);
        }
    }
    true
}

/// `password changed for alice`, `pam_unix … password changed for alice`.
fn password<'a>(program: &str, body: &'a str, event: &mut Event<'a>) {
    let name = crate::scan::after(body, "password changed for ")
        .or(crate::scan::after(body, "password for "));
    if let Some(name) = name {
        event.kind(class::ACCOUNT_CHANGE, 3);
        user(event, word(name).0.trim_matches(['\'', '`', '"']));
        event.set(Path::METADATA_LOG_PROVIDER, program_name(program, event));
        if !event.has(Path::STATUS_ID) {
            event.status(Status::Success);
        }
    } else if let Some(name) = crate::scan::after(body, "password expiry for ") {
        event.kind(class::ACCOUNT_CHANGE, 99);
        event.activity_name = Some("Change");
        user(event, word(name).0);
    }
}

fn program_name<'a>(_program: &str, event: &Event<'a>) -> &'a str {
    event.text(Path::METADATA_LOG_PROVIDER).unwrap_or("passwd")
}

/// systemd-logind: `New session 5 of user alice.`, `Removed session 5.`
pub(crate) fn read_logind<'a>(body: &'a str, _cx: &Cx<'a>, event: &mut Event<'a>) {
    source(event, "logind/1", "systemd");
    event.product("systemd", "systemd-logind");
    event.message = Some(body);
    let text = body.strip_suffix('.').unwrap_or(body);
    if let Some((id, rest)) = text.strip_prefix("New session ").and_then(|rest| cut(rest, b' ')) {
        let name = crate::scan::after(rest, "of user ").unwrap_or("");
        let name = name.split(" with ").next().unwrap_or(name).trim_matches('\'');
        event.kind(class::AUTHENTICATION, 1);
        event.status(Status::Success);
        event.set(Path::SESSION_UID, id.trim_matches('\''));
        user(event, name);
        event.set(Path::SERVICE_NAME, "systemd-logind");
    } else if let Some(rest) =
        text.strip_prefix("Removed session ").or(text.strip_prefix("Session "))
    {
        event.unmapped("session", word(rest).0);
    }
}

/// login: `FAILED LOGIN (1) on '/dev/tty1' FOR 'alice', …`, `LOGIN ON tty1 BY alice FROM host`.
pub(crate) fn read_login<'a>(body: &'a str, _cx: &Cx<'a>, event: &mut Event<'a>) {
    source(event, "login/1", "login");
    event.product("util-linux", "login");
    event.message = Some(body);
    if pam::read_message(body, event) {
        return;
    }
    let failed = has(body, "FAILED LOGIN") || has(body, "LOGIN FAILURE");
    let on = has(body, "LOGIN ON");
    if !failed && !on {
        return;
    }
    let name = crate::scan::after(body, "FOR ").or(crate::scan::after(body, " BY ")).unwrap_or("");
    user(event, word(name).0.trim_matches(['\'', ',', '"']));
    if let Some(host) = crate::scan::after(body, "FROM ") {
        address(event, End::Src, word(host).0.trim_matches(['\'', ',', '"']));
    }
    event.set_if_absent(Path::USER_NAME, "(unknown)");
    event.kind(class::AUTHENTICATION, 1);
    event.set(Path::SERVICE_NAME, "login");
    event.status(if failed { Status::Failure } else { Status::Success });
}
