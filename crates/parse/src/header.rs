//! Syslog headers: RFC 5424, RFC 3164 and what devices really send.

mod rfc3164;
mod rfc5424;

use crate::Cx;
use crate::fields::device;
use crate::scan::{digits, leading_digits};
use crate::time;
use ocsf::{Event, Path, Severity};
use rfc3164::rfc3164;
use rfc5424::rfc5424;

/// What stands before the message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Header<'a> {
    /// Facility times eight plus severity.
    pub(crate) pri: Option<u8>,
    pub(crate) host: Option<&'a str>,
    pub(crate) program: Option<&'a str>,
    pub(crate) pid: Option<&'a str>,
    pub(crate) msgid: Option<&'a str>,
    /// RFC 5424's structured data, brackets included.
    pub(crate) data: Option<&'a str>,
    /// A level in words between host and program.
    pub(crate) level: Option<&'a str>,
    pub(crate) stamp: Option<(time::Stamp, &'a str)>,
    /// The message.
    pub(crate) body: &'a str,
}

impl<'a> Header<'a> {
    /// Sets what the header says on the event.
    pub(crate) fn apply(&self, event: &mut Event<'a>) {
        if let Some(pri) = self.pri {
            event.severity = Severity::of_syslog(pri & 7);
            event.unmapped("syslog_pri", i64::from(pri));
            event.unmapped("syslog_facility", i64::from(pri >> 3));
            event.unmapped("syslog_severity", i64::from(pri & 7));
        }
        if let Some(level) = self.level {
            event.set(Path::METADATA_LOG_LEVEL, level);
            if self.pri.is_none() {
                event.severity = crate::error_log::severity(level);
            }
        }
        if let Some((stamp, text)) = self.stamp {
            stamp.apply(event, text);
        }
        if let Some(host) = self.host {
            device(event, host);
        }
        if let Some(program) = self.program {
            event.set(Path::METADATA_LOG_PROVIDER, program);
            event.set(Path::ACTOR_PROCESS_NAME, program);
        }
        if let Some(pid) = self.pid {
            match digits(pid) {
                Some(number) => event.set(Path::ACTOR_PROCESS_PID, number),
                None => event.unmapped("procid", pid),
            }
        }
        if let Some(msgid) = self.msgid {
            event.set(Path::METADATA_EVENT_CODE, msgid);
        }
    }
}

/// Reads `<PRI>` at the start of `text`.
pub(crate) fn priority(text: &str) -> Option<(u8, &str)> {
    let (number, rest) = leading_digits(text.strip_prefix('<')?)?;
    let rest = rest.strip_prefix('>')?;
    (number <= 191).then_some((number as u8, rest))
}

/// Reads a header; what cannot be read stays in the body.
pub(crate) fn read<'a>(text: &'a str, cx: &Cx<'a>) -> Header<'a> {
    let (pri, rest) = match priority(text) {
        Some((pri, rest)) => (Some(pri), rest),
        None => (None, text),
    };
    if let Some(header) = pri.and_then(|_| rfc5424(rest.trim_start(), cx)) {
        return Header { pri, ..header };
    }
    let header = Header { pri, ..rfc3164(rest.trim_start(), cx) };
    relayed(header, cx)
}

/// A relay may put its own header before the sender's: the inner one tells more.
fn relayed<'a>(outer: Header<'a>, cx: &Cx<'a>) -> Header<'a> {
    let Some((pri, rest)) = priority(outer.body) else { return outer };
    let inner = match rfc5424(rest, cx) {
        Some(inner) => inner,
        None => rfc3164(rest.trim_start(), cx),
    };
    if inner.stamp.is_none() && inner.program.is_none() {
        return outer;
    }
    Header {
        pri: Some(pri),
        host: inner.host.or(outer.host),
        stamp: inner.stamp.or(outer.stamp),
        ..inner
    }
}

#[cfg(test)]
mod tests;
