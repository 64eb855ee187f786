//! One value a line, as most free lists have it.

use super::Sink;
use crate::{Error, Value};

/// Reads a list. Empty lines and what follows `#` or `;` do not count; behind a value may stand
/// anything. In a line of a hosts file the name counts, not the address that hides it.
pub(super) fn read(text: &str, sink: &mut Sink<'_>) -> Result<(), Error> {
    let note = sink.note();
    let (mut lines, mut found, mut first_bad) = (0, 0, None);
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) || line.starts_with("//") {
            continue;
        }
        lines += 1;
        match value(line) {
            Some(value) => {
                found += 1;
                sink.put(value, note.clone());
            }
            None => {
                first_bad.get_or_insert((at + 1, line));
                sink.skipped.add("no address, domain, hash, URL or e-mail address", || {
                    format!("line {}: {:?}", at + 1, shortened(line))
                });
            }
        }
    }
    match first_bad {
        Some((line, bad)) if found == 0 => Err(Error::Nothing {
            file: sink.file.to_owned(),
            lines,
            line,
            what: format!(
                "{:?} is no address, domain, hash, URL or e-mail address",
                shortened(bad)
            ),
        }),
        _ => Ok(()),
    }
}

fn value(line: &str) -> Option<Value> {
    let mut words = line.split([' ', '\t', ',']).filter(|word| !word.is_empty());
    let first = words.next()?;
    if matches!(first, "0.0.0.0" | "127.0.0.1" | "::" | "::1")
        && let Some(name) = words.next().filter(|word| !word.starts_with('#'))
    {
        return Value::guess(name);
    }
    Value::guess(first.trim_matches(['"', '\'']))
}

fn shortened(line: &str) -> &str {
    line.char_indices().nth(60).map_or(line, |(at, _)| &line[..at])
}
