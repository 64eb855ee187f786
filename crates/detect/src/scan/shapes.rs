//! The texts between the values of events, as a tree that grows with every new kind of event.
//!
//! Between two scalars of an event lies its glue: keys, colons, commas, brackets. From the start of
//! an event, each node of the tree knows which glues have followed so far. Where the event has one
//! of them, and a scalar after it, the general reader would have read the same scalars at the same
//! paths, as it has no state but the bytes it has passed and those are equal.

use super::{Capture, NO_PATH, Seen};
use crate::token::leaf;

/// How many nodes the tree may have, about 60 bytes each; then it is begun anew.
const NODES_MAX: usize = 200_000;
/// How many glues may follow a node: beyond that, comparing them one by one costs more than the
/// general reader.
const EDGES_MAX: usize = 64;
/// The longest glue, in bytes: events of one kind have short ones.
const GLUE_BYTES_MAX: usize = 4096;

#[derive(Debug, Default)]
struct Node {
    /// The glues that have followed, the last used first.
    edges: Vec<Edge>,
    /// The glue after the last scalar, if events have ended here.
    ends: Vec<Glue>,
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    glue: Glue,
    path: u32,
    next: u32,
}

#[derive(Debug, Clone, Copy)]
struct Glue {
    start: u32,
    length: u32,
}

/// The tree of known shapes.
#[derive(Debug)]
pub(crate) struct Shapes {
    nodes: Vec<Node>,
    text: Vec<u8>,
}

impl Shapes {
    pub(crate) fn new() -> Self {
        Self { nodes: vec![Node::default()], text: Vec::new() }
    }

    /// Reads `event` if its shape is known: then `true`, and its wanted values are appended.
    /// Otherwise `captures` is left in any state.
    pub(crate) fn read(&mut self, event: &[u8], captures: &mut Vec<Capture>) -> bool {
        let (mut node, mut at) = (0, 0);
        loop {
            let rest = event.get(at..).unwrap_or_default();
            let Some(index) = self.edge(node, rest) else {
                return self.nodes[node].ends.iter().any(|end| self.glue(*end) == rest);
            };
            let edges = &mut self.nodes[node].edges;
            let edge = edges[index];
            if index > 0 {
                edges.swap(index, index - 1);
            }
            let Some(leaf) = leaf(event, at + edge.glue.length as usize) else { return false };
            if edge.path != NO_PATH {
                let (start, end) = (leaf.start as u32, leaf.end as u32);
                captures.push(Capture { path: edge.path, kind: leaf.kind, start, end });
            }
            at = leaf.after;
            node = edge.next as usize;
        }
    }

    fn glue(&self, glue: Glue) -> &[u8] {
        &self.text[glue.start as usize..(glue.start + glue.length) as usize]
    }

    /// Which glue `rest` begins with. The byte after it must begin a scalar, as one glue may be
    /// the start of another.
    fn edge(&self, node: usize, rest: &[u8]) -> Option<usize> {
        self.nodes[node].edges.iter().position(|edge| {
            rest.starts_with(self.glue(edge.glue))
                && matches!(
                    rest.get(edge.glue.length as usize),
                    Some(b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')
                )
        })
    }

    /// Remembers the shape of `event`, whose scalars are `seen`.
    pub(crate) fn learn(&mut self, event: &[u8], seen: &[Seen]) {
        if self.nodes.len() + seen.len() > NODES_MAX {
            *self = Self::new();
        }
        let (mut node, mut at) = (0, 0);
        for scalar in seen {
            let glue = &event[at as usize..scalar.start as usize];
            let Some(next) = self.step(node, glue, scalar.path) else { return };
            node = next;
            at = scalar.after;
        }
        let rest = &event[at as usize..];
        let known = self.nodes[node].ends.iter().any(|end| self.glue(*end) == rest);
        if !known && rest.len() <= GLUE_BYTES_MAX && self.nodes[node].ends.len() < EDGES_MAX {
            let glue = self.add(rest);
            self.nodes[node].ends.push(glue);
        }
    }

    fn step(&mut self, node: usize, glue: &[u8], path: u32) -> Option<usize> {
        let known = self.nodes[node].edges.iter().find(|edge| self.glue(edge.glue) == glue);
        if let Some(edge) = known {
            return Some(edge.next as usize);
        }
        if glue.len() > GLUE_BYTES_MAX || self.nodes[node].edges.len() >= EDGES_MAX {
            return None;
        }
        let next = self.nodes.len();
        let glue = self.add(glue);
        self.nodes.push(Node::default());
        self.nodes[node].edges.push(Edge { glue, path, next: next as u32 });
        Some(next)
    }

    fn add(&mut self, text: &[u8]) -> Glue {
        let start = self.text.len() as u32;
        self.text.extend_from_slice(text);
        Glue { start, length: text.len() as u32 }
    }
}
