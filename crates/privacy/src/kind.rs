//! The kinds of personal data that are recognised.

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A Bangladeshi national id (10, 13 or 17 digits) or birth registration number (17).
    Nid,
    /// A Bangladeshi mobile number, with or without the country's code.
    Phone,
    /// An e-mail address.
    Email,
    /// A payment card's number.
    Card,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Nid, Self::Phone, Self::Email, Self::Card];

    /// The name in tokens and configurations.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nid => "nid",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Card => "card",
        }
    }

    /// The kind of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A set of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kinds(u8);

impl Kinds {
    pub(crate) fn new(kinds: &[Kind]) -> Self {
        Self(kinds.iter().fold(0, |set, kind| set | 1 << *kind as u8))
    }

    pub(crate) fn has(self, kind: Kind) -> bool {
        self.0 >> kind as u8 & 1 == 1
    }
}
