//! The fields of events and their values: for the search page's sidebar and for completion.

use crate::App;
use crate::audit::Action;
use crate::caller::Caller;
use crate::params::{Json, NoParams, Query, Text, TimeMs, in_order};
use crate::problem::{Answer, Code, Problem};
use crate::roles::Permission;
use crate::routes::query::parsed;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use query::{Aggregate, Expr, Field, Range, Stage};
use serde_json::json;

/// The longest range that values are counted in.
const RANGE_MS_MAX: i64 = 92 * 24 * 3_600_000;
/// Values of one field that are shown.
const VALUES: u32 = 10;
const VALUES_MAX: u32 = 100;
/// Values that a completion looks through.
const COMPLETED_OF: u32 = 500;
/// Completions of one place.
const COMPLETIONS_MAX: usize = 12;
/// Completion looks at the values of this time unless the search says otherwise.
const COMPLETED_MS: i64 = 24 * 3_600_000;
/// What follows a `|`.
const COMMANDS: [&str; 5] = ["count by ", "table ", "timechart ", "sort ", "head "];
/// What joins two conditions.
const OPERATORS: [&str; 3] = ["AND ", "OR ", "NOT "];

/// The path's field.
pub(crate) struct Named(Field);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Box<Problem>;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let name = Path::<String>::from_request_parts(parts, state).await;
        let field = name.ok().and_then(|Path(name)| field(&name));
        field.map(Self).ok_or_else(|| Problem::new(Code::NotFound, "there is no such field"))
    }
}

/// The field of that name, where it can be one and has values.
pub(crate) fn field(name: &str) -> Option<Field> {
    let legal = (1..=200).contains(&name.len())
        && name.chars().all(|c| c.is_alphanumeric() || "._-@".contains(c));
    (legal && name != "any" && name != "time").then(|| Field::named(name))
}

/// A field that may be asked for.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct FieldInfo {
    /// As it is typed.
    name: String,
    /// The OCSF path that it stands for.
    path: String,
    /// Whether the table has a column for it: such fields are counted fast.
    column: bool,
}

/// The fields.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct FieldList {
    /// Short names first, then OCSF paths.
    items: Vec<FieldInfo>,
}

/// Within which events.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ValuesParams {
    /// From this time on, in ms.
    #[param(value_type = i64, minimum = 0, maximum = 4_102_444_800_000_i64)]
    from: TimeMs,
    /// Before this time, in ms; at most 92 days after `from`.
    #[param(value_type = i64, minimum = 0, maximum = 4_102_444_800_000_i64)]
    to: TimeMs,
    /// That this search finds; without commands.
    #[param(value_type = Option<String>, min_length = 1, max_length = 500)]
    q: Option<Text>,
    /// The most frequent so many.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A value and how many events have it.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct ValueCount {
    /// Empty: the event has no such field.
    value: String,
    count: u64,
}

/// The values of a field.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Values {
    /// The most frequent first.
    items: Vec<ValueCount>,
    /// Whether there are other values.
    more: bool,
}

/// Where one types.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompleteBody {
    /// What is typed so far, as far as the cursor.
    #[schema(max_length = 500)]
    before: String,
    /// Values are taken from this time on; the last day unless given.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 4_102_444_800_000_i64)]
    from: Option<TimeMs>,
    /// Before this time.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 4_102_444_800_000_i64)]
    to: Option<TimeMs>,
}

/// One way on.
#[derive(Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Completion {
    /// What stands in place of the last `replace` characters.
    insert: String,
    /// `field`, `value`, `operator` or `command`.
    kind: &'static str,
    /// How many events of the time have the value; none of other kinds.
    count: Option<u64>,
}

/// Ways on.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Completions {
    /// How many characters before the cursor the insertion replaces.
    replace: usize,
    items: Vec<Completion>,
}

/// The fields that may be asked for
#[utoipa::path(get, path = "/fields", tag = "events",
    responses((status = 200, description = "The fields.", body = FieldList)))]
pub(crate) async fn list(
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
) -> Answer<axum::Json<FieldList>> {
    caller.scope(Permission::ReadEvents)?;
    let short = query::short_names().map(|(name, path, column)| FieldInfo {
        name: name.to_owned(),
        path: path.to_owned(),
        column,
    });
    let paths = ocsf::Path::all().map(|path| path.text()).filter(|text| !text.contains('['));
    let paths =
        paths.map(|text| FieldInfo { name: text.to_owned(), path: text.to_owned(), column: false });
    Ok(axum::Json(FieldList { items: short.chain(paths).collect() }))
}

/// The values of a field
///
/// The most frequent among the events that a search finds.
#[utoipa::path(get, path = "/fields/{field}/values", tag = "events", params(ValuesParams,
        ("field" = String, Path, description = "The field, as it is typed.")),
    responses((status = 200, description = "The values.", body = Values)))]
pub(crate) async fn values(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<ValuesParams>,
    Named(field): Named,
) -> Answer<axum::Json<Values>> {
    in_order(Some(params.from), Some(params.to))?;
    if params.to.0 - params.from.0 > RANGE_MS_MAX {
        return Err(Problem::new(Code::RangeTooLong, "values are counted in 92 days at most")
            .with(json!({"parameter": "to", "range_ms_max": RANGE_MS_MAX})));
    }
    let limit = params.limit.unwrap_or(VALUES);
    if !(1..=VALUES_MAX).contains(&limit) {
        let detail = format!("limit is 1 to {VALUES_MAX}");
        return Err(Problem::parameter(Code::InvalidParameter, "limit", detail));
    }
    let expr = match &params.q {
        Some(q) => {
            let query = parsed(&app, &q.0)?;
            if !query.stages.is_empty() {
                let detail = "values are counted among events: leave commands out";
                return Err(Problem::parameter(Code::InvalidParameter, "q", detail));
            }
            query.expr
        }
        None => Expr::everything(),
    };
    let range = Range { from_ms: params.from.0, to_ms: params.to.0 };
    let detail = json!({"field": field.name(), "from": range.from_ms, "to": range.to_ms,
        "q": params.q.map(|q| q.0)});
    let found = counted(&app, &caller, expr, &field, range, limit).await?;
    app.accounts.audit(caller.entry(Action::EventsSearch, "", detail)).await?;
    Ok(axum::Json(found))
}

/// Counts a field's values in the caller's scope.
async fn counted(
    app: &App,
    caller: &Caller,
    expr: Expr,
    field: &Field,
    range: Range,
    limit: u32,
) -> Answer<Values> {
    let scope = caller.scope(Permission::ReadEvents)?;
    let aggregate = Aggregate { distinct: None, by: vec![field.clone()] };
    let query = query::Query { expr, stages: vec![Stage::Count(aggregate)] };
    let now_ms = app.clock.now_ms();
    let found = app.store.search(&scope, &query, &app.tables, range, now_ms, limit).await?;
    let counts = found.columns.iter().position(|name| name == "count");
    let value = counts.map_or(0, |at| usize::from(at == 0));
    let items = found.rows.into_iter().map(|mut row| {
        let count = counts.and_then(|at| row.get(at)?.parse().ok()).unwrap_or_default();
        ValueCount { value: std::mem::take(&mut row[value]), count }
    });
    Ok(Values { items: items.collect(), more: found.more })
}

/// How a search may go on
///
/// Fields, values of the caller's own agencies, operators or commands, by what stands before the
/// cursor.
#[utoipa::path(post, path = "/query:complete", tag = "events", request_body = CompleteBody,
    responses((status = 200, description = "The ways on.", body = Completions)))]
pub(crate) async fn complete(
    State(app): State<App>,
    caller: Caller,
    Query(NoParams {}): Query<NoParams>,
    Json(body): Json<CompleteBody>,
) -> Answer<axum::Json<Completions>> {
    caller.scope(Permission::ReadEvents)?;
    in_order(body.from, body.to)?;
    if body.before.chars().count() > 500 {
        return Err(crate::written::bad("before", "longer than 500 characters"));
    }
    let place = Place::of(&body.before);
    let items = match &place {
        Place::Command(begun) => words(&COMMANDS, begun, "command"),
        Place::Value { field, begun } => {
            let to_ms = body.to.map_or_else(|| app.clock.now_ms(), |to| to.0);
            let from_ms = body.from.map_or(to_ms - COMPLETED_MS, |from| from.0);
            let range = Range { from_ms: from_ms.max(to_ms - RANGE_MS_MAX), to_ms };
            let field = Field::named(field);
            let all = Expr::everything();
            let found = counted(&app, &caller, all, &field, range, COMPLETED_OF).await?;
            let detail = json!({"field": field.name(), "begun": begun});
            app.accounts.audit(caller.entry(Action::EventsSearch, "", detail)).await?;
            values_like(found, begun)
        }
        Place::Word(begun) => {
            let mut items = fields_like(begun);
            items.extend(words(&OPERATORS, begun, "operator"));
            items
        }
    };
    let replace = place.begun().chars().count();
    Ok(axum::Json(Completions { replace, items }))
}

/// Where the cursor stands.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// Behind a `|`.
    Command(String),
    /// Behind a field and its colon.
    Value { field: String, begun: String },
    /// Where a field or a word begins.
    Word(String),
}

impl Place {
    fn of(before: &str) -> Self {
        let after_pipe = before.rsplit_once('|').map(|(_, rest)| rest.trim_start());
        if let Some(rest) = after_pipe.filter(|rest| !rest.contains(' ')) {
            return Self::Command(rest.to_owned());
        }
        let word = before.rsplit([' ', '(', ',']).next().unwrap_or_default();
        let word = word.trim_start_matches(['-', '!']);
        match word.split_once(':') {
            Some((field, begun)) if !field.is_empty() && !begun.starts_with('/') => {
                let begun = begun.trim_start_matches('"');
                Self::Value { field: field.to_owned(), begun: begun.to_owned() }
            }
            _ => Self::Word(word.to_owned()),
        }
    }

    fn begun(&self) -> &str {
        match self {
            Self::Command(begun) | Self::Word(begun) | Self::Value { begun, .. } => begun,
        }
    }
}

fn words(known: &[&str], begun: &str, kind: &'static str) -> Vec<Completion> {
    let begun = begun.to_lowercase();
    let fitting = known.iter().filter(|word| word.to_lowercase().starts_with(&begun));
    fitting.map(|word| Completion { insert: (*word).to_owned(), kind, count: None }).collect()
}

fn fields_like(begun: &str) -> Vec<Completion> {
    let short = query::short_names().map(|(name, ..)| name);
    let paths = ocsf::Path::all().map(|path| path.text()).filter(|text| !text.contains('['));
    let begun = begun.to_lowercase();
    short
        .chain(paths)
        .filter(|name| name.to_lowercase().starts_with(&begun))
        .take(COMPLETIONS_MAX)
        .map(|name| Completion { insert: format!("{name}:"), kind: "field", count: None })
        .collect()
}

fn values_like(found: Values, begun: &str) -> Vec<Completion> {
    let begun = begun.to_lowercase();
    found
        .items
        .into_iter()
        .filter(|item| !item.value.is_empty() && item.value.to_lowercase().starts_with(&begun))
        .take(COMPLETIONS_MAX)
        .map(|item| Completion {
            insert: format!("{} ", quoted(&item.value)),
            kind: "value",
            count: Some(item.count),
        })
        .collect()
}

/// A value as it is typed: in quotes where it would be taken for more than one word.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._-@/".contains(c);
    match value.chars().all(plain) {
        true => value.to_owned(),
        false => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_cursor_stands() {
        let value =
            |field: &str, begun: &str| Place::Value { field: field.into(), begun: begun.into() };
        for (before, expected) in [
            ("", Place::Word("".into())),
            ("ho", Place::Word("ho".into())),
            ("failed us", Place::Word("us".into())),
            ("host:", value("host", "")),
            ("failed AND (user:ro", value("user", "ro")),
            ("-user:\"a", value("user", "a")),
            ("host:web | ", Place::Command("".into())),
            ("host:web | cou", Place::Command("cou".into())),
            ("host:web | count by ho", Place::Word("ho".into())),
        ] {
            assert_eq!(Place::of(before), expected, "{before:?}");
        }
    }

    #[test]
    fn names_begin_with_what_is_typed() {
        let names: Vec<_> = fields_like("src_").into_iter().map(|each| each.insert).collect();
        assert!(names.starts_with(&["src_ip:".into(), "src_port:".into()]), "{names:?}");
        assert_eq!(words(&OPERATORS, "an", "operator")[0].insert, "AND ");
        assert_eq!(quoted("web-01"), "web-01");
        assert_eq!(quoted("C:\\Users \"x\""), "\"C:\\\\Users \\\"x\\\"\"");
    }
}
