//! How much one caller may ask for: named limits, told with every answer, 429 beyond.
//!
//! Each limit is a bucket that holds a minute's worth and fills evenly. A caller is a user, whatever
//! sessions and keys it uses, or the address of a request without either.

use crate::App;
use crate::Error;
use crate::identity::Identity;
use crate::problem::{Code, Problem};
use crate::server::Peer;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The time that a bucket takes to fill.
const WINDOW_MS: i64 = 60_000;
/// Buckets at most; when there are more, those that are full again are forgotten.
const BUCKETS_MAX: usize = 100_000;
/// Routes on which secrets could be guessed by whoever holds a session.
const CODES: [&str; 3] =
    ["/api/v1/me/password", "/api/v1/me/second-factor", "/api/v1/me/second-factor:remove"];

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Requests a minute; the `[rate]` table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// Of one user, that read.
    pub read: u32,
    /// Of one user, that change something or ask with a body.
    pub write: u32,
    /// Of one user, that show a password or a code.
    pub codes: u32,
    /// Of one address, without a session or a key. A loopback address is not counted: behind a proxy
    /// on this host it would be everybody's.
    pub anonymous: u32,
}

impl Default for Rates {
    /// A busy analyst's browser asks for some 60 a minute; a script may ask for more.
    fn default() -> Self {
        Self { read: 1_200, write: 300, codes: 20, anonymous: 300 }
    }
}

impl Rates {
    pub(crate) fn checked(self) -> Result<Self, Error> {
        let Self { read, write, codes, anonymous } = self;
        if [read, write, codes, anonymous].contains(&0) {
            let message = "every limit is at least 1 request a minute".into();
            return Err(Error::Config { key: "rate", message });
        }
        Ok(self)
    }

    fn of(&self, policy: Policy) -> u32 {
        match policy {
            Policy::Read => self.read,
            Policy::Write => self.write,
            Policy::Codes => self.codes,
            Policy::Anonymous => self.anonymous,
        }
    }
}

/// The names of the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Policy {
    Read,
    Write,
    Codes,
    Anonymous,
}

impl Policy {
    fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Codes => "codes",
            Self::Anonymous => "anonymous",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    User(i64),
    Address(IpAddr),
}

/// What is left in a bucket after a request.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    allowed: bool,
    /// Requests that may follow at once.
    remaining: u32,
    /// Milliseconds until there is one more, or, where none is missing, 0.
    next_ms: i64,
}

/// The buckets; clones share them.
#[derive(Clone)]
pub(crate) struct Limiter {
    rates: Rates,
    /// For each bucket the moment at which it is full again.
    full_at_ms: Arc<Mutex<HashMap<(Who, Policy), f64>>>,
}

impl Limiter {
    pub(crate) fn new(rates: Rates) -> Self {
        Self { rates, full_at_ms: Arc::default() }
    }

    fn take(&self, who: Who, policy: Policy, now_ms: i64) -> Left {
        let limit = self.rates.of(policy);
        let (now, window) = (now_ms as f64, WINDOW_MS as f64);
        let each = window / f64::from(limit);
        let mut buckets = self.full_at_ms.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX {
            buckets.retain(|_, full_at| *full_at > now);
        }
        let full_at = buckets.entry((who, policy)).or_insert(now);
        // A clock that was set back locks nobody out for longer than the window.
        let held = full_at.clamp(now, now + window);
        // Half a millisecond for what the arithmetic loses.
        let allowed = held + each <= now + window + 0.5;
        *full_at = if allowed { held + each } else { held };
        let spent = *full_at - now;
        let remaining = ((window - spent) / each + 1e-6).floor().max(0.0);
        let next = if remaining >= 1.0 { 0.0 } else { spent + each - window };
        Left { allowed, remaining: remaining as u32, next_ms: next.max(0.0).ceil() as i64 }
    }
}

fn policy(request: &Request, who: Who) -> Policy {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    match (who, request.method()) {
        (Who::Address(_), _) => Policy::Anonymous,
        (_, &Method::GET | &Method::HEAD) => Policy::Read,
        _ if CODES.contains(&path) => Policy::Codes,
        _ => Policy::Write,
    }
}

/// Whose request it is; nobody's where nothing tells callers apart.
fn who(request: &Request) -> Option<Who> {
    let user = request.extensions().get::<Identity>().and_then(Identity::user);
    let address = request.extensions().get::<Peer>().map(|peer| peer.0.to_canonical());
    match user {
        Some(user) => Some(Who::User(user.id)),
        None => address.filter(|address| !address.is_loopback()).map(Who::Address),
    }
}

/// The layer.
pub(crate) async fn limit(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(who) = who(&request) else { return next.run(request).await };
    let policy = policy(&request, who);
    let left = app.rate.take(who, policy, app.clock.now_ms());
    let limit = app.rate.rates.of(policy);
    let seconds = (left.next_ms + 999) / 1_000;
    let mut response = if left.allowed {
        next.run(request).await
    } else {
        app.metrics.rate_limited.with_label_values(&[policy.as_str()]).inc();
        let detail = "you ask for more than your share; wait, then go on slower";
        let params =
            json!({"policy": policy.as_str(), "per_minute": limit, "retry_after_s": seconds});
        let problem = Problem::new(Code::RateLimited, detail).with(params);
        problem.retry_after(seconds.max(1)).into_response()
    };
    let name = policy.as_str();
    for (header, value) in [
        (POLICY, format!("\"{name}\";q={limit};w={}", WINDOW_MS / 1_000)),
        (LIMIT, format!("\"{name}\";r={};t={seconds}", left.remaining)),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(header, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_evenly() {
        let limiter = Limiter::new(Rates { read: 6, ..Rates::default() });
        let mut now_ms = 1_790_000_000_000;
        let take = |now_ms| limiter.take(Who::User(1), Policy::Read, now_ms);
        for remaining in (0..6).rev() {
            let left = take(now_ms);
            assert!(left.allowed && left.remaining == remaining, "{left:?}");
        }
        assert_eq!(take(now_ms), Left { allowed: false, remaining: 0, next_ms: 10_000 });
        now_ms += 9_999;
        assert_eq!(take(now_ms), Left { allowed: false, remaining: 0, next_ms: 1 });
        now_ms += 1;
        assert_eq!(take(now_ms), Left { allowed: true, remaining: 0, next_ms: 10_000 });
        now_ms += 60_000;
        assert_eq!(take(now_ms).remaining, 5);
        // Another limit and another caller have buckets of their own.
        assert_eq!(limiter.take(Who::User(1), Policy::Codes, now_ms).remaining, 19);
        assert_eq!(limiter.take(Who::User(2), Policy::Read, now_ms).remaining, 5);
        // A clock set back by an hour does not lock out for an hour.
        assert!(take(now_ms - 3_600_000).next_ms <= 60_000);
    }
}
