//! Reading requests: bodies and parameters whose refusals are problems with a pointer.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use serde::de::DeserializeOwned;

use crate::http::problem::Problem;
use crate::http::typed_json::{Typed, in_words};

/// The largest JSON body.
pub(super) const JSON_LIMIT: usize = 64 * 1024;

/// No body of ours is nested nearly as deep.
const DEEPEST_JSON: usize = 64;

/// Reads a whole body of at most `limit` bytes.
pub(super) async fn read_body(body: Body, limit: usize) -> Result<Bytes, Problem> {
    let mut body = body.into_data_stream();
    let mut read = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Problem::body_unreadable())?;
        if read.len() + chunk.len() > limit {
            return Err(Problem::body_too_large(limit));
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read.freeze())
}

/// Reads JSON strictly: unknown fields, wrong types and bad values each name their pointer, and an array is no object.
pub(super) fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    if depth(body) > DEEPEST_JSON {
        return Err(Problem::json_too_deep(DEEPEST_JSON));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(Typed(&mut deserializer)).map_err(|error| {
        let pointer = pointer(error.path());
        let inner = error.into_inner();
        match inner.classify() {
            serde_json::error::Category::Data => Problem::invalid(pointer, in_words(&inner)),
            _ => Problem::malformed_json(inner.to_string()),
        }
    })?;
    deserializer
        .end()
        .map_err(|error| Problem::malformed_json(error.to_string()))?;
    Ok(value)
}

/// How deep arrays and objects are nested; brackets in strings are not counted.
fn depth(body: &[u8]) -> usize {
    let (mut now, mut most, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => {
                now += 1;
                most = most.max(now);
            }
            b']' | b'}' => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

/// Refuses a body that does not say it is JSON.
pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Problem::unsupported_media_type())
    }
}

/// The one `If-Match` of a request, where it has one: a second one would be a condition that nobody looks at.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(header::IF_MATCH).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    match (value.to_str(), values.next()) {
        (Ok(text), None) => Ok(Some(text)),
        _ => Err(Problem::version_malformed()),
    }
}

/// Parameters of the query.
pub(super) struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|error| {
                let text = error.body_text();
                let text = text
                    .strip_prefix("Failed to deserialize query string: ")
                    .unwrap_or(&text);
                match text.split_once(": ") {
                    Some((parameter, message)) if !parameter.contains(' ') => {
                        Problem::invalid(parameter, message)
                    }
                    _ => Problem::invalid("", text),
                }
            })
    }
}

/// The query of a route that has no parameters. One that nobody reads would be passed over, so it is refused.
pub(super) struct NoQuery;

impl<S: Send + Sync> FromRequestParts<S> for NoQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.uri.query().filter(|query| !query.is_empty()) {
            None => Ok(Self),
            Some(query) => {
                let name = query.split(['&', '=']).next().unwrap_or_default();
                Err(Problem::invalid(name, "this path has no such parameter"))
            }
        }
    }
}

/// Parts of the path.
pub(super) struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(value)| Self(value))
            // An id that cannot be one names nothing.
            .map_err(|_| Problem::not_found("resource"))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn of_two_conditions_neither_is_passed_over() {
        let mut headers = HeaderMap::new();
        assert_eq!(if_match(&headers), Ok(None));
        headers.append(header::IF_MATCH, HeaderValue::from_static("\"3\""));
        assert_eq!(if_match(&headers), Ok(Some("\"3\"")));
        headers.append(header::IF_MATCH, HeaderValue::from_static("\"4\""));
        let refused = if_match(&headers).expect_err("two conditions");
        assert_eq!(refused.code, "if_match_malformed");
    }

    #[tokio::test]
    async fn a_parameter_of_a_path_that_has_none_is_refused_by_its_name() {
        let read = async |uri: &str| {
            let request = axum::http::Request::builder().uri(uri).body(());
            let (mut parts, ()) = request.expect("a request").into_parts();
            let read = NoQuery::from_request_parts(&mut parts, &()).await;
            read.err().map(|refused| refused.errors[0].pointer.clone())
        };
        assert_eq!(read("/v1/hotels/x").await, None);
        assert_eq!(read("/v1/hotels/x?").await, None);
        assert_eq!(read("/v1/x?limit=2&a=b").await, Some("limit".to_owned()));
    }

    #[test]
    fn depth_counts_brackets_that_are_not_text() {
        for (text, expected) in [
            ("", 0),
            ("1", 0),
            ("[]", 1),
            ("[{}, {}]", 2),
            (r#"{"a": "[[[["}"#, 1),
            (r#"{"a": "\"[[", "b": [1]}"#, 2),
            (r#"["\\", [[]]]"#, 3),
        ] {
            assert_eq!(depth(text.as_bytes()), expected, "{text}");
        }
    }
}
