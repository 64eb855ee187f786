//! Rows of a file, a CSV with a head or the JSON that an inventory's API answers with.

use crate::Error;
use serde_json::Value;

/// A row: the names of its columns, in lower case, and their values.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// Where it stands, for a person.
    pub(super) place: String,
    fields: Vec<(String, String)>,
}

impl Row {
    /// The first value that is not empty under one of the `names`.
    pub(super) fn get(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| {
            let (_, value) = self.fields.iter().find(|(key, _)| key == name)?;
            Some(value.trim()).filter(|value| !value.is_empty())
        })
    }

    /// The values of all columns of the `names`, of which each may hold several.
    pub(super) fn all<'r>(
        &'r self,
        names: &'r [&str],
        separators: &'r [char],
    ) -> impl Iterator<Item = &'r str> {
        let fields = self.fields.iter().filter(|(key, _)| names.contains(&key.as_str()));
        let parts = fields.flat_map(move |(_, value)| value.split(separators));
        parts.map(str::trim).filter(|part| !part.is_empty())
    }
}

/// Reads the rows of `bytes`; a table must have a column of one of the `wanted` names, of which the
/// first is told.
pub(super) fn read(
    file: &str,
    bytes: &[u8],
    wanted: &[&'static str],
    take: &mut dyn FnMut(Row),
) -> Result<(), Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match bytes.trim_ascii_start().first() {
        Some(b'{' | b'[') => json(file, bytes, take),
        _ => table(file, bytes, wanted, take),
    }
}

fn table(
    file: &str,
    bytes: &[u8],
    wanted: &[&'static str],
    take: &mut dyn FnMut(Row),
) -> Result<(), Error> {
    let error = |source| Error::Csv { file: file.to_owned(), source };
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let separator = if first.contains(&b',') { b',' } else { b';' };
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).delimiter(separator).from_reader(bytes);
    let head = reader.headers().map_err(error)?;
    let head: Vec<String> = head.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
    if !head.iter().any(|column| wanted.contains(&column.as_str())) {
        let wanted = wanted.first().copied().unwrap_or_default();
        return Err(Error::Columns { file: file.to_owned(), wanted, columns: head.join(", ") });
    }
    for record in reader.records() {
        let record = record.map_err(error)?;
        let line = record.position().map_or(0, csv::Position::line);
        let fields = head.iter().cloned().zip(record.iter().map(str::to_owned));
        take(Row { place: format!("line {line}"), fields: fields.collect() });
    }
    Ok(())
}

/// A list of objects; or an object with one, as APIs wrap what they answer.
fn json(file: &str, bytes: &[u8], take: &mut dyn FnMut(Row)) -> Result<(), Error> {
    let whole: Value = serde_json::from_slice(bytes)
        .map_err(|source| Error::Json { file: file.to_owned(), source })?;
    let rows = match &whole {
        Value::Array(rows) => rows,
        Value::Object(members) => {
            let lists = members.values().filter_map(Value::as_array);
            let mut of_objects = lists.filter(|list| list.first().is_none_or(Value::is_object));
            of_objects.next().ok_or_else(|| Error::Form { file: file.to_owned() })?
        }
        _ => return Err(Error::Form { file: file.to_owned() }),
    };
    for (at, row) in rows.iter().enumerate() {
        let members = row.as_object().into_iter().flatten();
        let fields = members.map(|(name, value)| (name.to_ascii_lowercase(), text(value)));
        take(Row { place: format!("object {}", at + 1), fields: fields.collect() });
    }
    Ok(())
}

/// Members that say what an object within a row is called.
const CALLED: [&str; 5] = ["value", "address", "name", "slug", "label"];

/// A value as a table would have it: a list's joined, an object's by what it is called.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(";"),
        Value::Object(members) => {
            CALLED.iter().find_map(|name| members.get(*name)).map(text).unwrap_or_default()
        }
        other => other.to_string(),
    }
}
