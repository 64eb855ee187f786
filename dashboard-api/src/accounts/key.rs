//! API keys: what programs sign their requests with, narrower than their owner and for a time.

use super::secret::{Secret, SecretHash};
use super::user::{self, User};
use crate::roles::{Agencies, KeyScope, Permission};
use cidr::Net;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// How a key begins, so that scanners of repositories can tell one.
const PREFIX: &str = "prohori_";
/// `used_ms` is written at most this often.
const TOUCH_MS: i64 = 60_000;
/// Live keys of one user.
pub(crate) const KEYS_MAX: i64 = 50;

/// A key as its owner and administrators see it; the secret is not among it.
#[derive(Debug, Clone)]
pub(crate) struct ApiKey {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) name: String,
    pub(crate) scope: KeyScope,
    pub(crate) networks: Vec<String>,
    pub(crate) created_ms: i64,
    pub(crate) created_by: String,
    pub(crate) expires_ms: i64,
    pub(crate) used_ms: Option<i64>,
    pub(crate) revoked_ms: Option<i64>,
}

/// A key to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewKey {
    pub(crate) name: String,
    pub(crate) scope: KeyScope,
    pub(crate) networks: Vec<String>,
    pub(crate) expires_ms: i64,
}

/// The text that a program sends after `Bearer`.
pub(crate) fn text(secret: &Secret) -> String {
    format!("{PREFIX}{}", secret.text())
}

/// The secret in such a text.
pub(crate) fn parse(text: &str) -> Option<Secret> {
    Secret::parse(text.strip_prefix(PREFIX)?)
}

const COLUMNS: &str = "k.id, u.name, k.name, k.permissions, k.agencies, k.networks, k.created_ms, \
    k.created_by, k.expires_ms, k.used_ms, k.revoked_ms";

fn read(row: &Row<'_>) -> Result<ApiKey, rusqlite::Error> {
    let bad = |error: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error)
    };
    let list = |column: usize| -> Result<Vec<String>, rusqlite::Error> {
        serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| bad(error.into()))
    };
    let permissions: BTreeSet<Permission> =
        serde_json::from_str(row.get_ref(3)?.as_str()?).map_err(|error| bad(error.into()))?;
    let agencies = Agencies::of_names(&list(4)?).map_err(|error| bad(error.into()))?;
    Ok(ApiKey {
        id: row.get(0)?,
        user: row.get(1)?,
        name: row.get(2)?,
        scope: KeyScope { permissions, agencies },
        networks: list(5)?,
        created_ms: row.get(6)?,
        created_by: row.get(7)?,
        expires_ms: row.get(8)?,
        used_ms: row.get(9)?,
        revoked_ms: row.get(10)?,
    })
}

/// Stores a new key of `user`; nothing where he has too many.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    user: i64,
    key: &NewKey,
    secret: &Secret,
    created_by: &str,
    now_ms: i64,
) -> Result<Option<ApiKey>, rusqlite::Error> {
    let live: i64 = transaction.query_row(
        "SELECT count(*) FROM api_keys \
         WHERE user_id = ?1 AND revoked_ms IS NULL AND expires_ms > ?2",
        params![user, now_ms],
        |row| row.get(0),
    )?;
    if live >= KEYS_MAX {
        return Ok(None);
    }
    let json = |value: serde_json::Value| value.to_string();
    // Part of a hash of it tells nothing of the secret, and stays when the key is rotated.
    let id = super::secret::hex(&secret.hash().0[..8]);
    transaction.execute(
        "INSERT INTO api_keys (id, hash, user_id, name, permissions, agencies, networks, \
         created_ms, created_by, expires_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            id,
            secret.hash().0,
            user,
            key.name,
            json(serde_json::json!(key.scope.permissions)),
            json(serde_json::json!(key.scope.agencies.names())),
            json(serde_json::json!(key.networks)),
            now_ms,
            created_by,
            key.expires_ms
        ],
    )?;
    by_id(transaction, &id)
}

/// The key of that id, also one that is dead.
pub(super) fn by_id(connection: &Connection, id: &str) -> Result<Option<ApiKey>, rusqlite::Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.id = ?1"
    );
    connection.prepare_cached(&sql)?.query_row([id], read).optional()
}

/// Keys of `owner`, or of all, in the order of their ids, those after `after`.
pub(super) fn list(
    connection: &Connection,
    owner: Option<&str>,
    after: &str,
    limit: u32,
) -> Result<Vec<ApiKey>, rusqlite::Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM api_keys k JOIN users u ON u.id = k.user_id \
         WHERE k.id > ?1 AND (?2 IS NULL OR u.name = ?2) ORDER BY k.id LIMIT ?3"
    );
    connection.prepare_cached(&sql)?.query_map(params![after, owner, limit], read)?.collect()
}

/// Gives a live key a new secret and ends the old one.
pub(super) fn rotate(
    transaction: &Transaction<'_>,
    id: &str,
    secret: &Secret,
    now_ms: i64,
) -> Result<bool, rusqlite::Error> {
    let changed = transaction.execute(
        "UPDATE api_keys SET hash = ?2, used_ms = NULL \
         WHERE id = ?1 AND revoked_ms IS NULL AND expires_ms > ?3",
        params![id, secret.hash().0, now_ms],
    )?;
    Ok(changed == 1)
}

/// Ends one key.
pub(super) fn revoke(
    transaction: &Transaction<'_>,
    id: &str,
    now_ms: i64,
) -> Result<(), rusqlite::Error> {
    transaction
        .execute(
            "UPDATE api_keys SET revoked_ms = ?2 WHERE id = ?1 AND revoked_ms IS NULL",
            params![id, now_ms],
        )
        .map(drop)
}

/// Ends every key of `user`.
pub(super) fn revoke_all(
    transaction: &Transaction<'_>,
    user: i64,
    now_ms: i64,
) -> Result<(), rusqlite::Error> {
    transaction
        .execute(
            "UPDATE api_keys SET revoked_ms = ?2 WHERE user_id = ?1 AND revoked_ms IS NULL",
            params![user, now_ms],
        )
        .map(drop)
}

/// The owner of a live key that may come from `address`, holding no more than the key may; and the
/// key's id. Notes that it was used.
pub(super) fn user(
    connection: &Connection,
    hash: SecretHash,
    address: Option<IpAddr>,
    now_ms: i64,
) -> Result<Option<(User, String)>, rusqlite::Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM api_keys k JOIN users u ON u.id = k.user_id \
         WHERE k.hash = ?1 AND k.revoked_ms IS NULL AND k.expires_ms > ?2"
    );
    let found =
        connection.prepare_cached(&sql)?.query_row(params![hash.0, now_ms], read).optional()?;
    let Some(key) = found.filter(|key| comes_from(&key.networks, address)) else {
        return Ok(None);
    };
    let Some(mut owner) = user::by_name(connection, &key.user)? else { return Ok(None) };
    owner.grants = owner.grants.within(key.scope);
    if key.used_ms.is_none_or(|used_ms| now_ms - used_ms >= TOUCH_MS) {
        connection
            .prepare_cached("UPDATE api_keys SET used_ms = ?2 WHERE id = ?1")?
            .execute(params![key.id, now_ms])?;
    }
    Ok(Some((owner, key.id)))
}

/// Whether `address` lies in one of the networks; any does where there are none.
fn comes_from(networks: &[String], address: Option<IpAddr>) -> bool {
    let within = |address| {
        let host = Net::new(address, u8::MAX);
        networks.iter().filter_map(|text| Net::parse(text)).any(|net| net.contains(host))
    };
    networks.is_empty() || address.is_some_and(within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_by_its_beginning() {
        let secret = Secret::random().unwrap();
        assert_eq!(parse(&text(&secret)), Some(secret.clone()));
        assert_eq!(parse(&secret.text()), None);
        assert_eq!(parse("prohori_"), None);
    }

    #[test]
    fn networks() {
        let check = |networks: &[&str], address: Option<&str>, expected| {
            let networks: Vec<String> = networks.iter().map(ToString::to_string).collect();
            let address = address.map(|text| text.parse().unwrap());
            assert_eq!(comes_from(&networks, address), expected, "{networks:?} {address:?}");
        };
        check(&[], None, true);
        check(&["10.0.0.0/8"], Some("10.1.2.3"), true);
        check(&["10.0.0.0/8"], Some("::ffff:10.1.2.3"), true);
        check(&["10.0.0.0/8", "2001:db8::/32"], Some("2001:db8::1"), true);
        check(&["10.0.0.0/8"], Some("11.0.0.1"), false);
        check(&["10.0.0.0/8"], None, false);
    }
}
