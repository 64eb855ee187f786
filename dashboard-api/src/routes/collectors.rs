//! The collectors: who is there, who is silent, what is missing.

use crate::App;
use crate::caller::Caller;
use crate::params::{Id, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::views::collector::{CollectorList, CollectorView, StreamList, StreamView};
use axum::Json;
use axum::extract::State;

/// Collectors
///
/// All of the caller's agencies, by agency and id. A collector is `alive` while its heartbeats
/// come, then `late`, after ten intervals `silent`; `stopped` where it said that it ends.
#[utoipa::path(get, path = "/collectors", tag = "collectors",
    responses((status = 200, description = "The collectors.", body = CollectorList)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Json<CollectorList>> {
    caller.scope(Permission::ReadCollectors)?;
    let agencies = caller.user.grants.allow(Permission::ReadCollectors);
    let now_ms = app.clock.now_ms();
    let fleet = app.fleet.read();
    let own = fleet.collectors().filter(|(agency, _)| agencies.contains(agency.as_str()));
    let items = own.map(|(agency, known)| CollectorView::of(agency, known, now_ms)).collect();
    Ok(Json(CollectorList { items, as_of: now_ms }))
}

/// The streams of a collector
///
/// How far each is, what waits, and how many numbers never came.
#[utoipa::path(get, path = "/collectors/{id}/streams", tag = "collectors",
    params(("id" = String, Path, description = "The collector.")),
    responses((status = 200, description = "The streams.", body = StreamList)))]
pub(crate) async fn streams(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Json<StreamList>> {
    caller.scope(Permission::ReadCollectors)?;
    let agencies = caller.user.grants.allow(Permission::ReadCollectors);
    let fleet = app.fleet.read();
    let own = fleet.collectors().filter(|(agency, _)| agencies.contains(agency.as_str()));
    let mut found = own.filter(|(_, known)| known.beat.collector == id).peekable();
    if found.peek().is_none() {
        let detail = "there is no such collector in your agencies";
        return Err(Problem::new(Code::NotFound, detail));
    }
    let items = found.flat_map(|(agency, known)| {
        known.streams.values().map(move |stream| StreamView::of(agency, stream))
    });
    Ok(Json(StreamList { items: items.collect() }))
}
