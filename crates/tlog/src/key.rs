//! Keys that sign checkpoints, and what others need to know to check them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// What stands before an Ed25519 key in its published form.
const ED25519: u8 = 1;

/// A secret key with the name of its log.
#[derive(Debug)]
pub struct Key {
    name: String,
    key: SigningKey,
}

impl Key {
    /// The key made of these random bytes, which are to be kept secret. The name is the log's, without
    /// blanks and `+`, as `prohori/audit`.
    pub fn new(name: &str, random: &[u8; 32]) -> Self {
        Self { name: name.to_owned(), key: SigningKey::from_bytes(random) }
    }

    /// The name of the log.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What others check by.
    pub fn verifier(&self) -> Verifier {
        Verifier { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// The line that signs `text`.
    pub(crate) fn sign(&self, text: &str) -> String {
        let mut bytes = self.verifier().id().to_vec();
        bytes.extend(self.key.sign(text.as_bytes()).to_bytes());
        format!("\u{2014} {} {}\n", self.name, STANDARD.encode(bytes))
    }
}

/// A public key with the name of its log; written `name+id+key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
}

impl Verifier {
    /// Reads what [`std::fmt::Display`] wrote; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().splitn(3, '+');
        let (name, id, key) = (parts.next()?, parts.next()?, parts.next()?);
        let bytes = STANDARD.decode(key).ok()?;
        let (kind, bytes) = bytes.split_first()?;
        let key = VerifyingKey::from_bytes(bytes.try_into().ok()?).ok()?;
        let verifier = Self { name: name.to_owned(), key };
        let fits = *kind == ED25519 && !name.is_empty() && hex(&verifier.id()) == id;
        fits.then_some(verifier)
    }

    /// The name of the log.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells keys of one name apart.
    fn id(&self) -> [u8; 4] {
        let named = Sha256::new_with_prefix(self.name.as_bytes()).chain_update([b'\n', ED25519]);
        let hash = named.chain_update(self.key.as_bytes()).finalize();
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// Whether one of the `lines` is this key's signature of `text`.
    pub(crate) fn signed(&self, text: &str, lines: &str) -> bool {
        lines.lines().any(|line| {
            let rest =
                line.strip_prefix("\u{2014} ").and_then(|rest| rest.strip_prefix(&self.name));
            let encoded = rest.and_then(|rest| rest.strip_prefix(' '));
            let bytes = encoded.and_then(|encoded| STANDARD.decode(encoded).ok());
            let signature = bytes.as_deref().and_then(|bytes| bytes.strip_prefix(&self.id()));
            let signature = signature.and_then(|bytes| Signature::from_slice(bytes).ok());
            signature.is_some_and(|signature| {
                self.key.verify_strict(text.as_bytes(), &signature).is_ok()
            })
        })
    }
}

impl std::fmt::Display for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut key = vec![ED25519];
        key.extend(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex(&self.id()), STANDARD.encode(key))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
