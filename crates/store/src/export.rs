//! Events of a search as a Parquet file, for tools that analyse columns.

use crate::error::During;
use crate::search::{SORT_BYTES_MAX, in_range};
use crate::select::fetch;
use crate::{Error, Scope, Store};
use bytes::Bytes;
use clickhouse::query::BytesCursor;
use query::Range;
use query::sql::Condition;

/// The columns: those of the list of events, typed, the raw text and the rest of the document.
const COLUMNS: &str = "time, lower(hex(uid)) AS uid, CAST(agency, 'String') AS agency, \
    CAST(host, 'String') AS host, CAST(source, 'String') AS source, class_uid, severity_id, user, \
    if(src_ip = toIPv6('::'), '', replaceOne(toString(src_ip), '::ffff:', '')) AS src_ip, \
    if(dst_ip = toIPv6('::'), '', replaceOne(toString(dst_ip), '::ffff:', '')) AS dst_ip, \
    message, raw, rest AS document";

const ACTION: &str = "export events";

/// A Parquet file on its way, oldest event first.
pub struct Parquet {
    cursor: Option<BytesCursor>,
    rows: u64,
    is_cut: bool,
}

impl std::fmt::Debug for Parquet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Parquet {{ rows: {}, is_cut: {} }}", self.rows, self.is_cut)
    }
}

impl Store {
    /// The events of `condition` in `range`, at most `rows_max`, as a Parquet file. A scope that sees
    /// nothing makes an empty answer.
    pub async fn parquet(
        &self,
        scope: &Scope,
        condition: &Condition,
        range: Range,
        rows_max: u64,
    ) -> Result<Parquet, Error> {
        let query =
            |sql: String| in_range(scope, range).and_search(Some(condition)).query(self, &sql);
        let limit = rows_max.saturating_add(1);
        let counted = query(format!(
            "SELECT count() FROM (SELECT 1 FROM events WHERE {{where}} LIMIT {limit})"
        ));
        let found = match counted {
            Some(counted) => {
                fetch::<u64>(counted, ACTION).await?.first().copied().unwrap_or_default()
            }
            None => 0,
        };
        let file = query(format!(
            "SELECT {COLUMNS} FROM events WHERE {{where}} ORDER BY time, uid LIMIT {rows_max} \
             SETTINGS max_bytes_before_external_sort = {SORT_BYTES_MAX}"
        ));
        let cursor = file.map(|file| file.fetch_bytes("Parquet").during(ACTION)).transpose()?;
        Ok(Parquet { cursor, rows: found.min(rows_max), is_cut: found > rows_max })
    }
}

impl Parquet {
    /// The next piece, or `None` behind the last.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        match &mut self.cursor {
            Some(cursor) => cursor.next().await.during(ACTION),
            None => Ok(None),
        }
    }

    /// How many events the file holds.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether the limit left events out.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }
}
