//! What the store's failures mean to a client.

use crate::problem::{Answer, Code, Problem};
use serde_json::json;
use store::{Cursor, Page};

/// When to come back after the store did not answer: about as long as it takes to restart.
const RETRY_AFTER_S: i64 = 5;

impl From<store::Error> for Box<Problem> {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Terms { terms_max, .. } => {
                let detail = format!("q has more than {terms_max} words: use fewer, longer ones");
                Problem::new(Code::InvalidParameter, detail)
                    .with(json!({"parameter": "q", "terms_max": terms_max}))
            }
            store::Error::Cursor { .. } => {
                Problem::parameter(Code::InvalidCursor, "cursor", "begin again without a cursor")
            }
            error @ store::Error::Entity { .. } => {
                Problem::parameter(Code::InvalidParameter, "value", error.to_string())
            }
            error if error.is_transient() => {
                tracing::warn!(error = %service::telemetry::chain(&error), "store unavailable");
                let detail = "ClickHouse is away or overloaded; nothing was lost, try again";
                Problem::new(Code::StoreUnavailable, detail).retry_after(RETRY_AFTER_S)
            }
            error => Problem::internal(&error),
        }
    }
}

/// The page that `limit` and `cursor` ask for.
pub(crate) fn page(limit: Option<u32>, cursor: Option<&str>) -> Answer<Page> {
    let after: Option<Cursor> = cursor.map(str::parse).transpose()?;
    Ok(Page { after, ..Page::first(crate::params::page_limit(limit)?) })
}
