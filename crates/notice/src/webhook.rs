//! A POST of JSON, signed so that who gets it knows whom it is from and when it was sent.

use crate::senders::judged;
use crate::{Failure, Message};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt::Write as _;
use std::time::SystemTime;
use ureq::Agent;

/// `t=SECONDS,v1=HEX`: HMAC-SHA256, by the channel's secret, of `SECONDS.BODY`.
pub const SIGNATURE_HEADER: &str = "X-Prohori-Signature";

/// The value of [`SIGNATURE_HEADER`].
pub fn signature(secret: &[u8], seconds: u64, body: &[u8]) -> String {
    // An HMAC takes a key of any length.
    let mut text = format!("t={seconds},v1=");
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) {
        mac.update(seconds.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        for byte in mac.finalize().into_bytes() {
            let _ = write!(text, "{byte:02x}");
        }
    }
    text
}

pub(crate) fn send(
    agent: &Agent,
    url: &str,
    secret: &[u8],
    message: &Message,
    base: &str,
) -> Result<(), Failure> {
    let body = message.json(base).to_string();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let signed = signature(secret, now.as_secs(), body.as_bytes());
    let request = agent
        .post(url)
        .header("Content-Type", "application/json")
        .header("X-Prohori-Delivery", &message.id)
        .header(SIGNATURE_HEADER, &signed);
    judged(request.send(&body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_hmac_sha256() {
        // `printf '1.{}' | openssl dgst -sha256 -hmac key`
        let expected = "t=1,v1=1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224";
        assert_eq!(signature(b"key", 1, b"{}"), expected);
    }
}
