//! Events as a file: every one that a search finds, streamed, with its hash kept for whoever checks it.

use super::{Filter, checked, condition, narrowed};
use crate::App;
use crate::accounts::secret::hex;
use crate::audit::{Action, Entry};
use crate::caller::Caller;
use crate::params::{Query, Text, TimeMs};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::routes::cases::attachment;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use model::Agency;
use query::{Field, Range};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::Documents;

/// The most rows of one file.
const ROWS_MAX: u64 = 1_000_000;
/// How much is gathered before it is sent on.
const PIECE_BYTES: usize = 64 * 1024;
/// Columns of a CSV unless asked otherwise.
const COLUMNS: &str = "time,agency,host,source,class,severity,user,src_ip,dst_ip,message,raw,uid";

/// How the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// One OCSF event a line, as JSON.
    #[default]
    Ndjson,
    /// One event a line, its fields separated by commas (RFC 4180).
    Csv,
    /// Typed columns with the raw text and the document, for tools that analyse; `columns` is not for it.
    Parquet,
}

/// Which events, and how they are written.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportParams {
    /// From this time on, in ms.
    #[param(value_type = i64, minimum = 0, maximum = 4_102_444_800_000_i64)]
    from: TimeMs,
    /// Before this time, in ms; at most 92 days after `from`.
    #[param(value_type = i64, minimum = 0, maximum = 4_102_444_800_000_i64)]
    to: TimeMs,
    /// That this search finds; without commands.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    q: Option<Text>,
    /// Of this agency.
    #[param(value_type = Option<String>, pattern = "^[a-z0-9][a-z0-9-]{0,39}$")]
    agency: Option<Agency>,
    /// Of this host.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    host: Option<Text>,
    /// Of this source type.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    source: Option<Text>,
    /// Of this OCSF class.
    class_uid: Option<u32>,
    /// NDJSON unless given.
    #[param(inline)]
    format: Option<Format>,
    /// Of a CSV: fields as a search names them, comma-separated.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    columns: Option<Text>,
}

/// Export events
///
/// Oldest first, streamed; at most a million. When the file is whole, its rows, bytes and SHA-256 stand
/// in the audit log under the request's trace id; a file that was cut off has no such entry.
#[utoipa::path(get, path = "/events/export", tag = "events", params(ExportParams),
    responses((status = 200, description = "The file.", body = String,
        content_type = "application/x-ndjson")))]
pub(crate) async fn export(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<ExportParams>,
) -> Answer<Response> {
    let scope = caller.scope(Permission::ExportEvents)?;
    let ExportParams { from, to, q, agency, host, source, class_uid, format, columns } = params;
    let filter = Filter { from, to, q, agency, host, source, class_uid };
    let search = checked(filter)?;
    let query = search.query(&app)?.unwrap_or_else(|| query::Query::of(query::Expr::everything()));
    if !query.stages.is_empty() {
        let detail = "events are exported as they are: leave commands out";
        return Err(Problem::parameter(Code::InvalidParameter, "q", detail));
    }
    let range = Range { from_ms: search.filter.from_ms, to_ms: search.filter.to_ms };
    let query = narrowed(query, &search.filter);
    let asked = condition(&app, &query);
    let format = format.unwrap_or_default();
    let names = columns.as_ref().map_or(COLUMNS, |columns| columns.0.as_str());
    if format == Format::Parquet && columns.is_some() {
        let detail = "columns are chosen for CSV only";
        return Err(Problem::parameter(Code::InvalidParameter, "columns", detail));
    }
    let what = json!({"from": range.from_ms, "to": range.to_ms, "q": search.q,
        "format": format.extension()});
    app.accounts.audit(caller.entry(Action::EventsExport, "begun", what.clone())).await?;
    let source = match format {
        Format::Ndjson => Source::Rows(app.store.documents(&scope, &asked, range)?, Writer::Ndjson),
        Format::Csv => {
            Source::Rows(app.store.documents(&scope, &asked, range)?, Writer::csv(names))
        }
        Format::Parquet => {
            Source::Parquet(app.store.parquet(&scope, &asked, range, ROWS_MAX).await?)
        }
    };
    let entry = caller.entry(Action::EventsExport, "whole", what);
    let name = format!("events.{}", format.extension());
    let file = File {
        app,
        source,
        entry: Some(entry),
        rows: 0,
        is_cut: false,
        bytes: 0,
        digest: Sha256::new(),
    };
    let pieces = stream::unfold(file, |mut file| async {
        let piece = file.piece().await?;
        Some((piece, file))
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.media_type())),
        (header::CONTENT_DISPOSITION, attachment(&name)),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// Where a file's bytes come from.
enum Source {
    /// Events, which are written here.
    Rows(Documents, Writer),
    /// ClickHouse writes it.
    Parquet(store::Parquet),
}

/// A file under way.
struct File {
    app: App,
    source: Source,
    /// What the audit log is told when the file is whole; `None` once it was.
    entry: Option<Entry>,
    rows: u64,
    /// Whether there were more than the most.
    is_cut: bool,
    bytes: u64,
    digest: Sha256,
}

impl File {
    /// The next piece; `None` behind the end. An error breaks the answer off, which the client sees.
    async fn piece(&mut self) -> Option<Result<Bytes, crate::Error>> {
        self.entry.as_ref()?;
        let (piece, ended) = match self.next().await {
            Ok(next) => next,
            Err(error) => return Some(Err(error.into())),
        };
        self.bytes += piece.len() as u64;
        self.digest.update(&piece);
        if ended && let Err(error) = self.finish().await {
            return Some(Err(error));
        }
        Some(Ok(piece))
    }

    /// Some bytes, and whether they are the last.
    async fn next(&mut self) -> Result<(Bytes, bool), store::Error> {
        match &mut self.source {
            Source::Parquet(file) => {
                (self.rows, self.is_cut) = (file.rows(), file.is_cut());
                let piece = file.next().await?;
                let ended = piece.is_none();
                Ok((piece.unwrap_or_default(), ended))
            }
            Source::Rows(documents, writer) => {
                let mut piece = Vec::with_capacity(PIECE_BYTES + PIECE_BYTES / 4);
                if self.rows == 0 {
                    writer.head(&mut piece);
                }
                while piece.len() < PIECE_BYTES {
                    let Some(event) = documents.next().await? else {
                        return Ok((piece.into(), true));
                    };
                    if self.rows == ROWS_MAX {
                        self.is_cut = true;
                        return Ok((piece.into(), true));
                    }
                    self.rows += 1;
                    writer.row(&mut piece, &event.event);
                }
                Ok((piece.into(), false))
            }
        }
    }

    async fn finish(&mut self) -> Result<(), crate::Error> {
        let Some(mut entry) = self.entry.take() else { return Ok(()) };
        if let Value::Object(detail) = &mut entry.detail {
            detail.insert("rows".into(), self.rows.into());
            detail.insert("bytes".into(), self.bytes.into());
            detail.insert("truncated".into(), self.is_cut.into());
            let sha256 = hex(&std::mem::take(&mut self.digest).finalize());
            detail.insert("sha256".into(), sha256.into());
        }
        self.app.accounts.audit(entry).await
    }
}

/// Writes events, each by itself.
enum Writer {
    Ndjson,
    Csv(Vec<(String, String)>),
}

impl Format {
    fn media_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}

impl Writer {
    fn csv(names: &str) -> Self {
        let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
        Self::Csv(names.map(|name| (name.to_owned(), pointer(name))).collect())
    }

    fn head(&self, out: &mut Vec<u8>) {
        if let Self::Csv(columns) = self {
            cells(out, columns.iter().map(|(name, _)| name.clone()));
        }
    }

    fn row(&self, out: &mut Vec<u8>, event: &str) {
        match self {
            Self::Ndjson => {
                out.extend_from_slice(event.as_bytes());
                out.push(b'\n');
            }
            Self::Csv(columns) => {
                let event: Value = serde_json::from_str(event).unwrap_or_default();
                let cell = |pointer: &str| match event.pointer(pointer) {
                    None | Some(Value::Null) => String::new(),
                    Some(Value::String(text)) => text.clone(),
                    Some(other) => other.to_string(),
                };
                cells(out, columns.iter().map(|(_, pointer)| cell(pointer)));
            }
        }
    }
}

/// Where a field stands in an event, as a JSON pointer.
fn pointer(name: &str) -> String {
    let path = match Field::named(name) {
        _ if name == "time" => "time".to_owned(),
        Field::Column(column) => column.path().to_owned(),
        Field::Ocsf(path) => path,
        Field::Sigma(name) => format!("unmapped.{name}"),
        Field::Any => return "/".to_owned(),
    };
    format!("/{}", path.replace('~', "~0").replace('/', "~1").replace('.', "/"))
}

/// One line. A cell that a spreadsheet would take for a formula begins with an apostrophe: logs are
/// what an attacker wrote.
fn cells(out: &mut Vec<u8>, cells: impl Iterator<Item = String>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let cell = if formula { format!("'{cell}") } else { cell };
        if cell.contains([',', '"', '\n', '\r']) {
            out.push(b'"');
            out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend_from_slice(cell.as_bytes());
        }
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_csv_is_no_program() {
        let writer = Writer::csv("time, host,message,user,unmapped.x");
        let mut out = Vec::new();
        writer.head(&mut out);
        writer.row(&mut out, r#"{"time": 5, "device": {"hostname": "a,b"}, "message": "=cmd|' /c'", "user": {"name": "x\"y"}}"#);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "time,host,message,user,unmapped.x\r\n5,\"a,b\",'=cmd|' /c',\"x\"\"y\",\r\n"
        );
    }
}
