//! Searches that analysts keep, for themselves or for an agency.

use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Id, Json, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::routes::query::parsed;
use crate::work::search::{Page, SEARCHES_MAX, SavedSearch, SearchText, Unkept};
use crate::written::{bad, etag, if_match, line_of, text_of};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::Agency;
use serde_json::json;

const NAME_MAX: usize = 100;
const QUERY_MAX: usize = 500;
const RANGE_MAX: usize = 100;

/// A search to be kept.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchBody {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Events unless given.
    #[serde(default = "search")]
    page: Page,
    /// As typed; empty for every event. Of the queue its address without the path.
    #[serde(default)]
    #[schema(max_length = 500)]
    q: String,
    /// Such as `-24h`, or two times; a day unless given. Not for the queue, whose address holds it.
    #[schema(max_length = 100)]
    range: Option<String>,
    /// Whose readers see it too; nobody's unless given.
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9][a-z0-9-]{0,39}$")]
    agency: Option<Agency>,
}

fn search() -> Page {
    Page::Search
}

/// Searches.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct SearchList {
    /// By name.
    items: Vec<SavedSearch>,
}

/// Searches and views that are kept
///
/// The caller's own, and those shared in agencies whose events the caller reads.
#[utoipa::path(get, path = "/searches", tag = "events",
    responses((status = 200, description = "The searches.", body = SearchList)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<axum::Json<SearchList>> {
    caller.scope(Permission::ReadEvents)?;
    let items = app.work.searches(&caller.reach()?).await?;
    Ok(axum::Json(SearchList { items }))
}

/// Keep a search
#[utoipa::path(post, path = "/searches", tag = "events", request_body = SearchBody,
    responses((status = 201, description = "Kept.", body = SavedSearch,
        headers(("etag" = String, description = "The version, quoted.")))))]
pub(crate) async fn keep(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    Json(body): Json<SearchBody>,
) -> Answer<Response> {
    let new = body.checked(&app, &caller)?;
    audit(&app, &caller, "", &new).await?;
    let kept = app.work.keep_search(&caller.reach()?, new).await?.map_err(refused)?;
    Ok((StatusCode::CREATED, whole(kept)).into_response())
}

/// Change a kept search
///
/// The caller's own, and only if it is still at the version in `If-Match`.
#[utoipa::path(put, path = "/searches/{search}", tag = "events", request_body = SearchBody,
    params(("search" = String, Path, description = "The search."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The version seen, quoted.")),
    responses((status = 200, description = "Changed.", body = SavedSearch)))]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
    Json(body): Json<SearchBody>,
) -> Answer<Response> {
    let expected = if_match(&headers)?;
    let text = body.checked(&app, &caller)?;
    audit(&app, &caller, &id, &text).await?;
    let reach = caller.reach()?;
    let done = app.work.change_search(&reach, &id, expected, Some(text)).await?;
    Ok(whole(done.map_err(refused)?))
}

/// Delete a kept search
///
/// The caller's own, and only if it is still at the version in `If-Match`.
#[utoipa::path(delete, path = "/searches/{search}", tag = "events",
    params(("search" = String, Path, description = "The search."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The version seen, quoted.")),
    responses((status = 204, description = "Deleted.")))]
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
) -> Answer<StatusCode> {
    caller.scope(Permission::ReadEvents)?;
    let expected = if_match(&headers)?;
    let entry = caller.entry(Action::SearchChange, &id, json!({"deleted": true}));
    app.accounts.audit(entry).await?;
    let reach = caller.reach()?;
    app.work.change_search(&reach, &id, expected, None).await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

impl SearchBody {
    /// The text, once it is found to be a search and the agency one of the caller's.
    fn checked(self, app: &App, caller: &Caller) -> Answer<SearchText> {
        let reads = match self.page {
            Page::Search => Permission::ReadEvents,
            Page::Queue => Permission::ReadAlerts,
        };
        caller.scope(reads)?;
        line_of("name", &self.name, NAME_MAX)?;
        text_of("q", &self.q, QUERY_MAX)?;
        let range = match (self.page, self.range) {
            (Page::Search, range) => range.unwrap_or_else(|| "-24h".into()),
            (Page::Queue, None) => String::new(),
            (Page::Queue, Some(_)) => return Err(bad("range", "a view's address holds its range")),
        };
        if self.page == Page::Search {
            line_of("range", &range, RANGE_MAX)?;
            if !self.q.trim().is_empty() {
                parsed(app, &self.q)?;
            }
        }
        let agency = self.agency.map(|agency| agency.to_string()).unwrap_or_default();
        if !agency.is_empty() && caller.scope_in(reads, &agency).is_err() {
            return Err(bad("agency", "share it in an agency whose events or alerts you read"));
        }
        let name = self.name.trim().to_owned();
        Ok(SearchText { agency, name, page: self.page, q: self.q, range })
    }
}

async fn audit(app: &App, caller: &Caller, id: &str, text: &SearchText) -> Answer<()> {
    let detail = json!({"name": text.name, "q": text.q, "agency": text.agency});
    app.accounts.audit(caller.entry(Action::SearchChange, id, detail)).await?;
    Ok(())
}

fn whole(search: SavedSearch) -> Response {
    ([(header::ETAG, etag(search.version))], axum::Json(search)).into_response()
}

fn refused(unkept: Unkept) -> Box<Problem> {
    match unkept {
        Unkept::NotFound => Problem::new(Code::NotFound, "there is no such search of yours"),
        Unkept::Conflict(current) => {
            let detail = "the search was changed since; look at params.current";
            Problem::new(Code::VersionConflict, detail).with(json!({"current": current}))
        }
        Unkept::TooMany => {
            let detail = format!("a user keeps at most {SEARCHES_MAX} searches");
            Problem::new(Code::TooMany, detail)
                .with(json!({"what": "searches", "max": SEARCHES_MAX}))
        }
    }
}
