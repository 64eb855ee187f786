//! Accounts: who may sign in, how, and what a session is worth.
//!
//! Two ways lead in: a password (argon2id, with a delay that grows with wrong ones) and a one-time
//! token that whoever controls the host creates. There is no default password.

pub(crate) mod database;
mod enrol;
pub(crate) mod key;
pub(crate) mod key_file;
mod lockout;
mod login_token;
pub(crate) mod manage;
pub(crate) mod manage_keys;
pub(crate) mod password;
mod provider;
pub(crate) mod second_factor;
pub(crate) mod secret;
pub(crate) mod session;
mod sign_in;
pub(crate) mod totp;
pub(crate) mod user;

pub use password::Weak;
pub use session::SessionLimits;
pub use user::{Kind, Language, NewUser};

pub(crate) use provider::{Flow, Vouched};
pub(crate) use sign_in::{Client, Credentials, Refusal};
pub(crate) use user::User;

use crate::audit::{self, Action, Entry};
use crate::roles::{Agencies, Grants, Role};
use crate::{Clock, Error};
pub(crate) use database::Database;
use second_factor::FactorKey;
use secret::{Secret, SecretHash};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The user that the first start creates.
pub const FIRST_USER: &str = "admin";

/// The actor of what is done with a command on the host.
const COMMAND_LINE: &str = "command line";

/// Passwords hashed at a time: each takes 19 MiB and a core for some tens of milliseconds.
const HASHES_MAX: usize = 2;
/// Entries of the audit log that are checked before others get their turn at the database.
const AUDIT_PAGE: u32 = 5_000;
/// Sign-ins that wait for their turn; beyond, the client is asked to come back.
const SIGN_INS_MAX: usize = 64;

/// Creates a one-time login token of `user` in the accounts of `data_dir` (and those accounts where
/// there are none yet): 64 hex digits, good for one sign-in within 15 minutes. Blocks.
pub fn one_time_login(data_dir: &Path, user: &str) -> Result<String, Error> {
    one_time_login_at(data_dir, user, Clock::system().now_ms())
}

fn one_time_login_at(data_dir: &Path, user: &str, now_ms: i64) -> Result<String, Error> {
    let database = Database::open(data_dir)?;
    ensure_first_user(&database, now_ms)?;
    let token = Secret::random()?;
    let created = database.run("create a login token", |connection| {
        let transaction = connection.transaction()?;
        let Some(user) = user::by_name(&transaction, user)? else { return Ok(false) };
        login_token::insert(&transaction, &token, user.id, now_ms, login_token::LIFE_MS)?;
        audit::insert(&transaction, &by_command(Action::LoginTokenCreate, &user.name), now_ms)?;
        transaction.commit()?;
        Ok(true)
    })?;
    if created { Ok(token.text()) } else { Err(Error::NoUser { name: user.into() }) }
}

/// Takes away the second factor of a user who lost it, for whoever controls the host; `false` where
/// there is none. Blocks.
pub fn reset_second_factor(data_dir: &Path, user: &str) -> Result<bool, Error> {
    let database = Database::open(data_dir)?;
    let now_ms = Clock::system().now_ms();
    let found = database.run("reset a second factor", |connection| {
        let transaction = connection.transaction()?;
        let Some(user) = user::by_name(&transaction, user)? else { return Ok(None) };
        let removed = second_factor::remove(&transaction, user.id)?;
        session::end_all(&transaction, user.id)?;
        audit::insert(&transaction, &by_command(Action::SecondFactorReset, &user.name), now_ms)?;
        transaction.commit()?;
        Ok(Some(removed))
    })?;
    found.ok_or_else(|| Error::NoUser { name: user.into() })
}

/// Adds a user to the accounts of `data_dir`. Blocks.
pub fn add_user(data_dir: &Path, user: &NewUser) -> Result<(), Error> {
    user::check_name(&user.name)?;
    let password_hash = match &user.password {
        None => None,
        Some(password) => {
            password::check(password, &user.name)
                .map_err(|reason| Error::WeakPassword { reason })?;
            Some(password::hash(password)?)
        }
    };
    let now_ms = Clock::system().now_ms();
    let database = Database::open(data_dir)?;
    ensure_first_user(&database, now_ms)?;
    if insert_user(&database, user, password_hash.as_deref(), now_ms)? {
        Ok(())
    } else {
        Err(Error::UserExists { name: user.name.clone() })
    }
}

fn insert_user(
    database: &Database,
    user: &NewUser,
    password_hash: Option<&str>,
    now_ms: i64,
) -> Result<bool, Error> {
    database.run("add a user", |connection| {
        let transaction = connection.transaction()?;
        let added = user::insert(&transaction, user, password_hash, now_ms)?;
        if added {
            audit::insert(&transaction, &by_command(Action::UserCreate, &user.name), now_ms)?;
        }
        transaction.commit()?;
        Ok(added)
    })
}

/// An empty database gets its first user, who has every agency and no password.
fn ensure_first_user(database: &Database, now_ms: i64) -> Result<(), Error> {
    let empty = database.run("look for users", |connection| {
        connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM users)", [], |row| row.get(0))
    })?;
    if empty {
        // The platform's administrator reads no events; on a fresh machine the same person is
        // also its first analyst, until others are added.
        let roles = [
            Role::NationalAnalyst,
            Role::RuleAuthor,
            Role::AgencyAdmin,
            Role::Auditor,
            Role::PlatformAdmin,
        ];
        let first = NewUser {
            name: FIRST_USER.into(),
            display_name: "Administrator".into(),
            language: Language::En,
            grants: Grants::new(roles.map(|role| (role, Agencies::All)).into()),
            password: None,
            kind: Kind::Person,
        };
        insert_user(database, &first, None, now_ms)?;
    }
    Ok(())
}

fn by_command(action: Action, target: &str) -> Entry {
    Entry {
        actor: COMMAND_LINE.into(),
        action,
        target: target.into(),
        detail: serde_json::json!({}),
        trace_id: String::new(),
    }
}

/// The accounts as the running service uses them; clones share them.
#[derive(Clone)]
pub(crate) struct Accounts {
    database: Arc<Database>,
    limits: SessionLimits,
    factor_key: FactorKey,
    second_factor_roles: Arc<[Role]>,
    clock: Clock,
    hashes: Arc<Semaphore>,
    sign_ins: Arc<Semaphore>,
}

/// The secret of a session that has just begun.
pub(crate) struct NewSession {
    pub(crate) cookie: String,
    pub(crate) user: User,
}

impl Accounts {
    /// Opens the accounts of `data_dir`. Blocks.
    pub(crate) fn open(
        data_dir: &Path,
        limits: SessionLimits,
        clock: Clock,
    ) -> Result<Self, Error> {
        let database = Database::open(data_dir)?;
        ensure_first_user(&database, clock.now_ms())?;
        let factor_key = key_file::read_or_make(data_dir, second_factor::KEY_FILE)?;
        Ok(Self {
            database,
            factor_key: FactorKey(factor_key),
            second_factor_roles: Arc::new([]),
            limits,
            clock,
            hashes: Arc::new(Semaphore::new(HASHES_MAX)),
            sign_ins: Arc::new(Semaphore::new(SIGN_INS_MAX)),
        })
    }

    /// The same, where whoever holds one of `roles` must have a second factor.
    pub(crate) fn with_second_factor_for(self, roles: &[Role]) -> Self {
        Self { second_factor_roles: roles.into(), ..self }
    }

    /// The database, for what else is kept beside the accounts.
    pub(crate) fn database(&self) -> &Arc<Database> {
        &self.database
    }

    /// The user whose live session the cookie's value names.
    pub(crate) async fn session(&self, cookie: &str) -> Result<Option<(User, SecretHash)>, Error> {
        let Some(hash) = Secret::parse(cookie).map(|secret| secret.hash()) else {
            return Ok(None);
        };
        let (limits, now_ms) = (self.limits, self.clock.now_ms());
        let user = self
            .database
            .call("look up a session", move |c| session::user(c, hash, limits, now_ms))
            .await?;
        Ok(user.map(|user| (user, hash)))
    }

    /// The live sessions of a user.
    pub(crate) async fn sessions(&self, user: i64) -> Result<Vec<session::Live>, Error> {
        let (limits, now_ms) = (self.limits, self.clock.now_ms());
        let list = move |c: &mut _| session::list(c, user, limits, now_ms);
        self.database.call("list sessions", list).await
    }

    /// Ends one of a user's own sessions, by its name; `false` where there is none.
    pub(crate) async fn end_session(
        &self,
        user: i64,
        name: String,
        entry: Entry,
    ) -> Result<bool, Error> {
        let now_ms = self.clock.now_ms();
        self.database
            .call("end a session", move |connection| {
                let transaction = connection.transaction()?;
                let ended = session::end_named(&transaction, user, &name)?;
                if ended {
                    audit::insert(&transaction, &entry, now_ms)?;
                }
                transaction.commit()?;
                Ok(ended)
            })
            .await
    }

    /// Ends a session.
    pub(crate) async fn sign_out(&self, hash: SecretHash, entry: Entry) -> Result<(), Error> {
        let now_ms = self.clock.now_ms();
        self.database
            .call("end a session", move |connection| {
                let transaction = connection.transaction()?;
                session::end(&transaction, hash)?;
                audit::insert(&transaction, &entry, now_ms)?;
                transaction.commit()
            })
            .await
    }

    /// The active user of that name.
    pub(crate) async fn user(&self, name: &str) -> Result<Option<User>, Error> {
        let name = name.to_owned();
        self.database.call("look up a user", move |c| user::by_name(c, &name)).await
    }

    /// Sets the user's language.
    pub(crate) async fn set_language(
        &self,
        user: i64,
        language: Language,
        entry: Entry,
    ) -> Result<(), Error> {
        let now_ms = self.clock.now_ms();
        self.database
            .call("set a language", move |connection| {
                let transaction = connection.transaction()?;
                transaction.execute(
                    "UPDATE users SET language = ?2 WHERE id = ?1",
                    rusqlite::params![user, language.as_str()],
                )?;
                audit::insert(&transaction, &entry, now_ms)?;
                transaction.commit()
            })
            .await
    }

    /// Action, detail and trace id of each of the actor's audit entries, in order.
    #[cfg(test)]
    pub(crate) async fn audited(
        &self,
        actor: &str,
    ) -> Result<Vec<(String, String, String)>, Error> {
        let actor = actor.to_owned();
        self.database
            .call("read the audit log", move |connection| {
                connection
                    .prepare(
                        "SELECT action, detail, trace_id FROM audit WHERE actor = ?1 ORDER BY seq",
                    )?
                    .query_map([actor], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                    .collect()
            })
            .await
    }

    /// Seals what was written to the audit log since the last time.
    pub(crate) async fn seal(&self, key: Arc<tlog::Key>) -> Result<(), Error> {
        let now_ms = self.clock.now_ms();
        let seal = move |c: &mut _| audit::seal(c, &key, now_ms).map(drop);
        self.database.call("seal the audit log", seal).await
    }

    /// The newest entries of the audit log that fit, the newest first.
    pub(crate) async fn audit_records(
        &self,
        filter: audit::Filter,
        limit: u32,
    ) -> Result<Vec<audit::Record>, Error> {
        let read = move |c: &mut rusqlite::Connection| audit::newest(c, &filter, limit);
        self.database.call("read the audit log", read).await
    }

    /// The audit log's newest checkpoint: when it was made, and its note.
    pub(crate) async fn audit_checkpoint(&self) -> Result<Option<(i64, String)>, Error> {
        self.database.call("read the audit log", |c| audit::newest_checkpoint(c)).await
    }

    /// Holds the audit log against its checkpoints and those in `kept`. The entries are read in pages,
    /// so that signing in does not wait for the whole of a long log.
    pub(crate) async fn audit_verify(
        &self,
        verifier: &tlog::Verifier,
        kept: &[String],
    ) -> Result<Result<audit::Verified, audit::Breach>, Error> {
        const ACTION: &str = "read the audit log";
        let notes = self.database.call(ACTION, |c| audit::notes(c)).await?;
        let sealed = match audit::Sealed::read(notes.iter().chain(kept), verifier) {
            Ok(sealed) => sealed,
            Err(breach) => return Ok(Err(breach)),
        };
        let sizes: HashSet<u64> = sealed.sizes().collect();
        let (mut tree, mut roots, mut seq) = (tlog::Tree::default(), HashMap::new(), 0);
        loop {
            let page = move |c: &mut _| audit::hashes_after(c, seq, AUDIT_PAGE);
            let (hashes, last) = self.database.call(ACTION, page).await?;
            if hashes.is_empty() {
                break;
            }
            seq = last;
            for hash in hashes {
                tree.push(hash);
                if sizes.contains(&tree.size()) {
                    roots.insert(tree.size(), tree.root());
                }
            }
        }
        Ok(sealed.held(tree.size(), |size| roots.get(&size).copied()))
    }

    /// Writes an audit entry. The caller answers only after this has succeeded.
    pub(crate) async fn audit(&self, entry: Entry) -> Result<(), Error> {
        let now_ms = self.clock.now_ms();
        self.database.call("write the audit log", move |c| audit::insert(c, &entry, now_ms)).await
    }
}

#[cfg(test)]
mod tests;
