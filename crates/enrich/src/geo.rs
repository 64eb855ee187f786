//! Where an address is and whose network it is in, from databases in MaxMind's format.
//!
//! The records are those of GeoIP2 and GeoLite2 (City, Country, ASN, ISP, Enterprise); other makers
//! use the same. A file is read whole: a mapped one that somebody overwrites would end the process.

use crate::Error;
use crate::directory::stem;
use jiff::Timestamp;
use maxminddb::{MaxMindDbError, Reader};
use serde_json::{Map, Value, json};
use std::net::IpAddr;
use xxhash_rust::xxh3::xxh3_64;

/// Databases in the order in which they are asked; the first that knows a thing answers.
#[derive(Default)]
pub struct Geo {
    databases: Vec<Database>,
}

struct Database {
    reader: Reader<Vec<u8>>,
    /// What `location.provider` says: type and day of making.
    provider: String,
    /// What an entry says of its source, as members of JSON.
    source: String,
}

/// What is known of an address.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    pub(crate) location: Option<Location>,
    pub(crate) system: Option<System>,
}

/// Where it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Location {
    pub(crate) country: String,
    pub(crate) region: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) continent: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) coordinates: Option<(f64, f64)>,
    pub(crate) provider: String,
    /// All of it as a JSON object, and what says where it is from.
    pub(crate) data: String,
    pub(crate) source: String,
}

/// Whose network it is in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct System {
    pub(crate) number: u32,
    pub(crate) name: Option<String>,
    /// Both as a JSON object, and what says where they are from.
    pub(crate) data: String,
    pub(crate) source: String,
}

impl Geo {
    /// Databases of whole files, each with its name. Every byte of them is checked.
    pub fn new(files: Vec<(String, Vec<u8>)>) -> Result<Self, Error> {
        let databases = files.into_iter().map(|(file, bytes)| {
            Database::new(&file, bytes).map_err(|source| Error::Geo { file, source })
        });
        Ok(Self { databases: databases.collect::<Result<_, _>>()? })
    }

    /// Whether there is no database.
    pub fn is_empty(&self) -> bool {
        self.databases.is_empty()
    }

    /// Type and day of making of each database.
    pub fn versions(&self) -> impl Iterator<Item = &str> {
        self.databases.iter().map(|database| database.provider.as_str())
    }

    /// What is known of an address.
    pub(crate) fn place(&self, address: IpAddr) -> Option<Place> {
        let mut place = Place { location: None, system: None };
        for database in &self.databases {
            // A record that cannot be read cannot be here: the whole file was checked.
            let Ok(found) = database.reader.lookup(address) else { continue };
            let Ok(Some(record)) = found.decode::<Record<'_>>() else { continue };
            if place.location.is_none() {
                place.location = record.location(database);
            }
            if place.system.is_none() {
                place.system = record.system(database);
            }
        }
        (place.location.is_some() || place.system.is_some()).then_some(place)
    }
}

impl Database {
    fn new(file: &str, bytes: Vec<u8>) -> Result<Self, MaxMindDbError> {
        let version = xxh3_64(&bytes);
        let reader = Reader::from_source(bytes)?;
        reader.verify()?;
        let made = &reader.metadata().build_epoch;
        let made = i64::try_from(*made).ok().and_then(|made| Timestamp::from_second(made).ok());
        let made = made.unwrap_or(Timestamp::UNIX_EPOCH);
        let day = made.strftime("%Y-%m-%d");
        let kind = match reader.metadata().database_type.as_str() {
            "" => stem(file),
            kind => kind,
        };
        let provider = format!("{kind} {day}");
        let source = format!(
            "\"provider\":{},\"desc\":\"made {day}, version {version:016x}\",\"created_time\":{}",
            Value::from(kind),
            made.as_millisecond(),
        );
        Ok(Self { reader, provider, source })
    }
}

/// A record of any of the databases.
#[derive(serde::Deserialize)]
struct Record<'m> {
    #[serde(borrow)]
    continent: Option<Named<'m>>,
    #[serde(borrow)]
    country: Option<Named<'m>>,
    #[serde(borrow)]
    registered_country: Option<Named<'m>>,
    #[serde(borrow)]
    city: Option<Named<'m>>,
    #[serde(borrow)]
    subdivisions: Option<Vec<Named<'m>>>,
    location: Option<Coordinates>,
    #[serde(borrow)]
    postal: Option<Postal<'m>>,
    autonomous_system_number: Option<u32>,
    #[serde(borrow)]
    autonomous_system_organization: Option<&'m str>,
}

/// Something with a code, and with names by language.
#[derive(serde::Deserialize)]
struct Named<'m> {
    #[serde(borrow)]
    iso_code: Option<&'m str>,
    #[serde(borrow)]
    names: Option<Names<'m>>,
}

#[derive(serde::Deserialize)]
struct Names<'m> {
    #[serde(borrow)]
    en: Option<&'m str>,
}

#[derive(serde::Deserialize)]
struct Coordinates {
    latitude: Option<f64>,
    longitude: Option<f64>,
}

#[derive(serde::Deserialize)]
struct Postal<'m> {
    #[serde(borrow)]
    code: Option<&'m str>,
}

impl<'m> Named<'m> {
    fn code(named: Option<&Self>) -> Option<&'m str> {
        named.and_then(|named| named.iso_code)
    }

    fn name(named: Option<&Self>) -> Option<String> {
        named.and_then(|named| named.names.as_ref()?.en).map(str::to_owned)
    }
}

impl Record<'_> {
    /// Where it is, if at least the country is known: OCSF's location needs one of its names.
    fn location(&self, database: &Database) -> Option<Location> {
        let country = Named::code(self.country.as_ref());
        let country = country.or_else(|| Named::code(self.registered_country.as_ref()))?;
        let region = self.subdivisions.as_ref().and_then(|all| Named::code(all.first()));
        let coordinates = self.location.as_ref().and_then(|at| Some((at.latitude?, at.longitude?)));
        let mut location = Location {
            country: country.to_owned(),
            // ISO 3166-2, as OCSF has it: country and subdivision.
            region: region.map(|region| format!("{country}-{region}")),
            city: Named::name(self.city.as_ref()),
            continent: Named::name(self.continent.as_ref()),
            postal_code: self.postal.as_ref().and_then(|postal| postal.code).map(str::to_owned),
            coordinates,
            provider: database.provider.clone(),
            data: String::new(),
            source: database.source.clone(),
        };
        location.data = location.json();
        Some(location)
    }

    fn system(&self, database: &Database) -> Option<System> {
        let number = self.autonomous_system_number?;
        let name = self.autonomous_system_organization.map(str::to_owned);
        let mut data = json!({ "number": number });
        if let Some(name) = &name {
            data["name"] = name.as_str().into();
        }
        Some(System { number, name, data: data.to_string(), source: database.source.clone() })
    }
}

impl Location {
    fn json(&self) -> String {
        let mut data = Map::new();
        data.insert("country".to_owned(), self.country.as_str().into());
        let texts = [
            ("region", &self.region),
            ("city", &self.city),
            ("continent", &self.continent),
            ("postal_code", &self.postal_code),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                data.insert(name.to_owned(), text.as_str().into());
            }
        }
        if let Some((lat, long)) = self.coordinates {
            data.insert("lat".to_owned(), lat.into());
            data.insert("long".to_owned(), long.into());
        }
        Value::from(data).to_string()
    }
}
