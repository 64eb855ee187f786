//! Cisco IOS, NX-OS and kin: `%SYS-5-CONFIG_I: Configured from console by admin on vty0 (10.1.1.1)`.

use crate::fields::source;
use crate::scan::{cut, digits, find};
use crate::words::Guess;
use crate::{Cx, generic};
use ocsf::{Event, Path, Severity};

/// Reads a body with a `%FACILITY-SEVERITY-MNEMONIC:` in it.
pub(crate) fn read<'a>(body: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let Some(at) = find(generic::head(body, 200), "%") else { return false };
    let Some((tag, text)) = cut(&body[at + 1..], b':') else { return false };
    let mut parts = tag.rsplitn(3, '-');
    let (Some(_), Some(severity), Some(facility)) = (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let legal = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    let Some(severity) = digits(severity).filter(|s| *s <= 7) else { return false };
    if tag.len() > 64 || facility.is_empty() || !tag.bytes().all(legal) {
        return false;
    }
    source(event, "cisco-ios/1", "cisco-ios");
    event.product("Cisco", "IOS");
    event.set(Path::METADATA_EVENT_CODE, tag);
    event.severity = Severity::of_syslog(severity as u8);
    let text = text.trim_start();
    event.message = Some(text);
    generic::read(text, cx, event, &mut Guess::default());
    true
}
