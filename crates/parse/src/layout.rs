//! Files that name their columns themselves: W3C's extended logs, Zeek's, Exchange's.
//!
//! The names stand in lines of their own at the file's beginning and may change further on, so
//! what they say is remembered for the stream that they came from. A row that has another number
//! of columns, or a row of a stream whose header was never seen, is read by what it looks like.

mod zeek;

use crate::{Cx, EVENTS_MAX, Emit, Outcome, Scratch, json, w3c};
use model::DeadLetterCode;
use ocsf::Event;
use std::collections::HashMap;

/// Streams whose columns are remembered. A collector reads some dozens of such files; beyond this
/// all are forgotten, and rows are read by their look until the next header.
const STREAMS_MAX: usize = 4096;

/// Columns of one file; the widest real one (a proxy's) has some 150.
const COLUMNS_MAX: usize = 512;

/// The longest header line: names of [`COLUMNS_MAX`] columns, and then some.
const HEADER_BYTES_MAX: usize = 32 * 1024;

/// What the headers of a stream said so far.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// Zeek's log name, or W3C's software.
    pub(crate) title: String,
    /// The columns' names.
    pub(crate) names: Vec<String>,
    /// Zeek's types, as many as there are names.
    pub(crate) types: Vec<String>,
    /// What stands between two columns.
    pub(crate) separator: Separator,
    /// What stands between the items of Zeek's sets and vectors.
    pub(crate) set_separator: char,
    /// What stands for an empty set or text in Zeek's.
    pub(crate) empty: String,
    /// What stands for a value that is not there in Zeek's.
    pub(crate) unset: String,
    /// The day of rows that write only the time (`#Date: 2026-03-01 10:00:00`).
    pub(crate) date: String,
    /// Whether the header says that times are the host's own.
    pub(crate) is_local: bool,
    is_zeek: bool,
}

impl Layout {
    /// A layout of columns that are known beforehand.
    pub(crate) fn of<'n>(names: impl Iterator<Item = &'n str>, separator: Separator) -> Self {
        let names = names.map(|name| name.trim().to_owned()).collect();
        Self { names, separator, ..Self::default() }
    }
}

/// What stands between two columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Separator {
    /// Blanks; texts with blanks stand in quotes.
    #[default]
    Blank,
    /// Commas; texts with commas stand in quotes (Exchange).
    Comma,
    /// One character, and no quotes (Zeek, and W3C with tabs).
    Exact(char),
}

/// The layouts of all streams.
#[derive(Default)]
pub(crate) struct Layouts {
    by_stream: HashMap<u64, Layout>,
}

impl Layouts {
    fn of(&mut self, stream: u64) -> &mut Layout {
        if self.by_stream.len() >= STREAMS_MAX && !self.by_stream.contains_key(&stream) {
            self.by_stream.clear();
        }
        self.by_stream.entry(stream).or_default()
    }
}

/// A header line's name and what it says: `#Fields: a b`, `#fields<tab>a<tab>b`.
fn header(line: &str) -> Option<(&str, &str)> {
    let inner = line.strip_prefix('#')?;
    let end = inner.find([' ', ':', '\t']).unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    let known = matches!(
        name,
        "Fields"
            | "Software"
            | "Version"
            | "Date"
            | "Time"
            | "Start-Date"
            | "End-Date"
            | "Remark"
            | "Log-type"
            | "GMT-Offset"
            | "System-Id"
            | "separator"
            | "set_separator"
            | "empty_field"
            | "unset_field"
            | "path"
            | "open"
            | "close"
            | "fields"
            | "types"
    );
    known.then(|| (name, rest.trim_start_matches([':', ' ', '\t'])))
}

/// Reads a record that begins with a header line; `None` where it is none.
///
/// A collector hands over line by line, but a record may hold several: each row is an event.
pub(crate) fn read_headers<'a>(
    text: &'a str,
    cx: &Cx<'a>,
    scratch: &mut Scratch,
    event: &mut Event<'a>,
    emit: Emit<'_, 'a>,
) -> Option<Outcome> {
    header(text.lines().next()?)?;
    let is_row = |line: &&str| !line.trim_end().is_empty() && header(line).is_none();
    let several = text.lines().filter(is_row).take(2).count() > 1;
    let mut events = 0;
    let mut rest = text;
    while !rest.is_empty() && events < EVENTS_MAX {
        let whole = rest;
        let line = rest.lines().next().unwrap_or(rest);
        rest = rest[line.len()..].trim_start_matches(['\r', '\n']);
        let line = line.trim_end();
        if line.is_empty() {
            continue;
        }
        // Of several each keeps its own row, the last that there may be all that follows.
        event.raw = several.then_some(if events + 1 == EVENTS_MAX { whole } else { line });
        match header(line).filter(|_| line.len() <= HEADER_BYTES_MAX) {
            Some((name, rest)) => remember(scratch.layouts.of(cx.stream), name, rest),
            None if read_row(line, cx, scratch, event, emit) => {
                events += 1;
                event.clear();
            }
            None => {
                crate::generic::mark(event, false);
                crate::generic::read(line, cx, event, &mut crate::words::Guess::default());
                emit(event);
                events += 1;
                event.clear();
            }
        }
    }
    Some(if events > 0 {
        Outcome::Events
    } else {
        Outcome::Dead {
            code: DeadLetterCode::Header,
            reason: "a header that names a file's columns, not an event",
            parser: "layout/1",
        }
    })
}

fn remember(layout: &mut Layout, name: &str, rest: &str) {
    match name {
        "separator" => {
            *layout = Layout { is_zeek: true, set_separator: ',', ..Layout::default() };
            layout.separator = Separator::Exact(zeek::separator(rest));
            (layout.empty, layout.unset) = ("(empty)".to_owned(), "-".to_owned());
        }
        "set_separator" => layout.set_separator = rest.chars().next().unwrap_or(','),
        "empty_field" => rest.clone_into(&mut layout.empty),
        "unset_field" => rest.clone_into(&mut layout.unset),
        "path" | "Software" | "Log-type" => rest.clone_into(&mut layout.title),
        "Date" | "Start-Date" => crate::scan::word(rest).0.clone_into(&mut layout.date),
        "Time" => layout.is_local = rest.contains("Local"),
        "fields" if layout.is_zeek => layout.names = columns(rest, layout.separator),
        "types" if layout.is_zeek => layout.types = columns(rest, layout.separator),
        "Fields" => {
            layout.is_zeek = false;
            layout.separator = if rest.contains('\t') {
                Separator::Exact('\t')
            } else if rest.contains(',') && !rest.contains(' ') {
                Separator::Comma
            } else {
                Separator::Blank
            };
            layout.names = columns(rest, layout.separator);
        }
        _ => {}
    }
}

fn columns(text: &str, separator: Separator) -> Vec<String> {
    let mark = match separator {
        Separator::Blank => ' ',
        Separator::Comma => ',',
        Separator::Exact(mark) => mark,
    };
    let names = text.trim().split(mark).filter(|name| !name.is_empty());
    names.take(COLUMNS_MAX).map(str::to_owned).collect()
}

/// Reads a row of a stream whose header was seen; `false` where it does not fit that header.
pub(crate) fn read_row<'a>(
    line: &'a str,
    cx: &Cx<'a>,
    scratch: &mut Scratch,
    event: &mut Event<'a>,
    emit: Emit<'_, 'a>,
) -> bool {
    if scratch.layouts.by_stream.is_empty() {
        return false;
    }
    let Some(layout) = scratch.layouts.by_stream.get(&cx.stream) else { return false };
    if layout.names.is_empty() {
        return false;
    }
    if layout.is_zeek {
        let Some(json) = zeek::as_json(line, layout, cx) else { return false };
        return matches!(json::read(json, cx, scratch, event, emit), json::Read::Done);
    }
    let known = w3c::read_named(line, layout, cx, event);
    if known {
        emit(event);
    }
    known
}

/// A row of a Zeek log whose header was never seen.
pub(crate) fn read_headless<'a>(line: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    zeek::read_headless(line, cx, event)
}
