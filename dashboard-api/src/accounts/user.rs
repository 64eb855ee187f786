//! Users: their names, languages and grants, and how rows become them.

use crate::Error;
use crate::roles::{Agencies, Grants, Role};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// The longest user name.
const NAME_BYTES_MAX: usize = 64;

/// The languages that the product speaks.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Bangla.
    Bn,
    /// English.
    En,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::Bn, Self::En];

    pub(crate) fn of(text: &str) -> Self {
        if text == "bn" { Self::Bn } else { Self::En }
    }

    /// The language's code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bn => "bn",
            Self::En => "en",
        }
    }
}

/// A user to be added.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Name to sign in with: `a-z`, `0-9`, `.`, `_`, `-`.
    pub name: String,
    /// Name to be shown.
    pub display_name: String,
    /// Language of the dashboard.
    pub language: Language,
    /// Roles, each with its agencies.
    pub grants: Grants,
    /// Without one the user signs in by one-time login and sets it then.
    pub password: Option<String>,
    /// What the user is.
    pub kind: Kind,
}

/// What a user is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Somebody who signs in.
    Person,
    /// A program, which has API keys and never signs in.
    Service,
}

impl Kind {
    /// The kind as it stands in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Service => "service",
        }
    }

    pub(crate) fn of(text: &str) -> Self {
        if text == "service" { Self::Service } else { Self::Person }
    }
}

/// A user as read.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) language: Language,
    pub(crate) password_hash: Option<String>,
    pub(crate) kind: Kind,
    /// Whether a sign-in asks for a code.
    pub(crate) second_factor: bool,
    /// Whether an identity provider vouches for the person: then it has no password here.
    pub(crate) by_provider: bool,
    pub(crate) grants: Grants,
}

/// Checks a user name's form.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let legal =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
    let begins_well = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    if begins_well && name.len() <= NAME_BYTES_MAX && name.bytes().all(legal) {
        Ok(())
    } else {
        Err(Error::UserName { name: name.into() })
    }
}

/// Adds `user`; `false` where the name is taken.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    user: &NewUser,
    password_hash: Option<&str>,
    now_ms: i64,
) -> Result<bool, rusqlite::Error> {
    let added = transaction.execute(
        "INSERT INTO users (name, display_name, password_hash, language, created_ms, kind) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (name) DO NOTHING",
        params![
            user.name,
            user.display_name,
            password_hash,
            user.language.as_str(),
            now_ms,
            user.kind.as_str()
        ],
    )?;
    if added == 0 {
        return Ok(false);
    }
    let id = transaction.last_insert_rowid();
    for (role, agency) in user.grants.rows() {
        transaction.execute(
            "INSERT OR IGNORE INTO grants (user_id, role, agency) VALUES (?1, ?2, ?3)",
            params![id, role.as_str(), agency],
        )?;
    }
    Ok(true)
}

/// The active user that `column` (`id` or `name`) names.
fn find(
    connection: &Connection,
    condition: &str,
    value: &dyn rusqlite::ToSql,
) -> Result<Option<User>, rusqlite::Error> {
    let sql = format!(
        "SELECT id, name, display_name, language, password_hash, kind, \
         EXISTS (SELECT 1 FROM second_factors f WHERE f.user_id = users.id \
                 AND f.confirmed_ms IS NOT NULL), subject IS NOT NULL FROM users \
         WHERE disabled_ms IS NULL AND {condition}"
    );
    let found = connection
        .prepare_cached(&sql)?
        .query_row([value], |row| {
            Ok(User {
                id: row.get(0)?,
                name: row.get(1)?,
                display_name: row.get(2)?,
                language: Language::of(row.get_ref(3)?.as_str()?),
                password_hash: row.get(4)?,
                kind: Kind::of(row.get_ref(5)?.as_str()?),
                second_factor: row.get(6)?,
                by_provider: row.get(7)?,
                grants: Grants::default(),
            })
        })
        .optional()?;
    let Some(mut user) = found else { return Ok(None) };
    user.grants = grants(connection, user.id)?;
    Ok(Some(user))
}

/// The active user of that name.
pub(crate) fn by_name(
    connection: &Connection,
    name: &str,
) -> Result<Option<User>, rusqlite::Error> {
    find(connection, "name = ?1", &name)
}

/// The active user with that id.
pub(crate) fn by_id(connection: &Connection, id: i64) -> Result<Option<User>, rusqlite::Error> {
    find(connection, "id = ?1", &id)
}

/// Id and grants of the user of that name, active or not.
pub(super) fn any_by_name(
    connection: &Connection,
    name: &str,
) -> Result<Option<(i64, Grants)>, rusqlite::Error> {
    let id = connection
        .prepare_cached("SELECT id FROM users WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    id.map(|id| Ok((id, grants(connection, id)?))).transpose()
}

/// The grants of a user, active or not.
pub(super) fn grants(connection: &Connection, user: i64) -> Result<Grants, rusqlite::Error> {
    let mut statement =
        connection.prepare_cached("SELECT role, agency FROM grants WHERE user_id = ?1")?;
    let rows = statement.query_map([user], |row| {
        // A role or agency that does not parse must not be skipped in silence.
        let bad = |error: Error| {
            rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error))
        };
        let role = Role::parse(row.get_ref(0)?.as_str()?).map_err(bad)?;
        let agencies = Agencies::parse(row.get_ref(1)?.as_str()?).map_err(bad)?;
        Ok((role, agencies))
    })?;
    rows.collect::<Result<Vec<_>, _>>().map(Grants::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let long = "a".repeat(65);
        for (name, valid) in [
            ("admin", true),
            ("r.karim-2", true),
            ("9a", true),
            ("", false),
            (".a", false),
            ("Admin", false),
            ("a b", false),
            ("রহিমা", false),
            (long.as_str(), false),
        ] {
            assert_eq!(check_name(name).is_ok(), valid, "{name:?}");
        }
    }
}
