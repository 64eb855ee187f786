//! The named points at which a crash or a failing disk is tested.

use std::io;
use std::sync::Arc;

/// A place in the writing of a spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Point {
    /// Before a segment's file is made.
    Create,
    /// The file is made and empty.
    Created,
    /// Its header is written.
    Header,
    /// Before frames are appended.
    Append,
    /// Half of their bytes are written. (Only with a hook are they written in two halves.)
    Torn,
    /// They are written.
    Appended,
    /// A mark is about to be appended.
    Mark,
    /// Before a segment is deleted.
    Delete,
    /// It is deleted.
    Deleted,
    /// Before what was in memory is written to disk.
    Rescue,
}

impl Point {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Create,
        Self::Created,
        Self::Header,
        Self::Append,
        Self::Torn,
        Self::Appended,
        Self::Mark,
        Self::Delete,
        Self::Deleted,
        Self::Rescue,
    ];
}

/// Called at each point; an error makes the operation fail there, as the disk would.
pub type Hook = Arc<dyn Fn(Point) -> io::Result<()> + Send + Sync>;
