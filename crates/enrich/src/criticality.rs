//! How much depends on an asset or an account.

/// Four levels, as CMDBs have them and as OCSF numbers levels of risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Criticality {
    /// Nothing stops without it.
    Low = 1,
    /// Some work stops.
    Medium = 2,
    /// A service stops.
    High = 3,
    /// The agency, or others with it, stop.
    Critical = 4,
}

impl Criticality {
    /// Every level.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The level of a word, in any case.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(word))
    }

    /// The word, as files and `data.criticality` have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The caption of OCSF's `risk_level`, whose `risk_level_id` is the level's number.
    pub fn caption(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }
}
