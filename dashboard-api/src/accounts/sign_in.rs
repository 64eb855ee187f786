//! Signing in by password or one-time token, and changing the password.

use super::lockout::{self, Subject};
use super::second_factor::{self, Checked};
use super::secret::{Secret, SecretHash};
use super::{Accounts, NewSession, login_token, password, session, user};
use crate::Error;
use crate::audit::{self, Action, Entry};
use rusqlite::{Transaction, TransactionBehavior, params};
use serde_json::json;
use std::net::IpAddr;

/// What a client presents.
pub(crate) enum Credentials {
    Password { user: String, password: String },
    Token(String),
}

/// Why a sign-in or a check of the password was refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Wrong name, password or token; not said which.
    Wrong,
    /// Too many failures; not looked at.
    Locked {
        /// When to come back.
        retry_after_s: i64,
    },
    /// Too many sign-ins at once.
    Busy,
    /// So far right; a code of the second factor is missing.
    SecondFactor,
    /// So far right; the code is not.
    WrongCode,
    /// Known to the provider, but in no group that has a role here.
    NoRole,
    /// The name that the provider gives is somebody else's here.
    NameTaken,
    /// The name that the provider gives cannot be one here.
    BadName,
    /// The account is disabled here.
    Disabled,
}

/// The outer error is ours, the inner one the client's.
pub(crate) type SignIn<T> = Result<Result<T, Refusal>, Error>;

/// From where a client signs in, and what it should replace.
pub(crate) struct Client {
    pub(crate) address: Option<IpAddr>,
    pub(crate) replaced: Option<SecretHash>,
    pub(crate) trace_id: String,
    /// Of the second factor.
    pub(crate) code: Option<String>,
}

impl Accounts {
    /// Signs in: on success a new session, under a new secret, in place of the browser's old one.
    pub(crate) async fn sign_in(
        &self,
        credentials: Credentials,
        client: Client,
    ) -> SignIn<NewSession> {
        match credentials {
            Credentials::Token(token) => self.sign_in_by_token(&token, client).await,
            Credentials::Password { user, password } => {
                self.sign_in_by_password(user, password, client).await
            }
        }
    }

    async fn sign_in_by_token(&self, token: &str, client: Client) -> SignIn<NewSession> {
        let Some(token) = Secret::parse(token).map(|token| token.hash()) else {
            return Ok(Err(Refusal::Wrong));
        };
        let accounts = self.clone();
        let sign_in = move |connection: &mut rusqlite::Connection| {
            let transaction = immediate(connection)?;
            let now_ms = accounts.clock.now_ms();
            let Some(id) = login_token::owner(&transaction, token, now_ms)? else {
                return Ok(Err(Refusal::Wrong));
            };
            let by = match accounts.second_step(&transaction, id, &client)? {
                Ok(by) => format!("token{by}"),
                Err(refusal) => {
                    transaction.commit()?;
                    return Ok(Err(refusal));
                }
            };
            login_token::redeem(&transaction, token, now_ms)?;
            let begun = accounts.begin(&transaction, id, &client, &by)?;
            transaction.commit()?;
            Ok(begun.ok_or(Refusal::Wrong))
        };
        self.database.call("sign in by token", sign_in).await
    }

    /// Checks the second factor where there is one; how it was shown. A wrong code is counted.
    fn second_step(
        &self,
        transaction: &Transaction<'_>,
        id: i64,
        client: &Client,
    ) -> Result<Result<&'static str, Refusal>, rusqlite::Error> {
        let now_ms = self.clock.now_ms();
        let Some(user) = user::by_id(transaction, id)? else { return Ok(Err(Refusal::Wrong)) };
        let name = Subject::Name(&user.name);
        let locked = lockout::locked_until(transaction, name, now_ms)?;
        if let Some(until) = locked.filter(|_| user.second_factor && client.code.is_some()) {
            return Ok(Err(Refusal::Locked { retry_after_s: (until - now_ms + 999) / 1000 }));
        }
        let code = client.code.as_deref();
        Ok(match second_factor::check(transaction, &self.factor_key, id, code, now_ms)? {
            Checked::NotNeeded => Ok(""),
            Checked::App => Ok(" and code"),
            Checked::Recovery => Ok(" and recovery code"),
            Checked::Missing => Err(Refusal::SecondFactor),
            Checked::Wrong => {
                lockout::count(transaction, name, now_ms)?;
                let entry = refused(user.name.clone(), client.address, &client.trace_id);
                audit::insert(transaction, &entry, now_ms)?;
                Err(Refusal::WrongCode)
            }
        })
    }

    async fn sign_in_by_password(
        &self,
        user: String,
        password: String,
        client: Client,
    ) -> SignIn<NewSession> {
        let (name, address) = (user.clone(), client.address);
        let checked = self.check_password(user, password, address, &client.trace_id).await?;
        let id = match checked {
            Ok(id) => id,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let accounts = self.clone();
        let sign_in = move |connection: &mut rusqlite::Connection| {
            let transaction = immediate(connection)?;
            // What was counted in advance: the password was right.
            for subject in subjects(&name, address) {
                lockout::take_back(&transaction, subject)?;
            }
            let by = match accounts.second_step(&transaction, id, &client)? {
                Ok(by) => format!("password{by}"),
                Err(refusal) => {
                    transaction.commit()?;
                    return Ok(Err(refusal));
                }
            };
            lockout::clear(&transaction, Subject::Name(&name))?;
            let begun = accounts.begin(&transaction, id, &client, &by)?;
            transaction.commit()?;
            Ok(begun.ok_or(Refusal::Wrong))
        };
        self.database.call("sign in", sign_in).await
    }

    /// The id of the user whose password it is. Each failure is counted and audited.
    async fn check_password(
        &self,
        name: String,
        password: String,
        address: Option<IpAddr>,
        trace_id: &str,
    ) -> SignIn<i64> {
        let stopped = |_| Error::Stopped { what: "check a password" };
        let Ok(_turn) = self.sign_ins.try_acquire() else { return Ok(Err(Refusal::Busy)) };
        // The permit comes before the look at the lock: whoever waited here while others failed
        // must find the lock that they caused.
        let _permit = self.hashes.acquire().await.map_err(stopped)?;
        let accounts = self.clone();
        let typed = name.clone();
        let attempt = move |connection: &mut rusqlite::Connection| {
            let now_ms = accounts.clock.now_ms();
            let transaction = immediate(connection)?;
            for subject in subjects(&typed, address) {
                if let Some(until) = lockout::locked_until(&transaction, subject, now_ms)? {
                    return Ok(Err((until - now_ms + 999) / 1000));
                }
                lockout::count(&transaction, subject, now_ms)?;
            }
            let found = user::by_name(&transaction, &typed)?;
            transaction.commit()?;
            Ok(Ok(found))
        };
        let found = match self.database.call("begin a sign-in", attempt).await? {
            Ok(found) => found,
            Err(retry_after_s) => return Ok(Err(Refusal::Locked { retry_after_s })),
        };
        let stored = found.as_ref().and_then(|user| user.password_hash.clone());
        let right =
            tokio::task::spawn_blocking(move || password::verify(&password, stored.as_deref()))
                .await
                .map_err(|_| Error::Stopped { what: "check a password" })?;
        match found {
            Some(user) if right => Ok(Ok(user.id)),
            _ => {
                self.audit(refused(name, address, trace_id)).await?;
                Ok(Err(Refusal::Wrong))
            }
        }
    }

    /// Sets the password of the session's user, after `current` where there is one already. Ends
    /// all the user's sessions and begins a new one.
    pub(crate) async fn change_password(
        &self,
        user: &user::User,
        current: Option<String>,
        new: String,
        client: Client,
    ) -> SignIn<NewSession> {
        let id = user.id;
        if user.password_hash.is_some() {
            let current = current.unwrap_or_default();
            let name = user.name.clone();
            let checked =
                self.check_password(name, current, client.address, &client.trace_id).await?;
            if let Err(refusal) = checked {
                return Ok(Err(refusal));
            }
        }
        let stopped = |_| Error::Stopped { what: "set a password" };
        let permit = self.hashes.acquire().await.map_err(stopped)?;
        let hash = tokio::task::spawn_blocking(move || password::hash(&new))
            .await
            .map_err(|_| Error::Stopped { what: "set a password" })??;
        drop(permit);
        let (accounts, name) = (self.clone(), user.name.clone());
        self.database
            .call("set a password", move |connection| {
                let transaction = immediate(connection)?;
                for subject in subjects(&name, client.address) {
                    lockout::clear(&transaction, subject)?;
                }
                transaction.execute(
                    "UPDATE users SET password_hash = ?2 WHERE id = ?1",
                    params![id, hash],
                )?;
                session::end_all(&transaction, id)?;
                let entry = Entry {
                    actor: name,
                    action: Action::PasswordChange,
                    target: String::new(),
                    detail: json!({}),
                    trace_id: client.trace_id.clone(),
                };
                audit::insert(&transaction, &entry, accounts.clock.now_ms())?;
                let begun = accounts.begin(&transaction, id, &client, "password change")?;
                transaction.commit()?;
                Ok(begun)
            })
            .await
            .map(|begun| begun.ok_or(Refusal::Wrong))
    }

    /// Begins a session within `transaction`; nothing where the user is active no more.
    pub(super) fn begin(
        &self,
        transaction: &Transaction<'_>,
        id: i64,
        client: &Client,
        by: &str,
    ) -> Result<Option<NewSession>, rusqlite::Error> {
        let now_ms = self.clock.now_ms();
        let person = |user: &user::User| user.kind == user::Kind::Person;
        let Some(user) = user::by_id(transaction, id)?.filter(person) else { return Ok(None) };
        let secret = Secret::random()
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        session::begin(
            transaction,
            &secret,
            id,
            client.replaced,
            client.address,
            self.limits,
            now_ms,
        )?;
        let entry = Entry {
            actor: user.name.clone(),
            action: Action::SessionBegin,
            target: String::new(),
            detail: json!({"by": by, "address": client.address}),
            trace_id: client.trace_id.clone(),
        };
        audit::insert(transaction, &entry, now_ms)?;
        Ok(Some(NewSession { cookie: secret.text(), user }))
    }
}

/// What failures count against. A loopback address is left out: behind a proxy on this host it
/// would be everybody's.
fn subjects(name: &str, address: Option<IpAddr>) -> impl Iterator<Item = Subject<'_>> {
    let address = address.filter(|address| !address.is_loopback());
    [Subject::Name(name)].into_iter().chain(address.map(Subject::Address))
}

fn refused(name: String, address: Option<IpAddr>, trace_id: &str) -> Entry {
    Entry {
        actor: name,
        action: Action::SignInFailed,
        target: String::new(),
        detail: json!({"address": address}),
        trace_id: trace_id.into(),
    }
}

/// A transaction that takes the write lock at once, so that what it reads is what it changes.
pub(super) fn immediate(
    connection: &mut rusqlite::Connection,
) -> Result<Transaction<'_>, rusqlite::Error> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}
