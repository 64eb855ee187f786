//! The queue's news as server-sent events: what is stored and what is changed, as it comes.

use crate::App;
use crate::caller::{Caller, Proof};
use crate::feed::{Look, News, Seat};
use crate::params::{Query, TimeMs};
use crate::problem::{Answer, Code, Problem};
use crate::roles::{Agencies, Permission};
use crate::views::alert::AlertSummary;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::{Receiver, error::RecvError};
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

/// From where on, and for how long.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamParams {
    /// Behind the event with this id, as header `Last-Event-ID`, which counts more.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4_102_444_800_000_i64)]
    after: Option<TimeMs>,
    /// How long the stream lives; 240 unless given. 0: what is there already, and the end.
    #[param(minimum = 0, maximum = 600)]
    seconds: Option<u32>,
}

/// The queue's news
///
/// Server-sent events: `alert` with a row of the queue, `change` with what an analyst changed, and
/// `reset` where more was missed than is sent again: then load the queue anew. With `Last-Event-ID`
/// nothing is missed; the last half minute comes again, so tell what comes twice by `id` and
/// `version`.
#[utoipa::path(get, path = "/alerts/stream", tag = "alerts", params(StreamParams,
    ("last-event-id" = Option<i64>, Header, description = "Behind the event with this id.")),
    responses((status = 200, description = "The news.", body = String,
        content_type = "text/event-stream")))]
pub(crate) async fn stream(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<StreamParams>,
    headers: HeaderMap,
) -> Answer<Response> {
    let scope = caller.scope(Permission::ReadAlerts)?;
    let seconds = params.seconds.unwrap_or(LIFE_S);
    if seconds > LIFE_S_MAX {
        let detail = format!("seconds is at most {LIFE_S_MAX}");
        return Err(Problem::parameter(Code::InvalidParameter, "seconds", detail));
    }
    let seconds = match caller.proof {
        Proof::Session(_) => seconds,
        Proof::Key(_) => seconds.min(KEY_LIFE_S),
    };
    let after = last_event_id(&headers)?.or(params.after);
    let held = held(&app, &caller.user.name).await.unwrap_or(Agencies::Of(Default::default()));
    let busy = || Problem::new(Code::Busy, "too many streams are open").retry_after(30);
    let seat = app.feed.seat(caller.user.id).ok_or_else(busy)?;
    // First the ear, then the past: what comes between the two is heard twice and not missed.
    let news = app.feed.subscribe().ok_or_else(busy)?;
    let mut waiting = VecDeque::from([Event::default().retry(RETRY).comment("prohori")]);
    if let Some(after) = after {
        let missed = Look::from(after.0).next_of(&app.store, &scope).await?;
        waiting.extend(missed.iter().map(event));
    }
    let now = Instant::now();
    let listener = Listener {
        sees: caller.user.grants.allow(Permission::ReadAlerts),
        held,
        name: caller.user.name,
        news,
        waiting,
        until: now + Duration::from_secs(seconds.into()),
        checked: now,
        _seat: seat,
        app,
    };
    let events = stream::unfold(listener, |mut listener| async {
        listener.next().await.map(|event| (Ok::<_, Infallible>(event), listener))
    });
    let beat = KeepAlive::new().interval(BEAT).text("beat");
    // A proxy that collects an answer before it passes it on would defeat the purpose.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(([unbuffered], Sse::new(events).keep_alive(beat)).into_response())
}

/// Where a user may read alerts; none where there is no such user any more.
async fn held(app: &App, name: &str) -> Option<Agencies> {
    let user = app.accounts.user(name).await.ok().flatten()?;
    Some(user.grants.allow(Permission::ReadAlerts))
}

fn last_event_id(headers: &HeaderMap) -> Answer<Option<TimeMs>> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let time = value.to_str().ok().and_then(|text| text.parse::<i64>().ok());
    let time = time.and_then(|ms| TimeMs::try_from(ms).ok());
    time.map(Some).ok_or_else(|| {
        let detail = "Last-Event-ID is the id of an event of this stream";
        Problem::parameter(Code::InvalidParameter, "Last-Event-ID", detail)
    })
}

/// One stream's end of the feed.
struct Listener {
    app: App,
    name: String,
    /// The agencies whose news are passed on: the one place where a stream is scoped.
    sees: Agencies,
    /// Where the user himself might read alerts when the stream began.
    held: Agencies,
    news: Receiver<News>,
    waiting: VecDeque<Event>,
    until: Instant,
    checked: Instant,
    _seat: Seat,
}

impl Listener {
    /// The next event; `None` at the end of its life, of the user's rights, or of the service.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.checked.elapsed() >= CHECK && !self.may_still_listen().await {
                return None;
            }
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            let wait = self.until.min(self.checked + CHECK);
            // Cancel safety: `recv` loses nothing when dropped.
            tokio::select! {
                biased;
                news = self.news.recv() => match news {
                    Ok(news) if self.may_hear(&news) => return Some(event(&news)),
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return Some(reset()),
                    Err(RecvError::Closed) => return None,
                },
                () = tokio::time::sleep_until(wait) => if Instant::now() >= self.until {
                    return None;
                },
            }
        }
    }

    fn may_hear(&self, news: &News) -> bool {
        news.agency().is_none_or(|agency| self.sees.contains(agency))
    }

    /// Looks at the user's grants anew: once they are others, the client must come again. They are never
    /// taken over, for a key may allow less than its user holds.
    async fn may_still_listen(&mut self) -> bool {
        self.checked = Instant::now();
        held(&self.app, &self.name).await.is_some_and(|held| held == self.held)
    }
}

fn event(news: &News) -> Event {
    let (name, data) = match news {
        News::Alert(alert) => ("alert", json!(AlertSummary::from(alert.summary.clone()))),
        News::Change(change) => (
            "change",
            json!({"id": change.id, "version": change.version, "state": change.state,
                "verdict": change.verdict, "by": change.actor, "at": change.at}),
        ),
        News::Reset(_) => return reset(),
    };
    Event::default().id(news.at_ms().to_string()).event(name).data(data.to_string())
}

fn reset() -> Event {
    Event::default().event("reset").data("{}")
}
