//! Random secrets that are handed out once and kept only as their hash.

use crate::Error;
use sha2::{Digest, Sha256};
use std::fmt;

/// 256 random bits: a session's cookie, a one-time login token.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret([u8; 32]);

/// What is stored of a [`Secret`]. A fast hash will do: there is nothing to guess in 256 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SecretHash(pub(crate) [u8; 32]);

impl Secret {
    /// A new one, from the operating system.
    pub(crate) fn random() -> Result<Self, Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|source| Error::Random { source })?;
        Ok(Self(bytes))
    }

    /// 64 hex digits.
    pub(crate) fn text(&self) -> String {
        hex(&self.0)
    }

    pub(crate) fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0).into())
    }

    /// Reads 64 hex digits in lower case; anything else is no secret of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let mut bytes = [0; 32];
        if digits.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }
}

impl SecretHash {
    /// Of a secret that somebody else's text carries.
    pub(crate) fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Lower-case hex digits of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_back_from_its_text_and_nothing_else_does() {
        let secret = Secret::random().unwrap();
        let text = secret.text();
        assert_eq!(Secret::parse(&text), Some(secret.clone()));
        assert_ne!(Secret::random().unwrap(), secret);
        assert_ne!(secret.hash().0, secret.0);
        let long = format!("{text}0");
        for wrong in ["", &text[1..], &long, &"g".repeat(64), &"A".repeat(64), &"é".repeat(32)] {
            assert_eq!(Secret::parse(wrong), None, "{wrong}");
        }
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
