//! What kind of statement a text is, and where the data of an INSERT begins.
//!
//! The engine parses statements; this reads only as much as must be known before it is called:
//! binary data must not pass through the engine's parser, and a result is streamed only in formats
//! whose pieces can be joined.

mod scan;

use crate::exception::{Exception, code};
use scan::{Scanner, Token};
use std::ops::Range;

/// A statement's kind, with byte ranges of the text that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// SELECT, or WITH … SELECT.
    Select {
        /// The FORMAT clause's name.
        format: Option<String>,
        /// Whether the result has totals, which some formats place after the rows.
        totals: bool,
    },
    /// INSERT with data after it.
    Insert {
        /// The statement without FORMAT and data.
        head: Range<usize>,
        /// The data's format.
        format: String,
        /// Where the data begins.
        data: usize,
    },
    /// Anything else, INSERT … SELECT included.
    Other {
        /// The FORMAT clause's name, as in `SHOW TABLES FORMAT JSON`.
        format: Option<String>,
    },
    /// An INSERT that ends before it is clear what follows, or nothing but white space.
    Incomplete,
}

impl Kind {
    /// As a metric's label.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Select { .. } => "select",
            Self::Insert { .. } => "insert",
            Self::Other { .. } | Self::Incomplete => "other",
        }
    }
}

/// Reads `text`. A text that makes no sense is [`Kind::Other`]: the engine has the better words.
pub(crate) fn read(text: &[u8]) -> Result<Kind, Exception> {
    let mut scanner = Scanner::new(text);
    let Some(first) = scanner.next() else { return Ok(Kind::Incomplete) };
    if first.is("INSERT", text) {
        return insert(text, scanner);
    }
    let select = first.is("SELECT", text) || first.is("WITH", text) || first.is("(", text);
    let tail = Tail::read(text, scanner)?;
    Ok(match select && !tail.inserts {
        true => Kind::Select { format: tail.format, totals: tail.totals },
        false => Kind::Other { format: tail.format },
    })
}

/// What the clauses of a statement without data say.
#[derive(Default)]
struct Tail {
    format: Option<String>,
    totals: bool,
    inserts: bool,
}

impl Tail {
    fn read(text: &[u8], scanner: Scanner<'_>) -> Result<Self, Exception> {
        let mut tail = Self::default();
        // The last three tokens outside brackets, oldest first.
        let mut window: [Option<Token>; 3] = [None; 3];
        for token in scanner {
            if token.is("OUTFILE", text) && window[2].is_some_and(|t| t.is("INTO", text)) {
                return Err(outfile());
            }
            tail.totals |= token.is("TOTALS", text);
            if token.depth > 0 {
                continue;
            }
            tail.inserts |= token.is("INSERT", text);
            let ends = token.is("SETTINGS", text) || token.is(";", text);
            if ends && tail.format.is_none() {
                tail.format = named(&window, text);
            }
            window = [window[1], window[2], Some(token)];
        }
        tail.format = tail.format.or_else(|| named(&window, text));
        Ok(tail)
    }
}

/// `FORMAT name` at the end of the window, unless FORMAT is a column (`t.format name`).
fn named(window: &[Option<Token>; 3], text: &[u8]) -> Option<String> {
    let [before, format, name] = window;
    let (format, name) = (format.as_ref()?, name.as_ref()?);
    let column = before.is_some_and(|token| token.is(".", text));
    let found = format.is("FORMAT", text) && name.word && !column;
    found.then(|| String::from_utf8_lossy(&text[name.range()]).into_owned())
}

/// After INSERT: `[INTO] [TABLE] name [(columns)] [SETTINGS …]` and then FORMAT, VALUES or a query.
fn insert(text: &[u8], mut scanner: Scanner<'_>) -> Result<Kind, Exception> {
    let Some(mut token) = scanner.next() else { return Ok(Kind::Incomplete) };
    for word in ["INTO", "TABLE", "FUNCTION"] {
        if token.is(word, text) {
            match scanner.next() {
                Some(next) => token = next,
                None => return Ok(Kind::Incomplete),
            }
        }
    }
    // `token` is the name's first part and no keyword, whatever it is called; so is every part
    // that follows a dot.
    let mut after_dot = false;
    let mut opened = false;
    while let Some(token) = scanner.next() {
        let skipped = std::mem::replace(&mut after_dot, token.is(".", text));
        let query = ["SELECT", "WITH", "WATCH"].iter().any(|word| token.is(word, text));
        if query && !skipped && (token.depth == 0 || opened) {
            let tail = Tail::read(text, scanner)?;
            return Ok(Kind::Other { format: tail.format });
        }
        opened = token.is("(", text) && token.depth == 0;
        if skipped || token.depth > 0 {
            continue;
        }
        if token.is("INFILE", text) {
            return Err(outfile());
        }
        let head = 0..token.start;
        if token.is("VALUES", text) {
            return Ok(Kind::Insert { head, format: "Values".to_owned(), data: token.end });
        }
        if token.is("FORMAT", text) {
            let Some(name) = scanner.next() else { return Ok(Kind::Incomplete) };
            let format = String::from_utf8_lossy(&text[name.range()]).into_owned();
            return Ok(Kind::Insert { head, format, data: data_start(text, name.end) });
        }
    }
    Ok(Kind::Incomplete)
}

/// As ClickHouse has it: an optional semicolon, blanks, then at most one line break.
fn data_start(text: &[u8], mut at: usize) -> usize {
    let byte = |at: usize| text.get(at).copied();
    at += usize::from(byte(at) == Some(b';'));
    while matches!(byte(at), Some(b' ' | b'\t' | b'\x0c')) {
        at += 1;
    }
    at += usize::from(byte(at) == Some(b'\r'));
    at + usize::from(byte(at) == Some(b'\n'))
}

fn outfile() -> Exception {
    let why = "INTO OUTFILE and FROM INFILE are the client's to do, not the server's";
    Exception::new(code::INTO_OUTFILE_NOT_ALLOWED, why)
}

#[cfg(test)]
mod tests;
