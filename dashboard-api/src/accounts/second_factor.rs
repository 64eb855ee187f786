//! The second factor: an authenticator app's code beside the password, and codes for the day on
//! which the app is gone.
//!
//! The shared secret is not in the database: it is worked out from a key file beside it and a salt
//! of the user, so that a copy of the database alone makes no codes.

use super::secret::Secret;
use super::totp::{SECRET_BYTES, TotpSecret, base32};
use hmac::{Hmac, KeyInit, Mac};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use sha2::{Digest, Sha256};

/// The file of the key in the data folder.
pub(super) const KEY_FILE: &str = "second-factor.key";
/// Recovery codes at a time.
pub(super) const CODES: usize = 10;

/// The key from which users' secrets are worked out.
#[derive(Clone)]
pub(super) struct FactorKey(pub(super) [u8; 32]);

impl FactorKey {
    /// The secret of a user under a salt.
    fn secret(&self, user: i64, salt: &[u8]) -> TotpSecret {
        let mut secret = [0; SECRET_BYTES];
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) {
            mac.update(&user.to_be_bytes());
            mac.update(salt);
            secret.copy_from_slice(&mac.finalize().into_bytes()[..SECRET_BYTES]);
        }
        TotpSecret(secret)
    }
}

/// What a user has of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Factor {
    /// When it was confirmed.
    pub(crate) since_ms: i64,
    pub(crate) codes_left: u32,
}

/// What came of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checked {
    /// The user has no second factor.
    NotNeeded,
    /// There is one, and no code was given.
    Missing,
    /// The code is not right, or was used.
    Wrong,
    /// An app's code.
    App,
    /// A recovery code, which is used up.
    Recovery,
}

/// The user's confirmed factor.
pub(super) fn of(connection: &Connection, user: i64) -> Result<Option<Factor>, rusqlite::Error> {
    connection
        .prepare_cached(
            "SELECT confirmed_ms, (SELECT count(*) FROM recovery_codes r \
             WHERE r.user_id = ?1 AND r.used_ms IS NULL) FROM second_factors \
             WHERE user_id = ?1 AND confirmed_ms IS NOT NULL",
        )?
        .query_row([user], |row| Ok(Factor { since_ms: row.get(0)?, codes_left: row.get(1)? }))
        .optional()
}

/// Begins anew: the secret for the app, until it is confirmed or begun once more. Nothing where a
/// confirmed one stands.
pub(super) fn begin(
    transaction: &Transaction<'_>,
    key: &FactorKey,
    user: i64,
    salt: &Secret,
) -> Result<Option<TotpSecret>, rusqlite::Error> {
    let salt = salt.hash().0;
    let begun = transaction.execute(
        "INSERT INTO second_factors (user_id, salt, last_step) VALUES (?1, ?2, 0) \
         ON CONFLICT (user_id) DO UPDATE SET salt = ?2, last_step = 0 WHERE confirmed_ms IS NULL",
        params![user, salt],
    )?;
    Ok((begun == 1).then(|| key.secret(user, &salt)))
}

/// Confirms what was begun by a first code: the recovery codes, which are told once.
pub(super) fn confirm(
    transaction: &Transaction<'_>,
    key: &FactorKey,
    user: i64,
    code: &str,
    random: &[Secret],
    now_ms: i64,
) -> Result<Option<Vec<String>>, rusqlite::Error> {
    let begun: Option<Vec<u8>> = transaction
        .query_row(
            "SELECT salt FROM second_factors WHERE user_id = ?1 AND confirmed_ms IS NULL",
            [user],
            |row| row.get(0),
        )
        .optional()?;
    let step = begun.and_then(|salt| key.secret(user, &salt).accept(code, now_ms, 0));
    let Some(step) = step else { return Ok(None) };
    transaction.execute(
        "UPDATE second_factors SET confirmed_ms = ?2, last_step = ?3 WHERE user_id = ?1",
        params![user, now_ms, step],
    )?;
    new_codes(transaction, user, random).map(Some)
}

/// Recovery codes from as many random secrets, in place of all old ones.
fn new_codes(
    transaction: &Transaction<'_>,
    user: i64,
    random: &[Secret],
) -> Result<Vec<String>, rusqlite::Error> {
    transaction.execute("DELETE FROM recovery_codes WHERE user_id = ?1", [user])?;
    let sql = "INSERT INTO recovery_codes (user_id, hash) VALUES (?1, ?2)";
    let store = |secret: &Secret| {
        let code = recovery_code(secret);
        transaction.execute(sql, params![user, hash(&code)])?;
        Ok(code)
    };
    random.iter().map(store).collect()
}

/// Eighty random bits, in groups that people can copy by hand.
fn recovery_code(secret: &Secret) -> String {
    let text = base32(&secret.hash().0[..10]).to_lowercase();
    let groups: Vec<&str> = (0..4).map(|n| &text[4 * n..4 * n + 4]).collect();
    groups.join("-")
}

/// The hash of a recovery code, however it was typed.
fn hash(code: &str) -> [u8; 32] {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    Sha256::digest(plain.to_ascii_lowercase()).into()
}

/// Checks a code of the user, and uses it up.
pub(super) fn check(
    transaction: &Transaction<'_>,
    key: &FactorKey,
    user: i64,
    code: Option<&str>,
    now_ms: i64,
) -> Result<Checked, rusqlite::Error> {
    let held: Option<(Vec<u8>, i64)> = transaction
        .query_row(
            "SELECT salt, last_step FROM second_factors \
             WHERE user_id = ?1 AND confirmed_ms IS NOT NULL",
            [user],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((salt, last_step)) = held else { return Ok(Checked::NotNeeded) };
    let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else {
        return Ok(Checked::Missing);
    };
    if let Some(step) = key.secret(user, &salt).accept(code, now_ms, last_step) {
        transaction.execute(
            "UPDATE second_factors SET last_step = ?2 WHERE user_id = ?1",
            params![user, step],
        )?;
        return Ok(Checked::App);
    }
    let used = transaction.execute(
        "UPDATE recovery_codes SET used_ms = ?3 \
         WHERE user_id = ?1 AND hash = ?2 AND used_ms IS NULL",
        params![user, hash(code), now_ms],
    )?;
    Ok(if used == 1 { Checked::Recovery } else { Checked::Wrong })
}

/// Takes the factor and its codes away.
pub(super) fn remove(transaction: &Transaction<'_>, user: i64) -> Result<bool, rusqlite::Error> {
    transaction.execute("DELETE FROM recovery_codes WHERE user_id = ?1", [user])?;
    Ok(transaction.execute("DELETE FROM second_factors WHERE user_id = ?1", [user])? == 1)
}
