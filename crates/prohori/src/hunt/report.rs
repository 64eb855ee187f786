//! What a hunt writes: the alerts as they are, or a line each for people.

use super::Format;
use serde_json::Value;
use std::io::{self, Write};

/// A writer of findings, one JSON document a line, which counts them.
pub(super) struct Report<W> {
    out: W,
    format: Format,
    line: Vec<u8>,
    alerts: u64,
}

impl<W: Write> Report<W> {
    pub(super) fn new(out: W, format: Format) -> Self {
        Self { out, format, line: Vec::new(), alerts: 0 }
    }

    /// How many alerts were written.
    pub(super) fn alerts(&self) -> u64 {
        self.alerts
    }

    fn alert(&mut self) -> io::Result<()> {
        self.alerts += 1;
        match (self.format, serde_json::from_slice(&self.line)) {
            (Format::Text, Ok(finding)) => writeln!(self.out, "{}", in_words(&finding)),
            _ => {
                self.out.write_all(&self.line)?;
                self.out.write_all(b"\n")
            }
        }
    }
}

impl<W: Write> Write for Report<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            match piece.split_last() {
                Some((b'\n', rest)) => {
                    self.line.extend_from_slice(rest);
                    self.alert()?;
                    self.line.clear();
                }
                _ => self.line.extend_from_slice(piece),
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// When, how bad, what, and by which rule; the alert's id last, to look it up by.
fn in_words(finding: &Value) -> String {
    let text = |pointer: &str| finding.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let time =
        finding["time"].as_i64().map_or_else(String::new, |ms| query::Moment::At(ms).to_string());
    let events = match finding["count"].as_u64() {
        Some(count) if count > 1 => format!(" ({count} events)"),
        _ => String::new(),
    };
    let line = format!(
        "{time} {} {}{events} [rule {}, alert {}]",
        text("/severity").to_lowercase(),
        text("/message"),
        text("/finding_info/analytic/uid"),
        text("/finding_info/uid"),
    );
    line.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINDING: &str = r#"{"time":1772323200000,"severity":"High","message":"Bad\nthing","count":3,"finding_info":{"uid":"a1","analytic":{"uid":"r1"}}}"#;

    #[test]
    fn alerts_come_whole_or_in_words_however_they_are_written() {
        for (format, expected) in [
            (Format::Json, format!("{FINDING}\n")),
            (
                Format::Text,
                "2026-03-01T00:00:00Z high Bad thing (3 events) [rule r1, alert a1]\n".into(),
            ),
        ] {
            let mut report = Report::new(Vec::new(), format);
            for piece in format!("{FINDING}\n").as_bytes().chunks(7) {
                report.write_all(piece).unwrap();
            }
            assert_eq!(String::from_utf8(report.out.clone()).unwrap(), expected);
            assert_eq!(report.alerts(), 1);
        }
    }
}
