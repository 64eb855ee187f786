//! The agencies' keys: which agency's personal data is hidden, read from files once at the start.

use crate::Error;
use privacy::{Keyring, Kind, Masker};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Who but the owner may do anything with a file of keys: nobody.
const OTHERS: u32 = 0o077;

/// `[privacy]`, as written.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawPrivacy {
    /// What is hidden: `nid`, `phone`, `email`, `card`; all of them where it is not said.
    pub kinds: Option<Vec<String>>,
    /// The file of keys of each agency that hides. The others hide nothing.
    pub keys: BTreeMap<model::Agency, PathBuf>,
}

/// What hides each agency's personal data.
#[derive(Debug, Clone, Default)]
pub struct Masks(Arc<HashMap<String, Masker>>);

impl Masks {
    /// Reads the keys that a configuration names.
    pub fn load(raw: &RawPrivacy) -> Result<Self, Error> {
        let kinds = match &raw.kinds {
            None => Kind::ALL.to_vec(),
            Some(names) => {
                let kind = |name: &String| {
                    Kind::named(name).ok_or_else(|| Error::PrivacyKind { name: name.clone() })
                };
                names.iter().map(kind).collect::<Result<_, _>>()?
            }
        };
        let mut masks = HashMap::new();
        for (agency, path) in &raw.keys {
            masks.insert(agency.as_str().to_owned(), Masker::new(read(path)?, &kinds));
        }
        Ok(Self(Arc::new(masks)))
    }

    /// One agency, of which everything is hidden that is known.
    pub fn of_agency(agency: &model::Agency, keys: &Path) -> Result<Self, Error> {
        Self::load(&RawPrivacy {
            kinds: None,
            keys: BTreeMap::from([(agency.clone(), keys.to_owned())]),
        })
    }

    /// What hides the personal data of `agency`, where it has a key.
    pub(crate) fn of(&self, agency: &str) -> Option<&Masker> {
        self.0.get(agency)
    }

    /// `raw` as somebody may see it who may see the agency's events.
    pub(crate) fn hide<'r>(&self, agency: &str, raw: &'r [u8]) -> Cow<'r, [u8]> {
        let masked = self.of(agency).and_then(|masker| masker.mask(raw));
        masked.map_or(Cow::Borrowed(raw), Cow::Owned)
    }
}

/// Reads a file of keys, which only its owner may read.
pub fn read(path: &Path) -> Result<Keyring, Error> {
    let error = |source| Error::KeyRead { path: path.to_owned(), source };
    let mode = std::fs::metadata(path).map_err(error)?.mode();
    if mode & OTHERS != 0 {
        return Err(Error::KeyOpen { path: path.to_owned(), mode: mode & 0o777 });
    }
    let text = std::fs::read_to_string(path).map_err(error)?;
    Keyring::parse(&text).map_err(|source| Error::Key { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mof.key");
        let keys = BTreeMap::from([(model::Agency::new("mof").unwrap(), path.clone())]);
        let load = |kinds: Option<&str>| {
            let kinds = kinds.map(|name| vec![name.to_owned()]);
            Masks::load(&RawPrivacy { kinds, keys: keys.clone() })
        };
        assert!(matches!(load(None), Err(Error::KeyRead { .. })));
        std::fs::write(&path, privacy::generate("k1", [1; 32]).unwrap()).unwrap();
        let set = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        set(0o640);
        assert!(matches!(load(None), Err(Error::KeyOpen { mode: 0o640, .. })));
        set(0o600);
        let masks = load(None).unwrap();
        assert_eq!(masks.hide("moh", b"a@b.org"), b"a@b.org".as_slice());
        assert!(masks.hide("mof", b"a@b.org").starts_with(b"tok-email-k1-"));
        assert_eq!(load(Some("card")).unwrap().hide("mof", b"a@b.org"), b"a@b.org".as_slice());
        assert!(matches!(load(Some("name")), Err(Error::PrivacyKind { .. })));
        std::fs::write(&path, "k1:short").unwrap();
        assert!(matches!(load(None), Err(Error::Key { .. })));
    }
}
