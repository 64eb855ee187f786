//! Cron: the jobs that ran.

use crate::fields::{actor, source};
use crate::scan::{cut, cut_at};
use crate::{Cx, pam};
use ocsf::{Event, Path, Status, class};

/// `(root) CMD (command)`, `(root) RELOAD (crontabs/root)`, PAM's sessions.
pub(crate) fn read<'a>(body: &'a str, _cx: &Cx<'a>, event: &mut Event<'a>) {
    source(event, "cron/1", "cron");
    event.product("cron", "cron");
    event.message = Some(body);
    if pam::read_message(body, event) {
        return;
    }
    let Some((name, rest)) = body.strip_prefix('(').and_then(|rest| cut(rest, b')')) else {
        return;
    };
    actor(event, name);
    let Some((verb, argument)) = cut_at(rest.trim_start(), " (") else { return };
    let argument = argument.strip_suffix(')').unwrap_or(argument);
    match verb {
        "CMD" => {
            event.kind(class::PROCESS, 1);
            event.set(Path::PROCESS_CMD_LINE, argument);
            event.set(Path::PROCESS_USER_NAME, name);
            event.status(Status::Success);
        }
        "REPLACE" | "RELOAD" | "BEGIN EDIT" | "END EDIT" | "LIST" | "DELETE" => {
            event.kind(class::SCHEDULED_JOB, if verb == "DELETE" { 3 } else { 2 });
            event.set(Path::JOB_NAME, argument);
            event.set(Path::STATUS_DETAIL, verb);
        }
        _ => event.unmapped("cron_verb", verb),
    }
}
