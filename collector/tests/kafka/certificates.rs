//! An authority that lives as long as a test, and the files of what it issues.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, IsCa, Issuer,
    KeyPair,
};
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// PEM files.
pub(crate) struct Identity {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = named("an authority of a test");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    pub(crate) fn write(&self, dir: &Path) -> PathBuf {
        let file = dir.join("ca.pem");
        fs::write(&file, self.certificate.pem()).unwrap();
        file
    }

    pub(crate) fn issue(&self, subject: &str, dir: &Path, file: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![subject.to_owned()]).unwrap();
        params.distinguished_name = named(subject);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let paths = Identity {
            certificate: dir.join(format!("{file}.pem")),
            key: dir.join(format!("{file}.key")),
        };
        fs::write(&paths.certificate, certificate.pem()).unwrap();
        fs::write(&paths.key, key.serialize_pem()).unwrap();
        paths
    }
}

/// Names differ: OpenSSL takes a certificate that is named like its issuer for its own.
fn named(name: &str) -> DistinguishedName {
    let mut named = DistinguishedName::new();
    named.push(DnType::CommonName, name);
    named
}
