//! Tables with a head that names the columns.

use super::{Indicator, Sink, confidence, seconds};
use crate::{Error, Kind, Tlp, Value};
use std::fmt::Write as _;

/// Where the columns are that are understood, by the names that feeds give them.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// Lines up to the head's.
    skip: usize,
    value: usize,
    kind: Option<usize>,
    source: Option<usize>,
    confidence: Option<usize>,
    expires: Option<usize>,
    tlp: Option<usize>,
    label: Option<usize>,
    reference: Option<usize>,
    agency: Option<usize>,
}

const VALUES: &[&str] = &["value", "indicator", "ioc", "ioc_value", "indicator_value"];

impl Columns {
    /// The head, where the text begins with one, maybe as a comment; an error where it has commas
    /// and names but none of a value.
    pub(super) fn of(file: &str, text: &str) -> Option<Result<Self, Error>> {
        for (at, line) in text.lines().enumerate() {
            let bare = line.trim_start_matches(['#', ' ']).trim();
            if bare.is_empty() || line.starts_with('#') && !is_head(bare) {
                continue;
            }
            let names = fields(bare);
            if names.len() < 2 || names.iter().any(|name| Value::guess(name).is_some()) {
                return None;
            }
            return Some(Self::named(file, &names, at + 1));
        }
        None
    }

    fn named(file: &str, names: &[String], skip: usize) -> Result<Self, Error> {
        let find = |known: &[&str]| {
            names.iter().position(|name| known.contains(&name.trim().to_ascii_lowercase().as_str()))
        };
        let value = find(VALUES)
            .ok_or_else(|| Error::Columns { file: file.to_owned(), columns: names.join(", ") })?;
        Ok(Self {
            skip,
            value,
            kind: find(&["type", "kind", "ioc_type", "indicator_type"]),
            source: find(&["source", "feed", "provider", "reporter"]),
            confidence: find(&["confidence", "confidence_level", "score"]),
            expires: find(&["expires", "expiration", "valid_until", "expiry", "expire"]),
            tlp: find(&["tlp"]),
            label: find(&[
                "label",
                "description",
                "comment",
                "threat",
                "malware",
                "malware_printable",
            ]),
            reference: find(&["reference", "id", "uuid", "ioc_id"]),
            agency: find(&["agency"]),
        })
    }
}

fn is_head(line: &str) -> bool {
    fields(line).iter().any(|name| VALUES.contains(&name.trim().to_ascii_lowercase().as_str()))
}

/// Reads the rows behind the head.
pub(super) fn read(text: &str, columns: &Columns, sink: &mut Sink<'_>) -> Result<(), Error> {
    for (at, line) in text.lines().enumerate().skip(columns.skip) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let fields = fields(line);
        let field = |column: Option<usize>| {
            column
                .and_then(|at| fields.get(at))
                .map(|text| text.trim())
                .filter(|text| !text.is_empty())
        };
        let text = field(Some(columns.value)).unwrap_or_default();
        let value = match field(columns.kind).and_then(Kind::named) {
            Some(kind) => Value::parse(kind, text),
            None => Value::guess(text),
        };
        let Some(value) = value else {
            sink.skipped
                .add("the value is not of its type", || format!("line {}: {text:?}", at + 1));
            continue;
        };
        let mut note = sink.note();
        if let Some(source) = field(columns.source) {
            note.source = source.to_owned();
        }
        note.confidence = field(columns.confidence).and_then(confidence);
        note.tlp = field(columns.tlp).and_then(Tlp::named);
        note.label = field(columns.label).map(str::to_owned);
        note.reference = field(columns.reference).map(str::to_owned);
        note.agency = field(columns.agency).map(str::to_owned);
        if let Some(text) = field(columns.expires) {
            note.expires = seconds(text);
            if note.expires.is_none() {
                // Without its end it would count for ever.
                sink.skipped.add("the expiry is no time", || format!("line {}: {text:?}", at + 1));
                continue;
            }
        }
        sink.put(value, note);
    }
    Ok(())
}

/// The head of what [`write`] writes.
pub(crate) const HEAD: &str = "value,type,source,confidence,expires,tlp,label,reference,agency\n";

/// Appends an indicator as a row that [`read`] understands.
pub(crate) fn write(indicator: &Indicator, out: &mut String) {
    let Indicator { value, note } = indicator;
    let number = |number: Option<i64>| number.map_or_else(String::new, |n| n.to_string());
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let columns = [
        value.text().into_owned(),
        value.kind().as_str().to_owned(),
        note.source.clone(),
        number(note.confidence.map(i64::from)),
        number(note.expires),
        note.tlp.map_or("", Tlp::as_str).to_owned(),
        text(&note.label),
        text(&note.reference),
        text(&note.agency),
    ];
    for (at, column) in columns.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        // A row is a line: what would break one is a space.
        let flat = column.replace(['\r', '\n'], " ");
        out.push_str(comma);
        let plain =
            flat.trim() == flat && !flat.starts_with('#') && !flat.contains([',', '"', ';']);
        match plain {
            true => out.push_str(&flat),
            false => {
                let _ = write!(out, "\"{}\"", flat.replace('"', "\"\""));
            }
        }
    }
    out.push('\n');
}

/// The fields of a line (RFC 4180, without line breaks in fields), separated by commas, or by
/// semicolons where there is no comma.
fn fields(line: &str) -> Vec<String> {
    let separator = if line.contains(',') { ',' } else { ';' };
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                field.push('"');
                chars.next();
            }
            '"' if quoted => quoted = false,
            '"' if field.trim().is_empty() => {
                field.clear();
                quoted = true;
            }
            c if c == separator && !quoted => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    fields.push(field);
    fields
}
