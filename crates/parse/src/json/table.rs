//! A vendor's table: which key's value becomes which attribute.

use super::tape::View;
use super::text_of;
use crate::Cx;
use crate::words::{Guess, Target};
use ocsf::{Event, Names, Path, Value};

/// One name on the way to a value.
#[derive(Default)]
pub(crate) struct Trie {
    /// Sorted by the length of the name.
    children: Vec<(String, Trie)>,
    names: Names,
    target: Option<(Target, u8)>,
}

impl Trie {
    /// The child of a name, whatever the case: exports fold it.
    #[inline]
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.names.may_have(name).then(|| self.find(name)).flatten()
    }

    fn find(&self, name: &str) -> Option<&Self> {
        let from = self.children.partition_point(|(n, _)| n.len() < name.len());
        let same = self.children[from..].iter().take_while(|(n, _)| n.len() == name.len());
        // Audit's `UID` and `uid` are two: the exact name comes first.
        let exact = same.clone().find(|(n, _)| n == name);
        exact
            .or(same.into_iter().find(|(n, _)| n.eq_ignore_ascii_case(name)))
            .map(|(_, child)| child)
    }

    pub(crate) fn has_target(&self) -> bool {
        self.target.is_some()
    }

    pub(crate) fn has_children(&self) -> bool {
        !self.children.is_empty()
    }

    fn insert(&mut self, path: &str, target: (Target, u8)) {
        let (name, rest) = match path.split_once('/') {
            Some((name, rest)) => (name, Some(rest)),
            None => (path, None),
        };
        let at = match self.children.iter().position(|(n, _)| n == name) {
            Some(at) => at,
            None => {
                let at = self.children.partition_point(|(n, _)| n.len() <= name.len());
                self.children.insert(at, (name.to_owned(), Self::default()));
                self.names.add(name);
                at
            }
        };
        let child = &mut self.children[at].1;
        match rest {
            Some(rest) => child.insert(rest, target),
            None => child.target = Some(target),
        }
    }
}

/// A compiled table.
pub(crate) struct Table {
    root: Trie,
}

impl Table {
    /// Compiles rows of key path (names joined with `/`) and target: an attribute's path, or one
    /// of the words below. Earlier rows win over later ones with the same target.
    pub(crate) fn new(rows: &[(&str, &str)]) -> Self {
        let mut root = Trie::default();
        for (at, (path, target)) in rows.iter().enumerate() {
            if let Some(target) = read_target(target) {
                root.insert(path, (target, (at + 1).min(254) as u8));
            }
        }
        Self { root }
    }

    pub(crate) fn root(&self) -> &Trie {
        &self.root
    }

    /// Sets what the table finds in an object.
    pub(crate) fn walk<'a>(&self, view: View<'_, 'a>, walk: &mut Walk<'_, '_, 'a>) {
        walk.object(view, &self.root);
    }
}

/// What `@…` and paths in tables mean.
pub(crate) fn read_target(text: &str) -> Option<Target> {
    Some(match text {
        "@src" => Target::Src,
        "@src_port" => Target::SrcPort,
        "@dst" => Target::Dst,
        "@dst_port" => Target::DstPort,
        "@user" => Target::User,
        "@actor" => Target::Actor,
        "@host" => Target::Host,
        "@time" => Target::Time,
        "@severity" => Target::Severity,
        "@status" => Target::Status,
        "@action" => Target::Action,
        "@message" => Target::Message,
        "@method" => Target::Method,
        "@url" => Target::Url,
        "@request" => Target::Request,
        "@http_status" => Target::HttpStatus,
        "@protocol" => Target::Protocol,
        "@code" => Target::Code,
        path => Target::Path(Path::lookup(path)?),
    })
}

/// A walk over one object.
pub(crate) struct Walk<'w, 'c, 'a> {
    pub(crate) cx: &'c Cx<'a>,
    pub(crate) event: &'w mut Event<'a>,
    pub(crate) guess: Guess,
}

impl<'a> Walk<'_, '_, 'a> {
    fn object(&mut self, view: View<'_, 'a>, trie: &Trie) {
        for (key, value) in view.members() {
            if let Some(child) = trie.child(key) {
                self.value(value, child);
            }
        }
    }

    fn value(&mut self, value: View<'_, 'a>, trie: &Trie) {
        if value.is_object() {
            self.object(value, trie);
        } else if value.is_array() {
            // Every item may tell; where one value is wanted the first one counts.
            for item in value.items().take(ITEMS_MAX) {
                self.value(item, trie);
            }
        } else if let Some((target, rank)) = trie.target {
            self.scalar(value, target, rank);
        }
    }

    fn scalar(&mut self, value: View<'_, 'a>, target: Target, rank: u8) {
        if value.is_null() {
            return;
        }
        if let (Target::Path(Path::HTTP_REQUEST_VERSION), Some(text)) = (target, value.str()) {
            return self.event.set(Path::HTTP_REQUEST_VERSION, crate::words::version(text));
        }
        if let Target::Path(path) = target {
            if !self.event.has(path) {
                set(self.event, path, value);
            }
            return;
        }
        if let Some(text) = text_of(value, self.cx) {
            self.guess.offer(self.event, self.cx, target, rank, text);
        }
    }
}

/// Items of an array that are looked at.
const ITEMS_MAX: usize = 8;

/// Sets an attribute to a scalar if it fits.
pub(crate) fn set<'a>(event: &mut Event<'a>, path: Path, value: View<'_, 'a>) -> bool {
    if let Some(text) = value.str() {
        return crate::fields::is_nothing(text) || event.try_set(path, text);
    }
    if let Some(number) = value.int() {
        return event.try_set(path, number);
    }
    if let Some(truth) = value.bool() {
        return event.try_set(path, truth);
    }
    value.float().is_some_and(|number| event.try_set(path, Value::Float(number)))
}
