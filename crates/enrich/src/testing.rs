//! Writes databases in MaxMind's format, small ones for tests and large ones to measure with.
//!
//! The format is the one that MaxMind publishes as "MaxMind DB File Format Specification", version
//! 2.0: a binary tree over addresses, a section of data, and a map that describes both.

use cidr::Net;
use serde_json::Value;
use std::collections::HashMap;

/// A database that is being made.
#[derive(Debug)]
pub struct Writer {
    nodes: Vec<[Child; 2]>,
    data: Vec<u8>,
    offsets: HashMap<String, u32>,
    kind: String,
    made_s: u64,
}

#[derive(Debug, Clone, Copy)]
enum Child {
    Nothing,
    Node(u32),
    Data(u32),
}

/// The end of the file begins behind this.
const MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";
/// Zeros between tree and data.
const GAP: usize = 16;
/// IPv4 networks lie this deep in the tree of IPv6, behind zeros.
const V4_DEPTH: u8 = 96;

impl Writer {
    /// Begins a database of a type such as `GeoLite2-City`, made at a time in seconds.
    pub fn new(kind: &str, made_s: u64) -> Self {
        Self {
            nodes: vec![[Child::Nothing; 2]],
            data: Vec::new(),
            offsets: HashMap::new(),
            kind: kind.to_owned(),
            made_s,
        }
    }

    /// Says what is known of a network. Wider networks must come before those within them.
    pub fn add(&mut self, net: Net, record: &Value) {
        let data = Child::Data(self.record(record));
        let (bits, depth) = match net {
            Net::V4(first, prefix) => (u128::from(u32::from(first)), V4_DEPTH + prefix),
            Net::V6(first, prefix) => (u128::from(first), prefix),
        };
        let mut at = 0;
        for level in 0..depth {
            let side = (bits >> (127 - level) & 1) as usize;
            if level + 1 == depth {
                self.nodes[at][side] = data;
                return;
            }
            at = match self.nodes[at][side] {
                Child::Node(next) => next as usize,
                wider => {
                    self.nodes.push([wider; 2]);
                    let next = self.nodes.len() - 1;
                    self.nodes[at][side] = Child::Node(next as u32);
                    next
                }
            };
        }
    }

    fn record(&mut self, record: &Value) -> u32 {
        let text = record.to_string();
        if let Some(offset) = self.offsets.get(&text) {
            return *offset;
        }
        let offset = self.data.len() as u32;
        encode(record, &mut self.data);
        self.offsets.insert(text, offset);
        offset
    }

    /// The whole file.
    pub fn finish(self) -> Vec<u8> {
        let count = self.nodes.len() as u32;
        let number = |child: &Child| match child {
            Child::Nothing => count,
            Child::Node(at) => *at,
            Child::Data(offset) => count + GAP as u32 + offset,
        };
        let mut out: Vec<u8> =
            self.nodes.iter().flatten().flat_map(|child| number(child).to_be_bytes()).collect();
        out.extend_from_slice(&[0; GAP]);
        out.extend_from_slice(&self.data);
        out.extend_from_slice(MARKER);
        head(7, 9, &mut out);
        let mut member = |name: &str, kind: u8, value: u64| {
            encode(&name.into(), &mut out);
            unsigned(kind, value, &mut out);
        };
        member("binary_format_major_version", 5, 2);
        member("binary_format_minor_version", 5, 0);
        member("build_epoch", 9, self.made_s);
        member("ip_version", 5, 6);
        member("node_count", 6, u64::from(count));
        member("record_size", 5, 32);
        for (name, value) in [
            ("database_type", Value::from(self.kind)),
            ("description", serde_json::json!({"en": "made for a test"})),
            ("languages", serde_json::json!(["en"])),
        ] {
            encode(&name.into(), &mut out);
            encode(&value, &mut out);
        }
        out
    }
}

/// Writes a value: whole numbers as `uint32`, others as `double`.
fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => {}
        Value::Bool(truth) => head(14, usize::from(*truth), out),
        Value::Number(number) => match number.as_u64() {
            Some(number) => unsigned(6, number, out),
            None => {
                head(3, 8, out);
                out.extend_from_slice(&number.as_f64().unwrap_or_default().to_be_bytes());
            }
        },
        Value::String(text) => {
            head(2, text.len(), out);
            out.extend_from_slice(text.as_bytes());
        }
        Value::Array(items) => {
            head(11, items.len(), out);
            items.iter().for_each(|item| encode(item, out));
        }
        Value::Object(members) => {
            head(7, members.len(), out);
            for (name, value) in members {
                encode(&name.as_str().into(), out);
                encode(value, out);
            }
        }
    }
}

fn unsigned(kind: u8, value: u64, out: &mut Vec<u8>) {
    let bytes = value.to_be_bytes();
    let zeros = value.leading_zeros() as usize / 8;
    head(kind, bytes.len() - zeros, out);
    out.extend_from_slice(&bytes[zeros..]);
}

/// Type and size: three bits and five, and more bytes where those are too few.
fn head(kind: u8, size: usize, out: &mut Vec<u8>) {
    let (short, more) = match size {
        0..29 => (size as u8, Vec::new()),
        29..285 => (29, vec![(size - 29) as u8]),
        285..65_821 => (30, ((size - 285) as u16).to_be_bytes().to_vec()),
        _ => (31, ((size - 65_821) as u32).to_be_bytes()[1..].to_vec()),
    };
    match kind {
        8.. => out.extend_from_slice(&[short, kind - 7]),
        _ => out.push(kind << 5 | short),
    }
    out.extend_from_slice(&more);
}
