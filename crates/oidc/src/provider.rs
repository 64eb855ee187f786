//! The provider: asked where its doors are, then knocked at.

use crate::metadata::{self, DOCUMENT_BYTES_MAX, Metadata};
use crate::token::{self, Expected, Identity, LoggedOut};
use crate::{Config, Error, ring_provider};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use ureq::Agent;

/// How long one request may take: a person waits for it.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long what a provider says of itself is believed.
const KNOWN_FOR: Duration = Duration::from_secs(3_600);
/// Keys that are not known are asked for at most this often: anybody may name one.
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// A provider of identities. Calls that ask it block.
pub struct Provider {
    config: Config,
    secret: Option<String>,
    agent: Agent,
    known: Mutex<Option<Known>>,
}

#[derive(Clone)]
struct Known {
    metadata: Metadata,
    keys: JwkSet,
    at: Instant,
}

/// A sign-in that has begun: where the browser goes, and what is kept until it comes back.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The provider's page.
    pub url: String,
    /// Comes back with the code.
    pub state: String,
    /// Comes back in the token.
    pub nonce: String,
    /// Proves that who brings the code asked for it (RFC 7636).
    pub verifier: String,
}

impl Provider {
    /// Reads the secret; the provider is asked when the first person comes.
    pub fn open(config: Config) -> Result<Self, Error> {
        ring_provider::install();
        if !https::may_ask(&config.issuer) {
            return Err(Error::Config(format!("issuer {:?} is not https://…", config.issuer)));
        }
        let secret = config.client_secret_file.as_ref().map(|file| {
            let failed = |error| Error::Config(format!("cannot read {}: {error}", file.display()));
            let text = std::fs::read_to_string(file).map_err(failed)?;
            Ok(text.trim_end_matches(['\r', '\n']).to_owned())
        });
        let secret = secret.transpose()?;
        let agent =
            https::agent(&config.ca_file, PATIENCE).map_err(|e| Error::Config(e.to_string()))?;
        Ok(Self { config, secret, agent, known: Mutex::default() })
    }

    /// Begins a sign-in that comes back to `redirect_uri`.
    pub fn begin(&self, redirect_uri: &str) -> Result<Begun, Error> {
        let known = self.known()?;
        let (state, nonce, verifier) = (random()?, random()?, random()?);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let scopes = ["openid".to_owned()].into_iter().chain(self.config.scopes.iter().cloned());
        let scope = scopes.collect::<Vec<_>>().join(" ");
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", &scope)
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if let Some(acr) = &self.config.acr {
            query.append_pair("acr_values", acr);
        }
        let door = &known.metadata.authorization_endpoint;
        let mark = if door.contains('?') { '&' } else { '?' };
        let url = format!("{door}{mark}{}", query.finish());
        Ok(Begun { url, state, nonce, verifier })
    }

    /// Who brings `code`, which came back with the answer's `iss`, to the sign-in that began so.
    pub fn finish(
        &self,
        code: &str,
        iss: Option<&str>,
        redirect_uri: &str,
        nonce: &str,
        verifier: &str,
    ) -> Result<Identity, Error> {
        let known = self.known()?;
        let must = known.metadata.authorization_response_iss_parameter_supported;
        if iss.is_some_and(|iss| iss != self.config.issuer) || must && iss.is_none() {
            return Err(Error::Token("the answer is another provider's (iss)".into()));
        }
        let tokens = self.exchange(&known.metadata, code, redirect_uri, verifier)?;
        let (key, algorithm) = self.key(&tokens.id_token)?;
        let expected = self.expected();
        let mut identity = token::identity(&tokens.id_token, &key, algorithm, expected, nonce)?;
        if let (Some(acr), said) = (&self.config.acr, identity.claims.get("acr"))
            && said.and_then(Value::as_str) != Some(acr)
        {
            let said = said.map_or_else(|| "nothing".to_owned(), Value::to_string);
            return Err(Error::Token(format!("acr is {said}, not {acr:?}")));
        }
        if let (Some(door), Some(access)) = (&known.metadata.userinfo_endpoint, tokens.access_token)
        {
            self.add_userinfo(door, &access, &mut identity)?;
        }
        Ok(identity)
    }

    /// Who signed out there, by a token that the provider sent.
    pub fn logout(&self, token: &str) -> Result<LoggedOut, Error> {
        let (key, algorithm) = self.key(token)?;
        token::logged_out(token, &key, algorithm, self.expected())
    }

    /// Where a browser ends its session at the provider too, and then goes to `back`.
    pub fn end_session(&self, back: &str) -> Option<String> {
        let door = self.known().ok()?.metadata.end_session_endpoint?;
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("client_id", &self.config.client_id);
        query.append_pair("post_logout_redirect_uri", back);
        let mark = if door.contains('?') { '&' } else { '?' };
        Some(format!("{door}{mark}{}", query.finish()))
    }

    fn expected(&self) -> Expected<'_> {
        Expected { issuer: &self.config.issuer, client_id: &self.config.client_id }
    }

    fn exchange(
        &self,
        metadata: &Metadata,
        code: &str,
        redirect_uri: &str,
        verifier: &str,
    ) -> Result<Tokens, Error> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("client_id", &self.config.client_id)
            .append_pair("code_verifier", verifier);
        let mut request = self.agent.post(&metadata.token_endpoint);
        match &self.secret {
            Some(secret) if metadata.wants_secret_in_form() => {
                form.append_pair("client_secret", secret);
            }
            Some(secret) => {
                // RFC 6749, section 2.3.1: each part as in a form.
                let coded = |text: &str| {
                    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()
                };
                let both = format!("{}:{}", coded(&self.config.client_id), coded(secret));
                let value = format!("Basic {}", STANDARD.encode(both));
                request = request.header("Authorization", &value);
            }
            None => {}
        }
        let answer = request
            .header("Accept", "application/json")
            .content_type("application/x-www-form-urlencoded")
            .send(form.finish());
        let url = &metadata.token_endpoint;
        let failed = |what| Error::Provider { url: url.clone(), what };
        let (_, body) = https::body(answer, DOCUMENT_BYTES_MAX).map_err(failed)?;
        serde_json::from_slice(&body).map_err(|error| failed(format!("no tokens: {error}")))
    }

    /// What else the provider says of the person; what the token says has precedence.
    fn add_userinfo(&self, url: &str, access: &str, identity: &mut Identity) -> Result<(), Error> {
        let failed = |what| Error::Provider { url: url.to_owned(), what };
        let bearer = format!("Bearer {access}");
        let request = self.agent.get(url).header("Accept", "application/json");
        let answer = request.header("Authorization", &bearer).call();
        let (_, body) = https::body(answer, DOCUMENT_BYTES_MAX).map_err(failed)?;
        let more: Map<String, Value> = serde_json::from_slice(&body)
            .map_err(|error| failed(format!("not as expected: {error}")))?;
        if more.get("sub").and_then(Value::as_str) != Some(&identity.subject) {
            return Err(failed("it tells of somebody else (sub)".into()));
        }
        for (name, value) in more {
            identity.claims.entry(name).or_insert(value);
        }
        Ok(())
    }

    /// The key that signed a token.
    fn key(&self, token: &str) -> Result<(Jwk, Algorithm), Error> {
        let (kid, algorithm) = token::signed_by(token)?;
        let known = self.known()?;
        if let Some(key) = token::find(&known.keys, kid.as_deref(), algorithm) {
            return Ok((key.clone(), algorithm));
        }
        // It may have a new one.
        let known = if known.at.elapsed() > ASK_AGAIN { self.read()? } else { known };
        let found = token::find(&known.keys, kid.as_deref(), algorithm).cloned();
        let key =
            found.ok_or_else(|| Error::Token("it is signed by no key of the provider".into()))?;
        Ok((key, algorithm))
    }

    fn known(&self) -> Result<Known, Error> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match known.filter(|known| known.at.elapsed() < KNOWN_FOR) {
            Some(known) => Ok(known),
            None => self.read(),
        }
    }

    fn read(&self) -> Result<Known, Error> {
        let metadata = Metadata::read(&self.agent, &self.config.issuer)?;
        let keys = metadata::keys(&self.agent, &metadata)?;
        let known = Known { metadata, keys, at: Instant::now() };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("config", &self.config).finish_non_exhaustive()
    }
}

#[derive(serde::Deserialize)]
struct Tokens {
    id_token: String,
    #[serde(default)]
    access_token: Option<String>,
}

/// 256 bits that nobody guesses, as text.
fn random() -> Result<String, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| Error::Random)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
