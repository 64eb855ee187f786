//! One pass over an event's bytes that captures the wanted values and skips the rest.
//!
//! Two readers yield the same captures: a general one, and [`Shapes`], which remembers the text
//! between the values of earlier events. Events of one kind differ in their values only, so the
//! rest of them is compared, not parsed.

mod shapes;
mod tree;

use shapes::Lesson;
pub(crate) use shapes::Shapes;
pub(crate) use tree::PathTree;

use crate::BadEvent;
use crate::token::{Kind, leaf, skip_blank, text_end};

/// How deep events may nest; the normalizer refuses deeper ones.
pub(crate) const DEPTH_MAX: usize = 128;
/// The path of a value that nobody wants.
pub(crate) const NO_PATH: u32 = u32::MAX;

/// A wanted value: which path it was found at, and where its content lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Capture {
    pub(crate) path: u32,
    pub(crate) kind: Kind,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// A scalar of the event, wanted or not, for learning the shape: its first byte (a text's quote)
/// and the byte after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    path: u32,
    start: u32,
    after: u32,
}

/// Where a capture begins or ends that does not follow from the scalars: for learning the shape.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    at: u32,
    path: u32,
    kind: MarkKind,
}

/// What is at a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MarkKind {
    /// The brace that opens a wanted object.
    Open,
    /// The byte after the brace that closes it.
    Close,
    /// The bracket that closes a wanted list without anything in it.
    Empty,
}

/// What a pass over an event found.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// The wanted values, in the order of the text.
    pub(crate) captures: Vec<Capture>,
    /// All scalars, while a shape is being learned.
    seen: Vec<Seen>,
    marks: Vec<Mark>,
}

impl Scan {
    /// Reads `event`, by a known shape or else in general, and learns its shape then.
    pub(crate) fn read(
        &mut self,
        event: &[u8],
        tree: &PathTree,
        shapes: &mut Shapes,
    ) -> Result<(), BadEvent> {
        self.captures.clear();
        if shapes.read(event, &mut self.captures) {
            return Ok(());
        }
        self.read_general(event, tree)?;
        shapes.learn(Lesson { event, seen: &self.seen, marks: &self.marks });
        Ok(())
    }

    /// Reads `event` without regard to shapes.
    pub(crate) fn read_general(&mut self, event: &[u8], tree: &PathTree) -> Result<(), BadEvent> {
        self.captures.clear();
        self.seen.clear();
        self.marks.clear();
        if u32::try_from(event.len()).is_err() {
            return Err(BadEvent { at: event.len(), expected: "less than 4 GiB" });
        }
        let at = skip_blank(event, 0);
        if event.get(at) != Some(&b'{') {
            return Err(BadEvent { at, expected: "an object" });
        }
        let mut reader = Reader { event, tree, scan: self };
        let after = reader.object(at, tree.root(), false, 0)?;
        let end = skip_blank(event, after);
        match end < event.len() {
            true => Err(BadEvent { at: end, expected: "the end" }),
            false => Ok(()),
        }
    }
}

struct Reader<'a> {
    event: &'a [u8],
    tree: &'a PathTree,
    scan: &'a mut Scan,
}

impl Reader<'_> {
    fn bad<T>(&self, at: usize, expected: &'static str) -> Result<T, BadEvent> {
        Err(BadEvent { at, expected })
    }

    /// Reads the value at `at`, which belongs to `node`; returns the byte after it.
    fn value(
        &mut self,
        at: usize,
        node: u32,
        squeeze: bool,
        depth: usize,
    ) -> Result<usize, BadEvent> {
        if depth > DEPTH_MAX {
            return self.bad(at, "no deeper nesting");
        }
        match self.event.get(at) {
            Some(b'{') => self.object(at, node, squeeze, depth),
            Some(b'[') => self.list(at, node, squeeze, depth),
            _ => self.scalar(at, node),
        }
    }

    fn scalar(&mut self, at: usize, node: u32) -> Result<usize, BadEvent> {
        let Some(leaf) = leaf(self.event, at) else { return self.bad(at, "a value") };
        let path = self.tree.path(node);
        self.scan.seen.push(Seen { path, start: at as u32, after: leaf.after as u32 });
        self.capture(path, leaf.kind, leaf.start, leaf.end);
        Ok(leaf.after)
    }

    fn capture(&mut self, path: u32, kind: Kind, start: usize, end: usize) {
        if path != NO_PATH {
            let (start, end) = (start as u32, end as u32);
            self.scan.captures.push(Capture { path, kind, start, end });
        }
    }

    fn mark(&mut self, path: u32, kind: MarkKind, at: usize) {
        if path != NO_PATH {
            self.scan.marks.push(Mark { at: at as u32, path, kind });
        }
    }

    fn list(
        &mut self,
        start: usize,
        node: u32,
        squeeze: bool,
        depth: usize,
    ) -> Result<usize, BadEvent> {
        let mut at = skip_blank(self.event, start + 1);
        if self.event.get(at) == Some(&b']') {
            let path = self.tree.path(node);
            self.mark(path, MarkKind::Empty, at);
            self.capture(path, Kind::Null, at, at);
            return Ok(at + 1);
        }
        loop {
            let after = self.value(at, node, squeeze, depth + 1)?;
            at = skip_blank(self.event, after);
            match self.event.get(at) {
                Some(b',') => at = skip_blank(self.event, at + 1),
                Some(b']') => return Ok(at + 1),
                _ => return self.bad(at, "\",\" or \"]\""),
            }
        }
    }

    fn object(
        &mut self,
        start: usize,
        node: u32,
        squeeze: bool,
        depth: usize,
    ) -> Result<usize, BadEvent> {
        let path = self.tree.path(node);
        self.mark(path, MarkKind::Open, start);
        let after = self.members(start, node, squeeze, depth)?;
        self.mark(path, MarkKind::Close, after);
        self.capture(path, Kind::Object, start, after);
        Ok(after)
    }

    fn members(
        &mut self,
        start: usize,
        node: u32,
        squeeze: bool,
        depth: usize,
    ) -> Result<usize, BadEvent> {
        let mut at = skip_blank(self.event, start + 1);
        if self.event.get(at) == Some(&b'}') {
            return Ok(at + 1);
        }
        loop {
            if self.event.get(at) != Some(&b'"') {
                return self.bad(at, "a key");
            }
            let Some((end, escaped)) = text_end(self.event, at + 1) else {
                return self.bad(at, "a key");
            };
            let child = self.tree.child(node, &self.event[at + 1..end], escaped, squeeze);
            let below = squeeze || self.tree.is_unmapped(child);
            at = skip_blank(self.event, end + 1);
            if self.event.get(at) != Some(&b':') {
                return self.bad(at, "\":\"");
            }
            let after = self.value(skip_blank(self.event, at + 1), child, below, depth + 1)?;
            at = skip_blank(self.event, after);
            match self.event.get(at) {
                Some(b',') => at = skip_blank(self.event, at + 1),
                Some(b'}') => return Ok(at + 1),
                _ => return self.bad(at, "\",\" or \"}\""),
            }
        }
    }
}

#[cfg(test)]
mod tests;
