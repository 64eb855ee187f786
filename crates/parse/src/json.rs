//! JSON of any kind: parsed to a tape, told apart by its keys, walked once.
//!
//! simd-json writes a flat tape of nodes into reused memory; strings are slices of a copy of the
//! line in the arena. A vendor's table ([`Table`]) says which attribute a key's value becomes; what
//! it does not name stays in `unmapped` in the shape that it had.

mod items;
mod table;
mod tape;
mod unknown;

pub(crate) use table::{Table, Walk};
pub(crate) use tape::{Buffers, View};

use crate::custom::{self, Unread};
use crate::fields::source;
use crate::words::{Guess, settle};
use crate::{Cx, EVENTS_MAX, Emit, JSON_DEPTH_MAX, Outcome, Scratch, vendors, windows};
use items::Items;
use model::DeadLetterCode;
use ocsf::Event;

/// What the parser made of a text.
pub(crate) enum Read {
    /// Events were emitted.
    Done,
    /// It is no JSON.
    NotJson,
    /// It is nested too deep.
    TooDeep,
}

impl Read {
    /// As the outcome of a whole record, or `None` where it was no JSON.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Done => Some(Outcome::Events),
            Self::NotJson => None,
            Self::TooDeep => Some(Outcome::Dead {
                code: DeadLetterCode::TooDeep,
                reason: "json is nested deeper than 100 levels",
                parser: "json/1",
            }),
        }
    }
}

/// Reads `text` as JSON; `event` may hold what a header said before it.
pub(crate) fn read<'a>(
    text: &'a str,
    cx: &Cx<'a>,
    scratch: &mut Scratch,
    event: &mut Event<'a>,
    emit: Emit<'_, 'a>,
) -> Read {
    let copy = cx.arena.alloc_slice_copy(text.as_bytes());
    let mut tape = match scratch.json.fill(copy) {
        Ok(tape) => tape,
        Err(tape::Fault::TooDeep) => return Read::TooDeep,
        Err(tape::Fault::NotJson) => return Read::NotJson,
    };
    let root = tape.root();
    let done = match root.depth_within(JSON_DEPTH_MAX) {
        false => Read::TooDeep,
        true if root.is_object() => {
            object(root, text, cx, scratch, event, emit);
            Read::Done
        }
        true if root.is_array() => batch(root, Items::of_array(text), cx, scratch, event, emit),
        true => Read::NotJson,
    };
    scratch.json.give_back(&mut tape);
    done
}

/// An array of objects is as many events. Each keeps its own part of the raw text: with all of it,
/// what is made of a record would grow with the square of its length.
fn batch<'a>(
    list: View<'_, 'a>,
    texts: Items<'a>,
    cx: &Cx<'a>,
    scratch: &mut Scratch,
    event: &mut Event<'a>,
    emit: Emit<'_, 'a>,
) -> Read {
    if !list.items().next().is_some_and(View::is_object) {
        return Read::NotJson;
    }
    let is_one = list.len() == 1;
    let mut items = list.items().zip(texts).peekable();
    for number in 1..=EVENTS_MAX {
        let Some((item, (text, rest))) = items.next() else { break };
        // What is no object stays with the one before it.
        let mut part = text;
        while let Some((_, (more, from))) = items.next_if(|(next, _)| !next.is_object()) {
            part = &rest[..rest.len() - from.len() + more.len()];
        }
        event.raw = (!is_one).then_some(if number == EVENTS_MAX { rest } else { part });
        object(item, text, cx, scratch, event, emit);
        event.clear();
    }
    Read::Done
}

/// Reads an object; `text` is it as written.
fn object<'a>(
    root: View<'_, 'a>,
    text: &'a str,
    cx: &Cx<'a>,
    scratch: &mut Scratch,
    event: &mut Event<'a>,
    emit: Emit<'_, 'a>,
) {
    let names = root.names();
    let root = root.with_names(&names);
    if let Some(records) = root.get("Records").filter(|r| r.is_array() && root.len() <= 3)
        && records.items().next().is_some_and(View::is_object)
        && let Some(index) = root.members().position(|(name, _)| name == "Records")
    {
        batch(records, Items::of_member(text, index), cx, scratch, event, emit);
        return;
    }
    if windows::read_json(root, cx, scratch, event) {
        emit(event);
        return;
    }
    let found = vendors::find(root, cx.hint);
    match found {
        Some((vendor, body)) => vendor.read(body, root, cx, scratch, event),
        None if by_user(text, cx, event) => {}
        None => {
            source(event, "json/1", "json");
            unknown::read(root, cx, event);
        }
    }
    emit(event);
}

/// Asks the readers that users wrote.
fn by_user<'a>(text: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let program = event.text(ocsf::Path::METADATA_LOG_PROVIDER);
    let unread = Unread { record: Some(text), message: text, program };
    custom::read(unread, cx, event)
}

/// Keeps the members of an object in `unmapped`, but those that a table has used.
pub(crate) fn keep<'a>(
    root: View<'_, 'a>,
    used: Option<&Table>,
    cx: &Cx<'a>,
    scratch: &mut Scratch,
    event: &mut Event<'a>,
) {
    let out = scratch.json.text();
    out.clear();
    root.write_members(used.map(Table::root), out);
    event.unmapped_members = cx.arena.alloc_slice_copy(out);
}

/// Keeps one more member, already JSON, under a name.
pub(crate) fn keep_all<'a>(root: View<'_, 'a>, cx: &Cx<'a>, event: &mut Event<'a>) {
    let mut out = Vec::with_capacity(1024);
    root.write_members(None, &mut out);
    event.unmapped_members = cx.arena.alloc_slice_copy(&out);
}

/// The text of a scalar: strings as they stand, numbers and truth values formatted.
pub(crate) fn text_of<'a>(view: View<'_, 'a>, cx: &Cx<'a>) -> Option<&'a str> {
    if let Some(text) = view.str() {
        return Some(text);
    }
    if let Some(number) = view.int() {
        return Some(cx.write(format_args!("{number}")));
    }
    if let Some(number) = view.float() {
        return Some(cx.write(format_args!("{number}")));
    }
    view.bool().map(|truth| if truth { "true" } else { "false" })
}

/// Settles an event that was read by names: its class, and a logon if words say so.
pub(crate) fn settle_guess(event: &mut Event<'_>, _guess: &Guess, is_logon: bool) {
    settle(event, is_logon);
}
