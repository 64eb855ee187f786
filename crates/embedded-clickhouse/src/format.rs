//! Output formats: which can be sent piece by piece, and what a piece repeats.
//!
//! The engine formats every fetched piece as a document of its own. Rows of some formats can
//! simply follow one another; some repeat a header, which is cut from every piece but the first;
//! the others (JSON, Parquet, …) have an end and are built whole.

use crate::exception::{Exception, code};

/// How a format's pieces make one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pieces {
    /// They follow one another.
    Joined,
    /// Each begins with the same header of this form.
    Headed(Header),
    /// There must be one piece only.
    Whole,
}

/// A repeated header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    /// This many lines without line breaks in their values.
    Lines(u8),
    /// A count, then this many strings a column, all in LEB128 lengths.
    Binary(u8),
}

/// ClickHouse's name for what it sends when nothing is asked for.
pub(crate) const DEFAULT: &str = "TabSeparated";

/// Every format that is streamed, by its lower-case name. One that is not here is built whole.
const STREAMED: &[(&str, Pieces)] = &[
    ("tabseparated", Pieces::Joined),
    ("tsv", Pieces::Joined),
    ("tabseparatedraw", Pieces::Joined),
    ("tsvraw", Pieces::Joined),
    ("raw", Pieces::Joined),
    ("csv", Pieces::Joined),
    ("tskv", Pieces::Joined),
    ("jsoneachrow", Pieces::Joined),
    ("jsonlines", Pieces::Joined),
    ("ndjson", Pieces::Joined),
    ("jsonstringseachrow", Pieces::Joined),
    ("jsoncompacteachrow", Pieces::Joined),
    ("jsoncompactstringseachrow", Pieces::Joined),
    ("rowbinary", Pieces::Joined),
    ("native", Pieces::Joined),
    ("tabseparatedwithnames", Pieces::Headed(Header::Lines(1))),
    ("tsvwithnames", Pieces::Headed(Header::Lines(1))),
    ("tabseparatedrawwithnames", Pieces::Headed(Header::Lines(1))),
    ("tsvrawwithnames", Pieces::Headed(Header::Lines(1))),
    ("tabseparatedwithnamesandtypes", Pieces::Headed(Header::Lines(2))),
    ("tsvwithnamesandtypes", Pieces::Headed(Header::Lines(2))),
    ("tabseparatedrawwithnamesandtypes", Pieces::Headed(Header::Lines(2))),
    ("tsvrawwithnamesandtypes", Pieces::Headed(Header::Lines(2))),
    ("jsoncompacteachrowwithnames", Pieces::Headed(Header::Lines(1))),
    ("jsoncompacteachrowwithnamesandtypes", Pieces::Headed(Header::Lines(2))),
    ("jsoncompactstringseachrowwithnames", Pieces::Headed(Header::Lines(1))),
    ("jsoncompactstringseachrowwithnamesandtypes", Pieces::Headed(Header::Lines(2))),
    ("rowbinarywithnames", Pieces::Headed(Header::Binary(1))),
    ("rowbinarywithnamesandtypes", Pieces::Headed(Header::Binary(2))),
];

/// Settings under which pieces of some streamed format cannot be joined, or have other headers.
const NOT_STREAMED_WITH: &[&[u8]] = &[
    b"output_format_json_array_of_rows",
    b"output_format_binary_encode_types_in_binary_format",
    b"extremes",
];

/// How the pieces of `format` are sent, for a statement `text` with these setting names.
pub(crate) fn pieces<'a>(
    format: &str,
    totals: bool,
    text: &[u8],
    mut settings: impl Iterator<Item = &'a str>,
) -> Pieces {
    let lower = format.to_ascii_lowercase();
    let pieces = STREAMED.iter().find(|(name, _)| *name == lower);
    let pieces = pieces.map_or(Pieces::Whole, |(_, pieces)| *pieces);
    let in_text = |name: &&[u8]| text.windows(name.len()).any(|w| w.eq_ignore_ascii_case(name));
    let set = settings.any(|name| NOT_STREAMED_WITH.contains(&name.as_bytes()));
    match pieces {
        // Totals are a piece of their own, which would lack the blank line before them.
        Pieces::Headed(_) if totals => Pieces::Whole,
        Pieces::Whole => Pieces::Whole,
        _ if set || NOT_STREAMED_WITH.iter().any(in_text) => Pieces::Whole,
        pieces => pieces,
    }
}

impl Header {
    /// The header's length at the beginning of `piece`.
    pub(crate) fn length(self, piece: &[u8]) -> Option<usize> {
        match self {
            Self::Lines(count) => {
                let mut ends = piece.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
                ends.nth(usize::from(count) - 1).map(|(at, _)| at + 1)
            }
            Self::Binary(strings) => {
                let mut rest = piece;
                let columns = leb128(&mut rest)?;
                for _ in 0..columns.checked_mul(u64::from(strings))? {
                    let length = usize::try_from(leb128(&mut rest)?).ok()?;
                    rest = rest.get(length..)?;
                }
                Some(piece.len() - rest.len())
            }
        }
    }
}

fn leb128(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Cuts repeated headers.
pub(crate) struct Joiner {
    header: Option<Header>,
    first: Option<Vec<u8>>,
}

impl Joiner {
    pub(crate) fn new(pieces: Pieces) -> Self {
        let header = match pieces {
            Pieces::Headed(header) => Some(header),
            Pieces::Joined | Pieces::Whole => None,
        };
        Self { header, first: None }
    }

    /// How many bytes of the next piece to leave out. A header that differs from the first one
    /// is an error: a wrong result must not be sent for a right one.
    pub(crate) fn skip(&mut self, piece: &[u8]) -> Result<usize, Exception> {
        let Some(header) = self.header else { return Ok(0) };
        let length = header.length(piece);
        let differs = || Exception::new(code::LOGICAL_ERROR, "pieces of the result do not join");
        let found = length.map(|length| &piece[..length]).ok_or_else(differs)?;
        match &self.first {
            None => {
                self.first = Some(found.to_vec());
                Ok(0)
            }
            Some(first) if first == found => Ok(found.len()),
            Some(_) => Err(differs()),
        }
    }
}

/// The `Content-Type` that ClickHouse gives a format.
pub(crate) fn content_type(format: &str) -> &'static str {
    let lower = format.to_ascii_lowercase();
    match &*lower {
        _ if lower.starts_with("tabseparated") || lower.starts_with("tsv") => {
            "text/tab-separated-values; charset=UTF-8"
        }
        "csv" => "text/csv; charset=UTF-8; header=absent",
        _ if lower.starts_with("csv") => "text/csv; charset=UTF-8; header=present",
        "json"
        | "jsoncompact"
        | "jsonstrings"
        | "jsoncompactstrings"
        | "jsoncolumns"
        | "jsoncompactcolumns"
        | "jsoncolumnswithmetadata"
        | "jsonobjecteachrow" => "application/json; charset=UTF-8",
        _ if lower.starts_with("json") => "application/x-ndjson; charset=UTF-8",
        "xml" => "application/xml; charset=UTF-8",
        "native"
        | "rowbinary"
        | "rowbinarywithnames"
        | "rowbinarywithnamesandtypes"
        | "parquet"
        | "arrow"
        | "arrowstream"
        | "orc"
        | "msgpack"
        | "avro"
        | "npy" => "application/octet-stream",
        _ => "text/plain; charset=UTF-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_measured() {
        let check = |header: Header, piece: &[u8], expected: Option<usize>| {
            assert_eq!(header.length(piece), expected, "{header:?} {piece:?}");
        };
        check(Header::Lines(1), b"a\tb\n1\t2\n", Some(4));
        check(Header::Lines(2), b"a\nUInt8\n1\n", Some(8));
        check(Header::Lines(2), b"a\nUInt8", None);
        check(Header::Binary(1), b"\x02\x01a\x01bX", Some(5));
        check(Header::Binary(2), b"\x01\x01a\x05UInt8\x07", Some(9));
        check(Header::Binary(2), b"\x01\x01a\x7fUInt8", None);
        check(Header::Binary(2), b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", None);
        check(Header::Binary(1), b"", None);
    }

    #[test]
    fn a_repeated_header_is_cut_and_another_one_refused() {
        let mut joiner = Joiner::new(Pieces::Headed(Header::Lines(1)));
        assert_eq!(joiner.skip(b"a\n1\n"), Ok(0));
        assert_eq!(joiner.skip(b"a\n2\n"), Ok(2));
        assert!(joiner.skip(b"b\n2\n").is_err());
        assert_eq!(Joiner::new(Pieces::Joined).skip(b"a"), Ok(0));
    }

    #[test]
    fn what_cannot_be_joined_is_built_whole() {
        let check = |format: &str, totals: bool, text: &str, set: &[&str], expected: Pieces| {
            assert_eq!(pieces(format, totals, text.as_bytes(), set.iter().copied()), expected);
        };
        check("TSV", false, "", &[], Pieces::Joined);
        check("tsv", true, "", &["max_threads"], Pieces::Joined);
        check("RowBinaryWithNamesAndTypes", false, "", &[], Pieces::Headed(Header::Binary(2)));
        check("RowBinaryWithNamesAndTypes", true, "", &[], Pieces::Whole);
        check("JSON", false, "", &[], Pieces::Whole);
        check("CSVWithNames", false, "", &[], Pieces::Whole);
        check("JSONEachRow", false, "", &["output_format_json_array_of_rows"], Pieces::Whole);
        check("JSONEachRow", false, "settings Extremes = 1", &[], Pieces::Whole);
    }
}
