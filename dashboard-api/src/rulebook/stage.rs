//! How far a rule has come, and whose word takes it further.

use serde::{Deserialize, Serialize};

/// How far a rule has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RuleStage)]
pub(crate) enum Stage {
    /// Being written; no detector has it.
    Draft,
    /// Run everywhere; matches are counted and nobody is told.
    Shadow,
    /// Alerts in the named agencies, counted elsewhere.
    Canary,
    /// In force.
    Active,
    /// Kept for the record.
    Retired,
}

impl Stage {
    pub(crate) const ALL: [Self; 5] =
        [Self::Draft, Self::Shadow, Self::Canary, Self::Active, Self::Retired];

    /// As it is stored, and written in `stages.yml`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Shadow => "shadow",
            Self::Canary => "canary",
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == name)
    }

    /// Whether detectors have it.
    pub(crate) fn is_loaded(self) -> bool {
        !matches!(self, Self::Draft | Self::Retired)
    }
}

/// A stage that somebody asked for and that others must agree to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RuleProposal)]
pub(crate) struct Proposal {
    /// Which version.
    pub(crate) version: u32,
    pub(crate) stage: Stage,
    /// Of a canary.
    pub(crate) agencies: Vec<String>,
    /// Who asked.
    pub(crate) by: String,
    /// When, in ms.
    pub(crate) at_ms: i64,
    pub(crate) note: String,
    /// How many people must agree.
    pub(crate) needed: u8,
    /// Who did.
    pub(crate) approved_by: Vec<String>,
}

/// What is known when somebody asks for a stage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    pub(crate) is_exception: bool,
    /// The stage and version in force.
    pub(crate) from: (Stage, Option<u32>),
    /// What is asked for.
    pub(crate) to: (Stage, u32),
    /// Whether the version asked for was active before: two people have agreed to it once.
    pub(crate) was_active: bool,
    /// Whether what is excepted is of level high or critical.
    pub(crate) guards_high: bool,
}

impl Ask {
    /// How many people beside the author must agree.
    ///
    /// What makes alerts everywhere takes two; going back to what made them before takes one, as it
    /// is done in a hurry; so does taking a rule out of force, which blinds everybody. An exception
    /// hides: of what matters most only with another's word. What only counts takes nobody's.
    pub(crate) fn approvals(self) -> u8 {
        let (from, to) = (self.from.0, self.to.0);
        match (self.is_exception, to) {
            (true, Stage::Active) => u8::from(self.guards_high),
            (true, _) => 0,
            (false, Stage::Active) => 2 - u8::from(self.was_active),
            (false, _) => u8::from(from == Stage::Active),
        }
    }

    /// Whether there is such a step at all.
    pub(crate) fn is_possible(self) -> bool {
        let same = self.from.0 == self.to.0 && self.from.1 == Some(self.to.1);
        match self.to.0 {
            Stage::Draft => false,
            // The agencies of a canary may change.
            Stage::Canary => !self.is_exception,
            Stage::Shadow => !same && !self.is_exception,
            Stage::Active => !same,
            Stage::Retired => self.from.0 != Stage::Retired && self.from.0 != Stage::Draft,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_word_it_takes() {
        use Stage::{Active, Canary, Draft, Retired, Shadow};
        let ask = |from, to, was_active| Ask {
            is_exception: false,
            from: (from, (from != Draft).then_some(1)),
            to: (to, 2),
            was_active,
            guards_high: false,
        };
        for (from, to, was_active, expected) in [
            (Draft, Shadow, false, Some(0)),
            (Shadow, Canary, false, Some(0)),
            (Canary, Active, false, Some(2)),
            (Active, Active, false, Some(2)),
            (Active, Active, true, Some(1)),
            (Active, Shadow, false, Some(1)),
            (Active, Retired, true, Some(1)),
            (Shadow, Retired, false, Some(0)),
            (Retired, Active, true, Some(1)),
            (Active, Draft, false, None),
            (Retired, Retired, false, None),
            (Draft, Retired, false, None),
        ] {
            let ask = ask(from, to, was_active);
            let found = ask.is_possible().then(|| ask.approvals());
            assert_eq!(found, expected, "{from:?} to {to:?}");
        }
        let hide = Ask { is_exception: true, ..ask(Draft, Active, false) };
        assert_eq!(hide.approvals(), 0);
        assert_eq!(Ask { guards_high: true, ..hide }.approvals(), 1);
        assert!(!Ask { to: (Shadow, 2), ..hide }.is_possible());
    }
}
