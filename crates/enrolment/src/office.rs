//! The office: everything that is done with agencies, tokens and collectors, registry and Kafka in
//! step.

use crate::registry::Registry;
use crate::{AgencyRow, Authority, CollectorRow, Config, Error, token};
use bus::TopicSpec;
use bus::access::{self, Operation, Rule};
use model::{Agency, origin, topic};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use time::OffsetDateTime;

/// The registry's file in the data directory.
const FILE: &str = "registry.sqlite3";
/// The longest name of a site or host that is kept.
const LABEL_CHARACTERS_MAX: usize = 64;

/// What a collector gets.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Enrolled {
    /// Its identity.
    pub collector: String,
    /// The agency whose topic it writes to.
    pub agency: String,
    /// Where it is.
    pub site: String,
    /// PEM: its certificate, and the authority's behind it.
    pub certificate: String,
    /// PEM: the authority that brokers and the enrolment's server are of.
    pub authority: String,
    /// Kafka's address.
    pub brokers: String,
    /// Until when the certificate is good, ms since the epoch.
    pub expires_ms: i64,
}

/// Does what is asked for.
pub struct Office {
    config: Config,
    authority: Authority,
    registry: Mutex<Registry>,
}

impl Office {
    /// Opens authority and registry, and makes them where there are none.
    pub fn open(config: Config) -> Result<Self, Error> {
        let authority = Authority::open(&config.data_dir)?;
        let registry = Mutex::new(Registry::open(&config.data_dir.join(FILE))?);
        Ok(Self { config, authority, registry })
    }

    /// The certificate authority.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes what an agency needs: its topics, with `partitions` of raw records, and its place in
    /// the registry. Done again, it changes nothing but the limit, which then holds for its
    /// collectors at once.
    pub fn add_agency(
        &self,
        agency: &Agency,
        partitions: i32,
        bytes_per_second: Option<u32>,
    ) -> Result<(), Error> {
        let topics = [TopicSpec::raw(agency, partitions), TopicSpec::heartbeats(agency)];
        bus::admin::ensure_topics(&self.config.bus, &topics)?;
        self.registry().add_agency(agency, bytes_per_second, now_ms())?;
        let collectors = self.registry().collectors(Some(agency.as_str()))?;
        for collector in collectors.iter().filter(|row| !row.revoked) {
            access::limit(&self.config.bus, &collector.id, bytes_per_second)?;
        }
        Ok(())
    }

    /// Shuts an agency out: its tokens are void and its collectors revoked. What it sent stays, as
    /// long as topics and tables keep it. How many collectors there were.
    pub fn remove_agency(&self, agency: &Agency) -> Result<usize, Error> {
        if !self.registry().remove_agency(agency, now_ms())? {
            return Err(Error::NoAgency { name: agency.to_string() });
        }
        let collectors = self.registry().collectors(Some(agency.as_str()))?;
        for collector in &collectors {
            self.revoke(&collector.id)?;
        }
        Ok(collectors.len())
    }

    /// All agencies.
    pub fn agencies(&self) -> Result<Vec<AgencyRow>, Error> {
        self.registry().agencies()
    }

    /// The collectors of an agency, or of all.
    pub fn collectors(&self, agency: Option<&Agency>) -> Result<Vec<CollectorRow>, Error> {
        self.registry().collectors(agency.map(Agency::as_str))
    }

    /// A token with which `uses` collectors of an agency and a site may enrol within `hours`.
    pub fn add_token(
        &self,
        agency: &Agency,
        site: &str,
        uses: u32,
        hours: u32,
    ) -> Result<String, Error> {
        label("site", site)?;
        let secret = token::secret()?;
        let expires_ms = now_ms() + i64::from(hours) * 3_600_000;
        let registry = self.registry();
        registry.agency(agency.as_str())?;
        registry.add_token(&secret, agency.as_str(), site, uses, expires_ms)?;
        Ok(format!("{secret}.{}", self.authority.fingerprint()))
    }

    /// Enrols a collector: takes a use of its token, signs its request, and lets it write. The host
    /// is kept as a label.
    pub fn enrol(&self, token: &str, csr: &str, host: &str) -> Result<Enrolled, Error> {
        let secret = token::secret_of(token);
        let (agency, site) = self.registry().redeem(secret, now_ms())?;
        let enrolled = self.enrol_in(&agency, &site, csr, host);
        if enrolled.is_err() {
            // Nothing was given out: who mends what is wrong can use it again.
            self.registry().give_back(secret)?;
        }
        enrolled
    }

    fn enrol_in(&self, agency: &str, site: &str, csr: &str, host: &str) -> Result<Enrolled, Error> {
        let host: String =
            host.chars().filter(|c| !c.is_control()).take(LABEL_CHARACTERS_MAX).collect();
        let id = token::identity()?;
        let now = OffsetDateTime::now_utc();
        let days = self.config.certificate_days;
        let (chain, hash, until) = self.authority.collector(csr, &id, agency, site, now, days)?;
        let limit = self.registry().agency(agency)?.bytes_per_second;
        self.allow(agency, &id)?;
        if limit.is_some() {
            access::limit(&self.config.bus, &id, limit)?;
        }
        let row = CollectorRow {
            id: id.clone(),
            agency: agency.to_owned(),
            site: site.to_owned(),
            host,
            enrolled_ms: now_ms(),
            expires_ms: ms(until),
            revoked: false,
        };
        self.registry().add_collector(&row, &hash)?;
        tracing::info!(collector = id, agency, site, host = row.host, "a collector has enrolled");
        Ok(self.enrolled(&row, chain))
    }

    /// Gives the collector that shows the certificate with this SHA-256 another one.
    pub fn renew(&self, shown: &str, csr: &str) -> Result<Enrolled, Error> {
        let row = self.registry().by_certificate(shown)?;
        let (now, days) = (OffsetDateTime::now_utc(), self.config.certificate_days);
        let (chain, hash, until) =
            self.authority.collector(csr, &row.id, &row.agency, &row.site, now, days)?;
        self.registry().renew(&row.id, shown, &hash, ms(until))?;
        Ok(self.enrolled(&CollectorRow { expires_ms: ms(until), ..row }, chain))
    }

    fn enrolled(&self, row: &CollectorRow, certificate: String) -> Enrolled {
        Enrolled {
            collector: row.id.clone(),
            agency: row.agency.clone(),
            site: row.site.clone(),
            certificate,
            authority: self.authority.pem().to_owned(),
            brokers: self.config.brokers.clone(),
            expires_ms: row.expires_ms,
        }
    }

    /// Shuts a collector out: Kafka takes nothing of it any more, and it gets no other certificate.
    pub fn revoke(&self, id: &str) -> Result<(), Error> {
        // The registry first: a renewal that comes between finds it revoked.
        if !self.registry().revoke(id, now_ms())? {
            return Err(Error::NoCollector { id: id.to_owned() });
        }
        access::revoke(&self.config.bus, id)?;
        access::limit(&self.config.bus, id, None)?;
        tracing::info!(collector = id, "a collector was revoked");
        Ok(())
    }

    fn allow(&self, agency: &str, id: &str) -> Result<(), Error> {
        let agency =
            Agency::new(agency).map_err(|_| Error::NoAgency { name: agency.to_owned() })?;
        let rule = |topic| Rule { principal: id.to_owned(), operation: Operation::Write, topic };
        let rules = [rule(topic::raw(&agency)), rule(topic::heartbeats(&agency))];
        Ok(access::grant(&self.config.bus, &rules)?)
    }

    /// Writes a broker's or another server's certificate and key into `dir`: `NAME.pem`, `NAME.key`.
    pub fn write_server(&self, names: &[String], dir: &Path) -> Result<(), Error> {
        let issued = self.authority.server(names, OffsetDateTime::now_utc())?;
        let name = names.first().map_or("server", String::as_str);
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if name.starts_with('.') || !name.chars().all(legal) {
            let reason = format!("{name:?} cannot be the name of a file");
            return Err(Error::Config { field: "names", reason });
        }
        std::fs::create_dir_all(dir).map_err(Error::file("create", dir))?;
        crate::authority::write_private(&dir.join(format!("{name}.key")), &issued.key)?;
        crate::authority::write_private(&dir.join(format!("{name}.pem")), &issued.chain)
    }
}

fn label(field: &'static str, text: &str) -> Result<(), Error> {
    let short = text.chars().count() <= LABEL_CHARACTERS_MAX;
    let checked = origin::check_name(field, text).map(|_| ()).map_err(|e| e.to_string());
    let reason = match checked {
        Ok(()) if short => return Ok(()),
        Ok(()) => format!("is longer than {LABEL_CHARACTERS_MAX} characters"),
        Err(reason) => reason,
    };
    Err(Error::Config { field, reason })
}

fn ms(time: OffsetDateTime) -> i64 {
    time.unix_timestamp() * 1000
}

fn now_ms() -> i64 {
    ms(OffsetDateTime::now_utc())
}

#[cfg(test)]
mod tests;
