//! sudo and su: who became whom, and what was run.

use crate::Cx;
use crate::fields::{actor, source, user};
use crate::pam;
use crate::scan::{cut, cut_at, find, has, word};
use ocsf::{Event, Path, Severity, Status, class};

/// `NAME : [reason ; ]TTY=… ; PWD=… ; USER=… ; [ENV=… ; ]COMMAND=…`.
pub(crate) fn read_sudo<'a>(body: &'a str, _cx: &Cx<'a>, event: &mut Event<'a>) {
    source(event, "sudo/1", "sudo");
    event.product("Sudo project", "sudo");
    event.message = Some(body);
    if pam::read_message(body, event) {
        return;
    }
    let Some((name, rest)) = cut_at(body, " : ") else { return };
    let at = find(rest, "TTY=").or(find(rest, "PWD=")).or(find(rest, "USER=")).unwrap_or(0);
    let (reason, pairs) = rest.split_at(at);
    actor(event, name);
    let reason = reason.trim_end_matches([' ', ';']);
    set_pairs(pairs, event);
    if event.has(Path::PROCESS_CMD_LINE) {
        event.kind(class::PROCESS, 1);
    }
    event.status(if reason.is_empty() { Status::Success } else { Status::Failure });
    if !reason.is_empty() {
        event.set(Path::STATUS_DETAIL, reason);
        event.severity = Severity::Medium;
        if has(reason, "password") {
            event.kind(class::AUTHENTICATION, 1);
            user(event, name);
            event.set(Path::SERVICE_NAME, "sudo");
        }
    }
}

/// The command is last, so nothing in it is taken for a pair.
fn set_pairs<'a>(pairs: &'a str, event: &mut Event<'a>) {
    let (pairs, command) = match find(pairs, "COMMAND=") {
        Some(at) => (&pairs[..at], &pairs[at + 8..]),
        None => (pairs, ""),
    };
    for pair in pairs.split(" ; ") {
        let Some((key, value)) = cut(pair.trim(), b'=') else { continue };
        match key {
            "TTY" => event.set(Path::ACTOR_SESSION_TERMINAL, value),
            "PWD" => event.set(Path::PROCESS_WORKING_DIRECTORY, value),
            "USER" => event.set(Path::PROCESS_USER_NAME, value),
            "GROUP" => event.set(Path::PROCESS_GROUP_NAME, value),
            _ => event.unmapped(key, value),
        }
    }
    event.set(Path::PROCESS_CMD_LINE, command);
    if command.starts_with('/') {
        event.set(Path::PROCESS_FILE_PATH, word(command).0);
    }
}

/// `(to root) alice on pts/0`, `FAILED SU (to root) alice on pts/0`, `+ /dev/pts/1 alice:root`.
pub(crate) fn read_su<'a>(body: &'a str, _cx: &Cx<'a>, event: &mut Event<'a>) {
    source(event, "su/1", "su");
    event.product("util-linux", "su");
    event.message = Some(body);
    if pam::read_message(body, event) {
        return;
    }
    let failed =
        body.starts_with("FAILED") || body.starts_with("- ") || body.starts_with("BAD SU ");
    let switched = body.strip_prefix("Successful su for ").or(body.strip_prefix("FAILED su for "));
    let pair = body.trim_start_matches("FAILED SU ").trim_start_matches("BAD SU ");
    if let Some((target, by)) = switched.and_then(|rest| cut_at(rest, " by ")) {
        user(event, target);
        actor(event, by);
    } else if let Some((target, rest)) = pair.strip_prefix("(to ").and_then(|rest| cut(rest, b')'))
    {
        user(event, target);
        let (name, terminal) = cut_at(rest.trim(), " on ").unwrap_or((rest.trim(), ""));
        actor(event, name);
        event.set(Path::ACTOR_SESSION_TERMINAL, terminal);
    } else if let Some(rest) = body.strip_prefix("+ ").or(body.strip_prefix("- ")) {
        let (terminal, names) = word(rest);
        event.set(Path::ACTOR_SESSION_TERMINAL, terminal);
        // shadow's su writes `from:to`, others `from-to`.
        let (from, to) = names.split_once(':').or(names.split_once('-')).unwrap_or(("", names));
        actor(event, from);
        user(event, to);
    } else {
        return;
    }
    event.kind(class::AUTHENTICATION, 7);
    event.set(Path::ACCOUNT_SWITCH_TYPE_ID, 1);
    event.set(Path::ACCOUNT_SWITCH_TYPE, "Substitute User");
    event.set(Path::SERVICE_NAME, "su");
    event.status(if failed { Status::Failure } else { Status::Success });
}
