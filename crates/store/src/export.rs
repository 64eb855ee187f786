//! Events of a search as a file: NDJSON, CSV or Parquet, piece by piece, with limits that are told.

use crate::error::During;
use crate::events::{DOCUMENT, DocumentRow, SUMMARY, SummaryRow};
use crate::select::{Select, fetch};
use crate::views::{EventDetail, EventSummary};
use crate::{Error, EventFilter, Scope, Store};
use bytes::Bytes;
use clickhouse::query::{BytesCursor, RowCursor};
use serde::{Deserialize, Serialize};

/// How a file of events is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Whole OCSF documents, one a line: what `prohori detect --stdin` reads.
    Ndjson,
    /// The columns of the list of events, with a head; a cell that a spreadsheet would run as a formula
    /// begins with `'`.
    Csv,
    /// The columns of the list, the raw text and the document, typed.
    Parquet,
}

impl ExportFormat {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Ndjson, Self::Csv, Self::Parquet];

    /// As written in addresses, and as the end of a file's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }
}

/// How much one export may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportLimits {
    /// Events.
    pub rows: u64,
    /// Bytes of the file. NDJSON and CSV end before the event that would pass it; a Parquet file cannot
    /// be cut and is an error instead.
    pub bytes: u64,
}

/// A file of events on its way, newest first.
pub struct Export {
    source: Source,
    limits: ExportLimits,
    rows: u64,
    bytes: u64,
    is_cut: bool,
}

enum Source {
    Documents(RowCursor<DocumentRow>),
    Lines { cursor: RowCursor<SummaryRow>, has_head: bool },
    Whole(BytesCursor),
    Ended,
}

/// The length of a piece: enough for a write, little to hold.
const PIECE_BYTES: usize = 64 * 1024;
/// The head of a CSV file.
const CSV_HEAD: &str =
    "time,uid,agency,host,source,class_uid,severity_id,user,src_ip,dst_ip,message,raw\r\n";
/// How much ClickHouse sorts in memory.
const SORT_BYTES_MAX: u64 = 256 * 1024 * 1024;

impl std::fmt::Debug for Export {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Export {{ rows: {}, bytes: {}, is_cut: {} }}",
            self.rows, self.bytes, self.is_cut
        )
    }
}

impl Store {
    /// The events that a filter finds, as a file. What cannot begin (a search that ClickHouse refuses)
    /// is an error of the first piece.
    pub async fn export(
        &self,
        scope: &Scope,
        filter: &EventFilter,
        format: ExportFormat,
        limits: ExportLimits,
    ) -> Result<Export, Error> {
        let action = "export events";
        let limit = limits.rows.saturating_add(1);
        let tail = |limit: u64| {
            format!(
                "FROM events WHERE {{where}} ORDER BY time DESC, uid DESC LIMIT {limit} \
                 SETTINGS max_bytes_before_external_sort = {SORT_BYTES_MAX}"
            )
        };
        let query = |sql: String| Select::events(scope, filter).query(self, &sql);
        let mut export = Export { source: Source::Ended, limits, rows: 0, bytes: 0, is_cut: false };
        export.source = match format {
            ExportFormat::Ndjson => match query(format!("SELECT {DOCUMENT} {}", tail(limit))) {
                Some(query) => Source::Documents(query.fetch().during(action)?),
                None => Source::Ended,
            },
            ExportFormat::Csv => match query(format!("SELECT {SUMMARY} {}", tail(limit))) {
                Some(query) => {
                    Source::Lines { cursor: query.fetch().during(action)?, has_head: false }
                }
                None => Source::Ended,
            },
            ExportFormat::Parquet => {
                let counted = format!(
                    "SELECT count() FROM (SELECT 1 FROM events WHERE {{where}} LIMIT {limit})"
                );
                let Some(counted) = query(counted) else { return Ok(export) };
                let found =
                    fetch::<u64>(counted, action).await?.first().copied().unwrap_or_default();
                (export.rows, export.is_cut) = (found.min(limits.rows), found > limits.rows);
                match query(format!("SELECT {PARQUET} {}", tail(limits.rows))) {
                    Some(query) => Source::Whole(query.fetch_bytes("Parquet").during(action)?),
                    None => Source::Ended,
                }
            }
        };
        Ok(export)
    }
}

/// The columns of a Parquet file.
const PARQUET: &str = "time, lower(hex(uid)) AS uid, CAST(agency, 'String') AS agency, \
    CAST(host, 'String') AS host, CAST(source, 'String') AS source, class_uid, severity_id, user, \
    if(src_ip = toIPv6('::'), '', replaceOne(toString(src_ip), '::ffff:', '')) AS src_ip, \
    if(dst_ip = toIPv6('::'), '', replaceOne(toString(dst_ip), '::ffff:', '')) AS dst_ip, \
    message, raw, rest AS document";

impl Export {
    /// The next piece, or `None` behind the last.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let mut piece = Vec::new();
        while piece.len() < PIECE_BYTES {
            let before = piece.len();
            if !self.add(&mut piece).await? {
                self.source = Source::Ended;
                break;
            }
            self.bytes += (piece.len() - before) as u64;
        }
        Ok((!piece.is_empty()).then(|| piece.into()))
    }

    /// How many events the pieces hold until now; of a Parquet file, how many it will hold.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// How many bytes were handed out.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether a limit left events out; known once the last piece was handed out.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Adds one event, or what ClickHouse sent; false at the end.
    async fn add(&mut self, piece: &mut Vec<u8>) -> Result<bool, Error> {
        let action = "export events";
        let before = piece.len();
        match &mut self.source {
            Source::Ended => return Ok(false),
            Source::Whole(cursor) => {
                let Some(bytes) = cursor.next().await.during(action)? else { return Ok(false) };
                if self.bytes + bytes.len() as u64 > self.limits.bytes {
                    let bytes_max = self.limits.bytes;
                    return Err(Error::ExportTooLarge { bytes_max });
                }
                piece.extend_from_slice(&bytes);
                return Ok(true);
            }
            Source::Documents(cursor) => {
                let Some(row) = cursor.next().await.during(action)? else { return Ok(false) };
                piece.extend_from_slice(EventDetail::from(row).event.as_bytes());
                piece.push(b'\n');
            }
            Source::Lines { cursor, has_head } => {
                if !std::mem::replace(has_head, true) {
                    piece.extend_from_slice(CSV_HEAD.as_bytes());
                    return Ok(true);
                }
                let Some(row) = cursor.next().await.during(action)? else { return Ok(false) };
                csv_line(&EventSummary::from(row), piece);
            }
        }
        let bytes = self.bytes + (piece.len() - before) as u64;
        if self.rows >= self.limits.rows || bytes > self.limits.bytes {
            piece.truncate(before);
            self.is_cut = true;
            return Ok(false);
        }
        self.rows += 1;
        Ok(true)
    }
}

fn csv_line(event: &EventSummary, out: &mut Vec<u8>) {
    let numbers =
        [event.time.to_string(), event.class_uid.to_string(), event.severity_id.to_string()];
    let [time, class, severity] = &numbers;
    let cells: [&str; 12] = [
        time,
        &event.uid,
        &event.agency,
        &event.host,
        &event.source,
        class,
        severity,
        &event.user,
        &event.src_ip,
        &event.dst_ip,
        &event.message,
        &event.raw,
    ];
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        csv_cell(cell, out);
    }
    out.extend_from_slice(b"\r\n");
}

/// A cell of RFC 4180. What begins like a formula is made a text: a log line must not run in a spreadsheet.
/// Our own numbers are never negative here but for times before 1970, which stay numbers.
fn csv_cell(cell: &str, out: &mut Vec<u8>) {
    let is_number = cell.parse::<i64>().is_ok();
    let runs = !is_number && cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if !runs && !cell.contains(['"', ',', '\r', '\n']) {
        out.extend_from_slice(cell.as_bytes());
        return;
    }
    out.push(b'"');
    if runs {
        out.push(b'\'');
    }
    for byte in cell.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_needed_and_run_nowhere() {
        for (cell, expected) in [
            ("plain text", "plain text"),
            ("", ""),
            ("-5", "-5"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
            ("@SUM(1)", "\"'@SUM(1)\""),
            ("-rf", "\"'-rf\""),
            ("বাংলা", "বাংলা"),
        ] {
            let mut out = Vec::new();
            csv_cell(cell, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
