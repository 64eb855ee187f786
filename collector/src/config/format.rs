//! Checking how a file's bytes become records.

use super::Check;
use super::raw::{RawFile, RawJoin};
use crate::Error;
use crate::files::framer::{Format, Join};
use encoding_rs::Encoding;
use model::RAW_BYTES_MAX;
use regex::bytes::Regex;
use std::sync::Arc;

/// Shorter records would cut ordinary lines.
const RECORD_BYTES_MIN: usize = 256;
/// Programs write a stack trace at once, and auditd the lines of an event within two seconds.
const JOIN_MS: u32 = 3_000;
/// Longer, and what was joined would come too late to be of use.
const JOIN_MS_MAX: u32 = 60_000;

impl Check<'_> {
    /// How the files of `raw` are cut into records.
    pub(super) fn format(&self, raw: &RawFile) -> Result<Format, Error> {
        let encoding = match &raw.encoding {
            None => None,
            Some(name) => self.at("encoding", name, encoding)?,
        };
        let record_bytes_max = match &raw.record_bytes_max {
            None => RAW_BYTES_MAX,
            Some(value) if (RECORD_BYTES_MIN..=RAW_BYTES_MAX).contains(value.get_ref()) => {
                *value.get_ref()
            }
            Some(value) => {
                let problem = format!("is not between {RECORD_BYTES_MIN} and {RAW_BYTES_MAX}");
                return Err(self.error("record_bytes_max", &value.span(), problem));
            }
        };
        let join_ms = match &raw.join_ms {
            None => JOIN_MS,
            Some(value) if (1..=JOIN_MS_MAX).contains(value.get_ref()) => *value.get_ref(),
            Some(value) => {
                let problem = format!("is not between 1 and {JOIN_MS_MAX} milliseconds");
                return Err(self.error("join_ms", &value.span(), problem));
            }
        };
        let join = match &raw.join {
            None => Join::No,
            Some(join) => self.join(join)?,
        };
        let format = Format { record_bytes_max, encoding, join, join_ms: join_ms.into() };
        if let Some(join) = raw.join.as_ref().filter(|_| format.is_wide()) {
            let problem = "lines of UTF-16 cannot be joined: let the program write UTF-8";
            return Err(self.error("join", &join.span(), problem));
        }
        Ok(format)
    }

    fn join(&self, raw: &toml::Spanned<RawJoin>) -> Result<Join, Error> {
        let pattern = |key, text| {
            self.at(key, text, |text| Regex::new(text).map(Arc::new).map_err(first_line))
        };
        match raw.get_ref() {
            RawJoin { starts: Some(text), continues: None, indented: false, auditd: false } => {
                Ok(Join::Starts(pattern("starts", text)?))
            }
            RawJoin { starts: None, continues: Some(text), indented: false, auditd: false } => {
                Ok(Join::Continues(pattern("continues", text)?))
            }
            RawJoin { starts: None, continues: None, indented: true, auditd: false } => {
                Ok(Join::Indented)
            }
            RawJoin { starts: None, continues: None, indented: false, auditd: true } => {
                Ok(Join::Auditd)
            }
            _ => {
                let problem = "give one of starts, continues, indented and auditd";
                Err(self.error("join", &raw.span(), problem))
            }
        }
    }
}

/// The encoding called `name`; `None`: bytes are left as they are.
fn encoding(name: &str) -> Result<Option<&'static Encoding>, String> {
    match Encoding::for_label(name.as_bytes()) {
        Some(encoding) if encoding == encoding_rs::UTF_8 => Ok(None),
        // Its bytes mean something else after each of its escapes, so lines cannot be found.
        Some(encoding)
            if encoding != encoding_rs::ISO_2022_JP && encoding != encoding_rs::REPLACEMENT =>
        {
            Ok(Some(encoding))
        }
        _ => Err(format!("{name:?} is no encoding: try utf-8, utf-16le, utf-16be or windows-1252")),
    }
}

/// What a pattern's error says, on one line.
#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
fn first_line(error: regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    format!("is no regular expression: {}", last.trim_start_matches("error: "))
}
