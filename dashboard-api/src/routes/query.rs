//! What a search means, before it is run: for the search box, as one types.

use crate::App;
use crate::caller::Caller;
use crate::params::{Json, NoParams, Query, Text, TimeMs, in_order};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use axum::extract::State;
use query::Language;
use serde_json::json;

/// A search.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParseBody {
    /// As typed (docs/search.md).
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    q: Text,
    /// The range that it would be run in, from this time in ms.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 4_102_444_800_000_i64)]
    from: Option<TimeMs>,
    /// Before this time, in ms.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 4_102_444_800_000_i64)]
    to: Option<TimeMs>,
}

/// What a search means.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Parsed {
    /// The search in its plainest spelling; it means the same.
    query: String,
    /// In words.
    explanation: Explanation,
    /// Whether commands follow, so that it makes a table and no list of events.
    commands: bool,
    /// How many events of the caller's agencies lie in the range, each of which the search may have
    /// to look at; none without a range. Counted by whole five minutes.
    events: Option<u64>,
}

/// The same in both languages.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Explanation {
    en: String,
    bn: String,
}

/// What does this search mean
///
/// A mistake is a 400 with its place in characters: `start`, `end`, and `problem`, which is stable.
#[utoipa::path(post, path = "/query:parse", tag = "events", request_body = ParseBody,
    responses((status = 200, description = "What it means.", body = Parsed)))]
pub(crate) async fn parse(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    Json(body): Json<ParseBody>,
) -> Answer<axum::Json<Parsed>> {
    let scope = caller.scope(Permission::ReadEvents)?;
    let query = parsed(&app, &body.q.0)?;
    in_order(body.from, body.to)?;
    let events = match (body.from, body.to) {
        (Some(from), Some(to)) => {
            let counts = app.store.activity(&scope, from.0, to.0).await?;
            Some(counts.iter().map(|count| count.events).sum())
        }
        _ => None,
    };
    let explanation = Explanation {
        en: query::explain(&query, Language::English),
        bn: query::explain(&query, Language::Bangla),
    };
    let commands = !query.stages.is_empty();
    Ok(axum::Json(Parsed { query: query.to_string(), explanation, commands, events }))
}

/// A text as a search. A mistake in it is told with its place, in characters.
pub(crate) fn parsed(app: &App, text: &str) -> Answer<query::Query> {
    query::parse(text, &app.tables).map_err(|error| {
        let (start, end) = (error.span.start, error.span.end);
        let suggestion = match &error.problem {
            query::Problem::Field { suggestion, .. } => Some(suggestion),
            _ => None,
        };
        Problem::new(Code::InvalidParameter, error.to_string()).with(json!({
            "parameter": "q", "problem": error.problem.code(), "start": start, "end": end,
            "suggestion": suggestion,
        }))
    })
}
