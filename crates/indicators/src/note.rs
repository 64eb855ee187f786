//! What is known of an indicator besides its value.

/// How widely an indicator may be told of (FIRST, Traffic Light Protocol 2.0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tlp {
    /// To anybody.
    Clear,
    /// Within the community.
    Green,
    /// Within the organisation and to its clients.
    Amber,
    /// Within the organisation.
    AmberStrict,
    /// To the named only.
    Red,
}

impl Tlp {
    /// The name as OCSF has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "CLEAR",
            Self::Green => "GREEN",
            Self::Amber => "AMBER",
            Self::AmberStrict => "AMBER STRICT",
            Self::Red => "RED",
        }
    }

    /// The colour of a name such as `tlp:amber+strict`.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        Some(match name.strip_prefix("tlp:").unwrap_or(&name) {
            "clear" | "white" => Self::Clear,
            "green" => Self::Green,
            "amber" => Self::Amber,
            "amber+strict" | "amber strict" | "amber-strict" => Self::AmberStrict,
            "red" => Self::Red,
            _ => return None,
        })
    }
}

/// Who lists an indicator, how surely, until when, and why.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Note {
    /// The feed: the file's name without its ending, or what the file calls itself.
    pub source: String,
    /// The feed's own id of the indicator or of the report that it stands in.
    pub reference: Option<String>,
    /// What it is about, for a person.
    pub label: Option<String>,
    /// From 0 to 100.
    pub confidence: Option<u8>,
    /// How widely it may be told of.
    pub tlp: Option<Tlp>,
    /// Seconds since the epoch, from which on it counts no longer.
    pub expires: Option<i64>,
    /// In whose events it counts; none: in everybody's.
    pub agency: Option<String>,
}

impl Note {
    /// Whether it counts in the events of that agency.
    pub fn concerns(&self, agency: &str) -> bool {
        self.agency.as_deref().is_none_or(|own| own == agency)
    }
}
