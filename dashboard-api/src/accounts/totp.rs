//! Time-based one-time codes (RFC 6238): HMAC-SHA-1, six digits, thirty seconds, as every
//! authenticator app has them.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Seconds that one code holds.
const STEP_MS: i64 = 30_000;
/// Codes before and after the current one that are taken too: clocks differ, people type.
const SKEW_STEPS: i64 = 1;
/// Digits of a code.
const DIGITS: usize = 6;
/// Length of the secret: that of SHA-1's output, as RFC 4226 asks.
pub(crate) const SECRET_BYTES: usize = 20;

/// What an authenticator app and the server share.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TotpSecret(pub(crate) [u8; SECRET_BYTES]);

impl TotpSecret {
    /// The step whose code `code` is, if it lies near `now_ms` and after `last_step`: a code is taken
    /// once, so that who looked over a shoulder comes too late.
    pub(crate) fn accept(&self, code: &str, now_ms: i64, last_step: i64) -> Option<i64> {
        if code.len() != DIGITS || !code.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let now = now_ms.div_euclid(STEP_MS);
        (now - SKEW_STEPS..=now + SKEW_STEPS)
            .filter(|step| *step > last_step)
            .find(|step| same(&self.code(*step), code))
    }

    fn code(&self, step: i64) -> String {
        let mac = Hmac::<Sha1>::new_from_slice(&self.0).map(|mut mac| {
            mac.update(&step.to_be_bytes());
            mac.finalize().into_bytes()
        });
        // HMAC takes keys of any length; an impossible failure matches no code.
        let Ok(hash) = mac else { return String::new() };
        let at = usize::from(hash[19] & 0x0f);
        let number =
            u32::from_be_bytes([hash[at] & 0x7f, hash[at + 1], hash[at + 2], hash[at + 3]]);
        format!("{:06}", number % 1_000_000)
    }

    /// The secret as people type it into an app.
    pub(crate) fn text(&self) -> String {
        base32(&self.0)
    }

    /// What the app reads from the QR code.
    pub(crate) fn uri(&self, issuer: &str, user: &str) -> String {
        format!("otpauth://totp/{issuer}:{user}?secret={}&issuer={issuer}", self.text())
    }
}

/// Compares in a time that does not tell how much was right.
fn same(one: &str, two: &str) -> bool {
    let differ = one.bytes().zip(two.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b));
    one.len() == two.len() && differ == 0
}

/// RFC 4648's base32, in upper case, without padding.
pub(crate) fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut text, mut bits, mut held) = (String::new(), 0_u32, 0_u32);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(held >> bits & 31) as usize]));
        }
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[(held << (5 - bits) & 31) as usize]));
    }
    text
}

#[cfg(test)]
pub(crate) fn code_at(secret: &str, now_ms: i64) -> String {
    let mut bytes = [0; SECRET_BYTES];
    let (mut bits, mut held, mut at) = (0_u32, 0_u32, 0);
    for c in secret.bytes() {
        let value = if c.is_ascii_uppercase() { c - b'A' } else { c - b'2' + 26 };
        held = held << 5 | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes[at] = u8::try_from(held >> bits & 255).unwrap();
            at += 1;
        }
    }
    TotpSecret(bytes).code(now_ms.div_euclid(STEP_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: TotpSecret = TotpSecret(*b"12345678901234567890");

    #[test]
    fn the_rfc_s_codes() {
        // RFC 6238, appendix B, SHA-1; the last six of its eight digits.
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(SECRET.code(second / 30), code, "{second}");
            assert_eq!(code_at(&SECRET.text(), second * 1000), code, "{second}");
        }
    }

    #[test]
    fn a_code_is_taken_near_its_time_and_once() {
        let at_ms = 59_000;
        let check = |now_ms, last, expected| {
            assert_eq!(SECRET.accept("287082", now_ms, last), expected, "{now_ms} {last}");
        };
        check(at_ms, 0, Some(1));
        check(at_ms + 30_000, 0, Some(1));
        check(at_ms - 30_000, 0, Some(1));
        check(at_ms + 60_000, 0, None);
        check(at_ms, 1, None);
        for wrong in ["287083", "28708", "2870820", "", "২৮৭০৮২", " 87082"] {
            assert_eq!(SECRET.accept(wrong, at_ms, 0), None, "{wrong}");
        }
    }

    #[test]
    fn base32_as_in_rfc_4648() {
        for (bytes, text) in
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        assert_eq!(SECRET.text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let uri = SECRET.uri("Prohori", "rahima");
        assert!(uri.starts_with("otpauth://totp/Prohori:rahima?secret=GEZD"), "{uri}");
    }
}
