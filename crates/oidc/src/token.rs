//! Tokens: what they must say before they are believed.

use crate::Error;
use crate::ring_provider::ALGORITHMS;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

/// Clocks of two servers may differ by so much, in seconds.
const LEEWAY: u64 = 60;
/// A logout token older than this is not taken, in seconds.
const LOGOUT_AGE_MAX: u64 = 600;
/// OpenID Connect Back-Channel Logout 1.0, section 2.4.
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// A name or id of a provider's is at most so long (OpenID Connect Core, section 2: 255).
const ID_BYTES_MAX: usize = 255;

/// Who signed in.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// The provider's own id of the person, which never changes.
    pub subject: String,
    /// The provider's id of the session there.
    pub sid: Option<String>,
    /// All that it says of the person.
    pub claims: Map<String, Value>,
}

/// Who signed out there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedOut {
    /// The person, all of whose sessions end where there is no `sid`.
    pub subject: Option<String>,
    /// The one session.
    pub sid: Option<String>,
    /// The token's own id: it is taken once.
    pub jti: String,
    /// When it was made, in seconds since the epoch.
    pub issued: u64,
}

/// Whose tokens, for whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'e> {
    pub(crate) issuer: &'e str,
    pub(crate) client_id: &'e str,
}

fn bad(what: impl ToString) -> Error {
    Error::Token(what.to_string())
}

/// The name of the key that a token is signed with, and how.
pub(crate) fn signed_by(token: &str) -> Result<(Option<String>, Algorithm), Error> {
    let header = decode_header(token).map_err(bad)?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(bad(format_args!("{:?} is not taken as its algorithm", header.alg)));
    }
    Ok((header.kid, header.alg))
}

/// The key that signed, among the provider's.
pub(crate) fn find<'k>(
    keys: &'k JwkSet,
    kid: Option<&str>,
    algorithm: Algorithm,
) -> Option<&'k Jwk> {
    let fits = |key: &&Jwk| {
        let common = &key.common;
        let signs = common.public_key_use.as_ref().is_none_or(|u| *u == PublicKeyUse::Signature);
        let said = common.key_algorithm.map(|known| known.to_string());
        signs && said.is_none_or(|known| known == format!("{algorithm:?}"))
    };
    let mut fitting = keys.keys.iter().filter(fits);
    match kid {
        Some(kid) => fitting.find(|key| key.common.key_id.as_deref() == Some(kid)),
        // A provider with one key need not name it.
        None => fitting.next().filter(|_| keys.keys.len() == 1),
    }
}

fn claims(
    token: &str,
    key: &Jwk,
    algorithm: Algorithm,
    expected: Expected<'_>,
    required: &[&str],
) -> Result<Map<String, Value>, Error> {
    let key = DecodingKey::from_jwk(key).map_err(bad)?;
    let mut validation = Validation::new(algorithm);
    validation.leeway = LEEWAY;
    validation.validate_nbf = true;
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client_id]);
    validation.set_required_spec_claims(required);
    Ok(decode(token, &key, &validation).map_err(bad)?.claims)
}

fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    let text = claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.filter(|text| text.len() <= ID_BYTES_MAX).map(str::to_owned)
}

/// An ID token: OpenID Connect Core 1.0, section 3.1.3.7.
pub(crate) fn identity(
    token: &str,
    key: &Jwk,
    algorithm: Algorithm,
    expected: Expected<'_>,
    nonce: &str,
) -> Result<Identity, Error> {
    let claims = claims(token, key, algorithm, expected, &["iss", "aud", "exp", "sub"])?;
    if claims.get("nonce").and_then(Value::as_str) != Some(nonce) {
        return Err(bad("it answers another request (nonce)"));
    }
    let many = claims.get("aud").and_then(Value::as_array).is_some_and(|list| list.len() > 1);
    let azp = claims.get("azp").map(|azp| azp.as_str() == Some(expected.client_id));
    if azp == Some(false) || many && azp.is_none() {
        return Err(bad("it was made for another client (azp)"));
    }
    let subject = text(&claims, "sub").ok_or_else(|| bad("sub is no id"))?;
    Ok(Identity { subject, sid: text(&claims, "sid"), claims })
}

/// A logout token: OpenID Connect Back-Channel Logout 1.0, section 2.6.
pub(crate) fn logged_out(
    token: &str,
    key: &Jwk,
    algorithm: Algorithm,
    expected: Expected<'_>,
) -> Result<LoggedOut, Error> {
    let claims = claims(token, key, algorithm, expected, &["iss", "aud", "exp"])?;
    let event = claims.get("events").and_then(|events| events.get(LOGOUT_EVENT));
    if !event.is_some_and(Value::is_object) {
        return Err(bad("it is no logout token (events)"));
    }
    if claims.contains_key("nonce") {
        return Err(bad("a logout token has no nonce"));
    }
    let issued = claims.get("iat").and_then(Value::as_u64).ok_or_else(|| bad("iat is no time"))?;
    let now = jsonwebtoken::get_current_timestamp();
    if issued > now + LEEWAY || issued + LOGOUT_AGE_MAX < now {
        return Err(bad("it is too old, or from the future (iat)"));
    }
    let (subject, sid) = (text(&claims, "sub"), text(&claims, "sid"));
    if subject.is_none() && sid.is_none() {
        return Err(bad("it names nobody (sub, sid)"));
    }
    let jti = text(&claims, "jti").ok_or_else(|| bad("it has no id (jti)"))?;
    Ok(LoggedOut { subject, sid, jti, issued })
}
