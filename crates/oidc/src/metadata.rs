//! What a provider says of itself: OpenID Connect Discovery 1.0.

use crate::Error;
use jsonwebtoken::jwk::JwkSet;
use ureq::Agent;

/// The longest document: metadata and keys are some kilobytes.
pub(crate) const DOCUMENT_BYTES_MAX: u64 = 1024 * 1024;

/// Where the provider's doors are.
#[derive(Debug, Clone, serde::Deserialize)]
pub(crate) struct Metadata {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    pub(crate) jwks_uri: String,
    #[serde(default)]
    pub(crate) userinfo_endpoint: Option<String>,
    #[serde(default)]
    pub(crate) end_session_endpoint: Option<String>,
    /// How a client may prove itself; `client_secret_basic` where it does not say.
    #[serde(default)]
    pub(crate) token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Asks the issuer.
    pub(crate) fn read(agent: &Agent, issuer: &str) -> Result<Self, Error> {
        let base = issuer.trim_end_matches('/');
        let url = format!("{base}/.well-known/openid-configuration");
        let found: Self = get(agent, &url)?;
        let failed = |what: String| Error::Provider { url: url.clone(), what };
        if found.issuer != issuer {
            return Err(failed(format!("it says that it is {:?}, not {issuer:?}", found.issuer)));
        }
        let doors = [&found.authorization_endpoint, &found.token_endpoint, &found.jwks_uri];
        let more = [&found.userinfo_endpoint, &found.end_session_endpoint];
        let doors = doors.into_iter().chain(more.into_iter().flatten());
        let clear: Vec<String> = doors.filter(|door| !https::may_ask(door)).cloned().collect();
        if let Some(door) = clear.first() {
            return Err(failed(format!("{door:?} is no https address")));
        }
        Ok(found)
    }

    /// Whether a client may send its secret in the form alone.
    pub(crate) fn wants_secret_in_form(&self) -> bool {
        let known = &self.token_endpoint_auth_methods_supported;
        let takes = |method: &str| known.iter().any(|each| each == method);
        takes("client_secret_post") && !takes("client_secret_basic")
    }
}

/// The provider's keys.
pub(crate) fn keys(agent: &Agent, metadata: &Metadata) -> Result<JwkSet, Error> {
    get(agent, &metadata.jwks_uri)
}

fn get<T: serde::de::DeserializeOwned>(agent: &Agent, url: &str) -> Result<T, Error> {
    let failed = |what| Error::Provider { url: url.to_owned(), what };
    let answer = agent.get(url).header("Accept", "application/json").call();
    let (_, body) = https::body(answer, DOCUMENT_BYTES_MAX).map_err(failed)?;
    serde_json::from_slice(&body).map_err(|error| failed(format!("not as expected: {error}")))
}
