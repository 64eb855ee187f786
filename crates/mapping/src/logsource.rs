//! Sigma's log sources, as an event serves them.

/// Product, category and service, of which a rule names one or more.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct LogSource {
    /// Such as `windows`.
    pub product: Option<String>,
    /// Such as `process_creation`.
    pub category: Option<String>,
    /// Such as `sysmon`.
    pub service: Option<String>,
}

/// A log source that an event serves, if its fields have certain values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The log source.
    pub source: LogSource,
    /// Fields, by Sigma name, that must have one of the values, ignoring case; mostly none.
    pub conditions: Vec<(String, Vec<String>)>,
}

impl LogSource {
    /// Whether an event of this log source is what a rule for `wanted` looks at: every part that
    /// the rule names is the same here. A rule that names nothing fits nothing.
    pub fn fits(&self, wanted: &LogSource) -> bool {
        let part = |wanted: &Option<String>, have: &Option<String>| match (wanted, have) {
            (None, _) => true,
            (Some(wanted), Some(have)) => wanted.eq_ignore_ascii_case(have),
            (Some(_), None) => false,
        };
        *wanted != LogSource::default()
            && part(&wanted.product, &self.product)
            && part(&wanted.category, &self.category)
            && part(&wanted.service, &self.service)
    }
}
