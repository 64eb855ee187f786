//! Writing a flow as a JSON object.

use crate::bytes::number;
use crate::elements::{Form, known};
use crate::template::Field;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Who numbers the reverse of IANA's elements (RFC 5103).
const REVERSE: u32 = 29_305;
/// Seconds from NTP's epoch to ours.
const NTP_S: u64 = 2_208_988_800;
/// The longest value of bytes or text that is written; the rest is cut off.
const VALUE_BYTES_MAX: usize = 1024;

/// An object under construction.
pub(crate) struct Object<'t> {
    text: &'t mut String,
}

impl<'t> Object<'t> {
    /// Begins an object of a flow that `exporter` told of.
    pub(crate) fn begin(text: &'t mut String, version: u16, exporter: IpAddr) -> Self {
        text.clear();
        let _ = write!(text, "{{\"flowVersion\":{version}");
        let mut object = Self { text };
        let name = if exporter.is_ipv4() { "exporterIPv4Address" } else { "exporterIPv6Address" };
        object.shown(name, exporter);
        object
    }

    pub(crate) fn end(self) {
        self.text.push('}');
    }

    pub(crate) fn number(&mut self, name: &str, value: u64) {
        let _ = write!(self.text, ",\"{name}\":{value}");
    }

    pub(crate) fn shown(&mut self, name: &str, value: impl std::fmt::Display) {
        let _ = write!(self.text, ",\"{name}\":\"{value}\"");
    }

    /// Writes the value of `field`. `boot_ms` is when the exporter started, if that is known.
    pub(crate) fn field(&mut self, field: Field, bytes: &[u8], boot_ms: Option<u64>) {
        let (reverse, element) = match field.enterprise {
            0 => (false, known(field.id)),
            REVERSE => (true, known(field.id)),
            _ => (false, None),
        };
        let Some((name, form)) = element else { return self.unknown(field, bytes) };
        if reverse {
            let mut reversed = String::from("reverse");
            let mut letters = name.chars();
            reversed.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            reversed.push_str(letters.as_str());
            return self.value(&reversed, form, bytes, boot_ms);
        }
        self.value(name, form, bytes, boot_ms);
    }

    fn value(&mut self, name: &str, form: Form, bytes: &[u8], boot_ms: Option<u64>) {
        match form {
            Form::Number | Form::Seconds | Form::Milliseconds => match number(bytes) {
                Some(value) => self.number(name, value),
                None => self.hex(name, bytes),
            },
            Form::Address => match (<[u8; 4]>::try_from(bytes), <[u8; 16]>::try_from(bytes)) {
                (Ok(four), _) => self.shown(name, Ipv4Addr::from(four)),
                (_, Ok(sixteen)) => self.shown(name, Ipv6Addr::from(sixteen)),
                _ => self.hex(name, bytes),
            },
            Form::Mac if bytes.len() == 6 => {
                let parts: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                self.shown(name, parts.join(":"));
            }
            Form::Ntp if bytes.len() == 8 => self.ntp(name, bytes),
            Form::Uptime => match (number(bytes), boot_ms) {
                (Some(up_ms), Some(boot_ms)) => {
                    let name = name.replace("SysUpTime", "Milliseconds");
                    self.number(&name, boot_ms.wrapping_add(up_ms));
                }
                (Some(up_ms), None) => self.number(name, up_ms),
                (None, _) => self.hex(name, bytes),
            },
            Form::Truth => {
                // RFC 7011: 1 is true, 2 is false.
                let _ = write!(self.text, ",\"{name}\":{}", bytes == [1]);
            }
            Form::Text => self.text(name, bytes),
            Form::Mac | Form::Ntp | Form::Hex => self.hex(name, bytes),
        }
    }

    /// As milliseconds, under the name that says so.
    fn ntp(&mut self, name: &str, bytes: &[u8]) {
        let (seconds, fraction) = bytes.split_at(4);
        let seconds = number(seconds).unwrap_or_default();
        let fraction = number(fraction).unwrap_or_default();
        let ms = seconds.saturating_sub(NTP_S) * 1000 + ((fraction * 1000) >> 32);
        let name =
            name.replace("Microseconds", "Milliseconds").replace("Nanoseconds", "Milliseconds");
        self.number(&name, ms);
    }

    fn unknown(&mut self, field: Field, bytes: &[u8]) {
        let name = match field.enterprise {
            0 => format!("element{}", field.id),
            enterprise => format!("element{enterprise}_{}", field.id),
        };
        self.hex(&name, bytes);
    }

    fn hex(&mut self, name: &str, bytes: &[u8]) {
        let _ = write!(self.text, ",\"{name}\":\"");
        for byte in &bytes[..bytes.len().min(VALUE_BYTES_MAX)] {
            let _ = write!(self.text, "{byte:02x}");
        }
        self.text.push('"');
    }

    fn text(&mut self, name: &str, bytes: &[u8]) {
        let _ = write!(self.text, ",\"{name}\":\"");
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(VALUE_BYTES_MAX)]);
        for char in text.trim_end_matches('\0').chars() {
            match char {
                '"' | '\\' => self.text.extend(['\\', char]),
                char if char.is_control() => {
                    let _ = write!(self.text, "\\u{:04x}", u32::from(char));
                }
                char => self.text.push(char),
            }
        }
        self.text.push('"');
    }
}
