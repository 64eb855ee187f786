//! Zeek's tab-separated rows as the JSON that Zeek itself would write.
//!
//! So both writers' output goes through one table and makes the same event.

use super::{Layout, Separator};
use crate::fields::{End, address, port, source};
use crate::scan::hex;
use crate::{Cx, time};
use bumpalo::collections::Vec as ArenaVec;
use ocsf::{Event, Path, class, escape, ip};

/// `\x09`, or the character itself.
pub(super) fn separator(text: &str) -> char {
    let code = text.strip_prefix("\\x").and_then(|code| u8::from_str_radix(code, 16).ok());
    code.map(char::from).or(text.chars().next()).unwrap_or('\t')
}

/// A row as a JSON object; `None` where it has another number of columns.
pub(super) fn as_json<'a>(line: &'a str, layout: &Layout, cx: &Cx<'a>) -> Option<&'a str> {
    let Separator::Exact(mark) = layout.separator else { return None };
    if line.split(mark).count() != layout.names.len() {
        return None;
    }
    let mut out = Vec::with_capacity(line.len() * 2 + 64);
    out.push(b'{');
    if !layout.title.is_empty() {
        out.extend_from_slice(b"\"_path\":");
        escape::string(&mut out, &layout.title);
    }
    for (at, (name, value)) in layout.names.iter().zip(line.split(mark)).enumerate() {
        if value == layout.unset {
            continue;
        }
        if out.len() > 1 {
            out.push(b',');
        }
        escape::string(&mut out, name);
        out.push(b':');
        column(value, layout.types.get(at).map_or("string", String::as_str), layout, &mut out);
    }
    out.push(b'}');
    std::str::from_utf8(&out).ok().map(|json| &*cx.arena.alloc_str(json))
}

fn column(value: &str, kind: &str, layout: &Layout, out: &mut Vec<u8>) {
    let inner = kind
        .strip_prefix("set[")
        .or_else(|| kind.strip_prefix("vector["))
        .and_then(|inner| inner.strip_suffix(']'));
    let Some(inner) = inner else { return scalar(value, kind, layout, out) };
    out.push(b'[');
    if value != layout.empty {
        for (at, item) in value.split(layout.set_separator).enumerate() {
            if at > 0 {
                out.push(b',');
            }
            scalar(item, inner, layout, out);
        }
    }
    out.push(b']');
}

fn scalar(value: &str, kind: &str, layout: &Layout, out: &mut Vec<u8>) {
    let number = || {
        let digits = value.strip_prefix('-').unwrap_or(value);
        let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        plain && digits.parse::<f64>().is_ok() && is_json_number(digits)
    };
    match kind {
        "bool" => out.extend_from_slice(if value == "T" { b"true" } else { b"false" }),
        "count" | "int" | "port" | "double" | "interval" | "time" if number() => {
            out.extend_from_slice(value.as_bytes());
        }
        _ if value == layout.empty => out.extend_from_slice(b"\"\""),
        _ if value.contains('\\') => escape::string(out, &decoded(value)),
        _ => escape::string(out, value),
    }
}

/// JSON forbids leading zeros and bare dots.
fn is_json_number(digits: &str) -> bool {
    let whole = digits.split('.').next().unwrap_or(digits);
    !whole.is_empty()
        && (whole == "0" || !whole.starts_with('0'))
        && !digits.ends_with('.')
        && digits.bytes().filter(|b| *b == b'.').count() <= 1
}

/// Decodes `\x09`, which are bytes that are no text or the separator itself, and `\\`.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let code = after.strip_prefix('x').and_then(|after| after.get(..2));
        if let Some(behind) = after.strip_prefix('\\') {
            bytes.push(b'\\');
            rest = behind;
        } else if code.and_then(|code| hex(code, &mut bytes)).is_some() {
            rest = &after[3..];
        } else {
            bytes.push(b'\\');
            rest = after;
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `TIME<tab>UID<tab>ADDRESS<tab>PORT<tab>ADDRESS<tab>PORT<tab>…`: what all connection logs begin
/// with.
pub(super) fn read_headless<'a>(line: &'a str, cx: &Cx<'a>, event: &mut Event<'a>) -> bool {
    let mut columns = ArenaVec::with_capacity_in(8, cx.arena);
    // A look at the first column spares most lines the splitting.
    if memchr::memchr(b'\t', line.as_bytes()).is_none_or(|end| end > 32) {
        return false;
    }
    columns.extend(line.splitn(8, '\t'));
    let [stamp, uid, src, src_port, dst, dst_port, ..] = columns.as_slice() else { return false };
    let known = time::scan_epoch(stamp).filter(|(_, length)| *length == stamp.len());
    let Some((ms, _)) = known.filter(|_| stamp.contains('.')) else { return false };
    if ip::parse(src).is_none() || ip::parse(dst).is_none() || !uid.starts_with('C') {
        return false;
    }
    time::Stamp::exact(ms).apply(event, stamp);
    source(event, "zeek/1", "zeek");
    event.product("Zeek", "Zeek");
    event.set(Path::CONNECTION_INFO_UID, *uid);
    address(event, End::Src, src);
    address(event, End::Dst, dst);
    port(event, End::Src, src_port);
    port(event, End::Dst, dst_port);
    event.message = Some(line);
    event.kind(class::NETWORK, 6);
    true
}
