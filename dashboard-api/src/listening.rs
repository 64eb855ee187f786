//! Answers that go on for minutes, as server-sent events: how long, for whom, and until when.

use crate::App;
use crate::caller::{Caller, Proof};
use crate::params::TimeMs;
use crate::problem::{Answer, Code, Problem};
use crate::roles::{Agencies, Permission};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::Stream;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::Instant;

/// Between two beats of a quiet stream: proxies end what is silent for longer.
const BEAT: Duration = Duration::from_secs(25);
/// How long a stream lives; then the browser comes again, with its session looked at anew.
const LIFE_S: u32 = 240;
const LIFE_S_MAX: u32 = 600;
/// The same of an API key, which may be revoked.
const KEY_LIFE_S: u32 = 30;
/// How long somebody who was off-boarded may still listen.
const CHECK: Duration = Duration::from_secs(5);
/// How long a browser waits before it comes again.
const RETRY: Duration = Duration::from_secs(2);
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Who listens, and for how long he may.
pub(crate) struct Listening {
    app: App,
    name: String,
    permission: Permission,
    /// Where the user held the permission when the stream began.
    held: Agencies,
    until: Instant,
    checked: Instant,
}

impl Listening {
    /// Listens with `permission` for `seconds`, or for as long as streams usually live.
    pub(crate) async fn begin(
        app: &App,
        caller: &Caller,
        permission: Permission,
        seconds: Option<u32>,
    ) -> Answer<Self> {
        let seconds = seconds.unwrap_or(LIFE_S);
        if seconds > LIFE_S_MAX {
            let detail = format!("seconds is at most {LIFE_S_MAX}");
            return Err(Problem::parameter(Code::InvalidParameter, "seconds", detail));
        }
        let seconds = match caller.proof {
            Proof::Session(_) => seconds,
            Proof::Key(_) => seconds.min(KEY_LIFE_S),
        };
        let name = caller.user.name.clone();
        let held = held(app, &name, permission).await.unwrap_or(Agencies::Of(Default::default()));
        let now = Instant::now();
        let until = now + Duration::from_secs(seconds.into());
        Ok(Self { app: app.clone(), name, permission, held, until, checked: now })
    }

    /// Until when a stream may sleep before it asks [`Self::may_go_on`] again.
    pub(crate) fn next_check(&self) -> Instant {
        self.until.min(self.checked + CHECK)
    }

    /// Whether the stream's time is over.
    pub(crate) fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// Whether the user still holds what he held; looked at every few seconds. Once his grants are others the
    /// client must come again. They are never taken over, for a key may allow less than its user
    /// holds.
    pub(crate) async fn may_go_on(&mut self) -> bool {
        if self.checked.elapsed() < CHECK {
            return true;
        }
        self.checked = Instant::now();
        held(&self.app, &self.name, self.permission).await.is_some_and(|held| held == self.held)
    }
}

/// Where a user holds a permission; none where there is no such user any more.
async fn held(app: &App, name: &str, permission: Permission) -> Option<Agencies> {
    let user = app.accounts.user(name).await.ok().flatten()?;
    Some(user.grants.allow(permission))
}

/// The time of the last event that a client has, where it comes again.
pub(crate) fn last_event_id(headers: &HeaderMap) -> Answer<Option<TimeMs>> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let time = value.to_str().ok().and_then(|text| text.parse::<i64>().ok());
    let time = time.and_then(|ms| TimeMs::try_from(ms).ok());
    time.map(Some).ok_or_else(|| {
        let detail = "Last-Event-ID is the id of an event of this stream";
        Problem::parameter(Code::InvalidParameter, "Last-Event-ID", detail)
    })
}

/// The problem of a stream for which there is no place.
pub(crate) fn busy() -> Box<Problem> {
    Problem::new(Code::Busy, "too many streams are open").retry_after(30)
}

/// What a stream begins with: when to come again after its end.
pub(crate) fn greeting() -> Event {
    Event::default().retry(RETRY).comment("prohori")
}

/// The events as an answer that no proxy collects before it passes it on.
pub(crate) fn answer(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    use futures_util::StreamExt as _;
    let beat = KeepAlive::new().interval(BEAT).text("beat");
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    let events = events.map(Ok::<_, Infallible>);
    ([unbuffered], Sse::new(events).keep_alive(beat)).into_response()
}
