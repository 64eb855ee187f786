//! The agencies whose rows a caller may see.

use model::Agency;
use std::collections::BTreeSet;

/// A set of agencies. Every read takes one; there is no default, so that nobody sees everything
/// by leaving something out. A scope of no agencies sees no rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(Which);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Which {
    All,
    Of(BTreeSet<Agency>),
}

impl Scope {
    /// These agencies.
    pub fn of(agencies: impl IntoIterator<Item = Agency>) -> Self {
        Self(Which::Of(agencies.into_iter().collect()))
    }

    /// Every agency, those of tomorrow too, and dead letters that no agency can be named for. For
    /// the few who answer for all.
    pub fn all() -> Self {
        Self(Which::All)
    }

    /// Whether it allows nothing.
    pub fn is_empty(&self) -> bool {
        matches!(&self.0, Which::Of(agencies) if agencies.is_empty())
    }

    /// Whether it allows this agency.
    pub fn allows(&self, agency: &Agency) -> bool {
        match &self.0 {
            Which::All => true,
            Which::Of(agencies) => agencies.contains(agency),
        }
    }

    /// The agencies of this scope that a filter asks for: all of it when `None`. The answer is
    /// `None` when no agency is to be left out.
    pub(crate) fn narrowed(&self, asked: Option<&Agency>) -> Option<Vec<String>> {
        match (&self.0, asked) {
            (Which::All, None) => None,
            (Which::Of(agencies), None) => Some(agencies.iter().map(Agency::to_string).collect()),
            (_, Some(asked)) => {
                Some(self.allows(asked).then(|| asked.to_string()).into_iter().collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_narrows_and_never_widens() {
        let [mof, moh] = ["mof", "moh"].map(|name| Agency::new(name).unwrap());
        let own = Scope::of([mof.clone()]);
        let names = |names: &[&str]| Some(names.iter().map(|n| (*n).to_owned()).collect());
        for (scope, asked, expected) in [
            (&own, None, names(&["mof"])),
            (&own, Some(&mof), names(&["mof"])),
            (&own, Some(&moh), names(&[])),
            (&Scope::of([]), None, names(&[])),
            (&Scope::of([]), Some(&mof), names(&[])),
            (&Scope::all(), None, None),
            (&Scope::all(), Some(&moh), names(&["moh"])),
        ] {
            assert_eq!(scope.narrowed(asked), expected, "{scope:?} {asked:?}");
        }
    }
}
