//! Requests of ours to others' services by https: judged against the authorities of one file, bounded
//! in time and size, and led nowhere else.

pub mod testing;

use rustls::crypto::ring;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body, http};

pub use tls::CA_FILE;

/// Who asks: trusts the authorities of `ca_file` and gives a request up after `patience`.
pub fn agent(ca_file: &Path, patience: Duration) -> Result<Agent, tls::Error> {
    Ok(trusting(&tls::certificates(ca_file)?, patience))
}

/// Who trusts nobody, for where no way leads out by https.
pub fn agent_without_authorities(patience: Duration) -> Agent {
    trusting(&[], patience)
}

fn trusting(roots: &[rustls::pki_types::CertificateDer<'static>], patience: Duration) -> Agent {
    let roots: Vec<_> = roots.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .root_certs(RootCerts::new_with_certs(&roots))
        .build();
    Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(patience))
        // A host that is let through must not lead to one that is not.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .user_agent("Prohori")
        .build()
        .into()
}

/// The body of an answer of status 2xx, of at most `bytes_max`; else in words what was answered.
pub fn body(
    answer: Result<http::Response<Body>, ureq::Error>,
    bytes_max: u64,
) -> Result<(http::HeaderMap, Vec<u8>), String> {
    let mut answer = answer.map_err(|error| error.to_string())?;
    if !answer.status().is_success() {
        return Err(format!("it answers {}", answer.status()));
    }
    let body = answer.body_mut().with_config().limit(bytes_max).read_to_vec();
    let body = body.map_err(|error| match error {
        ureq::Error::BodyExceedsLimit(_) => format!("its answer is longer than {bytes_max} bytes"),
        other => other.to_string(),
    })?;
    Ok((std::mem::take(answer.headers_mut()), body))
}

/// Whether a URL of a configuration may be asked: https, or http on this machine alone.
pub fn may_ask(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default();
    let local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    !host.is_empty()
        && (uri.scheme_str() == Some("https") || uri.scheme_str() == Some("http") && local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked_in_the_clear() {
        for (url, expected) in [
            ("https://misp.example/taxii2/", true),
            ("http://misp.example/taxii2/", false),
            ("http://127.0.0.1:9/a", true),
            ("http://localhost.example/", false),
            ("http://[::1]:9/", true),
            ("https:///x", false),
            ("ftp://localhost/", false),
            ("x", false),
        ] {
            assert_eq!(may_ask(url), expected, "{url}");
        }
    }
}
