//! Login by SCRAM (RFC 5802, RFC 7677), the client's side.

use super::codec::{base64, from_base64};
use hmac::{Hmac, KeyInit as _};
use sha2::{Digest as _, Sha256, Sha512};

/// Fewer rounds than the RFC asks for make a stolen answer easy to guess from; many more are an
/// attack on us.
const ROUNDS: std::ops::RangeInclusive<u32> = 4096..=10_000_000;

/// The hash of a mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha512,
}

impl Hash {
    fn hash(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    fn hmac(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        // HMAC takes keys of any length.
        match self {
            Self::Sha256 => Hmac::<Sha256>::new_from_slice(key).map(|mac| finish(mac, parts)),
            Self::Sha512 => Hmac::<Sha512>::new_from_slice(key).map(|mac| finish(mac, parts)),
        }
        .unwrap_or_default()
    }

    /// PBKDF2 with one block.
    fn salted(self, password: &str, salt: &[u8], rounds: u32) -> Vec<u8> {
        let mut last = self.hmac(password.as_bytes(), &[salt, &1u32.to_be_bytes()]);
        let mut all = last.clone();
        for _ in 1..rounds {
            last = self.hmac(password.as_bytes(), &[&last]);
            all.iter_mut().zip(&last).for_each(|(all, last)| *all ^= last);
        }
        all
    }
}

fn finish(mut mac: impl hmac::Mac, parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

/// One login.
#[derive(Debug)]
pub(super) struct Client {
    hash: Hash,
    password: String,
    nonce: String,
    bare: String,
    /// What the broker must prove that it knows.
    expected: Vec<u8>,
}

impl Client {
    pub(super) fn new(hash: Hash, user: &str, password: &str, nonce: &str) -> Self {
        let user = user.replace('=', "=3D").replace(',', "=2C");
        let bare = format!("n={user},r={nonce}");
        let (password, nonce) = (password.to_owned(), nonce.to_owned());
        Self { hash, password, nonce, bare, expected: Vec::new() }
    }

    /// The first message.
    pub(super) fn first(&self) -> String {
        format!("n,,{}", self.bare)
    }

    /// The second message, which proves the password, in answer to `challenge`.
    pub(super) fn answer(&mut self, challenge: &str) -> Result<String, String> {
        let strange = || format!("strange challenge {challenge:?}");
        let field = |name: &str| challenge.split(',').find_map(|field| field.strip_prefix(name));
        let nonce = field("r=").filter(|nonce| nonce.starts_with(&self.nonce));
        let salt = field("s=").and_then(from_base64);
        let rounds = field("i=").and_then(|rounds| rounds.parse().ok());
        let rounds = rounds.filter(|rounds| ROUNDS.contains(rounds));
        let (Some(nonce), Some(salt), Some(rounds)) = (nonce, salt, rounds) else {
            return Err(strange());
        };
        let salted = self.hash.salted(&self.password, &salt, rounds);
        let client_key = self.hash.hmac(&salted, &[b"Client Key"]);
        let without_proof = format!("c=biws,r={nonce}");
        let auth = format!("{},{challenge},{without_proof}", self.bare);
        let signature = self.hash.hmac(&self.hash.hash(&client_key), &[auth.as_bytes()]);
        let proof: Vec<u8> = client_key.iter().zip(&signature).map(|(a, b)| a ^ b).collect();
        let server_key = self.hash.hmac(&salted, &[b"Server Key"]);
        self.expected = self.hash.hmac(&server_key, &[auth.as_bytes()]);
        Ok(format!("{without_proof},p={}", base64(&proof)))
    }

    /// Whether the broker knows the password as well.
    pub(super) fn check(&self, proof: &str) -> Result<(), String> {
        let proved = proof.strip_prefix("v=").and_then(from_base64);
        if proved.is_some_and(|proved| proved == self.expected && !proved.is_empty()) {
            return Ok(());
        }
        Err("the broker does not know the password: is it ours?".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7677, section 3.
    #[test]
    fn the_example_of_the_rfc() {
        let mut client = Client::new(Hash::Sha256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO");
        assert_eq!(client.first(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let challenge = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                         s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let answer = client.answer(challenge).unwrap();
        assert_eq!(
            answer,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        client.check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").unwrap();
        assert!(client.check("v=AAAA").is_err() && client.check("e=other-error").is_err());
    }

    #[test]
    fn challenges_that_are_none_are_refused() {
        for challenge in ["", "r=other,s=AAAA,i=4096", "r=abcd,s=AAAA,i=1", "r=abcd,s=*,i=4096"] {
            let mut client = Client::new(Hash::Sha512, "u", "p", "abc");
            assert!(client.answer(challenge).is_err(), "{challenge}");
            assert!(client.check("v=").is_err());
        }
    }
}
