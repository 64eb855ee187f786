//! Threat intelligence: feeds, what they list, and the servers that some are read from.

mod listing;

pub(crate) use listing::*;

use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::intel::{Feed, How, INDICATORS_MAX, Imported, Origin, Spec, import};
use crate::params::{Id, Json, LargeFile, NoParams, Query};
use crate::problem::{Answer, Code, Problem};
use crate::roles::{Agencies, EVERYWHERE, Permission};
use crate::work::case::Tlp;
use crate::work::sla::Unkept;
use crate::written::{bad, etag, if_match, line_of};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

const NAME_CHARACTERS_MAX: usize = 100;
/// As many as anybody needs.
const FEEDS_MAX: usize = 500;
/// Pauses between two reads of a collection, in minutes: five minutes to a week.
const MINUTES: std::ops::RangeInclusive<u32> = 5..=10_080;
const DAYS: std::ops::RangeInclusive<u32> = 1..=3_650;

/// What a feed is to be.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeedBody {
    /// In whose events its indicators count, and who reads them; `*` for every agency. It stays whose it
    /// was made for.
    #[schema(pattern = r"^(\*|[a-z0-9][a-z0-9-]{0,39})$")]
    agency: String,
    /// The source that alerts name.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    origin: Origin,
    /// Of indicators that bring none of their own, from 0 to 100.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100)]
    confidence: Option<u8>,
    /// Of such as bring none of their own.
    #[serde(default)]
    tlp: Option<Tlp>,
    /// For how many days such count as bring no end of their own.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 3_650)]
    days: Option<u32>,
    #[serde(default = "enabled")]
    enabled: bool,
}

fn enabled() -> bool {
    true
}

/// A feed.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[schema(as = IndicatorFeed)]
pub(crate) struct FeedView {
    id: String,
    agency: String,
    /// Rises by one with each change; the feed's ETag.
    version: u32,
    name: String,
    origin: Origin,
    confidence: Option<u8>,
    tlp: Option<Tlp>,
    days: Option<u32>,
    enabled: bool,
    /// How many it has, and how many of them are withdrawn.
    indicators: u64,
    withdrawn: u64,
    /// When its collection was last read to the end.
    read: Option<i64>,
    /// When it is read next; none where it is not read.
    next: Option<i64>,
    /// Why the last read failed; empty where it did not.
    fault: String,
    changed_by: String,
    changed: i64,
    /// Whether the caller may change it.
    may_change: bool,
}

impl FeedView {
    fn of(caller: &Caller, feed: Feed) -> Self {
        let is_read = matches!(feed.spec.origin, Origin::Taxii { .. }) && feed.spec.enabled;
        Self {
            may_change: may_change(caller, &feed.agency),
            id: feed.id.to_string(),
            agency: feed.agency,
            version: feed.version,
            name: feed.spec.name,
            origin: feed.spec.origin,
            confidence: feed.spec.confidence,
            tlp: feed.spec.tlp,
            days: feed.spec.days,
            enabled: feed.spec.enabled,
            indicators: feed.indicators,
            withdrawn: feed.withdrawn,
            read: feed.read_ms,
            next: is_read.then_some(feed.next_ms),
            fault: feed.fault,
            changed_by: feed.changed_by,
            changed: feed.changed_ms,
        }
    }
}

/// Feeds, and the set that the services have.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[schema(as = IndicatorFeedList)]
pub(crate) struct FeedList {
    items: Vec<FeedView>,
    /// The TAXII servers that feeds may name.
    servers: Vec<String>,
    /// None until a first set was given out.
    published: Option<PublishedSet>,
    /// As many as there may be in all feeds together.
    indicators_max: u64,
}

/// The set that detectors and normalizers take over.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[schema(as = PublishedIndicators)]
pub(crate) struct PublishedSet {
    version: String,
    /// When it was given out.
    at: i64,
    indicators: u64,
}

/// How a file is taken.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportParams {
    /// In the place of all that the feed has; else beside it. What is withdrawn stays withdrawn.
    #[serde(default)]
    replace: bool,
    /// Only say what is in the file.
    #[serde(default)]
    dry_run: bool,
}

/// Feeds of indicators
///
/// Those that count in everybody's events, and those of the caller's agencies.
#[utoipa::path(get, path = "/indicator-feeds", tag = "indicators",
    responses((status = 200, description = "The feeds.", body = FeedList)))]
pub(crate) async fn feeds(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<axum::Json<FeedList>> {
    let seen = readable(&caller)?;
    let feeds = app.intel.feeds().await?.into_iter().filter(|feed| is_seen(&seen, &feed.agency));
    let published = app.intel.published().map(|set| PublishedSet {
        version: set.version,
        at: set.at_ms,
        indicators: set.indicators,
    });
    Ok(axum::Json(FeedList {
        items: feeds.map(|feed| FeedView::of(&caller, feed)).collect(),
        servers: app.intel.servers().map(str::to_owned).collect(),
        published,
        indicators_max: INDICATORS_MAX,
    }))
}

/// One feed
#[utoipa::path(get, path = "/indicator-feeds/{feed}", tag = "indicators",
    params(("feed" = String, Path, description = "The feed.")),
    responses((status = 200, description = "The feed.", body = FeedView,
        headers(("etag" = String, description = "The version, quoted.")))))]
pub(crate) async fn feed(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<Response> {
    let seen = readable(&caller)?;
    let found = one(&app, &id).await?.filter(|feed| is_seen(&seen, &feed.agency));
    Ok(whole(&caller, found.ok_or_else(|| refused(Unkept::NotFound))?))
}

/// Make a feed
#[utoipa::path(post, path = "/indicator-feeds", tag = "indicators", request_body = FeedBody,
    responses((status = 201, description = "Made.", body = FeedView,
        headers(("etag" = String, description = "The version, quoted.")))))]
pub(crate) async fn make(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    Json(body): Json<FeedBody>,
) -> Answer<Response> {
    caller.may_set_policy(Permission::ManageIndicators, &body.agency)?;
    let agency = body.agency.clone();
    let spec = body.checked(&app)?;
    if app.intel.feeds().await?.len() >= FEEDS_MAX {
        let detail = format!("there are {FEEDS_MAX} feeds; delete one that nobody needs");
        return Err(Problem::new(Code::InvalidBody, detail));
    }
    let entry = caller.entry(Action::FeedChange, &agency, json!({"made": spec}));
    app.accounts.audit(entry).await?;
    let made = app.intel.add_feed(&agency, spec, &caller.user.name).await?;
    let made = made.ok_or_else(|| refused(Unkept::NotFound))?;
    Ok((StatusCode::CREATED, whole(&caller, made)).into_response())
}

/// Change a feed
///
/// Only if it is still at the version in `If-Match`. Where it is read from another collection, what it
/// has goes.
#[utoipa::path(put, path = "/indicator-feeds/{feed}", tag = "indicators", request_body = FeedBody,
    params(("feed" = String, Path, description = "The feed."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The version seen, quoted.")),
    responses((status = 200, description = "Changed.", body = FeedView,
        headers(("etag" = String, description = "The version, quoted.")))))]
pub(crate) async fn change_feed(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
    Json(body): Json<FeedBody>,
) -> Answer<Response> {
    let feed = own(&app, &caller, &id).await?;
    let expected = if_match(&headers)?;
    if body.agency != feed.agency {
        return Err(bad("agency", "a feed stays whose it was made for; make another"));
    }
    let spec = body.checked(&app)?;
    let entry = caller.entry(Action::FeedChange, &id, json!({"to": spec}));
    app.accounts.audit(entry).await?;
    let kept = app.intel.set_feed(feed.id, expected, Some(spec), &caller.user.name).await?;
    let kept = kept.and_then(|kept| kept.ok_or(Unkept::NotFound)).map_err(refused)?;
    Ok(whole(&caller, kept))
}

/// Delete a feed
///
/// With its indicators; only if it is still at the version in `If-Match`.
#[utoipa::path(delete, path = "/indicator-feeds/{feed}", tag = "indicators",
    params(("feed" = String, Path, description = "The feed."),
        ("if-match" = String, Header, pattern = "^\"[0-9]{1,9}\"$", description = "The version seen, quoted.")),
    responses((status = 204, description = "Deleted.")))]
pub(crate) async fn delete_feed(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
) -> Answer<StatusCode> {
    let feed = own(&app, &caller, &id).await?;
    let expected = if_match(&headers)?;
    let entry = caller.entry(Action::FeedChange, &id, json!({"deleted": feed.spec}));
    app.accounts.audit(entry).await?;
    app.intel.set_feed(feed.id, expected, None, &caller.user.name).await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Import a file into a feed
///
/// At most 64 MiB: a STIX 2.1 bundle, a MISP event or search result, CSV, or a plain list.
#[utoipa::path(post, path = "/indicator-feeds/{feed}/import", tag = "indicators",
    params(ImportParams, ("feed" = String, Path, description = "The feed.")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, description = "What was done.", body = Imported)))]
pub(crate) async fn import_file(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(params): Query<ImportParams>,
    LargeFile(file): LargeFile,
) -> Answer<axum::Json<Imported>> {
    let feed = kept(&app, &caller, &id).await?;
    let bytes = file.len();
    let found = tokio::task::spawn_blocking(move || import::read(&file))
        .await
        .map_err(|error| Problem::internal(&error))?
        .map_err(|error| {
            let detail = error.to_string().replace('\u{1}', "the file");
            Problem::new(Code::InvalidBody, detail)
        })?;
    let how = if params.replace { How::Replace } else { How::Beside };
    let count = found.indicators.len();
    if params.dry_run {
        let told = found.told;
        return Ok(axum::Json(Imported { indicators: count as u64, told, ..Imported::default() }));
    }
    let detail = json!({"bytes": bytes, "indicators": count, "replace": params.replace});
    app.accounts.audit(caller.entry(Action::IndicatorsImport, &id, detail)).await?;
    let done = app.intel.import(feed.id, found, how, &caller.user.name).await?;
    Ok(axum::Json(done.ok_or_else(too_many)?))
}

/// Have a collection read now
///
/// What becomes of it stands in the feed: `read`, `fault`.
#[utoipa::path(post, path = "/indicator-feeds/{feed}/fetch", tag = "indicators",
    params(("feed" = String, Path, description = "The feed.")),
    responses((status = 202, description = "It is read within moments.")))]
pub(crate) async fn fetch(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<StatusCode> {
    let feed = own(&app, &caller, &id).await?;
    if matches!(feed.spec.origin, Origin::Kept {}) {
        return Err(Problem::new(Code::InvalidParameter, "this feed is read from nowhere"));
    }
    app.accounts.audit(caller.entry(Action::IndicatorsImport, &id, json!({"fetch": true}))).await?;
    app.intel.fetch_now(feed.id).await?;
    Ok(StatusCode::ACCEPTED)
}

/// A collection of a TAXII server.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct TaxiiCollection {
    id: String,
    title: String,
}

/// The collections of a TAXII server.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct TaxiiCollections {
    items: Vec<TaxiiCollection>,
}

/// The collections of a TAXII server
///
/// Those that may be read, as the server names them now.
#[utoipa::path(get, path = "/taxii-servers/{server}/collections", tag = "indicators",
    params(("server" = String, Path, description = "The server's name in the service's configuration.")),
    responses((status = 200, description = "The collections.", body = TaxiiCollections)))]
pub(crate) async fn collections(
    State(app): State<App>,
    caller: Caller,
    Id(server): Id,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<axum::Json<TaxiiCollections>> {
    caller.agencies(Permission::ManageIndicators)?;
    if !app.intel.servers().any(|known| known == server) {
        return Err(Problem::new(Code::NotFound, "the service knows no such TAXII server"));
    }
    let found = app.intel.collections(server).await?;
    let found = found.map_err(|fault| Problem::new(Code::Unreachable, fault))?;
    let item = |known: taxii::Collection| TaxiiCollection { id: known.id, title: known.title };
    Ok(axum::Json(TaxiiCollections { items: found.into_iter().map(item).collect() }))
}

impl FeedBody {
    fn checked(self, app: &App) -> Answer<Spec> {
        let Self { name, origin, confidence, tlp, days, enabled, .. } = self;
        line_of("name", &name, NAME_CHARACTERS_MAX)?;
        if confidence.is_some_and(|confidence| confidence > 100) {
            return Err(bad("confidence", "0 to 100"));
        }
        if days.is_some_and(|days| !DAYS.contains(&days)) {
            return Err(bad("days", "1 to 3650"));
        }
        if let Origin::Taxii { server, collection, minutes } = &origin {
            if !app.intel.servers().any(|known| known == server) {
                let detail = format!("the service's configuration has no [[taxii]] {server:?}");
                return Err(bad("server", detail));
            }
            let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
            if !(1..=100).contains(&collection.len()) || !collection.bytes().all(legal) {
                return Err(bad("collection", "the collection's id, such as a UUID"));
            }
            if !MINUTES.contains(minutes) {
                return Err(bad("minutes", "5 to 10080"));
            }
        }
        Ok(Spec { name, origin, confidence, tlp, days, enabled })
    }
}

/// Whose feeds the caller reads, beside those of everybody: where alerts are read, or indicators are
/// looked after.
fn readable(caller: &Caller) -> Answer<Agencies> {
    let both = [Permission::ReadAlerts, Permission::ManageIndicators];
    let held = both.map(|permission| caller.user.grants.allow(permission));
    let [alerts, indicators] = held;
    let seen = alerts.join(&indicators);
    // The problem names what is missing.
    if seen.is_empty() { caller.agencies(Permission::ReadAlerts) } else { Ok(seen) }
}

fn is_seen(seen: &Agencies, agency: &str) -> bool {
    agency == EVERYWHERE || seen.contains(agency)
}

fn may_change(caller: &Caller, agency: &str) -> bool {
    let held = caller.user.grants.allow(Permission::ManageIndicators);
    Agencies::parse(agency).is_ok_and(|asked| held.covers(&asked))
}

async fn one(app: &App, id: &str) -> Answer<Option<Feed>> {
    Ok(match id.parse() {
        Ok(number) => app.intel.feed(number).await?,
        Err(_) => None,
    })
}

/// The feed, if the caller may change it; one that is not seen is not there.
async fn own(app: &App, caller: &Caller, id: &str) -> Answer<Feed> {
    let seen = readable(caller)?;
    let found = one(app, id).await?.filter(|feed| is_seen(&seen, &feed.agency));
    let feed = found.ok_or_else(|| refused(Unkept::NotFound))?;
    caller.may_set_policy(Permission::ManageIndicators, &feed.agency)?;
    Ok(feed)
}

/// The same, of a feed that people keep.
async fn kept(app: &App, caller: &Caller, id: &str) -> Answer<Feed> {
    let feed = own(app, caller, id).await?;
    match feed.spec.origin {
        Origin::Kept {} => Ok(feed),
        Origin::Taxii { .. } => {
            let detail =
                "a collection of a TAXII server is not added to here; make a feed beside it";
            Err(Problem::new(Code::InvalidParameter, detail))
        }
    }
}

fn whole(caller: &Caller, feed: Feed) -> Response {
    let tag = etag(feed.version);
    ([(header::ETAG, tag)], axum::Json(FeedView::of(caller, feed))).into_response()
}

fn too_many() -> Box<Problem> {
    let detail = format!(
        "with these there would be more than {INDICATORS_MAX} indicators; give such feeds to the \
         detectors as files"
    );
    Problem::new(Code::TooMany, detail).with(json!({"max": INDICATORS_MAX}))
}

fn refused(unkept: Unkept) -> Box<Problem> {
    match unkept {
        Unkept::NotFound => {
            Problem::new(Code::NotFound, "there is no such feed among those that you see")
        }
        Unkept::Conflict(version) => {
            let detail = "the feed was changed since; look at params.version";
            Problem::new(Code::VersionConflict, detail).with(json!({"version": version}))
        }
    }
}
