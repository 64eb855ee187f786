//! What this program is.

use crate::App;
use crate::accounts::Language;
use crate::params::{NoParams, Query};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use std::sync::LazyLock;

/// The program.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Meta {
    version: &'static str,
    /// The commit it was built from, `unknown` where the build did not say.
    commit: &'static str,
    languages: Vec<Language>,
    /// The identity provider at which people may sign in, as they call it.
    identity_provider: Option<String>,
}

/// What is this
#[utoipa::path(get, path = "/meta", tag = "meta", security(()),
    responses((status = 200, description = "The program.", body = Meta)))]
pub(crate) async fn get(State(app): State<App>, Query(NoParams {}): Query<NoParams>) -> Json<Meta> {
    Json(Meta {
        version: env!("CARGO_PKG_VERSION"),
        commit: option_env!("PROHORI_COMMIT").unwrap_or("unknown"),
        languages: Language::ALL.into(),
        identity_provider: app.provider.map(|known| known.name.to_string()),
    })
}

/// This document
#[utoipa::path(get, path = "/openapi.json", tag = "meta", security(()),
    responses((status = 200, description = "OpenAPI 3.1.", body = Object)))]
pub(crate) async fn openapi(Query(NoParams {}): Query<NoParams>) -> impl IntoResponse {
    static DOCUMENT: LazyLock<String> = LazyLock::new(super::openapi);
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}
