//! What can be wrong with a YAML text.

use crate::Position;

/// A text that is no YAML, or more of it than the limits allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The YAML itself is malformed.
    #[error("{at}: not valid YAML: {what}")]
    Syntax {
        /// Where the parser gave up.
        at: Position,
        /// What it found.
        what: String,
    },
    /// Lists and maps are nested too deep.
    #[error("{at}: nested deeper than {depth_max} levels; flatten it")]
    TooDeep {
        /// The first node that is too deep.
        at: Position,
        /// The limit.
        depth_max: usize,
    },
    /// The document has too many nodes, counting what aliases repeat.
    #[error("{at}: more than {nodes_max} values; split the file")]
    TooMany {
        /// The first node too many.
        at: Position,
        /// The limit.
        nodes_max: usize,
    },
    /// The text is too long to look at.
    #[error("{bytes} bytes are more than the {bytes_max} allowed; split the file")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A map has the same key twice, of which one would be lost.
    #[error("{at}: key {key:?} stands here a second time; remove one")]
    Repeated {
        /// The second one.
        at: Position,
        /// The key.
        key: String,
    },
    /// A map's key is a list or a map.
    #[error("{at}: a key must be text")]
    Key {
        /// The key.
        at: Position,
    },
    /// An alias refers to what is not there (or to itself).
    #[error("{at}: alias of an anchor that is not complete")]
    Alias {
        /// The alias.
        at: Position,
    },
}

impl Error {
    /// Where it is, if it is at one place.
    pub fn at(&self) -> Option<Position> {
        match self {
            Self::Syntax { at, .. }
            | Self::TooDeep { at, .. }
            | Self::TooMany { at, .. }
            | Self::Repeated { at, .. }
            | Self::Key { at }
            | Self::Alias { at } => Some(*at),
            Self::TooLong { .. } => None,
        }
    }
}
