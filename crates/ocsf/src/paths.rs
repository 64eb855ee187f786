//! Attributes by number: a path such as `src_endpoint.ip`, its kind, and what it is observed as.

mod table;

use std::collections::HashMap;
use std::sync::LazyLock;

/// An attribute's place in the table; also its place in what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(pub(crate) u16);

/// What a value must be to stand at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Str,
    /// A whole number; times are milliseconds since the epoch.
    Int,
    /// `true` or `false`.
    Bool,
    /// A number with a fraction.
    Float,
    /// An IPv4 or IPv6 address.
    Ip,
    /// A hardware address of six pairs of hex digits.
    Mac,
    /// An e-mail address.
    Email,
    /// An array of texts; a single text becomes an array of one.
    List,
    /// An array of whole numbers; a single one becomes an array of one.
    IntList,
    /// An array of fingerprint objects.
    Hashes,
    /// Any JSON, already written.
    Json,
}

/// A row of the table.
pub(crate) struct Def {
    pub(crate) text: &'static str,
    pub(crate) kind: Kind,
    pub(crate) observable: u8,
}

macro_rules! paths {
    ($($name:ident = $text:literal $kind:ident $observable:literal),* $(,)?) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms,
            reason = "the variants only count; the constants below bear the same names")]
        #[repr(u16)]
        enum Index { $($name,)* Count }

        impl crate::Path {
            $(#[doc = concat!("`", $text, "`")]
            pub const $name: Self = Self(Index::$name as u16);)*
        }

        pub(crate) const COUNT: usize = Index::Count as usize;

        pub(crate) static TABLE: [super::Def; COUNT] = [$(super::Def {
            text: $text,
            kind: super::Kind::$kind,
            observable: $observable,
        },)*];
    };
}
pub(crate) use paths;
pub(crate) use table::{COUNT, TABLE};

/// How many words a set of paths takes.
pub(crate) const WORDS: usize = COUNT.div_ceil(64);

impl Path {
    /// The path's text, such as `resources[].name`; `[]` marks an array of one object.
    pub fn text(self) -> &'static str {
        self.def().text
    }

    /// What its value must be.
    pub fn kind(self) -> Kind {
        self.def().kind
    }

    /// Type of observable that its value is, or 0.
    pub fn observable(self) -> u8 {
        self.def().observable
    }

    /// Finds a path by its text, with or without the `[]` of arrays.
    pub fn lookup(text: &str) -> Option<Self> {
        static NAMES: LazyLock<HashMap<String, Path>> = LazyLock::new(|| {
            Path::all().map(|path| (path.text().replace("[]", ""), path)).collect()
        });
        NAMES.get(text.replace("[]", "").as_str()).copied()
    }

    /// Every path, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..COUNT as u16).map(Self)
    }

    pub(crate) fn def(self) -> &'static Def {
        &TABLE[usize::from(self.0)]
    }
}

/// One object on the way to an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node {
    /// Number of the object, unique in the table: equal numbers mean the same open object.
    pub(crate) id: u16,
    /// `,"name":{` or `,"name":[{`.
    pub(crate) open: Piece,
    /// `}` or `}]`.
    pub(crate) close: &'static str,
}

/// A text that is written often: with room behind it, so that its copy is two instructions and not a
/// call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    text: &'static str,
    room: [u8; Self::ROOM_BYTES],
}

impl Piece {
    /// As much as nearly all names of the schema need with their quotes.
    const ROOM_BYTES: usize = 32;

    fn new(text: &'static str) -> Self {
        let mut room = [0; Self::ROOM_BYTES];
        room.iter_mut().zip(text.bytes()).for_each(|(room, byte)| *room = byte);
        Self { text, room }
    }

    /// The text.
    pub(crate) fn text(&self) -> &'static str {
        self.text
    }

    /// Appends it.
    #[inline]
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        if self.text.len() > Self::ROOM_BYTES {
            return out.extend_from_slice(self.text.as_bytes());
        }
        let end = out.len() + self.text.len();
        out.extend_from_slice(&self.room);
        out.truncate(end);
    }
}

/// The id of no object: the event itself.
pub(crate) const OUTERMOST: u16 = u16::MAX;

/// What the writer needs of a path.
pub(crate) struct Layout {
    /// The objects around it, outermost first.
    pub(crate) nodes: Vec<Node>,
    /// The id of the innermost of them, or [`OUTERMOST`].
    pub(crate) inner: u16,
    /// `,"name":`.
    pub(crate) key: Piece,
    /// The observable that its value is, up to that value.
    pub(crate) observable: &'static str,
}

/// The layouts of all paths, made once.
pub(crate) static LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| {
    let mut objects: HashMap<&'static str, Node> = HashMap::new();
    Path::all().map(|path| layout(path, &mut objects)).collect()
});

fn layout(path: Path, objects: &mut HashMap<&'static str, Node>) -> Layout {
    let text = path.text();
    let mut nodes = Vec::new();
    let mut begin = 0;
    while let Some(length) = text[begin..].find('.') {
        let (prefix, name) = (&text[..begin + length], &text[begin..begin + length]);
        let id = objects.len() as u16;
        nodes.push(*objects.entry(prefix).or_insert_with(|| match name.strip_suffix("[]") {
            Some(name) => Node { id, open: piece(format!(",\"{name}\":[{{")), close: "}]" },
            None => Node { id, open: piece(format!(",\"{name}\":{{")), close: "}" },
        }));
        begin += length + 1;
    }
    let (type_id, kind) = observable_type(path);
    let observable =
        format!("{{\"name\":\"{text}\",\"type_id\":{type_id},\"type\":\"{kind}\",\"value\":");
    let key = piece(format!(",\"{}\":", &text[begin..]));
    let inner = nodes.last().map_or(OUTERMOST, |node| node.id);
    Layout { nodes, inner, key, observable: leak(observable) }
}

/// `type_id` and `type` of the observable that a path's value is.
fn observable_type(path: Path) -> (u8, &'static str) {
    match path.observable() {
        _ if path.kind() == Kind::Hashes => (8, "Hash"),
        1 => (1, "Hostname"),
        2 => (2, "IP Address"),
        3 => (3, "MAC Address"),
        4 => (4, "User Name"),
        5 => (5, "Email Address"),
        6 => (6, "URL String"),
        8 => (8, "Hash"),
        46 => (46, "Registry Key Path"),
        _ => (99, "Other"),
    }
}

fn piece(text: String) -> Piece {
    Piece::new(leak(text))
}

/// The table is made once and lives as long as the process.
fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn rows_of_one_object_stand_together() {
        let mut closed = HashSet::new();
        let mut open: Vec<u16> = Vec::new();
        for layout in LAYOUTS.iter() {
            let ids: Vec<u16> = layout.nodes.iter().map(|n| n.id).collect();
            let common = open.iter().zip(&ids).take_while(|(a, b)| a == b).count();
            closed.extend(open.drain(common..));
            for id in &ids[common..] {
                assert!(!closed.contains(id), "{} reopens an object", layout.key.text());
            }
            open = ids;
        }
    }

    #[test]
    fn lookup_finds_paths_with_and_without_brackets() {
        assert_eq!(Path::lookup("src_endpoint.ip"), Some(Path::SRC_ENDPOINT_IP));
        assert_eq!(Path::lookup("resources.name"), Some(Path::RESOURCES_NAME));
        assert_eq!(Path::lookup("resources[].name"), Some(Path::RESOURCES_NAME));
        assert_eq!(Path::lookup("no.such"), None);
    }
}
