//! Looking after users: who is seen, who may be changed by whom, and what ends when one leaves.
//!
//! Two rules stand over all of it. Nobody changes his own account's rights. And nobody touches an
//! account that holds a role which he could not have granted: an administrator of an agency can
//! neither make nor unmake more than he is.

use super::secret::Secret;
use super::user::{self, Kind, NewUser, User};
use super::{Accounts, key, login_token, session};
use crate::Error;
use crate::audit::{self, Entry};
use crate::roles::{Agencies, Grants, Permission, Role};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior, params};
use std::collections::BTreeSet;

/// A user as administrators see it.
#[derive(Debug, Clone)]
pub(crate) struct Managed {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) language: user::Language,
    pub(crate) kind: Kind,
    pub(crate) created_ms: i64,
    pub(crate) disabled_ms: Option<i64>,
    pub(crate) has_password: bool,
    pub(crate) second_factor: bool,
    /// Whether an identity provider vouches for the person and says the roles.
    pub(crate) by_provider: bool,
    pub(crate) version: u32,
    /// When a live session was last used.
    pub(crate) seen_ms: Option<i64>,
    pub(crate) grants: Grants,
}

/// Why a change to an account was not made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is no such user, or none whom the caller sees.
    NotFound,
    /// The name is taken.
    Taken,
    /// Changed since; the version that stands.
    Stale { version: u32 },
    /// One's own account.
    Own,
    /// The caller may not grant, or take away, this.
    Grant { role: Role, agency: String },
    /// A person is needed and it is a service account, or the other way round.
    Kind,
    /// The identity provider says who the person is and which roles he has.
    Provider,
    /// The account is disabled.
    Disabled,
    /// Nobody would be left who looks after users everywhere.
    LastAdministrator,
    /// Live keys have a limit.
    TooManyKeys,
    /// The key is dead.
    DeadKey,
    /// The key's scope is wider than its owner's.
    Scope,
}

/// The outer error is ours, the inner one the client's.
pub(crate) type Managing<T> = Result<Result<T, Refused>, Error>;

/// Who manages, within one request.
#[derive(Debug, Clone)]
pub(crate) struct Manager {
    pub(crate) id: i64,
    pub(crate) grants: Grants,
}

impl Manager {
    pub(crate) fn of(user: &User) -> Self {
        Self { id: user.id, grants: user.grants.clone() }
    }

    /// Whether every role that `user` holds is one that the manager could grant.
    pub(super) fn reaches(&self, grants: &Grants) -> Result<(), Refused> {
        for (role, agency) in grants.rows() {
            self.may_grant(role, agency)?;
        }
        Ok(())
    }

    /// Whether the manager may change the account.
    pub(crate) fn may_change(&self, user: &Managed) -> bool {
        let seen = self.grants.allow(Permission::ManageUsers);
        let visible =
            seen == Agencies::All || user.grants.rows().any(|(_, agency)| seen.contains(&agency));
        user.id != self.id && visible && self.reaches(&user.grants).is_ok()
    }

    fn may_grant(&self, role: Role, agency: String) -> Result<(), Refused> {
        let where_ = Agencies::parse(&agency).unwrap_or(Agencies::All);
        if self.grants.may_grant(role).covers(&where_) {
            return Ok(());
        }
        Err(Refused::Grant { role, agency })
    }
}

/// Which users, and which page of them.
#[derive(Debug, Clone)]
pub(crate) struct Users {
    /// Those with a role in one of these agencies.
    pub(crate) seen: Agencies,
    /// With a role in this one.
    pub(crate) agency: Option<String>,
    /// With this in the name.
    pub(crate) q: Option<String>,
    pub(crate) after: String,
    pub(crate) limit: u32,
}

/// What to change of an account; nothing where all is `None`.
#[derive(Debug, Clone, Default)]
pub(crate) struct UserChange {
    pub(crate) display_name: Option<String>,
    pub(crate) disabled: Option<bool>,
}

const COLUMNS: &str = "u.id, u.name, u.display_name, u.language, u.kind, u.created_ms, \
    u.disabled_ms, u.password_hash IS NOT NULL, u.version, \
    (SELECT max(s.seen_ms) FROM sessions s WHERE s.user_id = u.id), \
    EXISTS (SELECT 1 FROM second_factors f WHERE f.user_id = u.id AND f.confirmed_ms IS NOT NULL), \
    u.subject IS NOT NULL";

fn read(row: &Row<'_>) -> Result<Managed, rusqlite::Error> {
    Ok(Managed {
        id: row.get(0)?,
        name: row.get(1)?,
        display_name: row.get(2)?,
        language: user::Language::of(row.get_ref(3)?.as_str()?),
        kind: Kind::of(row.get_ref(4)?.as_str()?),
        created_ms: row.get(5)?,
        disabled_ms: row.get(6)?,
        has_password: row.get(7)?,
        version: row.get(8)?,
        seen_ms: row.get(9)?,
        second_factor: row.get(10)?,
        by_provider: row.get(11)?,
        grants: Grants::default(),
    })
}

/// `None` where all agencies are seen, else a JSON array of their names.
fn json_names(agencies: &Agencies) -> Option<String> {
    match agencies {
        Agencies::All => None,
        Agencies::Of(_) => Some(serde_json::json!(agencies.names()).to_string()),
    }
}

/// The user of that name, with all grants, where one of them is in an agency of `seen`.
fn find(
    connection: &Connection,
    name: &str,
    seen: &Agencies,
) -> Result<Option<Managed>, rusqlite::Error> {
    let sql = format!("SELECT {COLUMNS} FROM users u WHERE u.name = ?1");
    let found = connection.prepare_cached(&sql)?.query_row([name], read).optional()?;
    let Some(mut found) = found else { return Ok(None) };
    found.grants = user::grants(connection, found.id)?;
    let visible =
        *seen == Agencies::All || found.grants.rows().any(|(_, agency)| seen.contains(&agency));
    Ok(visible.then_some(found))
}

fn list(connection: &Connection, users: &Users) -> Result<Vec<Managed>, rusqlite::Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM users u WHERE u.name > ?1 \
         AND (?2 IS NULL OR EXISTS (SELECT 1 FROM grants g WHERE g.user_id = u.id \
              AND g.agency IN (SELECT value FROM json_each(?2)))) \
         AND (?3 IS NULL OR EXISTS (SELECT 1 FROM grants g WHERE g.user_id = u.id \
              AND g.agency = ?3)) \
         AND (?4 IS NULL OR instr(lower(u.name || char(10) || u.display_name), lower(?4)) > 0) \
         ORDER BY u.name LIMIT ?5"
    );
    let seen = json_names(&users.seen);
    let mut found: Vec<Managed> = connection
        .prepare_cached(&sql)?
        .query_map(params![users.after, seen, users.agency, users.q, users.limit], read)?
        .collect::<Result<_, _>>()?;
    for user in &mut found {
        user.grants = user::grants(connection, user.id)?;
    }
    Ok(found)
}

/// The grants of which each is in an agency of `seen`.
pub(crate) fn grants_in(grants: &Grants, seen: &Agencies) -> Vec<(Role, String)> {
    let visible = |agency: &str| *seen == Agencies::All || seen.contains(agency);
    grants.rows().filter(|(_, agency)| visible(agency)).collect()
}

/// A transaction that takes the write lock at once, so that what it checks is what it changes.
pub(super) fn immediate(connection: &mut Connection) -> Result<Transaction<'_>, rusqlite::Error> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

/// Whether somebody active looks after users in all agencies.
pub(super) fn has_administrator(connection: &Connection) -> Result<bool, rusqlite::Error> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM grants g JOIN users u ON u.id = g.user_id \
         WHERE u.disabled_ms IS NULL AND u.kind = 'person' AND g.role = ?1 AND g.agency = '*')",
        [Role::PlatformAdmin.as_str()],
        |row| row.get(0),
    )
}

/// The account, where `manager` may change it.
pub(super) fn changeable(
    transaction: &Transaction<'_>,
    manager: &Manager,
    name: &str,
    expected: Option<u32>,
) -> Result<Result<Managed, Refused>, rusqlite::Error> {
    let seen = manager.grants.allow(Permission::ManageUsers);
    let Some(found) = find(transaction, name, &seen)? else { return Ok(Err(Refused::NotFound)) };
    if found.id == manager.id {
        return Ok(Err(Refused::Own));
    }
    if expected.is_some_and(|version| version != found.version) {
        return Ok(Err(Refused::Stale { version: found.version }));
    }
    Ok(Ok(found))
}

fn bump(transaction: &Transaction<'_>, user: i64) -> Result<(), rusqlite::Error> {
    transaction.execute("UPDATE users SET version = version + 1 WHERE id = ?1", [user]).map(drop)
}

/// Unwraps the client's error inside a database call.
macro_rules! allowed {
    ($outcome:expr) => {
        match $outcome {
            Ok(value) => value,
            Err(refused) => return Ok(Err(refused)),
        }
    };
}

impl Accounts {
    /// A page of the users.
    pub(crate) async fn users(&self, users: Users) -> Result<Vec<Managed>, Error> {
        self.database.call("list users", move |c| list(c, &users)).await
    }

    /// One user, where the caller sees it.
    pub(crate) async fn managed(
        &self,
        name: &str,
        seen: Agencies,
    ) -> Result<Option<Managed>, Error> {
        let name = name.to_owned();
        self.database.call("look up a user", move |c| find(c, &name, &seen)).await
    }

    /// Adds a user; a person gets a one-time login, which is returned.
    pub(crate) async fn create_user(
        &self,
        manager: Manager,
        new: NewUser,
        entry: Entry,
    ) -> Managing<Option<String>> {
        let now_ms = self.clock.now_ms();
        let token = Secret::random()?;
        let create = move |connection: &mut Connection| {
            let transaction = immediate(connection)?;
            allowed!(manager.reaches(&new.grants));
            if !user::insert(&transaction, &new, None, now_ms)? {
                return Ok(Err(Refused::Taken));
            }
            let first = (new.kind == Kind::Person).then_some(&token);
            let added = user::by_name(&transaction, &new.name)?;
            if let (Some(token), Some(user)) = (first, added) {
                login_token::insert(&transaction, token, user.id, now_ms, login_token::FIRST_MS)?;
            }
            audit::insert(&transaction, &entry, now_ms)?;
            transaction.commit()?;
            Ok(Ok(first.map(Secret::text)))
        };
        self.database.call("add a user", create).await
    }

    /// Changes an account's name, or ends or revives it. Ending it ends its sessions and keys.
    pub(crate) async fn change_user(
        &self,
        manager: Manager,
        name: String,
        expected: u32,
        change: UserChange,
        entry: Entry,
    ) -> Managing<()> {
        let now_ms = self.clock.now_ms();
        let work = move |connection: &mut Connection| {
            let transaction = immediate(connection)?;
            let found = allowed!(changeable(&transaction, &manager, &name, Some(expected))?);
            allowed!(manager.reaches(&found.grants));
            if let Some(display_name) = &change.display_name {
                transaction.execute(
                    "UPDATE users SET display_name = ?2 WHERE id = ?1",
                    params![found.id, display_name],
                )?;
            }
            if let Some(disabled) = change.disabled {
                transaction.execute(
                    "UPDATE users SET disabled_ms = ?2 WHERE id = ?1",
                    params![found.id, disabled.then_some(found.disabled_ms.unwrap_or(now_ms))],
                )?;
                if disabled {
                    end_access(&transaction, found.id, now_ms)?;
                }
            }
            if !has_administrator(&transaction)? {
                return Ok(Err(Refused::LastAdministrator));
            }
            bump(&transaction, found.id)?;
            audit::insert(&transaction, &entry, now_ms)?;
            transaction.commit()?;
            Ok(Ok(()))
        };
        self.database.call("change a user", work).await
    }

    /// Sets the roles of a user in the agencies that the manager sees. Others stay as they are.
    pub(crate) async fn set_grants(
        &self,
        manager: Manager,
        name: String,
        expected: u32,
        asked: BTreeSet<(Role, String)>,
        entry: Entry,
    ) -> Managing<()> {
        let now_ms = self.clock.now_ms();
        let work = move |connection: &mut Connection| {
            let transaction = immediate(connection)?;
            let found = allowed!(changeable(&transaction, &manager, &name, Some(expected))?);
            if found.by_provider {
                return Ok(Err(Refused::Provider));
            }
            let seen = manager.grants.allow(Permission::ManageUsers);
            let held: BTreeSet<(Role, String)> =
                grants_in(&found.grants, &seen).into_iter().collect();
            for (role, agency) in held.symmetric_difference(&asked) {
                allowed!(manager.may_grant(*role, agency.clone()));
            }
            for (role, agency) in held.difference(&asked) {
                transaction.execute(
                    "DELETE FROM grants WHERE user_id = ?1 AND role = ?2 AND agency = ?3",
                    params![found.id, role.as_str(), agency],
                )?;
            }
            for (role, agency) in asked.difference(&held) {
                transaction.execute(
                    "INSERT INTO grants (user_id, role, agency) VALUES (?1, ?2, ?3)",
                    params![found.id, role.as_str(), agency],
                )?;
            }
            if !has_administrator(&transaction)? {
                return Ok(Err(Refused::LastAdministrator));
            }
            bump(&transaction, found.id)?;
            audit::insert(&transaction, &entry, now_ms)?;
            transaction.commit()?;
            Ok(Ok(()))
        };
        self.database.call("set a user's roles", work).await
    }

    /// Gives a person a new one-time login in place of the password, and ends the sessions.
    pub(crate) async fn reset_user(
        &self,
        manager: Manager,
        name: String,
        entry: Entry,
    ) -> Managing<String> {
        let now_ms = self.clock.now_ms();
        let token = Secret::random()?;
        let work = move |connection: &mut Connection| {
            let transaction = immediate(connection)?;
            let found = allowed!(changeable(&transaction, &manager, &name, None)?);
            allowed!(manager.reaches(&found.grants));
            if found.kind != Kind::Person {
                return Ok(Err(Refused::Kind));
            }
            if found.by_provider {
                return Ok(Err(Refused::Provider));
            }
            if found.disabled_ms.is_some() {
                return Ok(Err(Refused::Disabled));
            }
            transaction
                .execute("UPDATE users SET password_hash = NULL WHERE id = ?1", [found.id])?;
            session::end_all(&transaction, found.id)?;
            login_token::end_all(&transaction, found.id)?;
            login_token::insert(&transaction, &token, found.id, now_ms, login_token::FIRST_MS)?;
            bump(&transaction, found.id)?;
            audit::insert(&transaction, &entry, now_ms)?;
            transaction.commit()?;
            Ok(Ok(token.text()))
        };
        self.database.call("reset a user", work).await
    }

    /// Ends every session of a user.
    pub(crate) async fn end_sessions(
        &self,
        manager: Manager,
        name: String,
        entry: Entry,
    ) -> Managing<()> {
        let now_ms = self.clock.now_ms();
        let work = move |connection: &mut Connection| {
            let transaction = immediate(connection)?;
            let found = allowed!(changeable(&transaction, &manager, &name, None)?);
            allowed!(manager.reaches(&found.grants));
            session::end_all(&transaction, found.id)?;
            audit::insert(&transaction, &entry, now_ms)?;
            transaction.commit()?;
            Ok(Ok(()))
        };
        self.database.call("end a user's sessions", work).await
    }
}

/// Ends whatever lets `user` in.
fn end_access(
    transaction: &Transaction<'_>,
    user: i64,
    now_ms: i64,
) -> Result<(), rusqlite::Error> {
    session::end_all(transaction, user)?;
    login_token::end_all(transaction, user)?;
    key::revoke_all(transaction, user, now_ms)
}
