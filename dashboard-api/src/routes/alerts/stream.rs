//! The queue's news as server-sent events: what is stored and what is changed, as it comes.

use crate::App;
use crate::caller::Caller;
use crate::feed::{Look, News};
use crate::listening::{self, Listening};
use crate::params::{Query, TimeMs};
use crate::problem::Answer;
use crate::roles::{Agencies, Permission};
use crate::seats::Seat;
use crate::sla::Rules;
use crate::views::alert::AlertSummary;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::response::sse::Event;
use futures_util::stream;
use serde_json::json;
use std::collections::VecDeque;
use tokio::sync::broadcast::{Receiver, error::RecvError};

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
    let after = listening::last_event_id(&headers)?.or(params.after);
    let listening = Listening::begin(&app, &caller, Permission::ReadAlerts, params.seconds).await?;
    let seat = app.feed.seats.take(caller.user.id).ok_or_else(listening::busy)?;
    // First the ear, then the past: what comes between the two is heard twice and not missed.
    let news = app.feed.subscribe().ok_or_else(listening::busy)?;
    let sla = app.work.sla().await?;
    let mut waiting = VecDeque::from([listening::greeting()]);
    if let Some(after) = after {
        let missed = Look::from(after.0).next_of(&app.store, &scope).await?;
        waiting.extend(missed.iter().map(|news| event(news, &sla)));
    }
    let sees = caller.user.grants.allow(Permission::ReadAlerts);
    let listener = Listener { listening, sees, sla, news, waiting, _seat: seat };
    Ok(listening::answer(stream::unfold(listener, |mut listener| async {
        listener.next().await.map(|event| (event, listener))
    })))
}

/// One stream's end of the feed.
struct Listener {
    listening: Listening,
    /// The agencies whose news are passed on: the one place where a stream is scoped.
    sees: Agencies,
    /// When steps were due by the policies as they were when the stream began.
    sla: Rules,
    news: Receiver<News>,
    waiting: VecDeque<Event>,
    _seat: Seat,
}

impl Listener {
    /// The next event; `None` at the end of its life, of the user's rights, or of the service.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if !self.listening.may_go_on().await {
                return None;
            }
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            // Cancel safety: `recv` loses nothing when dropped.
            tokio::select! {
                biased;
                news = self.news.recv() => match news {
                    Ok(news) if self.may_hear(&news) => return Some(event(&news, &self.sla)),
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return Some(reset()),
                    Err(RecvError::Closed) => return None,
                },
                () = tokio::time::sleep_until(self.listening.next_check()) => {
                    if self.listening.is_over() {
                        return None;
                    }
                }
            }
        }
    }

    fn may_hear(&self, news: &News) -> bool {
        news.agency().is_none_or(|agency| self.sees.contains(agency))
    }
}

fn event(news: &News, sla: &Rules) -> Event {
    let (name, data) = match news {
        News::Alert(alert) => ("alert", json!(AlertSummary::of(alert.summary.clone(), sla))),
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
