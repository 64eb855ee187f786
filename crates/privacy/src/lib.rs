//! Personal data in logs, hidden behind tokens that stay equal for equal values.
//!
//! A [`Masker`] holds one agency's keys. What it recognises (national ids, mobile numbers, e-mail
//! addresses, payment cards; Bangla digits are digits) it replaces by a keyed hash, so that an
//! analyst can still count, group and pivot, and nobody without the key can try values out. The
//! same masker goes over the finished event and over raw bytes, so nothing that a field hides
//! survives in the raw text beside it.
//!
//! A token is `tok:KIND:KEY:LETTERS`, such as `tok:nid:k1:dkfpebapjmlc…`; an e-mail address keeps its
//! form and its domain, `tok-email-k1-dkfp…@example.org`, so that it still is one for the schema and
//! for rules about senders. The letters are 96 bits of HMAC-SHA-256 over kind and canonical value,
//! four bits a letter from `a` to `p`: a token has no digit but its key's, so it is never taken for
//! a number again.
//!
//! Logs are mostly free of personal data, so the scan is built to find nothing quickly: words of
//! eight bytes tell where ten digits may stand together, and everything else waits for that.

mod kind;

mod error;
mod key;

mod digits;
mod number;

mod email;
mod hex;

mod context;
mod mask;
mod places;

pub use error::Error;
pub use key::{Keyring, generate};
pub use kind::Kind;
pub use mask::{Known, Masker};

#[cfg(test)]
mod tests;
