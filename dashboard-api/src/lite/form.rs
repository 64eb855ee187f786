//! A form's body, read as strictly as everything else.

use crate::params::form_bytes;
use crate::problem::{Code, Problem};
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

/// The body of a form as a `T`, which must `deny_unknown_fields`.
pub(crate) struct Form<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Form<T> {
    type Rejection = Box<Problem>;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        let bytes = form_bytes(request).await?;
        let pairs = form_urlencoded::parse(&bytes);
        serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs))
            .map(Self)
            .map_err(|error| Problem::new(Code::InvalidBody, error.inner().to_string()))
    }
}
