//! Taking up a second factor, and taking it away again.

use super::manage::{Manager, Managing, Refused, changeable, immediate};
use super::second_factor::{self, CODES, Checked, Factor};
use super::secret::Secret;
use super::totp::TotpSecret;
use super::user::{Kind, User};
use super::{Accounts, session};
use crate::Error;
use crate::audit::{self, Entry};
use rusqlite::Connection;

impl Accounts {
    /// What the user has of a second factor.
    pub(crate) async fn second_factor(&self, user: i64) -> Result<Option<Factor>, Error> {
        self.database.call("look up a second factor", move |c| second_factor::of(c, user)).await
    }

    /// Whether the user holds a role that asks for a second factor and has none. That of a person whom a
    /// provider vouches for is asked for there.
    pub(crate) fn must_enrol(&self, user: &User) -> bool {
        user.kind == Kind::Person
            && !user.by_provider
            && !user.second_factor
            && user.grants.roles().iter().any(|role| self.second_factor_roles.contains(role))
    }

    /// A new secret for the user's app; nothing where a confirmed one stands.
    pub(crate) async fn begin_second_factor(&self, user: i64) -> Result<Option<TotpSecret>, Error> {
        let (key, salt) = (self.factor_key.clone(), Secret::random()?);
        let begin = move |connection: &mut Connection| {
            let transaction = immediate(connection)?;
            let secret = second_factor::begin(&transaction, &key, user, &salt)?;
            transaction.commit()?;
            Ok(secret)
        };
        self.database.call("begin a second factor", begin).await
    }

    /// Confirms it by a first code: the recovery codes. Nothing where the code is not right.
    pub(crate) async fn confirm_second_factor(
        &self,
        user: i64,
        code: String,
        entry: Entry,
    ) -> Result<Option<Vec<String>>, Error> {
        let (key, now_ms) = (self.factor_key.clone(), self.clock.now_ms());
        let random: Vec<Secret> = (0..CODES).map(|_| Secret::random()).collect::<Result<_, _>>()?;
        let confirm = move |connection: &mut Connection| {
            let transaction = immediate(connection)?;
            let codes = second_factor::confirm(&transaction, &key, user, &code, &random, now_ms)?;
            if codes.is_some() {
                audit::insert(&transaction, &entry, now_ms)?;
            }
            transaction.commit()?;
            Ok(codes)
        };
        self.database.call("confirm a second factor", confirm).await
    }

    /// Takes the user's own factor away, after one more code; `false` where that is not right.
    pub(crate) async fn remove_second_factor(
        &self,
        user: i64,
        code: String,
        entry: Entry,
    ) -> Result<bool, Error> {
        let (key, now_ms) = (self.factor_key.clone(), self.clock.now_ms());
        let remove = move |connection: &mut Connection| {
            let transaction = immediate(connection)?;
            let checked = second_factor::check(&transaction, &key, user, Some(&code), now_ms)?;
            let right = matches!(checked, Checked::App | Checked::Recovery);
            if right {
                second_factor::remove(&transaction, user)?;
                audit::insert(&transaction, &entry, now_ms)?;
            }
            transaction.commit()?;
            Ok(right)
        };
        self.database.call("remove a second factor", remove).await
    }

    /// Takes away the factor of a user who lost it, and ends the sessions.
    pub(crate) async fn reset_second_factor(
        &self,
        manager: Manager,
        name: String,
        entry: Entry,
    ) -> Managing<()> {
        let now_ms = self.clock.now_ms();
        let reset = move |connection: &mut Connection| {
            let transaction = immediate(connection)?;
            let found = match changeable(&transaction, &manager, &name, None)? {
                Ok(found) => found,
                Err(refused) => return Ok(Err(refused)),
            };
            if let Err(refused) = manager.reaches(&found.grants) {
                return Ok(Err(refused));
            }
            if !second_factor::remove(&transaction, found.id)? {
                return Ok(Err(Refused::NotFound));
            }
            session::end_all(&transaction, found.id)?;
            audit::insert(&transaction, &entry, now_ms)?;
            transaction.commit()?;
            Ok(Ok(()))
        };
        self.database.call("reset a second factor", reset).await
    }
}
