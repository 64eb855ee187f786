//! An event being made: which attributes are set, and their values.

use crate::ip;
use crate::names::Names;
use crate::paths::{COUNT, Kind, Path, WORDS};
use crate::value::Value;

/// How many native fields an event keeps in `unmapped`; what is beyond stays in `raw_data` only.
/// The widest real record (a Windows or CloudTrail event) has about 200.
pub const UNMAPPED_MAX: usize = 1000;

/// `severity_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Not known.
    Unknown = 0,
    /// No action needed.
    Informational = 1,
    /// The user decides.
    Low = 2,
    /// Action needed, not at once.
    Medium = 3,
    /// Action needed at once.
    High = 4,
    /// Action needed at once, the scope is broad.
    Critical = 5,
    /// An error occurred, and it is too late.
    Fatal = 6,
}

impl Severity {
    /// The name that goes with the number.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Informational => "Informational",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
            Self::Fatal => "Fatal",
        }
    }

    /// The severity of a syslog priority value (RFC 5424, table 2).
    pub fn of_syslog(severity: u8) -> Self {
        match severity {
            0 => Self::Fatal,
            1 | 2 => Self::Critical,
            3 => Self::High,
            4 => Self::Medium,
            5 => Self::Low,
            _ => Self::Informational,
        }
    }
}

/// `status_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It worked.
    Success = 1,
    /// It did not.
    Failure = 2,
}

/// The memory of an event, to be used again for the next one.
#[derive(Default)]
pub struct Store {
    index: Vec<u16>,
    values: Vec<Value<'static>>,
    unmapped: Vec<(&'static str, Value<'static>)>,
    labels: Vec<&'static str>,
}

/// An event being made. Everything in it is borrowed from the record or its arena.
pub struct Event<'a> {
    /// Class number ([`crate::class`]).
    pub class: u32,
    /// Activity within the class.
    pub activity: u8,
    /// The activity's own name, where `activity` is 99.
    pub activity_name: Option<&'a str>,
    /// How bad it is.
    pub severity: Severity,
    /// When, in milliseconds since the epoch; `None` until a parser finds out.
    pub time: Option<i64>,
    /// One line for a person.
    pub message: Option<&'a str>,
    /// The part of the raw text that it was made of, where that holds several events.
    pub raw: Option<&'a str>,
    /// Parser and version, such as `sshd/1`.
    pub parser: &'static str,
    /// Members of `unmapped`, already written as JSON: `"a":1,"b":{"c":2}`.
    pub unmapped_members: &'a [u8],
    pub(crate) used: [u64; WORDS],
    index: Vec<u16>,
    values: Vec<Value<'a>>,
    pub(crate) unmapped: Vec<(&'a str, Value<'a>)>,
    unmapped_names: Names,
    pub(crate) labels: Vec<&'static str>,
}

/// Gives an empty vector another lifetime, keeping its memory.
fn relabel<A, B>(mut vec: Vec<A>) -> Vec<B> {
    vec.clear();
    // An empty iterator never calls the closure; `collect` reuses the allocation in place.
    vec.into_iter().filter_map(|_| None).collect()
}

impl<'a> Event<'a> {
    /// An empty event in the memory of an earlier one.
    pub fn new(store: Store) -> Self {
        let mut index = store.index;
        index.resize(COUNT, 0);
        Self {
            class: 0,
            activity: 0,
            activity_name: None,
            severity: Severity::Informational,
            time: None,
            message: None,
            raw: None,
            parser: "none/0",
            unmapped_members: b"",
            used: [0; WORDS],
            index,
            values: relabel(store.values),
            unmapped: relabel(store.unmapped),
            unmapped_names: Names::default(),
            labels: store.labels,
        }
    }

    /// Empties the event, for the next one of the same record.
    pub fn clear(&mut self) {
        *self = Self::new(std::mem::replace(self, Self::new(Store::default())).into_store());
    }

    /// The event's memory.
    pub fn into_store(mut self) -> Store {
        self.labels.clear();
        Store {
            index: self.index,
            values: relabel(self.values),
            unmapped: relabel(self.unmapped),
            labels: self.labels,
        }
    }

    /// Whether an attribute is set.
    #[inline]
    pub fn has(&self, path: Path) -> bool {
        self.used[usize::from(path.0) / 64] >> (path.0 % 64) & 1 == 1
    }

    /// An attribute's value.
    pub fn get(&self, path: Path) -> Option<Value<'a>> {
        self.has(path).then(|| self.values[usize::from(self.index[usize::from(path.0)])])
    }

    /// An attribute's value, where it is text.
    pub fn text(&self, path: Path) -> Option<&'a str> {
        match self.get(path) {
            Some(Value::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// Sets an attribute. A value that does not fit the attribute's kind goes to `unmapped` under
    /// the attribute's path; empty text is no value.
    #[inline]
    pub fn set(&mut self, path: Path, value: impl Into<Value<'a>>) {
        let value = value.into();
        match fit(path.kind(), value) {
            Fit::Good(value) => self.put(path, value),
            Fit::Empty => {}
            Fit::Bad => self.unmapped(path.text(), value),
        }
    }

    /// Sets an attribute unless it is set already.
    pub fn set_if_absent(&mut self, path: Path, value: impl Into<Value<'a>>) {
        if !self.has(path) {
            self.set(path, value);
        }
    }

    /// Sets an attribute if the value fits its kind, and says whether it did.
    pub fn try_set(&mut self, path: Path, value: impl Into<Value<'a>>) -> bool {
        match fit(path.kind(), value.into()) {
            Fit::Good(value) => {
                self.put(path, value);
                true
            }
            Fit::Empty => true,
            Fit::Bad => false,
        }
    }

    #[inline]
    pub(crate) fn put(&mut self, path: Path, value: Value<'a>) {
        let at = usize::from(path.0);
        if self.has(path) {
            self.values[usize::from(self.index[at])] = value;
            return;
        }
        self.used[at / 64] |= 1 << (at % 64);
        self.index[at] = self.values.len() as u16;
        self.values.push(value);
    }

    /// Unsets an attribute.
    pub fn remove(&mut self, path: Path) {
        self.used[usize::from(path.0) / 64] &= !(1 << (path.0 % 64));
    }

    pub(crate) fn value(&self, path: Path) -> Value<'a> {
        self.values[usize::from(self.index[usize::from(path.0)])]
    }

    /// Keeps a native field under its native name. Of two with one name the first stays.
    #[inline]
    pub fn unmapped(&mut self, name: &'a str, value: impl Into<Value<'a>>) {
        if self.unmapped.len() < UNMAPPED_MAX
            && !(self.unmapped_names.add(name) && self.find_native(name).is_some())
        {
            self.unmapped.push((name, value.into()));
        }
    }

    /// A native field.
    #[inline]
    pub fn native(&self, name: &str) -> Option<Value<'a>> {
        self.unmapped_names.may_have(name).then(|| self.find_native(name)).flatten()
    }

    fn find_native(&self, name: &str) -> Option<Value<'a>> {
        self.unmapped.iter().find(|(n, _)| *n == name).map(|(_, value)| *value)
    }

    /// Adds a label to `metadata.labels`.
    pub fn label(&mut self, label: &'static str) {
        if !self.labels.contains(&label) {
            self.labels.push(label);
        }
    }

    /// The labels so far.
    pub fn labels(&self) -> &[&'static str] {
        &self.labels
    }

    /// Sets class and activity.
    pub fn kind(&mut self, class: u32, activity: u8) {
        (self.class, self.activity) = (class, activity);
    }

    /// Sets `status_id` and `status`.
    pub fn status(&mut self, status: Status) {
        self.put(Path::STATUS_ID, Value::Int(status as i64));
        let name = if status == Status::Success { "Success" } else { "Failure" };
        self.put(Path::STATUS, Value::Str(name));
    }

    /// Names the product that wrote the log.
    pub fn product(&mut self, vendor: &'static str, name: &'static str) {
        self.put(Path::METADATA_PRODUCT_VENDOR_NAME, Value::Str(vendor));
        self.put(Path::METADATA_PRODUCT_NAME, Value::Str(name));
    }

    /// The attributes that are set, in the order of the table.
    #[inline]
    pub(crate) fn paths(&self) -> impl Iterator<Item = Path> + use<> {
        paths(self.used)
    }

    /// Whether any attribute of a run is set.
    #[inline]
    pub(crate) fn any(&self, paths: &std::ops::Range<u16>) -> bool {
        if paths.is_empty() {
            return false;
        }
        let (first, last) = (usize::from(paths.start), usize::from(paths.end) - 1);
        let head = u64::MAX << (first % 64);
        let tail = u64::MAX >> (63 - last % 64);
        if first / 64 == last / 64 {
            return self.used[first / 64] & head & tail != 0;
        }
        self.used[first / 64] & head != 0
            || self.used[last / 64] & tail != 0
            || self.used[first / 64 + 1..last / 64].iter().any(|word| *word != 0)
    }
}

/// The numbers of the bits that are set, lowest first.
#[inline]
pub(crate) fn bits(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = word.trailing_zeros() as usize;
        (word != 0).then(|| {
            word &= word - 1;
            at
        })
    })
}

/// The paths in a set.
#[inline]
pub(crate) fn paths(set: [u64; WORDS]) -> impl Iterator<Item = Path> {
    let (mut at, mut word) = (0, set[0]);
    std::iter::from_fn(move || {
        while word == 0 {
            at += 1;
            word = *set.get(at)?;
        }
        let path = Path((at * 64) as u16 + word.trailing_zeros() as u16);
        word &= word - 1;
        Some(path)
    })
}

enum Fit<'a> {
    Good(Value<'a>),
    Empty,
    Bad,
}

#[inline]
fn fit(kind: Kind, value: Value<'_>) -> Fit<'_> {
    match (kind, value) {
        (_, Value::Str("")) => Fit::Empty,
        (Kind::Str | Kind::List, Value::Str(_)) => Fit::Good(value),
        (Kind::Ip, Value::Str(text)) => match ip::parse(text) {
            Some(ip) => Fit::Good(Value::Str(ip.text)),
            None => Fit::Bad,
        },
        (Kind::Int | Kind::IntList, Value::Int(_)) => Fit::Good(value),
        (Kind::Int | Kind::IntList, Value::Str(text)) => whole(text),
        (Kind::Int | Kind::IntList, Value::Float(number)) => {
            let whole = number as i64;
            if whole as f64 == number { Fit::Good(Value::Int(whole)) } else { Fit::Bad }
        }
        (Kind::Bool, Value::Bool(_)) | (Kind::Json, Value::Json(_)) => Fit::Good(value),
        (Kind::Bool, Value::Str(text)) => match text.as_bytes() {
            b"true" | b"True" | b"TRUE" | b"yes" => Fit::Good(Value::Bool(true)),
            b"false" | b"False" | b"FALSE" | b"no" => Fit::Good(Value::Bool(false)),
            _ => Fit::Bad,
        },
        (Kind::Mac, Value::Str(text)) if ip::is_mac(text) => Fit::Good(value),
        (Kind::Email, Value::Str(text)) if ip::is_email(text) => Fit::Good(value),
        (Kind::List, Value::List(_)) | (Kind::Hashes, Value::Hashes(_)) => Fit::Good(value),
        (Kind::Float, Value::Float(number)) if number.is_finite() => Fit::Good(value),
        // The writer puts numbers and truth values where text belongs into quotes.
        (Kind::Str, Value::Int(_) | Value::Uint(_) | Value::Bool(_) | Value::Float(_)) => {
            Fit::Good(value)
        }
        _ => Fit::Bad,
    }
}

fn whole(text: &str) -> Fit<'_> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let number = match hex {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    };
    number.map_or(Fit::Bad, |n| Fit::Good(Value::Int(n)))
}
