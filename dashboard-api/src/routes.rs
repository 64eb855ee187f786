//! Every route of `/api/v1` and `/lite`, and the OpenAPI document that comes from the same list.
//!
//! Invariant: routes are added with `routes!` only, never with axum's own `route`, so that the
//! document, and with it the test that looks for leaks between agencies, knows them all.

pub(crate) mod alerts;
pub(crate) mod audit;
pub(crate) mod cases;
pub(crate) mod channels;
pub(crate) mod collectors;
pub(crate) mod coverage;
pub(crate) mod dead_letters;
pub(crate) mod entities;
pub(crate) mod events;
pub(crate) mod exceptions;
pub(crate) mod fields;
pub(crate) mod indicators;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod me;
pub(crate) mod measures;
pub(crate) mod meta;
pub(crate) mod provider;
pub(crate) mod query;
pub(crate) mod retention;
pub(crate) mod roles;
pub(crate) mod rules;
pub(crate) mod schedules;
pub(crate) mod searches;
pub(crate) mod second_factor;
pub(crate) mod session;
pub(crate) mod sla;
pub(crate) mod users;

use crate::problem::{Code, ProblemDocument};
use crate::{App, guard, idempotency, identity, lite, rate, web};
use axum::Router;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version, header};
use axum::middleware::from_fn_with_state;
use serde_json::json;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, Required, ResponseBuilder};
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What fits one packet gains nothing from being smaller.
const COMPRESSED_BYTES_MIN: u16 = 1_024;

/// Where the API begins.
const PREFIX: &str = "/api/v1";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Prohori",
        description = "The analyst's API: alerts, events, the ledger. Times are integers: \
            milliseconds since 1970-01-01 UTC. What is not understood is refused with 400. \
            Changes need header `X-Prohori-Request: 1` and the dashboard's own `Origin`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(ProblemDocument)),
    security(("session" = []), ("key" = []))
)]
struct Document;

/// The routes with their document.
fn api() -> OpenApiRouter<App> {
    let routes = rule_routes()
        .routes(routes!(session::sign_in, session::sign_out))
        .merge(provider_routes())
        .routes(routes!(me::get))
        .routes(routes!(me::set_password))
        .routes(routes!(me::set_language))
        .routes(routes!(second_factor::get, second_factor::begin, second_factor::confirm))
        .routes(routes!(second_factor::remove))
        .routes(routes!(me::sessions))
        .routes(routes!(me::end_session))
        .routes(routes!(alerts::list))
        .routes(routes!(alerts::counts))
        .routes(routes!(alerts::get, alerts::change))
        .routes(routes!(alerts::comment))
        .routes(routes!(alerts::history))
        .routes(routes!(alerts::timeline))
        .routes(routes!(alerts::similar))
        .routes(routes!(alerts::explain))
        .routes(routes!(alerts::bundle))
        .routes(routes!(alerts::stream))
        .routes(routes!(alerts::bulk))
        .routes(routes!(sla::list))
        .routes(routes!(sla::set, sla::delete))
        .routes(routes!(entities::get))
        .routes(routes!(entities::days))
        .routes(routes!(entities::timeline))
        .routes(routes!(entities::alerts))
        .routes(routes!(entities::related))
        .routes(routes!(measures::get))
        .routes(routes!(events::list))
        .routes(routes!(events::histogram))
        .routes(routes!(events::table))
        .routes(routes!(events::export))
        .routes(routes!(events::tail))
        .routes(routes!(query::parse))
        .routes(routes!(fields::list))
        .routes(routes!(fields::values))
        .routes(routes!(fields::complete))
        .merge(search_routes())
        .routes(routes!(events::get))
        .routes(routes!(ledger::get))
        .routes(routes!(collectors::list))
        .routes(routes!(collectors::streams))
        .routes(routes!(dead_letters::list))
        .routes(routes!(dead_letters::reasons))
        .routes(routes!(dead_letters::replay))
        .routes(routes!(audit::list))
        .routes(routes!(audit::checkpoint))
        .routes(routes!(audit::verify))
        .routes(routes!(roles::list))
        .routes(routes!(retention::list))
        .routes(routes!(retention::set))
        .routes(routes!(retention::approve, retention::reject))
        .merge(channel_routes())
        .merge(indicator_routes())
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::get, users::change))
        .routes(routes!(users::set_grants))
        .routes(routes!(users::reset_second_factor))
        .routes(routes!(users::reset))
        .routes(routes!(users::sessions, users::end_sessions))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::revoke))
        .routes(routes!(keys::rotate))
        .routes(routes!(meta::get))
        .routes(routes!(meta::openapi));
    OpenApiRouter::with_openapi(Document::openapi())
        .nest(PREFIX, routes.merge(cases()))
        .merge(lite())
}

/// Cases, their parts and their evidence.
fn cases() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(cases::list, cases::open))
        .routes(routes!(cases::get, cases::change))
        .routes(routes!(cases::history))
        .routes(routes!(cases::comment))
        .routes(routes!(cases::share))
        .routes(routes!(cases::merge))
        .routes(routes!(cases::split))
        .routes(routes!(cases::alerts))
        .routes(routes!(cases::add_task))
        .routes(routes!(cases::change_task))
        .routes(routes!(cases::upload))
        .routes(routes!(cases::freeze))
        .routes(routes!(cases::evidence))
        .routes(routes!(cases::content))
}

/// The pages that work without scripts.
fn lite() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(lite::queue))
        .routes(routes!(lite::style))
        .routes(routes!(lite::sign_in))
        .routes(routes!(lite::language))
        .routes(routes!(lite::alert, lite::change))
}

/// Searches that are kept, and those that run by themselves.
fn search_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(searches::list, searches::keep))
        .routes(routes!(searches::change, searches::delete))
        .routes(routes!(schedules::list))
        .routes(routes!(schedules::get, schedules::set, schedules::end))
}

/// Signing in at an identity provider.
fn provider_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(provider::begin))
        .routes(routes!(provider::callback))
        .routes(routes!(provider::logout))
}

/// Who is told of alerts.
fn channel_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(channels::list, channels::create))
        .routes(routes!(channels::get, channels::change, channels::delete))
        .routes(routes!(channels::test))
}

/// Feeds and what they list.
fn indicator_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(indicators::feeds, indicators::make))
        .routes(routes!(indicators::feed, indicators::change_feed, indicators::delete_feed))
        .routes(routes!(indicators::import_file))
        .routes(routes!(indicators::fetch))
        .routes(routes!(indicators::collections))
        .routes(routes!(indicators::list))
        .routes(routes!(indicators::add))
        .routes(routes!(indicators::withdraw, indicators::restore))
}

/// What rule writers and hunters use.
fn rule_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(rules::list, rules::create))
        .routes(routes!(rules::get, rules::save))
        .routes(routes!(rules::version))
        .routes(routes!(rules::ship))
        .routes(routes!(rules::approve))
        .routes(routes!(rules::reject))
        .routes(routes!(rules::lint))
        .routes(routes!(rules::test))
        .routes(routes!(rules::ruleset))
        .routes(routes!(rules::matches))
        .routes(routes!(rules::backtest))
        .routes(routes!(exceptions::preview))
        .routes(routes!(coverage::attack_matrix))
        .routes(routes!(coverage::navigator))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::get))
        .routes(routes!(jobs::cancel))
}

/// The whole service: API, web app and, merged in, the routes for probes.
pub(crate) fn router(app: App, probes: Router) -> Router {
    let (api, _) = api().split_for_parts();
    api.method_not_allowed_fallback(guard::method_not_allowed)
        .layer(from_fn_with_state(app.clone(), idempotency::once))
        // Outside of what keeps an answer to give it again, perhaps to who does not take it compressed.
        .layer(compression())
        .layer(from_fn_with_state(app.clone(), rate::limit))
        .layer(from_fn_with_state(app.clone(), identity::identify))
        .with_state(app.clone())
        .merge(probes)
        .fallback(web::serve)
        .layer(from_fn_with_state(app, guard::guard))
}

/// JSON takes a tenth of its bytes on the line, which on a thin link is what a page waits for. Nothing else is
/// compressed: files and streams go as they are, and pages hold a token beside what a stranger may
/// have put into their address, whose length must not tell of it.
fn compression() -> CompressionLayer<impl Predicate> {
    let is_json = |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| {
        let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        content_type.is_some_and(|kind| kind.starts_with(b"application/json"))
    };
    CompressionLayer::new().compress_when(SizeAbove::new(COMPRESSED_BYTES_MIN.into()).and(is_json))
}

/// The OpenAPI 3.1 document, as it is served.
pub fn openapi() -> String {
    let (_, mut document) = api().split_for_parts();
    document.info.version = env!("CARGO_PKG_VERSION").into();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(
        "session",
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(crate::caller::COOKIE))),
    );
    components.add_security_scheme(
        "key",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some("An API key; needs no `X-Prohori-Request` and no `Origin`."))
                .build(),
        ),
    );
    // Every route may answer with a problem, whatever else it says of itself.
    let content =
        ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemDocument::name()))).build();
    let problem = ResponseBuilder::new()
        .description("A problem: see its `code`.")
        .content("application/problem+json", content)
        .build();
    for item in document.paths.paths.values_mut() {
        let operations =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            responses.insert("default".into(), problem.clone().into());
        }
        if let Some(post) = &mut item.post {
            post.parameters.get_or_insert_default().push(idempotency_key().into());
        }
    }
    let mut document = json!(document);
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] = json!(codes);
    format!("{document:#}\n")
}

/// What every POST understands.
fn idempotency_key() -> Parameter {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "A name of your own for this request, such as a UUID: sent again with it within a day, \
             the request is not done again, and the first answer is given again.",
        ))
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .min_length(Some(1))
                .max_length(Some(128))
                .pattern(Some("^[!-~]+$")),
        ))
        .build()
}

#[cfg(test)]
mod tests {
    /// `PROHORI_KEEP=1 cargo test -p dashboard-api --lib the_document` keeps what has changed.
    #[test]
    fn the_document_in_the_repository_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
        let now = super::openapi();
        if std::env::var_os("PROHORI_KEEP").is_some() {
            std::fs::write(path, &now).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            kept == now,
            "the API has changed: look at `prohori openapi | diff docs/openapi.json -`, and keep it \
             with `prohori openapi > docs/openapi.json`, or with PROHORI_KEEP=1 before this test"
        );
    }

    #[test]
    fn the_document_is_openapi_3_1_and_every_route_can_fail() {
        let document: serde_json::Value = serde_json::from_str(&super::openapi()).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
        let paths = document["paths"].as_object().unwrap();
        assert!(paths.len() >= 15, "{}", paths.len());
        for (path, item) in paths {
            assert!(path.starts_with("/api/v1/") || path.starts_with("/lite"), "{path}");
            for (method, operation) in item.as_object().unwrap() {
                let problem = &operation["responses"]["default"]["content"];
                assert!(problem["application/problem+json"].is_object(), "{method} {path}");
                assert!(operation["summary"].is_string(), "{method} {path} says what it does");
            }
        }
    }
}
