//! Windows events as XML: the system part and the data, read in one pass without a tree.

use crate::scan::{cut, find};
use crate::windows::{DATA_MAX, Record};
use crate::{Cx, Scratch};
use memchr::memchr;
use ocsf::{Event, Value};

/// Whether a text is such an event.
pub(crate) fn is(text: &str) -> bool {
    (text.starts_with("<Event ") || text.starts_with("<Event>") || text.starts_with("<?xml"))
        && find(text, "<System>").is_some()
}

/// Reads an event; `event` may hold what a header said before it.
pub(crate) fn read<'a>(text: &'a str, cx: &Cx<'a>, scratch: &mut Scratch, event: &mut Event<'a>) {
    let mut record = Record::new(cx);
    let mut rest = text;
    let mut in_data = false;
    while let Some((tag, after)) = next_tag(rest) {
        rest = after;
        let (name, attributes) = split_tag(tag);
        match name {
            "EventData" | "UserData" | "RenderingInfo" => in_data = name != "RenderingInfo",
            "/EventData" | "/UserData" => in_data = false,
            _ if tag.starts_with('/') => continue,
            _ => {}
        }
        let closed = tag.ends_with('/');
        let value = if closed { "" } else { text_before_tag(after) };
        if in_data {
            data(name, attributes, value, after, cx, &mut record);
        } else {
            system(name, attributes, value, cx, &mut record);
        }
    }
    crate::windows::finish(&record, cx, scratch, event);
}

/// The text within the next `<…>`, and what follows it.
fn next_tag(text: &str) -> Option<(&str, &str)> {
    let start = memchr(b'<', text.as_bytes())?;
    cut(&text[start + 1..], b'>')
}

fn split_tag(tag: &str) -> (&str, &str) {
    let end = tag.find([' ', '\t', '\n', '\r']).unwrap_or(tag.len());
    (tag[..end].trim_end_matches('/'), &tag[end..])
}

fn text_before_tag(after: &str) -> &str {
    let end = memchr(b'<', after.as_bytes()).unwrap_or(after.len());
    &after[..end]
}

/// An attribute's value, in either kind of quotes.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    while let Some((key, after)) = cut(rest, b'=') {
        let quote = *after.as_bytes().first()?;
        if quote != b'"' && quote != b'\'' {
            return None;
        }
        let (value, next) = cut(&after[1..], quote)?;
        if key.trim() == name {
            return Some(value);
        }
        rest = next;
    }
    None
}

fn system<'a>(
    name: &'a str,
    attributes: &'a str,
    value: &'a str,
    cx: &Cx<'a>,
    record: &mut Record<'a>,
) {
    let text = unescape(value.trim(), cx);
    match name {
        "Provider" => {
            record.provider = unescape(attribute(attributes, "Name").unwrap_or(""), cx);
            push_attribute(record, attributes, "Guid", "Provider_Guid");
        }
        "TimeCreated" => record.time = attribute(attributes, "SystemTime").unwrap_or(""),
        "EventID" => record.code = text,
        "Channel" => record.channel = text,
        "Computer" => record.computer = text,
        "Level" | "Task" | "Opcode" | "Keywords" | "EventRecordID" | "Version" => {
            match name {
                "Level" => record.level = text.parse().ok(),
                "Keywords" => record.keywords = text,
                _ => {}
            }
            if !text.is_empty() && record.system.len() < 32 {
                record.system.push((name, Value::Str(text)));
            }
        }
        "Execution" => {
            push_attribute(record, attributes, "ProcessID", "Execution_ProcessID");
            push_attribute(record, attributes, "ThreadID", "Execution_ThreadID");
        }
        "Security" => {
            push_attribute(record, attributes, "UserID", "UserID");
            push_attribute(record, attributes, "UserId", "UserID");
        }
        "Correlation" => push_attribute(record, attributes, "ActivityID", "ActivityID"),
        "Message" if record.message.is_none() && !text.is_empty() => record.message = Some(text),
        _ => {}
    }
}

fn push_attribute<'a>(
    record: &mut Record<'a>,
    attributes: &'a str,
    name: &str,
    as_name: &'static str,
) {
    if let Some(value) = attribute(attributes, name).filter(|v| !v.is_empty()) {
        record.system.push((as_name, Value::Str(value)));
    }
}

/// `<Data Name="x">y</Data>`, `<Data>y</Data>`, and UserData's own elements.
fn data<'a>(
    name: &'a str,
    attributes: &'a str,
    value: &'a str,
    after: &'a str,
    cx: &Cx<'a>,
    record: &mut Record<'a>,
) {
    let is_leaf = after[value.len()..].starts_with("</") || value.is_empty();
    if matches!(name, "EventData" | "UserData") || !is_leaf || record.data.len() >= DATA_MAX {
        return;
    }
    let text = unescape(value, cx);
    match attribute(attributes, "Name") {
        Some(name) => record.data.push((unescape(name, cx), Value::Str(text))),
        None if !text.trim().is_empty() => {
            record.data.push((unnamed(name, record, cx), Value::Str(text)));
        }
        None => {}
    }
}

/// Unnamed data come as Data, Data_2, Data_3 …
fn unnamed<'a>(name: &'a str, record: &Record<'a>, cx: &Cx<'a>) -> &'a str {
    let same = record.data.iter().filter(|(n, _)| n.starts_with(name)).count();
    if same == 0 {
        return name;
    }
    cx.write(format_args!("{name}_{}", same + 1))
}

/// Decodes entities.
fn unescape<'a>(text: &'a str, cx: &Cx<'a>) -> &'a str {
    if memchr(b'&', text.as_bytes()).is_none() {
        return text;
    }
    let mut out = bumpalo::collections::String::with_capacity_in(text.len(), cx.arena);
    let mut rest = text;
    while let Some((before, after)) = cut(rest, b'&') {
        out.push_str(before);
        match cut(crate::generic::head(after, 12), b';')
            .and_then(|(name, _)| Some((name, entity(name)?)))
        {
            Some((name, character)) => {
                out.push(character);
                rest = &after[name.len() + 1..];
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out.into_bump_str()
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)?
        }
    })
}
