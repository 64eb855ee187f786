//! Cutting streams of bytes into records, without I/O and without a way to fail.
//!
//! A framer is fed chunks as they were read and is asked for frames until it has none left:
//!
//! ```
//! let mut lines = frame::Lines::new(1_000_000);
//! let mut found = Vec::new();
//! for chunk in ["one\r\ntw", "o\n"] {
//!     let mut rest = chunk.as_bytes();
//!     while let Some(frame) = lines.next(&mut rest) {
//!         found.push((frame.start, String::from_utf8_lossy(frame.bytes).into_owned()));
//!     }
//! }
//! assert_eq!(found, [(0, "one".to_owned()), (5, "two".to_owned())]);
//! ```
//!
//! A frame that lies whole in a chunk is a slice of it; only what is split between chunks is
//! copied. A record longer than the limit is cut: its first bytes are kept, all of it is counted
//! and hashed ([`Cut`]), and the framer finds its way again at the record's end. Memory is bounded
//! by the limit, time is linear in the bytes fed, and how the input was split into chunks never
//! changes the frames.

pub mod audit;
mod carry;
pub mod lines;
pub mod multiline;
pub mod syslog;

pub use audit::Assembler;
pub use lines::{Lines, Unit};
pub use multiline::Multiline;
pub use syslog::{SyslogStream, datagram};

use std::fmt::Write as _;

/// One record of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The record without its delimiter; the first bytes of it where [`Frame::cut`] is set.
    pub bytes: &'a [u8],
    /// Offset in the stream of the record's first byte (of its length prefix, if it has one).
    pub start: u64,
    /// Offset in the stream of the first byte after the record and its delimiter.
    pub end: u64,
    /// What the record was, if it was longer than the limit.
    pub cut: Option<Cut>,
}

/// What a cut record was before it was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Length of the whole record, in bytes, without its delimiter.
    pub bytes: u64,
    /// First 16 bytes of the SHA-256 of the whole record.
    pub sha256: [u8; 16],
}

impl Cut {
    /// The hash in hex, as the `origin` header wants it.
    pub fn sha256_hex(&self) -> String {
        self.sha256.iter().fold(String::with_capacity(32), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}
