//! What this program is.

use crate::accounts::Language;
use crate::params::{NoParams, Query};
use axum::Json;
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
}

/// What is this
#[utoipa::path(get, path = "/meta", tag = "meta", security(()),
    responses((status = 200, description = "The program.", body = Meta)))]
pub(crate) async fn get(Query(NoParams {}): Query<NoParams>) -> Json<Meta> {
    Json(Meta {
        version: env!("CARGO_PKG_VERSION"),
        commit: option_env!("PROHORI_COMMIT").unwrap_or("unknown"),
        languages: Language::ALL.into(),
    })
}

/// This document
#[utoipa::path(get, path = "/openapi.json", tag = "meta", security(()),
    responses((status = 200, description = "OpenAPI 3.1.", body = Object)))]
pub(crate) async fn openapi(Query(NoParams {}): Query<NoParams>) -> impl IntoResponse {
    static DOCUMENT: LazyLock<String> = LazyLock::new(super::openapi);
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}
