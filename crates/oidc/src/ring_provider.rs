//! Signatures of tokens, checked by `ring`. Only asymmetric ones: a token that our own secret could sign
//! proves nothing.

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind};
use ring::signature::{self as signatures, RsaParameters, RsaPublicKeyComponents};
use signature::Verifier;
use std::sync::Once;

/// What is taken.
pub(crate) const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
    verifier_factory: |algorithm, key| {
        Ok(Box::new(Checked { algorithm: *algorithm, key: key.clone() }))
    },
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes `jsonwebtoken` check signatures by it.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    // Nobody else in this program chooses one.
    ONCE.call_once(|| {
        let _ = PROVIDER.install_default();
    });
}

struct Checked {
    algorithm: Algorithm,
    key: DecodingKey,
}

impl JwtVerifier for Checked {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl Verifier<Vec<u8>> for Checked {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let wrong = |_| signature::Error::new();
        let way = way(self.algorithm).ok_or_else(signature::Error::new)?;
        if self.key.family() != way.family() {
            return Err(signature::Error::new());
        }
        match (way, self.key.kind()) {
            (Way::Rsa(parameters), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }
                    .verify(parameters, message, signature)
                    .map_err(wrong)
            }
            (Way::Curve(_, algorithm), DecodingKeyKind::SecretOrDer(point)) => {
                let key = signatures::UnparsedPublicKey::new(algorithm, point);
                key.verify(message, signature).map_err(wrong)
            }
            _ => Err(signature::Error::new()),
        }
    }
}

enum Way {
    Rsa(&'static RsaParameters),
    Curve(AlgorithmFamily, &'static dyn signatures::VerificationAlgorithm),
}

impl Way {
    fn family(&self) -> AlgorithmFamily {
        match self {
            Self::Rsa(_) => AlgorithmFamily::Rsa,
            Self::Curve(family, _) => *family,
        }
    }
}

fn way(algorithm: Algorithm) -> Option<Way> {
    Some(match algorithm {
        Algorithm::RS256 => Way::Rsa(&signatures::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Way::Rsa(&signatures::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Way::Rsa(&signatures::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Way::Rsa(&signatures::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Way::Rsa(&signatures::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Way::Rsa(&signatures::RSA_PSS_2048_8192_SHA512),
        Algorithm::ES256 => Way::Curve(AlgorithmFamily::Ec, &signatures::ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => Way::Curve(AlgorithmFamily::Ec, &signatures::ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => Way::Curve(AlgorithmFamily::Ed, &signatures::ED25519),
        _ => return None,
    })
}
