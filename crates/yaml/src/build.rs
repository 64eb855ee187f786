//! From parser events to trees, without recursion.

use crate::{Entry, Error, Kind, Node, Position, Scalar};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle};
use std::collections::{HashMap, HashSet};

/// The longest text, in bytes: the largest SigmaHQ rule has 40 KB, lists of indicators in rules
/// have reached 2 MB.
pub const TEXT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How deep lists and maps may nest. Sigma needs 6; trees are dropped recursively.
pub const DEPTH_MAX: usize = 64;
/// How many nodes all documents of a text may have, aliases counted as what they repeat.
pub const NODES_MAX: usize = 1_000_000;

/// A list or map that is not complete yet.
struct Open {
    at: Position,
    anchor: usize,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, seen: HashSet<String>, key: Option<(String, Position)> },
}

/// The documents of a text, in order; empty ones are left out.
pub fn documents(text: &str) -> Result<Vec<Node>, Error> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Error::TooLong { bytes: text.len(), bytes_max: TEXT_BYTES_MAX });
    }
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Error::Syntax {
            at: position(*error.marker()),
            what: error.info().to_owned(),
        })?;
        builder.event(event, position(span.start))?;
    }
    Ok(builder.done)
}

fn position(marker: Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}

/// A complete node that aliases may repeat.
#[derive(Clone)]
struct Anchored {
    node: Node,
    size: usize,
    height: usize,
}

#[derive(Default)]
struct Builder {
    done: Vec<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, at: Position) -> Result<(), Error> {
        match event {
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none_or(|t| t.suffix != "str");
                let scalar = Scalar { text: text.into_owned(), plain };
                self.add(Node { at, kind: Kind::Scalar(scalar) }, anchor, 1)?;
            }
            Event::Alias(anchor) => {
                let found = self.anchors.get(&anchor).cloned().ok_or(Error::Alias { at })?;
                if self.open.len() + found.height > DEPTH_MAX {
                    return Err(Error::TooDeep { at, depth_max: DEPTH_MAX });
                }
                self.add(found.node, 0, found.size)?;
            }
            Event::SequenceStart(anchor, _) => {
                self.push(at, anchor, OpenKind::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, _) => {
                let seen = HashSet::new();
                self.push(at, anchor, OpenKind::Map { entries: Vec::new(), seen, key: None })?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(at)?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn push(&mut self, at: Position, anchor: usize, kind: OpenKind) -> Result<(), Error> {
        if self.open.len() >= DEPTH_MAX {
            return Err(Error::TooDeep { at, depth_max: DEPTH_MAX });
        }
        if matches!(self.open.last(), Some(Open { kind: OpenKind::Map { key: None, .. }, .. })) {
            return Err(Error::Key { at });
        }
        self.open.push(Open { at, anchor, kind });
        Ok(())
    }

    fn close(&mut self, at: Position) -> Result<(), Error> {
        let Some(open) = self.open.pop() else { return Err(Error::Alias { at }) };
        let kind = match open.kind {
            OpenKind::List(items) => Kind::List(items),
            OpenKind::Map { entries, .. } => Kind::Map(entries),
        };
        self.add(Node { at: open.at, kind }, open.anchor, 1)
    }

    /// Puts a complete node, which counts for `size`, where it belongs.
    fn add(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), Error> {
        self.nodes += size;
        if self.nodes > NODES_MAX {
            return Err(Error::TooMany { at: node.at, nodes_max: NODES_MAX });
        }
        if anchor != 0 {
            let (size, height) = measure(&node);
            self.anchors.insert(anchor, Anchored { node: node.clone(), size, height });
        }
        let Some(open) = self.open.last_mut() else {
            if !node.is_null() {
                self.done.push(node);
            }
            return Ok(());
        };
        match &mut open.kind {
            OpenKind::List(items) => items.push(node),
            OpenKind::Map { entries, seen, key } => match key.take() {
                Some((key, at)) => entries.push(Entry { key, at, value: node }),
                None => *key = Some(new_key(node, seen)?),
            },
        }
        Ok(())
    }
}

fn new_key(node: Node, seen: &mut HashSet<String>) -> Result<(String, Position), Error> {
    let at = node.at;
    let Kind::Scalar(Scalar { text: key, .. }) = node.kind else { return Err(Error::Key { at }) };
    if !seen.insert(key.clone()) {
        return Err(Error::Repeated { at, key });
    }
    Ok((key, at))
}

/// Number of nodes and of levels; the depth of `node` is bounded, so this may recurse.
fn measure(node: &Node) -> (usize, usize) {
    let children: Vec<&Node> = match &node.kind {
        Kind::Scalar(_) => return (1, 0),
        Kind::List(items) => items.iter().collect(),
        Kind::Map(entries) => entries.iter().map(|entry| &entry.value).collect(),
    };
    let (mut size, mut height) = (1, 0);
    for (child_size, child_height) in children.into_iter().map(measure) {
        size += child_size;
        height = height.max(child_height);
    }
    (size, height + 1)
}
