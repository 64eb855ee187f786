//! Passwords: what is accepted, and how they are kept (argon2id, salted, as PHC strings).

use crate::Error;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::sync::OnceLock;

/// Fewest characters: NIST SP 800-63B asks for length, not for kinds of characters.
const CHARACTERS_MIN: usize = 12;
/// Most characters: beyond this only the hashing gets slower.
const CHARACTERS_MAX: usize = 256;
/// Fewest different characters: `aaaaaaaaaaaa` and `121212121212` are no passwords.
const DISTINCT_MIN: usize = 5;

/// Why a password is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weak {
    /// Fewer than 12 characters.
    Short,
    /// More than 256 characters.
    Long,
    /// Contains the user's name.
    UserName,
    /// Hardly any different characters.
    Repetitive,
}

impl Weak {
    /// The reason as the API gives it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Long => "long",
            Self::UserName => "user_name",
            Self::Repetitive => "repetitive",
        }
    }
}

/// Checks a new password of `user`.
pub(crate) fn check(password: &str, user: &str) -> Result<(), Weak> {
    let characters = password.chars().count();
    let distinct: std::collections::BTreeSet<char> = password.chars().collect();
    if characters < CHARACTERS_MIN {
        Err(Weak::Short)
    } else if characters > CHARACTERS_MAX {
        Err(Weak::Long)
    } else if password.to_lowercase().contains(user) {
        Err(Weak::UserName)
    } else if distinct.len() < DISTINCT_MIN {
        Err(Weak::Repetitive)
    } else {
        Ok(())
    }
}

/// Hashes a password with a new salt; takes some tens of milliseconds and 19 MiB.
pub(crate) fn hash(password: &str) -> Result<String, Error> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|source| Error::Hash { source })
}

/// Whether `password` belongs to `stored`. Without a stored hash the answer is no, after the same
/// time, so that the clock does not tell which users exist.
pub(crate) fn verify(password: &str, stored: Option<&str>) -> bool {
    static NOBODY: OnceLock<Option<String>> = OnceLock::new();
    let nobody = || NOBODY.get_or_init(|| hash("nobody's password").ok()).as_deref();
    let Some(parsed) = stored.or_else(nobody).and_then(|text| PasswordHash::new(text).ok()) else {
        return false;
    };
    let fits = password.chars().count() <= CHARACTERS_MAX;
    fits && Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok()
        && stored.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy() {
        for (password, expected) in [
            ("correct horse battery", Ok(())),
            ("সোনার বাংলা আমি তোমায়", Ok(())),
            ("short", Err(Weak::Short)),
            (&"x1y2z".repeat(60), Err(Weak::Long)),
            ("My-Rahima-2026!", Err(Weak::UserName)),
            ("abababababababab", Err(Weak::Repetitive)),
        ] {
            assert_eq!(check(password, "rahima"), expected, "{password}");
        }
    }

    #[test]
    fn only_the_right_password_fits_its_hash() {
        let stored = hash("correct horse battery").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify("correct horse battery", Some(&stored)));
        assert!(!verify("correct horse batterz", Some(&stored)));
        assert!(!verify("nobody's password", None));
        assert!(!verify("x", Some("not a hash")));
    }
}
