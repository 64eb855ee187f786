//! The journal's export format: one record of several `NAME=value` lines, as `journalctl -o export`
//! and systemd's remote upload write it.

use crate::Cx;
use crate::scan::cut;
use ocsf::escape;

/// Fields of one entry; a journal entry has some thirty.
const FIELDS_MAX: usize = 500;

/// Whether a text is such a record.
pub(crate) fn is(text: &str) -> bool {
    text.starts_with("__CURSOR=") || text.starts_with("__REALTIME_TIMESTAMP=")
}

/// The record as the JSON that `journalctl -o json` would write for it.
///
/// A value with line breaks is written as its name, a line break, eight bytes of its length and the
/// value; where those bytes did not survive as text, the value goes up to the next field's name.
pub(crate) fn as_json<'a>(text: &'a str, cx: &Cx<'a>) -> &'a str {
    let mut out = Vec::with_capacity(text.len() * 2);
    out.push(b'{');
    let mut lines = text.lines().peekable();
    let mut count = 0;
    while let Some(line) = lines.next() {
        let (name, value) = match cut(line, b'=').filter(|(name, _)| is_name(name)) {
            Some(pair) => pair,
            None if is_name(line) => {
                let mut whole = Vec::new();
                while let Some(next) =
                    lines.next_if(|next| !cut(next, b'=').is_some_and(|(name, _)| is_name(name)))
                {
                    whole.push(next);
                }
                let joined = whole.join("\n");
                let value = joined.trim_start_matches(|c: char| c.is_control() || c == '\u{fffd}');
                (line, &*cx.arena.alloc_str(value))
            }
            None => continue,
        };
        count += 1;
        if count > FIELDS_MAX {
            break;
        }
        if out.len() > 1 {
            out.push(b',');
        }
        escape::string(&mut out, name);
        out.push(b':');
        escape::string(&mut out, value);
    }
    out.push(b'}');
    cx.arena.alloc_str(std::str::from_utf8(&out).unwrap_or("{}"))
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}
