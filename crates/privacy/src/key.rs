//! An agency's keys, and the tokens that they make.

use crate::{Error, Kind};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;

/// Bytes of a key: as many as the hash has, beyond which HMAC gains nothing (RFC 2104, section 3).
const KEY_BYTES: usize = 32;
/// Letters of a token, four bits each: 96 bits keep 10^9 values apart with a chance of 10^-11.
const LETTERS: usize = 24;
/// The longest id.
const ID_BYTES_MAX: usize = 8;

/// The keys of one agency. The last one makes tokens; the earlier ones tell what a value's token
/// was before the key was changed.
///
/// As a file: one `id:hex` a line, 64 hex digits; lines that are empty or begin with `#` do not
/// count.
#[derive(Clone)]
pub struct Keyring(Vec<Key>);

#[derive(Clone)]
struct Key {
    id: Box<str>,
    mac: Hmac<Sha256>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

impl Keyring {
    /// Reads a file of keys.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut keys: Vec<Key> = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let (line, number) = (line.trim(), at + 1);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let key = Key::parse(line, number)?;
            if keys.iter().any(|known| known.id == key.id) {
                return Err(Error::Repeated { line: number, id: key.id.into() });
            }
            keys.push(key);
        }
        if keys.is_empty() { Err(Error::NoKey) } else { Ok(Self(keys)) }
    }

    /// The token of a canonical value, under the key in force.
    pub(crate) fn token(&self, kind: Kind, canonical: &str) -> String {
        self.0.last().map_or_else(String::new, |key| key.token(kind, canonical))
    }

    /// The token of a canonical value under each key, the oldest first.
    pub(crate) fn tokens(&self, kind: Kind, canonical: &str) -> Vec<String> {
        self.0.iter().map(|key| key.token(kind, canonical)).collect()
    }
}

impl Key {
    fn parse(line: &str, number: usize) -> Result<Self, Error> {
        let (id, hex) = line.split_once(':').ok_or(Error::Form { line: number })?;
        let legal = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let begins = id.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        if !legal || !begins || id.len() > ID_BYTES_MAX {
            return Err(Error::Id { line: number });
        }
        let bytes = from_hex(hex.trim()).ok_or(Error::Form { line: number })?;
        let mac =
            Hmac::<Sha256>::new_from_slice(&bytes).map_err(|_| Error::Form { line: number })?;
        Ok(Self { id: id.into(), mac })
    }

    fn token(&self, kind: Kind, canonical: &str) -> String {
        let mut mac = self.mac.clone();
        mac.update(kind.as_str().as_bytes());
        mac.update(&[0]);
        mac.update(canonical.as_bytes());
        let digest = mac.finalize().into_bytes();
        let mut letters = String::with_capacity(LETTERS);
        for byte in &digest[..LETTERS / 2] {
            letters.push(char::from(b'a' + (byte >> 4)));
            letters.push(char::from(b'a' + (byte & 15)));
        }
        let (kind_name, id) = (kind.as_str(), &self.id);
        match (kind, canonical.rsplit_once('@')) {
            (Kind::Email, Some((_, domain))) => format!("tok-email-{id}-{letters}@{domain}"),
            _ => format!("tok:{kind_name}:{id}:{letters}"),
        }
    }
}

/// Whether the part of an e-mail address before the `@` is a token's.
pub(crate) fn is_email_token(local: &[u8]) -> bool {
    let Some(rest) = local.strip_prefix(b"tok-email-") else { return false };
    let Some(at) = rest.iter().position(|b| *b == b'-') else { return false };
    let (id, letters) = (&rest[..at], &rest[at + 1..]);
    (1..=ID_BYTES_MAX).contains(&id.len())
        && letters.len() == LETTERS
        && letters.iter().all(|b| (b'a'..=b'p').contains(b))
}

fn from_hex(hex: &str) -> Option<[u8; KEY_BYTES]> {
    let mut bytes = [0; KEY_BYTES];
    if hex.len() != 2 * KEY_BYTES || !hex.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(bytes)
}

/// A line for a key file, of `random` bytes that a caller got from the system.
pub fn generate(id: &str, random: [u8; KEY_BYTES]) -> Result<String, Error> {
    let hex: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let line = format!("{id}:{hex}\n");
    Keyring::parse(&line)?;
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_keys() {
        let key = "0f".repeat(32);
        for (text, expected) in [
            (format!("# mof\n\nk1:{key}\nk2:{key}\n"), Ok(2)),
            (String::new(), Err(Error::NoKey)),
            ("# none\n".into(), Err(Error::NoKey)),
            (format!("{key}\n"), Err(Error::Form { line: 1 })),
            ("\nk1:0f\n".into(), Err(Error::Form { line: 2 })),
            (format!("k1:{}zz", &key[2..]), Err(Error::Form { line: 1 })),
            (format!("K1:{key}"), Err(Error::Id { line: 1 })),
            (format!("1k:{key}"), Err(Error::Id { line: 1 })),
            (format!("k1:{key}\nk1:{key}"), Err(Error::Repeated { line: 2, id: "k1".into() })),
        ] {
            assert_eq!(Keyring::parse(&text).map(|ring| ring.0.len()), expected, "{text}");
        }
        let ring = Keyring::parse(&generate("k1", [7; 32]).unwrap()).unwrap();
        assert_eq!(format!("{ring:?}"), "[\"k1\"]", "no key is ever shown");
    }

    #[test]
    fn a_token_depends_on_key_kind_and_value() {
        let ring = |byte| Keyring::parse(&generate("k1", [byte; 32]).unwrap()).unwrap();
        let token = ring(1).token(Kind::Phone, "01712345678");
        assert_eq!(token, ring(1).token(Kind::Phone, "01712345678"));
        // The digest is another program's, for the key 32 times 0x01 over "phone", 0 and the number.
        assert_eq!(token, "tok:phone:k1:eoolnmgikbfedhhlcbmhccnn");
        for other in [
            ring(2).token(Kind::Phone, "01712345678"),
            ring(1).token(Kind::Nid, "01712345678"),
            ring(1).token(Kind::Phone, "01712345679"),
        ] {
            assert_ne!(token[10..], other[10..]);
        }
        let mail = ring(1).token(Kind::Email, "a@example.org");
        let (local, domain) = mail.split_once('@').unwrap();
        assert!(is_email_token(local.as_bytes()) && domain == "example.org", "{mail}");
        assert!(!is_email_token(b"tok-email-k1-abc"));
    }
}
