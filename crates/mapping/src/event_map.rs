//! What the tables say about one kind of event.

use crate::{Path, Served};
use std::collections::{BTreeSet, HashMap};

/// How a native value becomes the value at its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum As {
    /// The same text.
    Text,
    /// A number, from decimal digits or `0x` and hexadecimal ones.
    Int,
    /// An IP address, if it is one.
    Ip,
    /// Milliseconds since the epoch.
    Time,
    /// `true` or `false`.
    Bool,
    /// `DOMAIN\user`: the user at the path, the domain beside it.
    Account,
    /// `SHA1=…,MD5=…` as OCSF fingerprints.
    Hashes,
}

/// Where a native field goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The source's own name, without blanks.
    pub native: String,
    /// The OCSF path.
    pub path: String,
    /// The conversion.
    pub convert: As,
    /// A second path that gets the last part of the value, a file path.
    pub base: Option<String>,
}

/// A value that the normalizer writes as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fixed {
    /// A number.
    Int(i64),
    /// A text.
    Text(String),
}

/// Where Sigma finds a name that is no native one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Alias {
    /// At an OCSF path.
    Path(String),
    /// Where another native field is.
    Native(String),
}

/// Everything that the entries which fit an event say, merged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventMap {
    /// OCSF class, where the tables name one.
    pub class_uid: Option<u32>,
    /// OCSF activity within the class.
    pub activity_id: Option<u32>,
    /// Values to write as they stand: OCSF path and value.
    pub set: Vec<(String, Fixed)>,
    /// The Sigma log sources that the event serves.
    pub log_sources: Vec<Served>,
    pub(crate) fields: HashMap<String, Field>,
    pub(crate) sigma: HashMap<String, Alias>,
    /// Fields that the source has and that stay in `unmapped`; `prefix.*` stands for all below a
    /// key, `*` for any field at all.
    pub(crate) natives: BTreeSet<String>,
}

impl EventMap {
    /// Where the native field `name` goes; `None` means `unmapped.<name>`. Blanks in `name` do
    /// not count.
    pub fn field(&self, name: &str) -> Option<&Field> {
        if !name.contains(' ') {
            return self.fields.get(name);
        }
        self.fields.get(&name.replace(' ', ""))
    }

    /// All native fields that have a path, in no order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.values()
    }

    /// Where a Sigma rule's field `name` is to be read: the first path that is present counts.
    pub fn paths(&self, name: &str) -> Vec<Path> {
        let mut paths = vec![Path::unmapped(name)];
        let native = match self.sigma.get(name) {
            Some(Alias::Path(path)) => {
                paths.push(Path::ocsf(path));
                name
            }
            Some(Alias::Native(native)) => {
                paths.push(Path::unmapped(native));
                native
            }
            None => name,
        };
        if let Some(field) = self.field(native) {
            let path = Path::ocsf(&field.path);
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        paths
    }

    /// Whether the source produces what a Sigma rule calls `name`, as far as the tables say: under
    /// an alias, under a path, or natively.
    pub fn produces(&self, name: &str) -> bool {
        let native = match self.sigma.get(name) {
            Some(Alias::Path(_)) => return true,
            Some(Alias::Native(native)) => native,
            None => name,
        };
        self.field(native).is_some() || self.is_native(&native.replace(' ', ""))
    }

    fn is_native(&self, name: &str) -> bool {
        let above = |(at, _): (usize, &str)| self.natives.contains(&format!("{}.*", &name[..at]));
        self.natives.contains(name)
            || self.natives.contains("*")
            || name.match_indices('.').any(above)
    }

    /// Fields that stay in `unmapped`, for the linter.
    pub fn natives(&self) -> impl Iterator<Item = &str> {
        self.natives.iter().map(String::as_str)
    }

    /// Names that only Sigma uses, for the linter.
    pub fn sigma_names(&self) -> impl Iterator<Item = &str> {
        self.sigma.keys().map(String::as_str)
    }
}
