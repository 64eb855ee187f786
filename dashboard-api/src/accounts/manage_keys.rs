//! Making, listing, rotating and ending API keys: one's own, and those that one looks after.

use super::manage::{Manager, Managing, Refused, immediate};
use super::secret::Secret;
use super::user::{self, Kind, User};
use super::{Accounts, key};
use crate::Error;
use crate::audit::{self, Entry};
use crate::roles::{Agencies, Permission};
use key::{ApiKey, NewKey};
use rusqlite::Connection;
use std::net::IpAddr;

/// A key whose secret has just been made.
pub(crate) struct Shown {
    pub(crate) key: ApiKey,
    /// What the program sends after `Bearer`; nobody can read it again.
    pub(crate) secret: String,
}

/// Whether the manager looks after keys of `owner`: his own are his, others' only where he may
/// manage keys and could have granted all that the owner holds.
fn looks_after(
    connection: &Connection,
    manager: &Manager,
    owner: &str,
) -> Result<bool, rusqlite::Error> {
    let Some((id, grants)) = user::any_by_name(connection, owner)? else { return Ok(false) };
    if id == manager.id {
        return Ok(true);
    }
    let seen = manager.grants.allow(Permission::ManageKeys);
    let visible = grants.rows().any(|(_, agency)| seen == Agencies::All || seen.contains(&agency));
    Ok(visible && manager.reaches(&grants).is_ok())
}

/// The key, where the manager looks after it.
fn looked_after(
    connection: &Connection,
    manager: &Manager,
    key: Option<ApiKey>,
) -> Result<Option<ApiKey>, rusqlite::Error> {
    match key {
        Some(key) if looks_after(connection, manager, &key.user)? => Ok(Some(key)),
        _ => Ok(None),
    }
}

/// Whether `scope` asks for no more than the owner has.
fn fits(owner: &User, new: &NewKey) -> bool {
    let held = owner.grants.agencies();
    let permission = |p: &Permission| !owner.grants.allow(*p).is_empty();
    held.covers(&new.scope.agencies) && new.scope.permissions.iter().all(permission)
}

impl Accounts {
    /// The owner of the key that `text` is, narrowed to the key's scope, and the key's id.
    pub(crate) async fn by_key(
        &self,
        text: &str,
        address: Option<IpAddr>,
    ) -> Result<Option<(User, String)>, Error> {
        let Some(hash) = key::parse(text).map(|secret| secret.hash()) else { return Ok(None) };
        let now_ms = self.clock.now_ms();
        self.database.call("look up a key", move |c| key::user(c, hash, address, now_ms)).await
    }

    /// The keys that the manager looks after, those of `owner` only where it is given.
    pub(crate) async fn keys(
        &self,
        manager: Manager,
        owner: Option<String>,
        mut after: String,
        limit: u32,
    ) -> Result<Vec<ApiKey>, Error> {
        let list = move |connection: &mut Connection| {
            let (mut found, wanted) = (Vec::new(), limit as usize);
            loop {
                let page = key::list(connection, owner.as_deref(), &after, limit)?;
                let Some(last) = page.last() else { return Ok(found) };
                after.clone_from(&last.id);
                for key in page {
                    if found.len() < wanted && looks_after(connection, &manager, &key.user)? {
                        found.push(key);
                    }
                }
                if found.len() == wanted {
                    return Ok(found);
                }
            }
        };
        self.database.call("list keys", list).await
    }

    /// Makes a key of `owner`: the manager's own, or of a service account that he looks after.
    pub(crate) async fn create_key(
        &self,
        manager: Manager,
        owner: String,
        new: NewKey,
        entry: impl FnOnce(&ApiKey) -> Entry + Send + 'static,
    ) -> Managing<Shown> {
        let (now_ms, secret) = (self.clock.now_ms(), Secret::random()?);
        let create = move |connection: &mut Connection| {
            let transaction = immediate(connection)?;
            if !looks_after(&transaction, &manager, &owner)? {
                return Ok(Err(Refused::NotFound));
            }
            let Some(user) = user::by_name(&transaction, &owner)? else {
                return Ok(Err(Refused::Disabled));
            };
            if user.id != manager.id && user.kind != Kind::Service {
                return Ok(Err(Refused::Kind));
            }
            if !fits(&user, &new) {
                return Ok(Err(Refused::Scope));
            }
            let by = user::by_id(&transaction, manager.id)?.map_or_else(String::new, |by| by.name);
            let made = key::insert(&transaction, user.id, &new, &secret, &by, now_ms)?;
            let Some(key) = made else { return Ok(Err(Refused::TooManyKeys)) };
            audit::insert(&transaction, &entry(&key), now_ms)?;
            transaction.commit()?;
            Ok(Ok(Shown { key, secret: key::text(&secret) }))
        };
        self.database.call("make a key", create).await
    }

    /// Gives a key a new secret; the old one ends at once.
    pub(crate) async fn rotate_key(
        &self,
        manager: Manager,
        id: String,
        entry: Entry,
    ) -> Managing<Shown> {
        let (now_ms, secret) = (self.clock.now_ms(), Secret::random()?);
        let rotate = move |connection: &mut Connection| {
            let transaction = immediate(connection)?;
            let found = key::by_id(&transaction, &id)?;
            let Some(key) = looked_after(&transaction, &manager, found)? else {
                return Ok(Err(Refused::NotFound));
            };
            let owner = user::by_name(&transaction, &key.user)?;
            if !owner.is_some_and(|o| o.id == manager.id || o.kind == Kind::Service) {
                return Ok(Err(Refused::Kind));
            }
            if !key::rotate(&transaction, &id, &secret, now_ms)? {
                return Ok(Err(Refused::DeadKey));
            }
            audit::insert(&transaction, &entry, now_ms)?;
            transaction.commit()?;
            Ok(Ok(Shown { key, secret: key::text(&secret) }))
        };
        self.database.call("rotate a key", rotate).await
    }

    /// Ends a key.
    pub(crate) async fn revoke_key(
        &self,
        manager: Manager,
        id: String,
        entry: Entry,
    ) -> Managing<()> {
        let now_ms = self.clock.now_ms();
        let revoke = move |connection: &mut Connection| {
            let transaction = immediate(connection)?;
            let found = key::by_id(&transaction, &id)?;
            if looked_after(&transaction, &manager, found)?.is_none() {
                return Ok(Err(Refused::NotFound));
            }
            key::revoke(&transaction, &id, now_ms)?;
            audit::insert(&transaction, &entry, now_ms)?;
            transaction.commit()?;
            Ok(Ok(()))
        };
        self.database.call("end a key", revoke).await
    }
}
