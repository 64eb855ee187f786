//! What a server answers with.

/// A collection as its server names it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Collection {
    /// A UUID.
    pub id: String,
    /// Its name, for people.
    pub title: String,
    /// Whether its objects may be read.
    pub can_read: bool,
}

#[derive(serde::Deserialize)]
pub(crate) struct Collections {
    #[serde(default)]
    pub(crate) collections: Vec<Collection>,
}

/// The envelope of objects, without them.
#[derive(serde::Deserialize)]
pub(crate) struct Head {
    #[serde(default)]
    pub(crate) more: bool,
    #[serde(default)]
    pub(crate) next: Option<String>,
}

/// A page of objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The envelope, JSON with `objects` as a STIX bundle has them.
    pub objects: Vec<u8>,
    /// Whether there are more.
    pub more: bool,
    /// How the server names the next page.
    pub next: Option<String>,
    /// When the last object of the page was added, as the server writes it.
    pub added_last: Option<String>,
}

impl Page {
    /// Where the read goes on behind this page, which began at `from`; none at the end of the
    /// collection. A server that names no next page is asked for what was added later.
    pub fn next(&self, from: &super::From) -> Option<super::From> {
        if !self.more {
            return None;
        }
        match (&self.next, &self.added_last) {
            (Some(next), _) => Some(super::From { next: Some(next.clone()), ..from.clone() }),
            (None, Some(last)) if from.added_after.as_ref() != Some(last) => {
                Some(super::From { added_after: Some(last.clone()), next: None })
            }
            _ => None,
        }
    }
}
