//! The agencies whose rows a caller may see.

use model::Agency;
use std::collections::BTreeSet;

/// A set of agencies. Every read takes one; there is no scope of "everything", so that a caller
/// who may see all agencies has to name them. An empty scope sees no rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope(BTreeSet<Agency>);

impl Scope {
    /// The scope of these agencies.
    pub fn of(agencies: impl IntoIterator<Item = Agency>) -> Self {
        Self(agencies.into_iter().collect())
    }

    /// Whether it allows nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The agencies, in order.
    pub fn agencies(&self) -> impl Iterator<Item = &Agency> {
        self.0.iter()
    }

    /// The part of this scope that `agency` asks for: all of it when `None`.
    pub(crate) fn narrowed(&self, agency: Option<&Agency>) -> Vec<String> {
        let asked = |own: &&Agency| agency.is_none_or(|asked| asked == *own);
        self.0.iter().filter(asked).map(Agency::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_narrows_and_never_widens() {
        let [mof, moh] = ["mof", "moh"].map(|name| Agency::new(name).unwrap());
        let scope = Scope::of([mof.clone()]);
        assert_eq!(scope.narrowed(None), ["mof"]);
        assert_eq!(scope.narrowed(Some(&mof)), ["mof"]);
        assert_eq!(scope.narrowed(Some(&moh)), Vec::<String>::new());
        assert_eq!(Scope::default().narrowed(None), Vec::<String>::new());
    }
}
