//! Who sends a request, and what that caller may see: worked out from the session alone.

use crate::App;
use crate::accounts::User;
use crate::accounts::manage::Manager;
use crate::accounts::secret::SecretHash;
use crate::audit::{Action, Entry};
use crate::guard::TraceId;
use crate::identity::Identity;
use crate::problem::{Answer, Code, Problem};
use crate::roles::{Agencies, Permission};
use crate::work::Reach;
use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::header;
use axum::http::request::Parts;
use model::Agency;
use serde_json::Value;
use store::Scope;

/// The session's cookie.
pub(crate) const COOKIE: &str = "prohori_session";

/// How a caller proved who he is.
#[derive(Debug, Clone)]
pub(crate) enum Proof {
    /// By the session's cookie.
    Session(SecretHash),
    /// By the API key of this id.
    Key(String),
}

/// A user, or a program on a user's behalf, within one request.
pub(crate) struct Caller {
    pub(crate) user: User,
    pub(crate) proof: Proof,
    pub(crate) trace: TraceId,
}

impl Caller {
    /// The agencies in which the caller holds `permission`, as the store's queries take them.
    ///
    /// Scopes are made here and in [`Self::scope_in`] only, from the session's user: no handler can
    /// ask the store for more.
    pub(crate) fn scope(&self, permission: Permission) -> Answer<Scope> {
        Ok(match self.agencies(permission)? {
            Agencies::All => Scope::all(),
            Agencies::Of(agencies) => Scope::of(agencies),
        })
    }

    /// The scope of one agency, where the caller holds `permission` in it.
    pub(crate) fn scope_in(&self, permission: Permission, agency: &str) -> Answer<Scope> {
        let agency = Agency::new(agency).ok();
        let held = self.user.grants.allow(permission);
        match agency.filter(|agency| held.contains(agency.as_str())) {
            Some(agency) => Ok(Scope::of([agency])),
            None => Err(Problem::new(Code::Forbidden, "your roles do not allow this there")),
        }
    }

    /// Which agencies' cases the caller may see, and in which the caller may work on them.
    pub(crate) fn reach(&self) -> Answer<Reach> {
        self.scope(Permission::ReadCases)?;
        Ok(Reach {
            actor: self.user.name.clone(),
            reads: self.user.grants.allow(Permission::ReadCases),
            works: self.user.grants.allow(Permission::ManageCases),
        })
    }

    /// The agencies in which the caller holds `permission`; at least one.
    pub(crate) fn agencies(&self, permission: Permission) -> Answer<Agencies> {
        match self.user.grants.allow(permission) {
            held if held.is_empty() => {
                let detail = "ask an administrator of the agency for a role that does";
                Err(Problem::new(Code::Forbidden, detail))
            }
            held => Ok(held),
        }
    }

    /// Whether the caller may set a policy of `agency`; that of every agency (`*`) is set by who holds
    /// `permission` in all.
    pub(crate) fn may_set_policy(&self, permission: Permission, agency: &str) -> Answer<()> {
        let held = self.agencies(permission)?;
        let asked = Agencies::parse(agency)
            .map_err(|_| Problem::new(Code::NotFound, "there is no such agency"))?;
        if held.covers(&asked) {
            return Ok(());
        }
        Err(Problem::new(Code::Forbidden, "this agency's policies are not yours to set"))
    }

    /// The caller as one who looks after accounts.
    pub(crate) fn manager(&self) -> Manager {
        Manager::of(&self.user)
    }

    /// The session, for what only the person may do, not a program with a key.
    pub(crate) fn session(&self) -> Answer<SecretHash> {
        match &self.proof {
            Proof::Session(session) => Ok(*session),
            Proof::Key(_) => {
                Err(Problem::new(Code::SessionRequired, "sign in in a browser to do this"))
            }
        }
    }

    /// An audit entry of this caller, which names the key that was used.
    pub(crate) fn entry(&self, action: Action, target: &str, mut detail: Value) -> Entry {
        if let (Proof::Key(key), Some(members)) = (&self.proof, detail.as_object_mut()) {
            members.insert("by_key".into(), key.as_str().into());
        }
        Entry {
            actor: self.user.name.clone(),
            action,
            target: target.into(),
            detail,
            trace_id: self.trace.0.to_string(),
        }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Box<Problem>;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let trace = TraceId::from_request_parts(parts, app).await?;
        if let Some(Identity::Session { user, .. }) = parts.extensions.get::<Identity>() {
            enrolled(app, parts, user)?;
        }
        match parts.extensions.get::<Identity>().cloned() {
            Some(Identity::Session { user, session }) => {
                Ok(Self { user: *user, proof: Proof::Session(session), trace })
            }
            Some(Identity::Key { user, key }) => {
                Ok(Self { user: *user, proof: Proof::Key(key), trace })
            }
            Some(Identity::BadKey) => {
                let detail = "the key is unknown, expired, ended, or not for your address";
                Err(Problem::new(Code::InvalidKey, detail))
            }
            _ => Err(Problem::new(Code::NotSignedIn, "sign in at POST /api/v1/session")),
        }
    }
}

/// Whoever holds a role that asks for a second factor and has none may only take one up.
fn enrolled(app: &App, parts: &Parts, user: &User) -> Answer<()> {
    let own = |path: &str| {
        let path = path.strip_prefix("/api/v1").unwrap_or_default();
        path == "/session" || path == "/me" || path.starts_with("/me/")
    };
    let on_own = parts.extensions.get::<MatchedPath>().is_some_and(|path| own(path.as_str()));
    if on_own || !app.accounts.must_enrol(user) {
        return Ok(());
    }
    let detail = "take one up at POST /api/v1/me/second-factor";
    Err(Problem::new(Code::SecondFactorMissing, detail))
}

impl FromRequestParts<App> for TraceId {
    type Rejection = Box<Problem>;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Self::Rejection> {
        let trace = parts.extensions.get::<Self>().cloned();
        trace.ok_or_else(|| Problem::new(Code::Internal, "the request has no trace id"))
    }
}

/// The value of the session's cookie.
pub(crate) fn cookie(parts: &Parts) -> Option<&str> {
    parts
        .headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}
