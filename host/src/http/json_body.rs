//! A JSON body that is read as what it means only after it is known that the caller may say it.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use serde::Deserialize;
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

/// The body of a request that needs none: what it said would be passed over, so it says nothing.
pub(super) struct NoBody(Bytes);

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let body = read_body(body, JSON_LIMIT).await?;
        if !body.is_empty() {
            require_json(&parts.headers)?;
        }
        Ok(Self(body))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl NoBody {
    /// Refuses what is neither absent nor null nor an empty object. After the scope, as of every body.
    pub(super) fn check(&self) -> Result<(), Problem> {
        if self.0.is_empty() {
            return Ok(());
        }
        parse_json::<Option<Nothing>>(&self.0).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_is_not_needed_says_nothing() {
        for body in ["", "null", "{}", " { } "] {
            let body = NoBody(Bytes::from_static(body.as_bytes()));
            assert_eq!(body.check(), Ok(()));
        }
        for body in [r#"{"minutes": 20}"#, "[]", "20", "true"] {
            let body = NoBody(Bytes::from_static(body.as_bytes()));
            let refused = body.check().expect_err("it says something");
            assert_eq!(refused.code, "invalid_request");
        }
    }
}
