//! Bodies: unpacked within limits, and OTLP exports as lines.

use super::answer::Refusal;
use flate2::read::MultiGzDecoder;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use serde_json::value::RawValue;
use std::io::Read;

/// A body as it comes. Senders split what is larger: their own limits are lower than this.
pub(super) const PACKED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// A body unpacked: no bomb may fill the memory.
pub(super) const BYTES_MAX: usize = 12 * 1024 * 1024;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Gzip,
    Zstd,
}

impl Packing {
    /// What `Content-Encoding` says.
    pub(super) fn of(header: Option<&HeaderValue>) -> Result<Self, Refusal> {
        match header.map(HeaderValue::as_bytes) {
            None | Some(b"identity" | b"") => Ok(Self::None),
            Some(b"gzip" | b"x-gzip") => Ok(Self::Gzip),
            Some(b"zstd") => Ok(Self::Zstd),
            Some(_) => Err(Refusal::Packing),
        }
    }

    /// The body as it was before it was packed.
    pub(super) fn unpack(self, bytes: Bytes) -> Result<Bytes, Refusal> {
        match self {
            Self::None => Ok(bytes),
            Self::Gzip => read(MultiGzDecoder::new(&*bytes)),
            Self::Zstd => {
                let decoder = zstd::stream::read::Decoder::with_buffer(&*bytes);
                read(decoder.map_err(|error| Refusal::Body(error.to_string()))?)
            }
        }
    }
}

fn read(reader: impl Read) -> Result<Bytes, Refusal> {
    let mut text = Vec::new();
    let read = reader.take(BYTES_MAX as u64 + 1).read_to_end(&mut text);
    read.map_err(|error| Refusal::Body(format!("the body cannot be unpacked: {error}")))?;
    if text.len() > BYTES_MAX { Err(Refusal::Large) } else { Ok(text.into()) }
}

/// An OTLP/HTTP export: `opentelemetry/proto/collector/logs/v1/logs_service.proto` as JSON, as far
/// as it is looked into.
#[derive(serde::Deserialize)]
struct Export<'a> {
    #[serde(rename = "resourceLogs", default, borrow)]
    resources: Vec<ResourceLogs<'a>>,
}

#[derive(serde::Deserialize)]
struct ResourceLogs<'a> {
    #[serde(default, borrow)]
    resource: Option<&'a RawValue>,
    #[serde(rename = "scopeLogs", default, borrow)]
    scopes: Vec<ScopeLogs<'a>>,
}

#[derive(serde::Deserialize)]
struct ScopeLogs<'a> {
    #[serde(default, borrow)]
    scope: Option<&'a RawValue>,
    #[serde(rename = "logRecords", default, borrow)]
    records: Vec<&'a RawValue>,
}

/// One line for each log record of an export, with its resource and its scope.
pub(super) fn otlp_lines(export: &[u8]) -> Result<Vec<u8>, Refusal> {
    let export: Export<'_> = serde_json::from_slice(export)
        .map_err(|error| Refusal::Body(format!("this is no OTLP export in JSON: {error}")))?;
    let mut lines = Vec::new();
    for ResourceLogs { resource, scopes } in &export.resources {
        for ScopeLogs { scope, records } in scopes {
            for record in records {
                // A resource with many attributes stands in each of its records.
                if lines.len() > BYTES_MAX {
                    return Err(Refusal::Large);
                }
                lines.extend_from_slice(b"{\"resource\":");
                append(resource.as_ref(), &mut lines);
                lines.extend_from_slice(b",\"scope\":");
                append(scope.as_ref(), &mut lines);
                lines.extend_from_slice(b",\"logRecord\":");
                append(Some(record), &mut lines);
                lines.extend_from_slice(b"}\n");
            }
        }
    }
    Ok(lines)
}

/// Appends a JSON value as it was written, on one line: a newline in JSON is white space.
fn append(value: Option<&&RawValue>, line: &mut Vec<u8>) {
    let text = value.map_or("{}", |value| value.get());
    line.extend(text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_log_record_is_a_line_with_its_resource_and_scope() {
        let export = br#"{"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [
            {"scope": {"name": "a"}, "logRecords": [{"body": {"stringValue": "one\ntwo"}},
                {"timeUnixNano": "5"}]}, {"logRecords": [{}], "schemaUrl": "x"}]}, {}]}"#;
        let lines = otlp_lines(export).unwrap();
        let lines: Vec<&str> = std::str::from_utf8(&lines).unwrap().lines().collect();
        assert_eq!(lines.len(), 3);
        for line in &lines {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
        assert!(lines[0].contains(r#""scope":{"name": "a"}"#) && lines[0].contains(r"one\ntwo"));
        assert!(lines[2].contains(r#""scope":{}"#));
        assert!(matches!(otlp_lines(b"[1]"), Err(Refusal::Body(_))));
        assert_eq!(otlp_lines(b"{}").unwrap(), b"");
    }

    #[test]
    fn bombs_and_damage_are_refused() {
        let bomb = zstd::encode_all(&vec![b'x'; 4 * BYTES_MAX][..], 1).unwrap();
        assert_eq!(Packing::Zstd.unpack(bomb.into()), Err(Refusal::Large));
        for packing in [Packing::Gzip, Packing::Zstd] {
            let unpacked = packing.unpack(Bytes::from_static(b"no packed body"));
            assert!(matches!(unpacked, Err(Refusal::Body(_))), "{packing:?}");
        }
    }
}
