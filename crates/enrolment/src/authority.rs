//! The certificate authority: its key on disk, for its owner alone.

use crate::Error;
use crate::token::hex;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustix::fs::{FlockOperation, flock};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use time::{Duration, OffsetDateTime};

/// How long the authority is good. Its successor is made by hand: every host must learn of it.
const AUTHORITY_DAYS: i64 = 3650;
/// How long the certificate of a server is good.
const SERVER_DAYS: i64 = 397;
/// Clocks that are behind by less take a new certificate for good.
const SKEW: Duration = Duration::minutes(10);

/// A certificate and its private key, as PEM.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The certificate, and the authority's behind it.
    pub chain: String,
    /// The key (PKCS #8).
    pub key: String,
}

/// The authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    fingerprint: String,
}

impl Authority {
    /// Reads the authority in `dir`, or makes one.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(Error::file("create", dir))?;
        let lock = dir.join("lock");
        let held = File::create(&lock).map_err(Error::file("create", &lock))?;
        flock(&held, FlockOperation::LockExclusive)
            .map_err(|error| Error::file("lock", &lock)(error.into()))?;
        let (key_file, file) = (dir.join("ca.key"), dir.join("ca.pem"));
        if !file.exists() {
            let (pem, key) = make()?;
            // The certificate comes last: where it is, the key is whole.
            write_private(&key_file, &key)?;
            write_private(&file, &pem)?;
        }
        let read = |path: &Path| fs::read_to_string(path).map_err(Error::file("read", path));
        let (pem, key) = (read(&file)?, read(&key_file)?);
        let key =
            KeyPair::from_pem(&key).map_err(Error::certificate("read the authority's key"))?;
        let issuer = Issuer::from_ca_cert_pem(&pem, key)
            .map_err(Error::certificate("read the authority's certificate"))?;
        let fingerprint = fingerprint(&pem)?;
        Ok(Self { issuer, pem, fingerprint })
    }

    /// Its certificate.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// SHA-256 of its certificate, in hex.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// A certificate for a server that is reached by `names`, which may be addresses.
    pub fn server(&self, names: &[String], now: OffsetDateTime) -> Result<Issued, Error> {
        let what = "make a server's certificate";
        let mut params =
            CertificateParams::new(names.to_vec()).map_err(Error::certificate(what))?;
        let name = names.first().map_or("server", String::as_str);
        params.distinguished_name = named(&[(DnType::CommonName, name)]);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = (now - SKEW, now + Duration::days(SERVER_DAYS));
        let key = KeyPair::generate().map_err(Error::certificate(what))?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(Error::certificate(what))?;
        Ok(Issued { chain: self.chain(&certificate.pem()), key: key.serialize_pem() })
    }

    /// A certificate for the key of the signing request `csr`, whatever else that asks for: its
    /// common name is `id`. With it comes the chain's own SHA-256, in hex, and until when it is good.
    pub(crate) fn collector(
        &self,
        csr: &str,
        id: &str,
        agency: &str,
        site: &str,
        now: OffsetDateTime,
        days: u32,
    ) -> Result<(String, String, OffsetDateTime), Error> {
        let what = "sign the request";
        let mut request =
            CertificateSigningRequestParams::from_pem(csr).map_err(Error::certificate(what))?;
        let until = now + Duration::days(days.into());
        let mut params = CertificateParams::default();
        // Written from the last to the first, so that the principal begins with the common name.
        params.distinguished_name = named(&[
            (DnType::OrganizationName, agency),
            (DnType::OrganizationalUnitName, site),
            (DnType::CommonName, id),
        ]);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = (now - SKEW, until);
        request.params = params;
        let certificate = request.signed_by(&self.issuer).map_err(Error::certificate(what))?;
        let hash = hex(&Sha256::digest(certificate.der()));
        Ok((self.chain(&certificate.pem()), hash, until))
    }

    fn chain(&self, certificate: &str) -> String {
        format!("{}\n{}\n", certificate.trim_end(), self.pem.trim_end())
    }
}

fn make() -> Result<(String, String), Error> {
    let what = "make the authority";
    let mut params = CertificateParams::default();
    params.distinguished_name = named(&[(DnType::CommonName, "Prohori authority")]);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let now = OffsetDateTime::now_utc();
    (params.not_before, params.not_after) = (now - SKEW, now + Duration::days(AUTHORITY_DAYS));
    let key = KeyPair::generate().map_err(Error::certificate(what))?;
    let certificate = params.self_signed(&key).map_err(Error::certificate(what))?;
    Ok((certificate.pem(), key.serialize_pem()))
}

fn named(parts: &[(DnType, &str)]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for (kind, value) in parts.iter().filter(|(_, value)| !value.is_empty()) {
        name.push(kind.clone(), *value);
    }
    name
}

fn fingerprint(pem: &str) -> Result<String, Error> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| {
        Error::Certificate { what: "read the authority's certificate", reason: error.to_string() }
    })?;
    Ok(hex(&Sha256::digest(&der)))
}

/// Writes a file that only its owner may read, whole or not at all.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    let fresh = path.with_extension("new");
    let write = || {
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    };
    write().map_err(Error::file("write", path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_authority_is_made_once_and_its_key_is_its_owners() {
        let dir = tempfile::tempdir().unwrap();
        let first = Authority::open(dir.path()).unwrap();
        let again = Authority::open(dir.path()).unwrap();
        assert_eq!(first.fingerprint(), again.fingerprint());
        let mode = fs::metadata(dir.path().join("ca.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_request_gets_the_name_that_we_give_and_not_the_one_it_asks_for() {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::open(dir.path()).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut asked = CertificateParams::new(vec!["kafka-1".to_owned()]).unwrap();
        asked.distinguished_name = named(&[(DnType::CommonName, "admin")]);
        asked.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let csr = asked.serialize_request(&key).unwrap().pem().unwrap();
        let now = OffsetDateTime::now_utc();
        let (chain, hash, until) =
            authority.collector(&csr, "c-1", "mof", "dhaka", now, 90).unwrap();
        assert_eq!((hash.len(), until - now), (64, Duration::days(90)));
        let der = CertificateDer::from_pem_slice(chain.as_bytes()).unwrap();
        let text = String::from_utf8_lossy(&der);
        for (part, there) in [("c-1", true), ("mof", true), ("dhaka", true), ("admin", false)] {
            assert_eq!(text.contains(part), there, "{part}");
        }
        assert!(!text.contains("kafka-1"));
        assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 2);
        assert!(authority.collector("no request", "c-1", "mof", "", now, 90).is_err());
    }
}
