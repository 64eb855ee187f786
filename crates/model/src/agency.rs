//! The ministry or office that a record belongs to.

use crate::Error;
use std::fmt;
use std::sync::Arc;

/// The longest agency name, in bytes; it becomes part of a Kafka topic's name.
const AGENCY_BYTES_MAX: usize = 40;

/// An agency's short name: `a-z`, `0-9` and `-`, beginning with a letter or digit.
///
/// It is taken from the name of the topic, which Kafka's access rules guard, never from what a
/// record says of itself.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Agency(Arc<str>);

impl Agency {
    /// Checks `name` against the form above.
    pub fn new(name: &str) -> Result<Self, Error> {
        let bytes = name.as_bytes();
        let fits = !bytes.is_empty() && bytes.len() <= AGENCY_BYTES_MAX;
        let legal =
            bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-');
        if fits && legal && bytes[0] != b'-' {
            Ok(Self(name.into()))
        } else {
            Err(Error::Agency { name: name.into() })
        }
    }

    /// The agency of the filters, which read standard input.
    pub fn local() -> Self {
        Self("local".into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Agency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Agency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Agency({})", self.0)
    }
}

impl TryFrom<String> for Agency {
    type Error = Error;
    fn try_from(name: String) -> Result<Self, Error> {
        Self::new(&name)
    }
}

impl From<Agency> for String {
    fn from(agency: Agency) -> Self {
        agency.0.as_ref().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let long = "a".repeat(41);
        for (name, valid) in [
            ("mof", true),
            ("bd-police2", true),
            ("9", true),
            ("", false),
            ("-mof", false),
            ("MoF", false),
            ("mof.gov", false),
            ("mof/../x", false),
            ("অর্থ", false),
            (long.as_str(), false),
        ] {
            assert_eq!(Agency::new(name).is_ok(), valid, "{name:?}");
        }
    }
}
