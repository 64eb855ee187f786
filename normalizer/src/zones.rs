//! The zones of times that name none: by agency and by source type.

use crate::Error;
use parse::Zone;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// `[zones]`, as written: what differs from the normalizer's own zone.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawZones {
    /// IANA names by source type.
    pub sources: BTreeMap<String, String>,
    /// By agency.
    pub agencies: BTreeMap<model::Agency, RawAgency>,
}

/// What differs for one agency.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawAgency {
    /// The zone of its logs.
    pub zone: Option<String>,
    /// IANA names by source type.
    pub sources: BTreeMap<String, String>,
}

/// The zone of each agency's logs of each source type.
#[derive(Debug, Clone)]
pub struct Zones(Arc<Table>);

#[derive(Debug)]
struct Table {
    default: Zone,
    sources: HashMap<String, Zone>,
    agencies: HashMap<String, Agency>,
}

#[derive(Debug)]
struct Agency {
    zone: Option<Zone>,
    sources: HashMap<String, Zone>,
}

impl Zones {
    /// One zone for all.
    pub fn all(default: Zone) -> Self {
        Self(Arc::new(Table { default, sources: HashMap::new(), agencies: HashMap::new() }))
    }

    /// Looks the names of a configuration up; `default` is the zone of all that it does not name.
    pub fn load(default: &str, raw: &RawZones) -> Result<Self, Error> {
        let agency = |(name, raw): (&model::Agency, &RawAgency)| {
            let zone = raw.zone.as_deref().map(named).transpose()?;
            let sources = by_source(&raw.sources)?;
            Ok((name.as_str().to_owned(), Agency { zone, sources }))
        };
        Ok(Self(Arc::new(Table {
            default: named(default)?,
            sources: by_source(&raw.sources)?,
            agencies: raw.agencies.iter().map(agency).collect::<Result<_, Error>>()?,
        })))
    }

    /// The zone of `source` at `agency`. What is said of a source type at an agency comes first,
    /// then what is said of the source type (most products that have a zone of their own have it
    /// everywhere), then the agency's.
    pub(crate) fn of(&self, agency: &str, source: Option<&str>) -> &Zone {
        let table = &*self.0;
        let agency = table.agencies.get(agency);
        source
            .map(parse::source_named)
            .and_then(|source| {
                agency.and_then(|a| a.sources.get(source)).or_else(|| table.sources.get(source))
            })
            .or_else(|| agency.and_then(|a| a.zone.as_ref()))
            .unwrap_or(&table.default)
    }

    /// Whether what a record turns out to be can change its zone.
    pub(crate) fn depend_on_source(&self, agency: &str) -> bool {
        let table = &*self.0;
        !table.sources.is_empty()
            || table.agencies.get(agency).is_some_and(|a| !a.sources.is_empty())
    }
}

/// A zone by its IANA name.
pub(crate) fn named(name: &str) -> Result<Zone, Error> {
    match name {
        "UTC" => Ok(Zone::UTC),
        name => Zone::named(name).ok_or_else(|| Error::Zone { name: name.to_owned() }),
    }
}

fn by_source(raw: &BTreeMap<String, String>) -> Result<HashMap<String, Zone>, Error> {
    let zone = |(source, name): (&String, &String)| {
        Ok((parse::source_named(source).to_owned(), named(name)?))
    };
    raw.iter().map(zone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> RawZones {
        service::config::parse(std::path::Path::new("zones.toml"), text).unwrap()
    }

    #[test]
    fn what_is_most_specific_wins() {
        let raw = read(
            "[sources]\nexchange = 'UTC'\nASA = 'Asia/Tokyo'\n\
             [agencies.mof]\nzone = 'Asia/Dhaka'\nsources = { postgres = 'Asia/Kolkata' }\n",
        );
        let zones = Zones::load("Europe/Berlin", &raw).unwrap();
        for (agency, source, zone) in [
            ("moh", None, "Europe/Berlin"),
            ("moh", Some("nginx"), "Europe/Berlin"),
            ("moh", Some("exchange"), "UTC"),
            ("mof", None, "Asia/Dhaka"),
            ("mof", Some("nginx"), "Asia/Dhaka"),
            ("mof", Some("cisco-asa"), "Asia/Tokyo"),
            ("mof", Some("postgresql"), "Asia/Kolkata"),
            ("moh", Some("postgresql"), "Europe/Berlin"),
        ] {
            let expected = named(zone).unwrap();
            let noon = 1_792_843_200_000;
            let instant = |zone: &Zone| zone.instead_of(&Zone::UTC, noon);
            assert_eq!(
                instant(zones.of(agency, source)),
                instant(&expected),
                "{agency} {source:?}"
            );
        }
        let wrong = read("[agencies.mof]\nzone = 'Dhaka'\n");
        assert!(matches!(Zones::load("UTC", &wrong), Err(Error::Zone { .. })));
    }
}
