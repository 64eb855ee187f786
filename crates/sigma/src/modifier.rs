//! The value modifiers, by name.

use crate::near::nearest;
use crate::{Comparison, DatePart};

/// A modifier of Sigma 2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Modifier {
    /// Every value must be found, not one of them.
    All,
    /// `*value*`.
    Contains,
    /// `value*`.
    StartsWith,
    /// `*value`.
    EndsWith,
    /// The field is there, or not.
    Exists,
    /// Case counts.
    Cased,
    /// None of the values.
    Neq,
    /// All forms of the dash before an option.
    Windash,
    /// A regular expression.
    Re,
    /// Of a regular expression: case does not count.
    IgnoreCase,
    /// Of a regular expression: `^` and `$` are those of lines.
    MultiLine,
    /// Of a regular expression: `.` is a line break too.
    DotAll,
    /// Base64.
    Base64,
    /// Base64 at any of three offsets.
    Base64Offset,
    /// UTF-16, little-endian; `wide` is another name of it.
    Utf16le,
    /// UTF-16, big-endian.
    Utf16be,
    /// UTF-16 behind a byte-order mark.
    Utf16,
    /// A comparison of numbers.
    Compare(Comparison),
    /// A part of a date.
    Date(DatePart),
    /// An address in a network.
    Cidr,
    /// Placeholders from the configuration.
    Expand,
    /// Another field's value.
    Fieldref,
}

/// Every name, in the order in which errors list them.
const NAMES: [(&str, Modifier); 31] = [
    ("all", Modifier::All),
    ("base64", Modifier::Base64),
    ("base64offset", Modifier::Base64Offset),
    ("cased", Modifier::Cased),
    ("cidr", Modifier::Cidr),
    ("contains", Modifier::Contains),
    ("day", Modifier::Date(DatePart::Day)),
    ("endswith", Modifier::EndsWith),
    ("exists", Modifier::Exists),
    ("expand", Modifier::Expand),
    ("fieldref", Modifier::Fieldref),
    ("gt", Modifier::Compare(Comparison::Greater)),
    ("gte", Modifier::Compare(Comparison::GreaterOrEqual)),
    ("hour", Modifier::Date(DatePart::Hour)),
    ("i", Modifier::IgnoreCase),
    ("lt", Modifier::Compare(Comparison::Less)),
    ("lte", Modifier::Compare(Comparison::LessOrEqual)),
    ("m", Modifier::MultiLine),
    ("minute", Modifier::Date(DatePart::Minute)),
    ("month", Modifier::Date(DatePart::Month)),
    ("neq", Modifier::Neq),
    ("re", Modifier::Re),
    ("s", Modifier::DotAll),
    ("startswith", Modifier::StartsWith),
    ("utf16", Modifier::Utf16),
    ("utf16be", Modifier::Utf16be),
    ("utf16le", Modifier::Utf16le),
    ("week", Modifier::Date(DatePart::Week)),
    ("wide", Modifier::Utf16le),
    ("windash", Modifier::Windash),
    ("year", Modifier::Date(DatePart::Year)),
];

impl Modifier {
    /// The modifier of that name.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, modifier)| *modifier)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }

    /// The known name that is most like `name`, if one is like it.
    pub(crate) fn suggest(name: &str) -> Option<&'static str> {
        nearest(name, NAMES.iter().map(|(known, _)| *known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_known_and_near_names_are_guessed() {
        for (name, modifier) in NAMES {
            assert_eq!(Modifier::named(name), Some(modifier));
        }
        for (name, expected) in [
            ("contain", Some("contains")),
            ("startwith", Some("startswith")),
            ("Endswith", Some("endswith")),
            ("fieldRef", Some("fieldref")),
            ("xyzzy", None),
            ("", None),
        ] {
            assert_eq!(Modifier::named(name), None);
            assert_eq!(Modifier::suggest(name), expected, "{name}");
        }
    }
}
