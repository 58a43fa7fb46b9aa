//! A JSON body that is read as what it means only after it is known that the caller may say it.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::http::extract::{JSON_LIMIT, parse_json, read_body, require_json};
use crate::http::problem::Problem;

/// Bytes that say they are JSON.
pub(super) struct JsonBody(Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        require_json(request.headers())?;
        let body = read_body(request.into_body(), JSON_LIMIT).await?;
        Ok(Self(body))
    }
}

impl JsonBody {
    /// What it means. A handler asks for it after the scope, so that a key that may not do this learns nothing else.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        parse_json(&self.0)
    }
}
