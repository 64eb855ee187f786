//! From files of assets and identities to a [`Directory`].

use super::rows::{self, Row};
use super::{Directory, EVERYONE, Gathered, Known, lower};
use crate::{Criticality, Error};
use cidr::Net;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

/// How many rows that cannot be used are told of one by one, of each file.
const TOLD_MAX: usize = 5;
/// The most assets and identities: a nation's machines and officials, and a bound on memory.
const KNOWN_MAX: usize = 10_000_000;

/// Column names, the one of our documentation first, then those that inventories export.
const AGENCY: &[&str] = &["agency", "tenant"];
const ADDRESS: &[&str] = &[
    "address",
    "ip",
    "ip_address",
    "ipv4",
    "ipv6",
    "network",
    "prefix",
    "cidr",
    "subnet",
    "primary_ip",
    "primary_ip4",
    "primary_ip6",
];
const NAME: &[&str] = &["name", "hostname", "host", "fqdn", "dns_name"];
const USER: &[&str] = &["user", "user_name", "username", "login", "account", "samaccountname"];
const EMAIL: &[&str] = &["email", "mail", "email_addr", "email_address"];
const FULL_NAME: &[&str] = &["full_name", "display_name", "displayname"];
const OWNER: &[&str] = &["owner", "manager", "responsible"];
const CRITICALITY: &[&str] = &["criticality", "importance"];
const SITE: &[&str] = &["site", "location"];
const ROLE: &[&str] = &["role", "device_role", "type"];
const DEPARTMENT: &[&str] = &["department", "unit"];
const TAGS: &[&str] = &["tags", "labels"];

/// Between several values of one field.
const LIST: &[char] = &[';', ',', '|'];
/// The same between values that hold no blanks.
const WORDS: &[char] = &[';', ',', '|', ' ', '\t', '\n', '\r'];

/// What became of the files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows of each file that are in force.
    pub taken: Vec<(String, u64)>,
    /// Rows that could not be used.
    pub skipped: u64,
    /// Addresses and names that a later row took over from an earlier one.
    pub replaced: u64,
    /// The first rows that could not be used, with their file.
    pub told: Vec<String>,
}

/// A directory of whole files, each with its name: `assets` and `identities`.
pub fn load(
    assets: &[(String, Vec<u8>)],
    identities: &[(String, Vec<u8>)],
) -> Result<(Directory, Report), Error> {
    let mut reading = Reading::default();
    let mut hash = Xxh3Default::new();
    for (kind, files) in [(Kind::Asset, assets), (Kind::Identity, identities)] {
        for (file, bytes) in files {
            reading.file(kind, file, bytes)?;
            hash.update(file.as_bytes());
            hash.update(&(bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
    }
    let version = format!("{:016x}", hash.digest());
    let Reading { gathered, known, sources, report } = reading;
    Ok((Directory::new(gathered, known, sources, version), report))
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Asset,
    Identity,
}

/// What has been read so far.
#[derive(Debug, Default)]
struct Reading {
    gathered: HashMap<String, Gathered>,
    known: Vec<Known>,
    sources: Vec<Box<str>>,
    report: Report,
}

impl Reading {
    fn file(&mut self, kind: Kind, file: &str, bytes: &[u8]) -> Result<(), Error> {
        let provider = Value::from(stem(file));
        let version = xxh3_64(bytes);
        self.sources
            .push(format!("\"provider\":{provider},\"desc\":\"version {version:016x}\"").into());
        let (mut rows, mut taken, mut told) = (0, 0, Vec::new());
        rows::read(file, bytes, AGENCY, &mut |row| {
            rows += 1;
            let done = match kind {
                Kind::Asset => self.asset(&row),
                Kind::Identity => self.identity(&row),
            };
            match done {
                Ok(()) => taken += 1,
                Err(why) if told.len() < TOLD_MAX => told.push(format!("{}: {why}", row.place)),
                Err(_) => {}
            }
        })?;
        if let Some(first) = told.first().filter(|_| taken == 0) {
            let first = first.clone();
            return Err(Error::Nothing { file: file.to_owned(), rows, first });
        }
        self.report.taken.push((file.to_owned(), taken));
        self.report.skipped += rows - taken;
        self.report.told.extend(told.into_iter().map(|told| format!("{file}: {told}")));
        Ok(())
    }

    fn asset(&mut self, row: &Row) -> Result<(), String> {
        let (agency, criticality) = (agency(row)?, criticality(row)?);
        let nets = row.all(ADDRESS, WORDS).map(net).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<_> = row.all(NAME, WORDS).map(host).collect();
        if nets.is_empty() && names.is_empty() {
            return Err("neither a name nor an address".to_owned());
        }
        let mut data = Map::new();
        put(&mut data, "name", row.all(NAME, WORDS).next());
        put(&mut data, "role", row.get(ROLE));
        put(&mut data, "owner", row.get(OWNER));
        rest(&mut data, row, &agency, criticality);
        let data: Box<str> = Value::from(data).to_string().into();
        let known = Known { nameless: data.clone(), data, full_name: None, criticality, source: 0 };
        let number = self.add(known)?;
        let gathered = self.gathered.entry(agency).or_default();
        for net in nets {
            self.report.replaced += replaced(&mut gathered.nets, net, number);
        }
        for name in names {
            self.report.replaced += replaced(&mut gathered.hosts, name, number);
        }
        Ok(())
    }

    fn identity(&mut self, row: &Row) -> Result<(), String> {
        let (agency, criticality) = (agency(row)?, criticality(row)?);
        let users: Vec<Box<str>> = row
            .all(USER, LIST)
            .chain(row.all(EMAIL, WORDS))
            .map(|name| lower(name).into())
            .collect();
        if users.is_empty() {
            return Err("neither a user name nor an e-mail address".to_owned());
        }
        let mut data = Map::new();
        put(&mut data, "department", row.get(DEPARTMENT));
        rest(&mut data, row, &agency, criticality);
        let nameless = Value::from(data.clone()).to_string().into();
        put(&mut data, "full_name", row.get(FULL_NAME));
        put(&mut data, "owner", row.get(OWNER));
        let full_name = row.get(FULL_NAME).map(Into::into);
        let data = Value::from(data).to_string().into();
        let number = self.add(Known { data, nameless, full_name, criticality, source: 0 })?;
        let gathered = self.gathered.entry(agency).or_default();
        for user in users {
            self.report.replaced += replaced(&mut gathered.users, user, number);
        }
        Ok(())
    }

    fn add(&mut self, known: Known) -> Result<u32, String> {
        if self.known.len() >= KNOWN_MAX {
            return Err(format!("more than {KNOWN_MAX} assets and identities"));
        }
        let (number, source) = (self.known.len() as u32, self.sources.len() as u32 - 1);
        self.known.push(Known { source, ..known });
        Ok(number)
    }
}

/// What both kinds have.
fn rest(data: &mut Map<String, Value>, row: &Row, agency: &str, level: Option<Criticality>) {
    put(data, "agency", Some(agency).filter(|agency| *agency != EVERYONE));
    put(data, "criticality", level.map(Criticality::as_str));
    put(data, "site", row.get(SITE));
    let tags: Vec<&str> = row.all(TAGS, LIST).collect();
    if !tags.is_empty() {
        data.insert("tags".to_owned(), tags.into());
    }
}

fn put(data: &mut Map<String, Value>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        data.insert(name.to_owned(), value.into());
    }
}

/// Puts a row in force; 1 where it takes over from an earlier one.
fn replaced<K: Eq + Hash>(map: &mut HashMap<K, u32>, key: K, number: u32) -> u64 {
    u64::from(map.insert(key, number).is_some_and(|earlier| earlier != number))
}

fn agency(row: &Row) -> Result<String, String> {
    let name = row.get(AGENCY).ok_or("no agency; `*` means everybody's events")?;
    match name {
        EVERYONE => Ok(EVERYONE.to_owned()),
        _ => model::Agency::new(name)
            .map(|agency| agency.as_str().to_owned())
            .map_err(|error| error.to_string()),
    }
}

fn criticality(row: &Row) -> Result<Option<Criticality>, String> {
    let Some(word) = row.get(CRITICALITY) else { return Ok(None) };
    let level = Criticality::named(word);
    level
        .map(Some)
        .ok_or_else(|| format!("criticality {word:?} is not low, medium, high or critical"))
}

fn host(name: &str) -> Box<str> {
    lower(name.trim_end_matches('.')).into()
}

/// A network; or, with bits behind the prefix, the address of a host and the size of its network.
fn net(text: &str) -> Result<Net, String> {
    let net = Net::parse(text).ok_or_else(|| format!("{text:?} is neither address nor network"))?;
    let address = text.split('/').next().and_then(|address| address.parse::<IpAddr>().ok());
    let host = address.map(|address| Net::new(address, u8::MAX)).filter(|host| {
        let first = match net {
            Net::V4(first, _) => IpAddr::from(first),
            Net::V6(first, _) => IpAddr::from(first),
        };
        host.address() != Some(first)
    });
    Ok(host.unwrap_or(net))
}

/// `/etc/prohori/assets.csv` is the source `assets`.
pub(crate) fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.split_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem })
}
