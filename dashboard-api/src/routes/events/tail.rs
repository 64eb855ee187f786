//! Events as they are stored, as server-sent events: a search that goes on.

use super::{Filter, Search, audit, cells, checked, columns, condition};
use crate::App;
use crate::caller::Caller;
use crate::listening::{self, Listening};
use crate::params::{Query, Text, TimeMs};
use crate::problem::Answer;
use crate::roles::Permission;
use crate::seats::Seat;
use crate::views::event::EventSummary;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::response::sse::Event;
use futures_util::stream;
use model::Agency;
use query::Field;
use serde_json::json;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;
use store::{Arrivals, EventFilter, Scope, StoredEvent};
use tokio::time::Instant;

/// Pause between two looks.
const LOOK_PAUSE: Duration = Duration::from_secs(1);
/// Events of one look: more a second nobody reads. The rest is counted.
const LOOK_MAX: u32 = 100;
/// How far a look reaches back behind the newest that was seen: an insert that began earlier may be
/// seen later.
const OVERLAP_MS: i64 = 10_000;
/// From how long before now on a tail begins.
const BEGIN_BACK_MS: i64 = 10_000;
/// How often what was shown is written to the audit log.
const AUDIT_EVERY: Duration = Duration::from_secs(60);

/// Which events.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TailParams {
    /// That this search finds; without commands.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    q: Option<Text>,
    /// Of this agency.
    #[param(value_type = Option<String>, pattern = "^[a-z0-9][a-z0-9-]{0,39}$")]
    agency: Option<Agency>,
    /// Of this host.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    host: Option<Text>,
    /// Of this source type.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    source: Option<Text>,
    /// Of this OCSF class.
    class_uid: Option<u32>,
    /// Fields whose values come in `cells`, as a search names them, comma-separated; at most ten.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    columns: Option<Text>,
    /// Stored from this time on, in ms; from now on unless given.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4_102_444_800_000_i64)]
    after: Option<TimeMs>,
    /// How long the stream lives; 240 unless given. 0: what is there already, and the end.
    #[param(minimum = 0, maximum = 600)]
    seconds: Option<u32>,
}

/// Watch events arrive
///
/// Server-sent events: `event` with what the search finds as it is stored, whatever its own time; and
/// `left_out` with how many more there were, where more arrive than anybody reads (100 a second).
/// Commands of the search do not matter here.
#[utoipa::path(get, path = "/events/tail", tag = "events", params(TailParams,
    ("last-event-id" = Option<i64>, Header, description = "Behind the event with this id; the last seconds come again.")),
    responses((status = 200, description = "The events.", body = String,
        content_type = "text/event-stream")))]
pub(crate) async fn tail(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<TailParams>,
    headers: HeaderMap,
) -> Answer<Response> {
    let scope = caller.scope(Permission::ReadEvents)?;
    let TailParams { q, agency, host, source, class_uid, columns: names, after, seconds } = params;
    let after = listening::last_event_id(&headers)?.or(after);
    // What arrives is told whatever its own time; the limit on a search's range is none of a tail's.
    let (from, to) = (TimeMs(0), TimeMs(1));
    let filter = Filter { from, to, q, agency, host, source, class_uid };
    let mut search = checked(filter)?;
    search.filter.to_ms = TimeMs::MAX;
    let fields = columns(&app, names)?;
    search.filter.search = search.query(&app)?.map(|query| condition(&app, &query));
    let listening = Listening::begin(&app, &caller, Permission::ReadEvents, seconds).await?;
    let seat = app.tails.take(caller.user.id).ok_or_else(listening::busy)?;
    audit(&app, &caller, &search, "tail", 0).await?;
    let since_ms = after.map_or_else(|| app.clock.now_ms() - BEGIN_BACK_MS, |after| after.0);
    let tail = Tail {
        caller,
        scope,
        search,
        fields,
        listening,
        look: Look { since_ms, told: HashMap::new() },
        waiting: VecDeque::from([listening::greeting()]),
        next_look: Instant::now(),
        has_ended: false,
        shown: 0,
        audited: Instant::now(),
        _seat: seat,
        app,
    };
    Ok(listening::answer(stream::unfold(tail, |mut tail| async {
        tail.next().await.map(|event| (event, tail))
    })))
}

/// One stream.
struct Tail {
    app: App,
    caller: Caller,
    scope: Scope,
    search: Search,
    fields: Vec<Field>,
    listening: Listening,
    look: Look,
    waiting: VecDeque<Event>,
    next_look: Instant,
    /// The last look was made.
    has_ended: bool,
    /// Events since the last entry in the audit log.
    shown: usize,
    audited: Instant,
    _seat: Seat,
}

impl Tail {
    /// The next event; `None` at the end of its life, of the user's rights, or of the service.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if !self.listening.may_go_on().await {
                return None;
            }
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if self.shown > 0 && (self.has_ended || self.audited.elapsed() > AUDIT_EVERY) {
                audit(&self.app, &self.caller, &self.search, "tail", self.shown).await.ok()?;
                (self.shown, self.audited) = (0, Instant::now());
            }
            if self.has_ended {
                return None;
            }
            tokio::time::sleep_until(self.next_look.min(self.listening.next_check())).await;
            if Instant::now() < self.next_look {
                continue;
            }
            self.next_look = Instant::now() + LOOK_PAUSE;
            // A stream of no seconds still looks once.
            self.has_ended = self.listening.is_over() || self.app.feed.is_over();
            if let Err(problem) = self.look().await {
                // The browser comes again with the id of the last event that it has.
                tracing::debug!(?problem, "a live tail ends");
                return None;
            }
        }
    }

    async fn look(&mut self) -> Answer<()> {
        let filter: &EventFilter = &self.search.filter;
        let store = &self.app.store;
        let found = store.events_stored(&self.scope, filter, self.look.since_ms, LOOK_MAX).await?;
        let (stored, left_out) = self.look.news(found);
        if left_out > 0 {
            let event = Event::default().event("left_out");
            self.waiting.push_back(event.data(json!({"count": left_out}).to_string()));
        }
        let times: Vec<i64> = stored.iter().map(|event| event.stored).collect();
        let events: Vec<_> = stored.into_iter().map(|event| event.summary).collect();
        let cells = cells(&self.app, &self.scope, &events, &self.fields).await?;
        self.shown += events.len();
        for ((event, cells), stored) in events.into_iter().zip(cells).zip(times) {
            let data = json!(EventSummary::with(event, cells)).to_string();
            let event = Event::default().id(stored.to_string()).event("event");
            self.waiting.push_back(event.data(data));
        }
        Ok(())
    }
}

/// How far a tail has read, and what of the overlap it has told already.
struct Look {
    since_ms: i64,
    told: HashMap<String, i64>,
}

impl Look {
    /// What was not told yet, and how many more there were.
    fn news(&mut self, found: Arrivals) -> (Vec<StoredEvent>, u64) {
        let Arrivals { items, left_out } = found;
        let told_before = self.told.len() as u64;
        let all = items.len() as u64;
        let news: Vec<StoredEvent> = items
            .into_iter()
            .filter(|event| self.told.insert(event.summary.uid.clone(), event.stored).is_none())
            .collect();
        let again = all - news.len() as u64;
        // Of those left out, the ones that had been told are the rest of the overlap.
        let left_out = left_out.saturating_sub(told_before - again);
        if let Some(newest_ms) = self.told.values().max().copied() {
            // In a flood the overlap would be all that a look finds.
            let since_ms = if left_out > 0 { newest_ms + 1 } else { newest_ms - OVERLAP_MS };
            self.since_ms = self.since_ms.max(since_ms);
            self.told.retain(|_, stored| *stored >= self.since_ms);
        }
        (news, left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(number: i64, stored_ms: i64) -> StoredEvent {
        let summary = store::EventSummary { uid: number.to_string(), ..Default::default() };
        StoredEvent { stored: stored_ms, summary }
    }

    fn told(look: &mut Look, items: &[(i64, i64)], left_out: u64) -> (Vec<String>, u64) {
        let items = items.iter().map(|(number, at)| stored(*number, *at)).collect();
        let (news, left_out) = look.news(Arrivals { items, left_out });
        (news.into_iter().map(|event| event.summary.uid).collect(), left_out)
    }

    #[test]
    fn what_is_seen_late_is_told_once_and_a_flood_is_counted() {
        let mut look = Look { since_ms: 100, told: HashMap::new() };
        assert_eq!(
            told(&mut look, &[(1, 20_000), (3, 30_000)], 0),
            (vec!["1".into(), "3".into()], 0)
        );
        assert_eq!(look.since_ms, 20_000);
        // Its insert began before the last one told.
        let found = [(1, 20_000), (2, 29_000), (3, 30_000)];
        assert_eq!(told(&mut look, &found, 0), (vec!["2".into()], 0));
        // Of seven since 20_000 only the newest two are found; three were told already.
        assert_eq!(
            told(&mut look, &[(8, 31_000), (9, 31_000)], 5),
            (vec!["8".into(), "9".into()], 2)
        );
        assert_eq!((look.since_ms, look.told.len()), (31_001, 0));
        assert_eq!(told(&mut look, &[], 0), (vec![], 0));
        assert_eq!(look.since_ms, 31_001, "nothing new moves nothing");
    }
}
