//! A long history of events from few: real ones, repeated at other times, with other agencies, hosts, users,
//! addresses and ids, in their text as in their fields.
//!
//! A repetition stands as many events behind the first as there are different ones, so that no
//! compression sees the two together.

use anyhow::Context as _;
use regex::Regex;
use serde_json::Value;
use std::fmt::Write as _;
use std::ops::Range;

/// How many agencies there are; of two that chance names, the first in the list has the event.
pub(crate) const AGENCIES: u64 = 40;
/// Users that are everywhere keep their names, and so do names too short to be found in a text.
const NAME_BYTES_MIN: usize = 4;
const EVERYWHERE: [&str; 4] = ["root", "SYSTEM", "LOCAL SERVICE", "NETWORK SERVICE"];

/// What of a text is said anew.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Agency,
    Id,
    Ms,
    Date,
    Clock,
    Address,
    Host,
    User,
}

/// A document and the places in it that change.
struct Pattern {
    text: String,
    host: String,
    places: Vec<(Range<usize>, Kind)>,
}

/// Documents that are said again and again.
pub(crate) struct History {
    patterns: Vec<Pattern>,
}

/// When and whose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Telling {
    pub(crate) number: u64,
    pub(crate) time_ms: i64,
}

impl History {
    /// From events or alerts, one a line, at most `patterns`.
    pub(crate) fn new(lines: &str, patterns: usize) -> anyhow::Result<Self> {
        let fixed = r#"(?P<agency>"tenant_uid":"[a-z]+")|(?P<id>"uid":"[0-9a-f]{32}")|(?P<ms>\b\d{12,13}\b)|(?P<date>20\d\d-[01]\d-[0-3]\d)|(?P<clock>[012]\d:[0-5]\d:[0-5]\d)|(?P<address>\b\d{1,3}(?:\.\d{1,3}){3}\b)"#;
        let fixed = Regex::new(fixed)?;
        let patterns: anyhow::Result<Vec<Pattern>> =
            lines.lines().take(patterns).map(|line| pattern(line, &fixed)).collect();
        Ok(Self { patterns: patterns? })
    }

    /// How many different documents there are.
    pub(crate) fn len(&self) -> usize {
        self.patterns.len()
    }

    /// The agency of what is told, and the document, appended to `out`.
    pub(crate) fn tell(&self, telling: Telling, out: &mut String) -> u64 {
        let count = self.patterns.len().max(1) as u64;
        let (round, index) = (telling.number / count, telling.number % count);
        let Some(pattern) = self.patterns.get(index as usize) else { return 0 };
        let host = hash(pattern.host.as_bytes(), round % 8 + index % 4 * 8);
        let agency = (host % AGENCIES).min(host / AGENCIES % AGENCIES);
        let voice = Voice { agency, round, telling };
        let (mut from, mut times) = (0, 0);
        for (place, kind) in &pattern.places {
            out.push_str(&pattern.text[from..place.start]);
            times += i64::from(matches!(kind, Kind::Ms));
            voice.say(*kind, &pattern.text[place.clone()], times, out);
            from = place.end;
        }
        out.push_str(&pattern.text[from..]);
        agency
    }
}

/// The name of an agency by its number.
pub(crate) fn agency(number: u64) -> String {
    format!("a{number:02}")
}

/// The groups of the expression that finds what looks the same in every document.
const KINDS: [(&str, Kind); 6] = [
    ("agency", Kind::Agency),
    ("id", Kind::Id),
    ("ms", Kind::Ms),
    ("date", Kind::Date),
    ("clock", Kind::Clock),
    ("address", Kind::Address),
];

/// Finds what changes in a document.
fn pattern(line: &str, fixed: &Regex) -> anyhow::Result<Pattern> {
    let event: Value = serde_json::from_str(line).context("not JSON")?;
    let text = |pointer| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let host = text("/device/hostname").to_owned();
    let user = [text("/user/name"), text("/actor/user/name")].into_iter().find(|u| !u.is_empty());
    let mut places: Vec<(Range<usize>, Kind)> = fixed
        .captures_iter(line)
        .filter_map(|captures| {
            KINDS.iter().find_map(|(name, kind)| Some((captures.name(name)?.range(), *kind)))
        })
        .collect();
    for (name, kind) in [(host.as_str(), Kind::Host), (user.unwrap_or_default(), Kind::User)] {
        named(line, name, kind, &mut places);
    }
    places.sort_by_key(|(place, _)| (place.start, usize::MAX - place.end));
    let mut end = 0;
    places.retain(|(place, _)| {
        let apart = place.start >= end;
        end = if apart { place.end } else { end };
        apart
    });
    Ok(Pattern { places, text: line.to_owned(), host })
}

/// Where a name stands as a word.
fn named(line: &str, name: &str, kind: Kind, places: &mut Vec<(Range<usize>, Kind)>) {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    if !plain || name.len() < NAME_BYTES_MIN || EVERYWHERE.contains(&name) {
        return;
    }
    let part = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'-');
    let bytes = line.as_bytes();
    for (start, _) in line.match_indices(name) {
        let end = start + name.len();
        if !part(start.checked_sub(1).and_then(|at| bytes.get(at))) && !part(bytes.get(end)) {
            places.push((start..end, kind));
        }
    }
}

/// Who says what is told, and when.
struct Voice {
    agency: u64,
    round: u64,
    telling: Telling,
}

impl Voice {
    fn say(&self, kind: Kind, was: &str, times: i64, out: &mut String) {
        let seconds = self.telling.time_ms / 1_000;
        let _ = match kind {
            Kind::Agency => write!(out, r#""tenant_uid":"{}""#, agency(self.agency)),
            Kind::Id => {
                let number = self.telling.number;
                let (high, low) = (hash(b"id", number), hash(was.as_bytes(), number));
                write!(out, r#""uid":"{high:016x}{low:016x}""#)
            }
            // The first is the event's own time, the others are those of its way.
            Kind::Ms => {
                let way = (times - 1) * (300 + (hash(b"way", self.telling.number) % 900) as i64);
                write!(out, "{}", self.telling.time_ms + way)
            }
            Kind::Date => write!(out, "{}", date(seconds)),
            Kind::Clock => {
                let (h, m, s) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
                write!(out, "{h:02}:{m:02}:{s:02}")
            }
            Kind::Address => self.address(was, out),
            Kind::Host => write!(out, "{was}-{}{}", agency(self.agency), self.round % 8),
            Kind::User => write!(out, "{was}{}", self.agency * 8 + self.round % 8),
        };
    }

    /// A private address stays in its network and is another host of the agency; of public ones there are
    /// sixteen times as many.
    fn address(&self, was: &str, out: &mut String) -> std::fmt::Result {
        let mut parts = was.split('.').map(|part| part.parse::<u8>().unwrap_or(1));
        let [a, b] = [parts.next().unwrap_or(1), parts.next().unwrap_or(1)];
        let private = matches!((a, b), (0 | 10 | 127 | 255, _) | (192, 168) | (172, 16..=31));
        if private {
            let [c, d, ..] = hash(was.as_bytes(), self.agency).to_le_bytes();
            return write!(out, "{a}.{b}.{c}.{d}");
        }
        let [b, c, d, ..] = hash(was.as_bytes(), self.round % 16).to_le_bytes();
        write!(out, "{a}.{b}.{c}.{d}")
    }
}

/// The day of seconds since the epoch; days of one month are enough here.
fn date(seconds: i64) -> String {
    let day = (seconds - START_S).div_euclid(86_400) + 1;
    format!("2026-11-{day:02}")
}

/// 2026-11-01T00:00:00Z, where every history begins.
pub(crate) const START_S: i64 = 1_793_491_200;

/// FNV-1a, and the mixing of SplitMix64 so that its bits are even.
fn hash(bytes: &[u8], seed: u64) -> u64 {
    let folded = bytes.iter().fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut mixed = folded.wrapping_add(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_again_differs_and_agrees_with_itself() {
        let line = r#"{"time":1772323206633,"metadata":{"uid":"d6984d61571d066abf8ef2774dbc88b5","tenant_uid":"local"},"device":{"hostname":"web-01"},"src_endpoint":{"ip":"203.0.113.9"},"raw_data":"2026-03-01T00:00:06 web-01 from 203.0.113.9"}"#;
        let history = History::new(line, 10).unwrap();
        assert_eq!(history.len(), 1);
        let tell = |number, hours: i64| {
            let mut out = String::new();
            let time_ms = (START_S + hours * 3_600) * 1_000;
            let agency = history.tell(Telling { number, time_ms }, &mut out);
            (agency, serde_json::from_str::<Value>(&out).unwrap())
        };
        let ((whose, first), (_, second)) = (tell(0, 25), tell(1, 26));
        assert_eq!(first["metadata"]["tenant_uid"], agency(whose));
        assert_eq!(first["time"], (START_S + 25 * 3_600) * 1_000);
        let raw = first["raw_data"].as_str().unwrap();
        let [host, ip] = ["/device/hostname", "/src_endpoint/ip"]
            .map(|pointer| first.pointer(pointer).and_then(Value::as_str).unwrap());
        assert_eq!(raw, format!("2026-11-02T01:00:00 {host} from {ip}"));
        for pointer in ["/device/hostname", "/src_endpoint/ip", "/metadata/uid"] {
            assert_ne!(first.pointer(pointer), second.pointer(pointer), "{pointer}");
        }
    }
}
