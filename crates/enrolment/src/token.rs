//! One-time tokens: `<secret>.<SHA-256 of the authority's certificate>`.
//!
//! The second half is no secret. By it a collector knows the right server before it has been given
//! the authority's certificate.

use crate::Error;
use sha2::{Digest as _, Sha256};

/// Bytes of a secret: nobody guesses 192 bits.
const SECRET_BYTES: usize = 24;
/// Bytes of a collector's identity.
const ID_BYTES: usize = 8;

fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|source| Error::Random { source })?;
    Ok(bytes)
}

/// A new secret, in hex digits: no sign of it means anything to a shell or to a reader of arguments.
pub(crate) fn secret() -> Result<String, Error> {
    Ok(hex(&random::<SECRET_BYTES>()?))
}

/// A new collector's identity.
pub(crate) fn identity() -> Result<String, Error> {
    Ok(format!("c-{}", hex(&random::<ID_BYTES>()?)))
}

/// What is stored of a secret: who reads the registry learns none.
pub(crate) fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The secret half of what somebody shows.
pub(crate) fn secret_of(token: &str) -> &str {
    token.trim().split('.').next().unwrap_or_default()
}
