//! People whom an identity provider vouches for: begun there, come back, signed out there.
//!
//! Such an account is the provider's id of a person, and its roles are what the provider's groups say,
//! each time anew. It has no password and no one-time login, so that who is sent away there is not let
//! in here.

use super::secret::{Secret, SecretHash};
use super::sign_in::{Client, SignIn, immediate};
use super::user::{self, Kind, Language, NewUser};
use super::{Accounts, NewSession, Refusal, manage, session};
use crate::Error;
use crate::audit::{self, Action, Entry};
use crate::roles::{Grants, Role};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use serde_json::json;
use std::collections::BTreeSet;

/// How long a person may take at the provider.
const FLOW_MS: i64 = 10 * 60_000;
/// Sign-ins that have begun and not ended: beyond, the oldest give way.
const FLOWS_MAX: u32 = 10_000;
/// For how long a logout token is known as taken; older ones are refused by their age.
const TAKEN_MS: i64 = 3_600_000;
/// Who changes such accounts, in the audit log.
const ACTOR: &str = "identity provider";

/// A sign-in that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) nonce: String,
    pub(crate) verifier: String,
    /// Where the person wanted to go.
    pub(crate) back: String,
}

/// A person as the provider tells of him.
#[derive(Debug, Clone)]
pub(crate) struct Vouched {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    /// The session there.
    pub(crate) sid: Option<String>,
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) language: Language,
    pub(crate) grants: Grants,
}

impl Accounts {
    /// Keeps a sign-in until it comes back with `state`; the secret is for the browser's cookie.
    pub(crate) async fn begin_at_provider(&self, state: &str, flow: Flow) -> Result<String, Error> {
        let (state, browser) = (SecretHash::of(state), Secret::random()?);
        let (cookie, now_ms) = (browser.text(), self.clock.now_ms());
        let keep = move |connection: &mut Connection| {
            let transaction = immediate(connection)?;
            let old = "DELETE FROM provider_sign_ins WHERE expires_ms <= ?1";
            transaction.execute(old, [now_ms])?;
            transaction.execute(
                "DELETE FROM provider_sign_ins WHERE state IN (SELECT state FROM provider_sign_ins \
                 ORDER BY expires_ms DESC LIMIT -1 OFFSET ?1)",
                [FLOWS_MAX - 1],
            )?;
            transaction.execute(
                "INSERT INTO provider_sign_ins (state, browser, nonce, verifier, back, expires_ms) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    state.0,
                    browser.hash().0,
                    flow.nonce,
                    flow.verifier,
                    flow.back,
                    now_ms + FLOW_MS
                ],
            )?;
            transaction.commit()
        };
        self.database.call("begin a sign-in", keep).await?;
        Ok(cookie)
    }

    /// The sign-in that came back with `state` into the browser with that cookie; it comes back once.
    pub(crate) async fn back_from_provider(
        &self,
        state: &str,
        cookie: &str,
    ) -> Result<Option<Flow>, Error> {
        let Some(browser) = Secret::parse(cookie).map(|secret| secret.hash()) else {
            return Ok(None);
        };
        let (state, now_ms) = (SecretHash::of(state), self.clock.now_ms());
        let take = move |connection: &mut Connection| {
            let sql = "DELETE FROM provider_sign_ins WHERE state = ?1 AND browser = ?2 \
                       AND expires_ms > ?3 RETURNING nonce, verifier, back";
            let row = |row: &rusqlite::Row<'_>| {
                Ok(Flow { nonce: row.get(0)?, verifier: row.get(1)?, back: row.get(2)? })
            };
            connection.query_row(sql, params![state.0, browser.0, now_ms], row).optional()
        };
        self.database.call("end a sign-in", take).await
    }

    /// Begins a session of a person whom the provider vouches for; the account is made or brought up to
    /// date.
    pub(crate) async fn sign_in_by_provider(
        &self,
        vouched: Vouched,
        client: Client,
    ) -> SignIn<NewSession> {
        let accounts = self.clone();
        let sign_in = move |connection: &mut Connection| {
            let now_ms = accounts.clock.now_ms();
            let mut transaction = immediate(connection)?;
            let found = of_subject(&transaction, &vouched.issuer, &vouched.subject)?;
            if vouched.grants.rows().next().is_none() {
                if let Some((id, _)) = found {
                    replace_grants(&mut transaction, id, &vouched, &client, now_ms)?;
                    session::end_all(&transaction, id)?;
                    transaction.commit()?;
                }
                return Ok(Err(Refusal::NoRole));
            }
            let id = match found {
                Some((_, true)) => return Ok(Err(Refusal::Disabled)),
                Some((id, false)) => {
                    update(&mut transaction, id, &vouched, &client, now_ms)?;
                    id
                }
                None => match add(&transaction, &vouched, &client, now_ms)? {
                    Some(id) => id,
                    None => return Ok(Err(Refusal::NameTaken)),
                },
            };
            let begun = accounts.begin(&transaction, id, &client, ACTOR)?;
            if let (Some(begun), Some(sid)) = (&begun, &vouched.sid)
                && let Some(secret) = Secret::parse(&begun.cookie)
            {
                transaction.execute(
                    "UPDATE sessions SET provider_sid = ?2 WHERE hash = ?1",
                    params![secret.hash().0, sid],
                )?;
            }
            transaction.commit()?;
            Ok(begun.ok_or(Refusal::Wrong))
        };
        self.database.call("sign in by a provider", sign_in).await
    }

    /// Ends the sessions of who signed out at the provider; how many. Nothing where the token was taken
    /// before.
    pub(crate) async fn signed_out_at_provider(
        &self,
        issuer: &str,
        told: oidc::LoggedOut,
        trace_id: &str,
    ) -> Result<Option<usize>, Error> {
        let (issuer, trace_id) = (issuer.to_owned(), trace_id.to_owned());
        let now_ms = self.clock.now_ms();
        let end = move |connection: &mut Connection| {
            let transaction = immediate(connection)?;
            transaction.execute("DELETE FROM logout_tokens WHERE expires_ms <= ?1", [now_ms])?;
            let taken = transaction.execute(
                "INSERT INTO logout_tokens (jti, expires_ms) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                params![told.jti, now_ms + TAKEN_MS],
            )?;
            if taken == 0 {
                return Ok(None);
            }
            let names: Vec<String> = transaction
                .prepare(
                    "DELETE FROM sessions WHERE user_id IN (SELECT id FROM users WHERE issuer = ?1 \
                     AND (?2 IS NULL OR subject = ?2)) AND (?3 IS NULL OR provider_sid = ?3) \
                     RETURNING (SELECT name FROM users WHERE id = user_id)",
                )?
                .query_map(params![issuer, told.subject, told.sid], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for name in &names {
                let entry = Entry {
                    actor: ACTOR.into(),
                    action: Action::SessionEnd,
                    target: name.clone(),
                    detail: json!({"by": "logout token"}),
                    trace_id: trace_id.clone(),
                };
                audit::insert(&transaction, &entry, now_ms)?;
            }
            transaction.commit()?;
            Ok(Some(names.len()))
        };
        self.database.call("end sessions", end).await
    }
}

/// Id of the provider's person, and whether the account is disabled.
fn of_subject(
    connection: &Connection,
    issuer: &str,
    subject: &str,
) -> Result<Option<(i64, bool)>, rusqlite::Error> {
    connection
        .query_row(
            "SELECT id, disabled_ms IS NOT NULL FROM users WHERE issuer = ?1 AND subject = ?2",
            [issuer, subject],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()
}

/// Makes the account; nothing where somebody else has the name.
fn add(
    transaction: &Transaction<'_>,
    vouched: &Vouched,
    client: &Client,
    now_ms: i64,
) -> Result<Option<i64>, rusqlite::Error> {
    let new = NewUser {
        name: vouched.name.clone(),
        display_name: vouched.display_name.clone(),
        language: vouched.language,
        grants: vouched.grants.clone(),
        password: None,
        kind: Kind::Person,
    };
    if !user::insert(transaction, &new, None, now_ms)? {
        return Ok(None);
    }
    let sql = "UPDATE users SET issuer = ?2, subject = ?3 WHERE name = ?1 RETURNING id";
    let both = params![vouched.name, vouched.issuer, vouched.subject];
    let id = transaction.query_row(sql, both, |row| row.get(0))?;
    let detail = json!({"subject": vouched.subject, "grants": rows(&vouched.grants)});
    audit::insert(transaction, &entry(Action::UserCreate, &vouched.name, detail, client), now_ms)?;
    Ok(Some(id))
}

/// What the provider says of the person today.
fn update(
    transaction: &mut Transaction<'_>,
    id: i64,
    vouched: &Vouched,
    client: &Client,
    now_ms: i64,
) -> Result<(), rusqlite::Error> {
    transaction.execute(
        "UPDATE users SET display_name = ?2 WHERE id = ?1 AND display_name <> ?2",
        params![id, vouched.display_name],
    )?;
    replace_grants(transaction, id, vouched, client, now_ms)
}

/// Makes the roles what the groups say, unless nobody would be left who looks after users.
fn replace_grants(
    transaction: &mut Transaction<'_>,
    id: i64,
    vouched: &Vouched,
    client: &Client,
    now_ms: i64,
) -> Result<(), rusqlite::Error> {
    let held = rows(&user::grants(transaction, id)?);
    let wanted = rows(&vouched.grants);
    if held == wanted {
        return Ok(());
    }
    let part = transaction.savepoint()?;
    part.execute("DELETE FROM grants WHERE user_id = ?1", [id])?;
    for (role, agency) in &wanted {
        part.execute(
            "INSERT INTO grants (user_id, role, agency) VALUES (?1, ?2, ?3)",
            params![id, role.as_str(), agency],
        )?;
    }
    part.execute("UPDATE users SET version = version + 1 WHERE id = ?1", [id])?;
    if !manage::has_administrator(&part)? {
        tracing::warn!(user = vouched.name, "keeps his roles: nobody else looks after users");
        return Ok(());
    }
    let name: String =
        part.query_row("SELECT name FROM users WHERE id = ?1", [id], |row| row.get(0))?;
    let entry = entry(Action::UserGrants, &name, json!({"grants": wanted}), client);
    audit::insert(&part, &entry, now_ms)?;
    part.commit()
}

fn rows(grants: &Grants) -> BTreeSet<(Role, String)> {
    grants.rows().collect()
}

fn entry(action: Action, target: &str, detail: serde_json::Value, client: &Client) -> Entry {
    let trace_id = client.trace_id.clone();
    Entry { actor: ACTOR.into(), action, target: target.into(), detail, trace_id }
}
