//! `prohori-collector enrol` and `renew`: a certificate for a key that never leaves this host.
//!
//! The token's second half is the SHA-256 of the authority's certificate: by it the server is known
//! before anything is sent. What comes back lies in one directory: `collector.key` (0600),
//! `collector.pem`, `ca.pem`, and `enrolment.json`, which says where to renew. The host's name is
//! sent as a label; agency and site come with the token.

mod ask;
mod trust;

use crate::Error;
use rcgen::{CertificateParams, KeyPair};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use trust::Trust;

/// The part of its life, in percent, that a certificate has left when it is renewed.
const RENEW_PERCENT: i64 = 33;

/// What the server gives.
#[derive(Debug, Clone, serde::Deserialize)]
struct Enrolled {
    collector: String,
    agency: String,
    site: String,
    certificate: String,
    authority: String,
    brokers: String,
    expires_ms: i64,
}

/// Where to renew, and when.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Note {
    server: String,
    collector: String,
    begun_ms: i64,
    expires_ms: i64,
}

/// Enrols at `server` (`host:port`, with `https://` before it if you like) and writes what comes
/// back to `dir`; what to say to the operator. `now_ms` is now.
pub fn enrol(server: &str, token: &str, dir: &Path, now_ms: i64) -> Result<String, Error> {
    let server = address(server)?;
    if dir.join("collector.key").exists() {
        let reason = format!("{} holds a key: this host has enrolled", dir.display());
        return Err(Error::Enrol { what: "begin", reason });
    }
    let pin = token.trim().split_once('.').map(|(_, pin)| pin.to_owned()).ok_or_else(|| {
        Error::Enrol { what: "read the token", reason: "it has no second half".into() }
    })?;
    let (key, csr) = request()?;
    let host = crate::state::host_name().unwrap_or_default();
    let body = serde_json::json!({ "token": token.trim(), "csr": csr, "host": host });
    let answer = ask::post(&server, "/enrol", &body.to_string(), &Trust::Pinned(pin))?;
    let enrolled = read(&answer)?;
    create(dir)?;
    private(&dir.join("ca.pem"), &enrolled.authority)?;
    put(dir, &key, &enrolled, &server, now_ms)?;
    Ok(report(dir, &enrolled))
}

/// Renews the certificate in `dir` when a third of its life is left, or `always`; what was done.
pub fn renew(dir: &Path, always: bool, now_ms: i64) -> Result<String, Error> {
    let file = dir.join("enrolment.json");
    let text = fs::read_to_string(&file).map_err(failed("read", &file))?;
    let note: Note = serde_json::from_str(&text)
        .map_err(|error| Error::Enrol { what: "read enrolment.json", reason: error.to_string() })?;
    let (life, left) = (note.expires_ms - note.begun_ms, note.expires_ms - now_ms);
    if !always && left * 100 > life * RENEW_PERCENT {
        return Ok(format!("good for another {} days\n", left / 86_400_000));
    }
    let (key, csr) = request()?;
    let trust = Trust::Known {
        authority: dir.join("ca.pem"),
        certificate: dir.join("collector.pem"),
        key: dir.join("collector.key"),
    };
    let body = serde_json::json!({ "csr": csr }).to_string();
    let answer = ask::post(&note.server, "/renew", &body, &trust)?;
    let enrolled = read(&answer)?;
    put(dir, &key, &enrolled, &note.server, now_ms)?;
    Ok(format!("renewed: {} days\n", (enrolled.expires_ms - now_ms) / 86_400_000))
}

fn address(server: &str) -> Result<String, Error> {
    let bare = server.trim().trim_start_matches("https://").trim_end_matches('/');
    let port = bare.rsplit_once(':').and_then(|(host, port)| {
        port.parse::<u16>().ok().filter(|port| *port > 0 && !host.is_empty())
    });
    match port {
        Some(_) => Ok(bare.to_owned()),
        None => Err(Error::Enrol {
            what: "reach the server",
            reason: format!("{server:?} is not host:port"),
        }),
    }
}

/// A new key, and a request to sign it.
fn request() -> Result<(String, String), Error> {
    let failed =
        |error: rcgen::Error| Error::Enrol { what: "make a key", reason: error.to_string() };
    let key = KeyPair::generate().map_err(failed)?;
    let request = CertificateParams::default().serialize_request(&key).map_err(failed)?;
    Ok((key.serialize_pem(), request.pem().map_err(failed)?))
}

fn read(answer: &str) -> Result<Enrolled, Error> {
    serde_json::from_str(answer).map_err(|error| Error::Enrol {
        what: "read the server's answer",
        reason: error.to_string(),
    })
}

/// Key, certificate, note. A collector that runs takes them once both halves are there.
fn put(dir: &Path, key: &str, enrolled: &Enrolled, server: &str, now_ms: i64) -> Result<(), Error> {
    private(&dir.join("collector.key"), key)?;
    private(&dir.join("collector.pem"), &enrolled.certificate)?;
    let note = Note {
        server: server.to_owned(),
        collector: enrolled.collector.clone(),
        begun_ms: now_ms,
        expires_ms: enrolled.expires_ms,
    };
    private(&dir.join("enrolment.json"), &serde_json::json!(note).to_string())
}

/// What the operator writes into the configuration.
fn report(dir: &Path, enrolled: &Enrolled) -> String {
    let Enrolled { collector, agency, site, brokers, .. } = enrolled;
    let dir = dir.display();
    format!(
        "# Enrolled as {collector} of {agency}, site {site}. In /etc/prohori/collector.toml:\n\
         agency = \"{agency}\"\n\
         id = \"{collector}\"\n\
         \n\
         [bus]\n\
         brokers = \"{brokers}\"\n\
         \n\
         [bus.tls]\n\
         ca_file = \"{dir}/ca.pem\"\n\
         identity = {{ certificate_file = \"{dir}/collector.pem\", key_file = \"{dir}/collector.key\" }}\n"
    )
}

fn create(dir: &Path) -> Result<(), Error> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed("create", dir))
}

/// Writes a file that only its owner may read, whole or not at all.
fn private(path: &Path, text: &str) -> Result<(), Error> {
    let fresh = path.with_extension("new");
    let write = || {
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    };
    write().map_err(failed("write", path))
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path: PathBuf = path.into();
    move |source| Error::EnrolFile { what, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_host_and_port() {
        for (server, expected) in [
            ("https://soc.example:8444/", Some("soc.example:8444")),
            ("10.0.0.1:1", Some("10.0.0.1:1")),
            ("soc.example", None),
            (":1", None),
            ("soc:0", None),
        ] {
            assert_eq!(address(server).ok().as_deref(), expected, "{server}");
        }
    }

    #[test]
    fn a_certificate_is_left_alone_while_two_thirds_of_its_life_are_left() {
        let dir = tempfile::tempdir().unwrap();
        let note = Note {
            server: "127.0.0.1:1".into(),
            collector: "c-1".into(),
            begun_ms: 0,
            expires_ms: 90 * 86_400_000,
        };
        private(&dir.path().join("enrolment.json"), &serde_json::json!(note).to_string()).unwrap();
        let said = renew(dir.path(), false, 10 * 86_400_000).unwrap();
        assert_eq!(said, "good for another 80 days\n");
        // Due: it asks, and there is nobody.
        assert!(renew(dir.path(), false, 80 * 86_400_000).is_err());
        assert!(enrol("127.0.0.1:1", "no second half", dir.path(), 0).is_err());
    }
}
