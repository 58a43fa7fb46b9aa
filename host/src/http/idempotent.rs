//! The `Idempotency-Key` header: what it is bound to, and how a verb is performed once under it.

use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::app::{self, Idempotent, Verb};
use crate::http::HttpState;
use crate::http::access::{AtHotel, Caller};
use crate::http::extract::{JSON_LIMIT, parse_json, read_body, require_json};
use crate::http::problem::{self, Problem};
use crate::store::idempotency::{Scope, StoredAnswer};

/// A request with its key and its raw body.
pub(super) struct Keyed {
    key: String,
    fingerprint: [u8; 32],
    path: String,
    body: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Keyed {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let key = key(request.headers())?;
        let (parts, body) = request.into_parts();
        let body = read_body(body, JSON_LIMIT).await?;
        if !body.is_empty() {
            require_json(&parts.headers)?;
        }
        // The raw bytes: a client that repeats a request repeats them.
        let mut fingerprint = Sha256::new();
        for part in [
            parts.method.as_str().as_bytes(),
            parts.uri.path().as_bytes(),
            parts.uri.query().unwrap_or_default().as_bytes(),
            &body,
        ] {
            fingerprint.update((part.len() as u64).to_be_bytes());
            fingerprint.update(part);
        }
        Ok(Self {
            key,
            fingerprint: fingerprint.finalize().into(),
            path: parts.uri.path().to_owned(),
            body,
        })
    }
}

fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let mut values = headers.get_all("idempotency-key").iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Err(Problem::idempotency_key_missing()),
        (Some(value), None) => value
            .to_str()
            .map_err(|_| Problem::idempotency_key_malformed())?,
        _ => return Err(Problem::idempotency_key_malformed()),
    };
    // The draft standard writes a quoted string; widely used clients write it bare.
    let key = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(value);
    let printable = key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if (1..=255).contains(&key.len()) && printable {
        Ok(key.to_owned())
    } else {
        Err(Problem::idempotency_key_malformed())
    }
}

impl Keyed {
    /// The body, which must be there.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        parse_json(&self.body)
    }

    /// The body, or its default where the request has none, or null as the document allows.
    pub(super) fn json_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Problem> {
        if self.body.is_empty() {
            Ok(T::default())
        } else {
            self.json().map(Option::unwrap_or_default)
        }
    }

    /// Performs a verb once under the key, and answers with `status` and the body that `shape` makes of its output.
    pub(super) async fn once<V, B>(
        self,
        state: &HttpState,
        at: &AtHotel,
        status: problem::success::Status,
        verb: &V,
        shape: impl Fn(V::Output) -> B + Send + Sync,
    ) -> Result<Response, Problem>
    where
        V: Verb,
        B: Serialize,
    {
        let path = (status == problem::success::CREATED).then(|| self.path.clone());
        let scope = self.scope(&at.caller);
        let render = |outcome: Result<V::Output, app::Refusal>| match outcome {
            Ok(output) => json_answer(status.as_u16(), path.as_deref(), &shape(output)),
            Err(refusal) => Problem::from(refusal).stored(),
        };
        answer(app::once(&state.app, at.hotel.id, &scope, verb, render).await?)
    }

    /// What this very request was answered before, where it was; else that it is refused now. For what was good once and
    /// may be so no more, as a quote is not once the key that signed it is taken away.
    pub(super) async fn answered_or(
        self,
        state: &HttpState,
        at: &AtHotel,
        refused: Problem,
    ) -> Result<Response, Problem> {
        match app::recalled(&state.app, at.hotel.id, &self.scope(&at.caller)).await? {
            Some(outcome) => answer(outcome),
            None => Err(refused),
        }
    }

    /// What the key is bound to.
    pub(super) fn scope(&self, caller: &Caller) -> Scope {
        Scope {
            credential: caller.key.credential.0,
            key: self.key.clone(),
            fingerprint: self.fingerprint,
        }
    }
}

/// What came of a request under its key, as a response.
pub(super) fn answer(outcome: Idempotent) -> Result<Response, Problem> {
    match outcome {
        Idempotent::Fresh(answer) => Ok(problem::replay(answer, false)),
        Idempotent::Replayed(answer) => Ok(problem::replay(answer, true)),
        Idempotent::InFlight => Err(Problem::idempotency_key_in_flight()),
        Idempotent::Mismatch => Err(Problem::idempotency_key_reused()),
        Idempotent::Expired => Err(Problem::idempotency_key_expired()),
    }
}

/// The answer with what belongs to it: where a created resource is, and the version that can be sent back.
pub(super) fn json_answer(
    status: u16,
    created_under: Option<&str>,
    body: &impl Serialize,
) -> StoredAnswer {
    let body = serde_json::to_value(body).expect("our answers have string keys only");
    let mut headers = Vec::new();
    if let Some(version) = body.get("version").and_then(serde_json::Value::as_i64) {
        headers.push(("etag".to_owned(), format!("\"{version}\"")));
    }
    if let (Some(path), Some(id)) = (created_under, body.get("id").and_then(|id| id.as_str())) {
        headers.push(("location".to_owned(), format!("{path}/{id}")));
    }
    StoredAnswer {
        status,
        content_type: "application/json".to_owned(),
        headers,
        body: body.to_string().into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Result<String, &'static str> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(
                "idempotency-key",
                HeaderValue::from_bytes(value.as_bytes()).expect("a header value"),
            );
        }
        key(&headers).map_err(|problem| problem.code)
    }

    #[derive(Debug, Default, Eq, PartialEq, serde::Deserialize)]
    struct Said {
        word: Option<String>,
    }

    #[test]
    fn a_body_that_may_be_absent_may_be_null_and_nothing_else_that_is_no_object() {
        let said = |body: &'static str| {
            let keyed = Keyed {
                key: String::new(),
                fingerprint: [0; 32],
                path: String::new(),
                body: Bytes::from_static(body.as_bytes()),
            };
            keyed.json_or_default::<Said>()
        };
        assert_eq!(said(""), Ok(Said::default()));
        assert_eq!(said("null"), Ok(Said::default()));
        let word = Some("yes".to_owned());
        assert_eq!(said(r#"{"word": "yes"}"#), Ok(Said { word }));
        for body in ["[]", "0", "false", r#""word""#, "[null]"] {
            let refused = said(body).expect_err(body);
            assert_eq!(refused.code, "invalid_request", "{body}");
        }
    }

    #[test]
    fn a_key_may_be_quoted_or_bare() {
        assert_eq!(read(&["8e03978e"]), Ok("8e03978e".to_owned()));
        assert_eq!(read(&["\"8e03978e\""]), Ok("8e03978e".to_owned()));
        assert_eq!(read(&[&"k".repeat(255)]), Ok("k".repeat(255)));
    }

    #[test]
    fn a_missing_empty_endless_repeated_or_unprintable_key_is_refused() {
        assert_eq!(read(&[]), Err("idempotency_key_missing"));
        for values in [
            &[""][..],
            &["\"\""],
            &[&"k".repeat(256)],
            &["a", "b"],
            &["a\tb"],
            &["é"],
        ] {
            assert_eq!(read(values), Err("idempotency_key_malformed"), "{values:?}");
        }
    }
}
