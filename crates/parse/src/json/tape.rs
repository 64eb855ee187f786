//! A view of simd-json's tape, and its memory.

use super::table::Trie;
use ocsf::{Names, escape};
use simd_json::tape::{Node, Tape};
use simd_json::{ErrorType, StaticNode};

/// Memory that is used again for each line.
#[derive(Default)]
pub(crate) struct Buffers {
    simd: simd_json::Buffers,
    nodes: Vec<Node<'static>>,
    text: Vec<u8>,
    /// Whether the last line made them grow too much to be kept.
    large: bool,
}

/// Why there is no tape.
pub(crate) enum Fault {
    NotJson,
    TooDeep,
}

/// A parsed line.
pub(crate) struct Filled<'a>(Tape<'a>);

impl<'a> Filled<'a> {
    pub(crate) fn root<'t>(&'t self) -> View<'t, 'a> {
        View { nodes: &self.0.0, names: None }
    }
}

/// The longest line that memory is kept of: one huge record must not hold its memory for ever.
const KEPT_LINE_BYTES_MAX: usize = 128 * 1024;

impl Buffers {
    /// Parses a line in place.
    pub(crate) fn fill<'a>(&mut self, line: &'a mut [u8]) -> Result<Filled<'a>, Fault> {
        if self.large {
            *self = Self::default();
        }
        self.large = line.len() > KEPT_LINE_BYTES_MAX;
        let mut tape = Tape(std::mem::take(&mut self.nodes)).reset();
        match simd_json::fill_tape(line, &mut self.simd, &mut tape) {
            Ok(()) if !tape.0.is_empty() => Ok(Filled(tape)),
            Ok(()) => Err(Fault::NotJson),
            Err(error) => {
                self.nodes = tape.reset().0;
                match error.error() {
                    ErrorType::DepthLimitExceeded => Err(Fault::TooDeep),
                    _ => Err(Fault::NotJson),
                }
            }
        }
    }

    /// Takes the tape's memory back.
    pub(crate) fn give_back(&mut self, tape: &mut Filled<'_>) {
        self.nodes = std::mem::replace(&mut tape.0, Tape(Vec::new())).reset().0;
    }

    /// A byte buffer for whoever needs one.
    pub(crate) fn text(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }
}

/// A value on the tape: its first node and all that belongs to it, maybe more.
#[derive(Clone, Copy)]
pub(crate) struct View<'t, 'a> {
    nodes: &'t [Node<'a>],
    /// The names of its members, where somebody will ask for many that it may not have.
    names: Option<&'t Names>,
}

impl<'t, 'a> View<'t, 'a> {
    fn first(self) -> Node<'a> {
        self.nodes.first().copied().unwrap_or(Node::Static(StaticNode::Null))
    }

    /// How many nodes it takes.
    fn size(self) -> usize {
        match self.first() {
            Node::Object { count, .. } | Node::Array { count, .. } => count + 1,
            _ => 1,
        }
    }

    fn skip(self, nodes: usize) -> Self {
        Self { nodes: self.nodes.get(nodes..).unwrap_or(&[]), names: None }
    }

    /// The names of an object's members.
    pub(crate) fn names(self) -> Names {
        let mut names = Names::default();
        self.members().for_each(|(name, _)| {
            names.add(name);
        });
        names
    }

    /// The same object with its [`Self::names`] at hand.
    pub(crate) fn with_names(self, names: &'t Names) -> Self {
        Self { names: Some(names), ..self }
    }

    pub(crate) fn is_object(self) -> bool {
        matches!(self.first(), Node::Object { .. })
    }

    pub(crate) fn is_array(self) -> bool {
        matches!(self.first(), Node::Array { .. })
    }

    pub(crate) fn is_null(self) -> bool {
        matches!(self.first(), Node::Static(StaticNode::Null))
    }

    /// How many members or items it has.
    pub(crate) fn len(self) -> usize {
        match self.first() {
            Node::Object { len, .. } | Node::Array { len, .. } => len,
            _ => 0,
        }
    }

    pub(crate) fn str(self) -> Option<&'a str> {
        match self.first() {
            Node::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn int(self) -> Option<i64> {
        match self.first() {
            Node::Static(StaticNode::I64(number)) => Some(number),
            Node::Static(StaticNode::U64(number)) => i64::try_from(number).ok(),
            _ => None,
        }
    }

    pub(crate) fn float(self) -> Option<f64> {
        match self.first() {
            Node::Static(StaticNode::F64(number)) => Some(number),
            Node::Static(StaticNode::I64(number)) => Some(number as f64),
            Node::Static(StaticNode::U64(number)) => Some(number as f64),
            _ => None,
        }
    }

    pub(crate) fn bool(self) -> Option<bool> {
        match self.first() {
            Node::Static(StaticNode::Bool(truth)) => Some(truth),
            _ => None,
        }
    }

    /// The members of an object, in their order.
    pub(crate) fn members(self) -> impl Iterator<Item = (&'a str, View<'t, 'a>)> {
        let count = if self.is_object() { self.len() } else { 0 };
        let mut rest = self.skip(1);
        (0..count).map_while(move |_| {
            let key = rest.str()?;
            let value = rest.skip(1);
            rest = value.skip(value.size());
            Some((key, value))
        })
    }

    /// The items of an array.
    pub(crate) fn items(self) -> impl Iterator<Item = View<'t, 'a>> {
        let count = if self.is_array() { self.len() } else { 0 };
        let mut rest = self.skip(1);
        (0..count).map(move |_| {
            let item = rest;
            rest = item.skip(item.size());
            item
        })
    }

    /// A member by its name.
    #[inline]
    pub(crate) fn get(self, name: &str) -> Option<View<'t, 'a>> {
        if self.names.is_some_and(|names| !names.may_have(name)) {
            return None;
        }
        self.find(name)
    }

    fn find(self, name: &str) -> Option<View<'t, 'a>> {
        self.members().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// A member of a member, by names joined with dots.
    pub(crate) fn at(self, path: &str) -> Option<View<'t, 'a>> {
        path.split('.').try_fold(self, |view, name| view.get(name))
    }

    /// Whether it nests at most `levels` deep. The tape is flat, so nothing recurses.
    pub(crate) fn depth_within(self, levels: usize) -> bool {
        let nodes = &self.nodes[..self.size().min(self.nodes.len())];
        let is_nest = |node: &&Node<'_>| matches!(node, Node::Object { .. } | Node::Array { .. });
        if nodes.iter().filter(is_nest).count() <= levels {
            return true;
        }
        let mut ends: Vec<usize> = Vec::with_capacity(16);
        for (at, node) in nodes.iter().enumerate() {
            while ends.last().is_some_and(|end| at >= *end) {
                ends.pop();
            }
            if let Node::Object { count, .. } | Node::Array { count, .. } = node {
                ends.push(at + count + 1);
                if ends.len() > levels {
                    return false;
                }
            }
        }
        true
    }

    /// Appends the value as JSON.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        match self.first() {
            Node::String(text) => escape::string(out, text),
            Node::Static(StaticNode::F64(number)) if !number.is_finite() => {
                out.extend_from_slice(b"null");
            }
            Node::Static(StaticNode::I64(number)) => escape::int(out, number),
            Node::Static(StaticNode::U64(number)) => escape::uint(out, number),
            Node::Static(StaticNode::Bool(true)) => out.extend_from_slice(b"true"),
            Node::Static(StaticNode::Bool(false)) => out.extend_from_slice(b"false"),
            Node::Static(StaticNode::Null) => out.extend_from_slice(b"null"),
            // Writing to a vector cannot fail.
            Node::Static(scalar) => drop(std::io::Write::write_fmt(out, format_args!("{scalar}"))),
            Node::Object { .. } => {
                out.push(b'{');
                self.write_members(None, out);
                out.push(b'}');
            }
            Node::Array { .. } => {
                out.push(b'[');
                for (i, item) in self.items().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
        }
    }

    /// Appends an object's members without its braces, leaving out what `used` has a target for.
    /// Of members with one name the first stays.
    pub(crate) fn write_members(self, used: Option<&Trie>, out: &mut Vec<u8>) {
        let begin = out.len();
        // Repeated keys are rare, and looking for them is quadratic: only in small objects.
        let unique = self.len() <= DUPLICATES_LEN_MAX;
        let mut names = Names::default();
        for (at, (key, value)) in self.members().enumerate() {
            let repeats = || self.members().take(at).any(|(other, _)| other == key);
            if unique && names.add(key) && repeats() {
                continue;
            }
            let inner = used.and_then(|trie| trie.child(key));
            if inner.is_some_and(|trie| trie.has_target()) && !value.is_object() && !value.is_null()
            {
                continue;
            }
            let back = out.len();
            if back > begin {
                out.push(b',');
            }
            escape::string(out, key);
            out.push(b':');
            match inner.filter(|trie| value.is_object() && trie.has_children()) {
                Some(trie) => {
                    out.push(b'{');
                    let start = out.len();
                    value.write_members(Some(trie), out);
                    if out.len() == start {
                        out.truncate(back);
                        continue;
                    }
                    out.push(b'}');
                }
                None => value.write(out),
            }
        }
    }
}

/// Objects with more members than this are written with repeated keys, if they have any.
const DUPLICATES_LEN_MAX: usize = 64;
