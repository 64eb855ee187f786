//! Assets and identities by agency: what an address, a host name or a user name stands for.

mod read;
mod rows;

pub(crate) use read::stem;
pub use read::{Report, load};

use crate::Criticality;
use cidr::{Net, Ranges};
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::net::IpAddr;

/// Rows of this agency are about everybody's events.
pub const EVERYONE: &str = "*";

/// What is known of an asset or an identity.
#[derive(Debug)]
pub struct Known {
    /// All of it, as a JSON object.
    pub(crate) data: Box<str>,
    /// The same without what names a person.
    pub(crate) nameless: Box<str>,
    /// A person's name.
    pub(crate) full_name: Option<Box<str>>,
    /// How much depends on it.
    pub(crate) criticality: Option<Criticality>,
    /// Which file says so.
    pub(crate) source: u32,
}

/// Assets and identities, ready to be asked about.
#[derive(Debug, Default)]
pub struct Directory {
    agencies: HashMap<String, Scope>,
    known: Vec<Known>,
    /// What every entry says of its source, as members of JSON.
    sources: Vec<Box<str>>,
    version: String,
}

/// What one agency's rows are found by. Names are in lower case.
#[derive(Debug, Default)]
struct Scope {
    nets: Ranges<u32>,
    hosts: HashMap<Box<str>, u32>,
    /// The first labels of names with several; `None` where several assets have it.
    labels: HashMap<Box<str>, Option<u32>>,
    users: HashMap<Box<str>, u32>,
}

/// What [`read`] gathers of one agency.
#[derive(Debug, Default)]
struct Gathered {
    nets: HashMap<Net, u32>,
    hosts: HashMap<Box<str>, u32>,
    users: HashMap<Box<str>, u32>,
}

impl Directory {
    fn new(
        gathered: HashMap<String, Gathered>,
        known: Vec<Known>,
        sources: Vec<Box<str>>,
        version: String,
    ) -> Self {
        let scopes = gathered.into_iter().map(|(agency, gathered)| (agency, gathered.into()));
        Self { agencies: scopes.collect(), known, sources, version }
    }

    /// How many assets and identities there are.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Names the contents of all files.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The asset that a host's name stands for in an agency's events.
    pub(crate) fn host(&self, agency: &str, name: &str) -> Option<&Known> {
        let lower = lower(name.trim_end_matches('.'));
        self.ask(agency, |scope| scope.host(&lower))
    }

    /// The asset that an address lies in, by the longest prefix.
    pub(crate) fn address(&self, agency: &str, address: IpAddr) -> Option<&Known> {
        self.ask(agency, |scope| scope.nets.get(address).copied())
    }

    /// The identity of a user name or an e-mail address.
    pub(crate) fn user(&self, agency: &str, name: &str) -> Option<&Known> {
        let lower = lower(name);
        self.ask(agency, |scope| scope.user(&lower))
    }

    pub(crate) fn source(&self, known: &Known) -> &str {
        self.sources.get(known.source as usize).map_or("", |source| source)
    }

    /// Asks the agency's own rows, and then everybody's.
    fn ask(&self, agency: &str, find: impl Fn(&Scope) -> Option<u32>) -> Option<&Known> {
        let scopes = [agency, EVERYONE].into_iter().filter_map(|name| self.agencies.get(name));
        let number = scopes.into_iter().find_map(find)?;
        self.known.get(number as usize)
    }
}

impl Scope {
    /// Exactly; or `web-01` for `web-01.mof.gov.bd` and the other way round, where only one of the
    /// two is a name without a domain, and only one asset is called so.
    fn host(&self, name: &str) -> Option<u32> {
        if let Some(number) = self.hosts.get(name) {
            return Some(*number);
        }
        match name.split_once('.') {
            None => self.labels.get(name).copied().flatten(),
            Some((label, _)) => self.hosts.get(label).copied(),
        }
    }

    /// Exactly, or without the domain of `MOF\rahim`.
    fn user(&self, name: &str) -> Option<u32> {
        let bare = || name.rsplit_once('\\').and_then(|(_, bare)| self.users.get(bare));
        self.users.get(name).or_else(bare).copied()
    }
}

impl From<Gathered> for Scope {
    fn from(gathered: Gathered) -> Self {
        let mut labels: HashMap<Box<str>, Option<u32>> = HashMap::new();
        for (name, number) in &gathered.hosts {
            let Some((label, _)) = name.split_once('.') else { continue };
            match labels.entry(label.into()) {
                Slot::Vacant(slot) => drop(slot.insert(Some(*number))),
                Slot::Occupied(mut slot) if *slot.get() != Some(*number) => {
                    slot.insert(None);
                }
                Slot::Occupied(_) => {}
            }
        }
        let Gathered { nets, hosts, users } = gathered;
        Self { nets: Ranges::new(nets.into_iter().collect()), hosts, labels, users }
    }
}

/// Text in lower case; mostly it is already.
fn lower(text: &str) -> std::borrow::Cow<'_, str> {
    match text.bytes().any(|b| b.is_ascii_uppercase() || b >= 0x80) {
        true => text.to_lowercase().into(),
        false => text.into(),
    }
}
