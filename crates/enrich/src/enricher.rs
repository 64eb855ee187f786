//! One thread's work: an event in, and what is known of the things in it added.

use crate::directory::Known;
use crate::entries::Entries;
use crate::geo::{Location, Place, System};
use crate::points::{Geography, MACHINES, Machine, USERS, User};
use crate::{Directory, Geo};
use bumpalo::Bump;
use indicators::Set;
use indicators::observe::Hits;
use ocsf::paths::Kind;
use ocsf::{Class, Event, Path, Value};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Addresses whose places are kept at hand; a record costs a microsecond to read, and logs name the
/// same addresses again and again. With half a kilobyte each it is 8 MB a thread.
const PLACES_MAX: usize = 16_384;

/// OCSF's type of an observable that is a hash.
const HASH: i64 = 8;

/// What is in force.
#[derive(Clone, Default)]
pub struct Sources {
    /// Places.
    pub geo: Arc<Geo>,
    /// Assets and identities.
    pub directory: Arc<Directory>,
    /// Threat indicators.
    pub indicators: Arc<Set>,
}

impl Sources {
    /// Whether there is nothing that could be added.
    pub fn is_empty(&self) -> bool {
        self.geo.is_empty() && self.directory.is_empty() && self.indicators.is_empty()
    }
}

/// Whose event it is, and of when.
#[derive(Debug, Clone, Copy)]
pub struct Of<'o> {
    /// The agency, whose assets and identities are asked about.
    pub agency: &'o str,
    /// Whether persons may be named: not where the agency hides personal data, for a name beside a
    /// token would tell whom it stands for.
    pub names_persons: bool,
    /// When it happened, in seconds since the epoch, for indicators that expire.
    pub at_s: i64,
}

/// How much was added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Added {
    /// Locations and autonomous systems.
    pub places: u32,
    /// Assets.
    pub assets: u32,
    /// Identities.
    pub identities: u32,
    /// Indicators, each of a source once.
    pub indicators: u32,
}

impl std::ops::AddAssign for Added {
    fn add_assign(&mut self, other: Self) {
        self.places += other.places;
        self.assets += other.assets;
        self.identities += other.identities;
        self.indicators += other.indicators;
    }
}

/// Enriches events, with memory that is used again for each.
#[derive(Default)]
pub struct Enricher {
    sources: Sources,
    places: HashMap<IpAddr, Option<Arc<Place>>>,
    entries: Entries,
}

impl Enricher {
    /// Enriches from `sources` from now on.
    pub fn take_over(&mut self, sources: Sources) {
        self.places.clear();
        self.sources = sources;
    }

    /// Adds what is known of the addresses, hosts and users of an event, whose class is settled;
    /// what a parser has set stays.
    pub fn enrich<'a>(
        &mut self,
        event: &mut Event<'a>,
        class: &Class,
        of: Of<'_>,
        arena: &'a Bump,
    ) -> Added {
        let mut added = Added::default();
        if self.sources.is_empty() {
            return added;
        }
        self.entries.clear();
        for machine in &MACHINES {
            let ip = text(event, class, machine.ip);
            let address = ip.and_then(|text| text.parse::<IpAddr>().ok());
            if !self.sources.directory.is_empty() {
                added.assets += self.asset(event, class, machine, address, of);
            }
            if let (Some(geography), Some(ip), Some(address)) = (&machine.geography, ip, address) {
                added.places += self.place(event, (machine.ip, ip, address), geography, arena);
            }
        }
        if !self.sources.directory.is_empty() {
            for user in &USERS {
                added.identities += self.identity(event, class, user, of, arena);
            }
        }
        if !self.sources.indicators.is_empty() {
            added.indicators += self.listed(event, class, of, arena);
        }
        if let Some(list) = self.entries.list() {
            event.set(Path::ENRICHMENTS, Value::Json(arena.alloc_str(list)));
        }
        added
    }

    /// The asset that a machine is: by its name, else by its address.
    fn asset(
        &mut self,
        event: &mut Event<'_>,
        class: &Class,
        machine: &Machine,
        address: Option<IpAddr>,
        of: Of<'_>,
    ) -> u32 {
        let directory = Arc::clone(&self.sources.directory);
        let by_name = [machine.hostname, machine.name].into_iter().find_map(|path| {
            let name = text(event, class, path)?;
            Some((path, directory.host(of.agency, name)?))
        });
        let by_address = || Some((machine.ip, directory.address(of.agency, address?)?));
        let Some((path, known)) = by_name.or_else(by_address) else { return 0 };
        self.known(event, path, "asset", known, &directory, true);
        if let Some(risk) = machine.risk {
            set_risk(event, risk, known);
        }
        1
    }

    /// Where an address is and whose network it is in.
    fn place<'a>(
        &mut self,
        event: &mut Event<'a>,
        (path, ip, address): (Path, &str, IpAddr),
        geography: &Geography,
        arena: &'a Bump,
    ) -> u32 {
        if self.sources.geo.is_empty() {
            return 0;
        }
        let place = match self.places.get(&address) {
            Some(place) => place.clone(),
            None => {
                if self.places.len() >= PLACES_MAX {
                    self.places.clear();
                }
                let place = self.sources.geo.place(address).map(Arc::new);
                self.places.insert(address, place.clone());
                place
            }
        };
        let Some(place) = place else { return 0 };
        if let Some(location) = &place.location {
            self.entries.add(path, ip, "location", &location.data, &location.source);
            set_location(event, geography, location, arena);
        }
        if let Some(system) = &place.system {
            self.entries.add(path, ip, "autonomous_system", &system.data, &system.source);
            set_system(event, geography, system, arena);
        }
        1
    }

    /// Who a user is: by the e-mail address, else by the name.
    fn identity<'a>(
        &mut self,
        event: &mut Event<'a>,
        class: &Class,
        user: &User,
        of: Of<'_>,
        arena: &'a Bump,
    ) -> u32 {
        let directory = Arc::clone(&self.sources.directory);
        let found = [user.email, user.name].into_iter().find_map(|path| {
            let name = text(event, class, path)?;
            Some((path, directory.user(of.agency, name)?))
        });
        let Some((path, known)) = found else { return 0 };
        self.known(event, path, "identity", known, &directory, of.names_persons);
        set_risk(event, user.risk, known);
        if let Some(name) = known.full_name.as_ref().filter(|_| of.names_persons) {
            event.set_if_absent(user.full_name, &*arena.alloc_str(name));
        }
        1
    }

    fn known(
        &mut self,
        event: &Event<'_>,
        path: Path,
        kind: &str,
        known: &Known,
        directory: &Directory,
        names: bool,
    ) {
        let value = event.text(path).unwrap_or_default();
        let data = if names { &known.data } else { &known.nameless };
        self.entries.add(path, value, kind, data, directory.source(known));
    }

    /// What threat feeds list of all that the event's observables name.
    fn listed<'a>(
        &mut self,
        event: &mut Event<'a>,
        class: &Class,
        of: Of<'_>,
        arena: &'a Bump,
    ) -> u32 {
        let set = Arc::clone(&self.sources.indicators);
        let mut hits = Hits::of(of.agency);
        ocsf::observables(event, class, |path, value| {
            let kind = match path.kind() {
                Kind::Hashes => HASH,
                _ => i64::from(path.observable()),
            };
            hits.ask(&set, path.text(), kind, value, of.at_s);
        });
        if hits.hits.is_empty() {
            return 0;
        }
        let mut osint: Vec<serde_json::Value> = Vec::new();
        for hit in &hits.hits {
            let listed = hit.listing.osint();
            let note = hit.listing.note;
            let data = serde_json::json!({
                "indicator": hit.listing.indicator,
                "kind": hit.listing.kind.as_str(),
                "confidence": note.confidence,
            });
            let source = format!(
                "\"provider\":{},\"desc\":\"version {}\"",
                serde_json::Value::from(note.source.as_str()),
                set.version(),
            );
            let (name, value) = (&hit.name, &hit.value);
            self.entries.named(name, value, "indicator", &data.to_string(), &source);
            if !osint.contains(&listed) {
                osint.push(listed);
            }
        }
        let osint = serde_json::Value::from(osint).to_string();
        event.set(Path::OSINT, Value::Json(arena.alloc_str(&osint)));
        hits.hits.len() as u32
    }
}

/// A text that the event will have at a path of its class.
fn text<'a>(event: &Event<'a>, class: &Class, path: Path) -> Option<&'a str> {
    event.text(path).filter(|_| class.allows(path))
}

fn set_risk(event: &mut Event<'_>, [id, caption]: [Path; 2], known: &Known) {
    if let Some(level) = known.criticality.filter(|_| !event.has(id) && !event.has(caption)) {
        event.set(id, level as i64);
        event.set(caption, level.caption());
    }
}

/// Sets a location unless the log itself says where the address is.
fn set_location<'a>(
    event: &mut Event<'a>,
    paths: &Geography,
    location: &Location,
    arena: &'a Bump,
) {
    if [paths.country, paths.region, paths.city].iter().any(|path| event.has(*path)) {
        return;
    }
    event.set(paths.country, &*arena.alloc_str(&location.country));
    event.set(paths.provider, &*arena.alloc_str(&location.provider));
    let texts = [
        (paths.region, &location.region),
        (paths.city, &location.city),
        (paths.continent, &location.continent),
        (paths.postal_code, &location.postal_code),
    ];
    for (path, text) in texts {
        if let Some(text) = text {
            event.set(path, &*arena.alloc_str(text));
        }
    }
    if let Some((lat, long)) = location.coordinates {
        event.set(paths.lat, Value::Float(lat));
        event.set(paths.long, Value::Float(long));
    }
}

/// Sets an autonomous system unless the log itself names one.
fn set_system<'a>(event: &mut Event<'a>, paths: &Geography, system: &System, arena: &'a Bump) {
    if event.has(paths.number) || event.has(paths.system) {
        return;
    }
    event.set(paths.number, i64::from(system.number));
    if let Some(name) = &system.name {
        event.set(paths.system, &*arena.alloc_str(name));
    }
}
