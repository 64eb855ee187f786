//! A place in an event.

use std::fmt;

/// The object in which a source's own fields keep their own names.
pub(crate) const UNMAPPED: &str = "unmapped";

/// Names of nested attributes from the event's root, such as `process.file.path`.
///
/// Arrays on the way stand for each of their elements.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path {
    text: String,
    native: bool,
}

impl Path {
    /// An OCSF path in dotted form.
    pub fn ocsf(dotted: &str) -> Self {
        Self { text: dotted.to_owned(), native: false }
    }

    /// A source's own field, under its own name, which may have dots in itself.
    pub fn unmapped(native: &str) -> Self {
        Self { text: native.to_owned(), native: true }
    }

    /// Whether this is a source's own field in `unmapped`.
    pub fn is_unmapped(&self) -> bool {
        self.native
    }

    /// The name within `unmapped`, or the dotted path.
    pub fn name(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.native {
            true => write!(f, "{UNMAPPED}.{}", self.text),
            false => f.write_str(&self.text),
        }
    }
}
