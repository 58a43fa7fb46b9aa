//! Where channels and email providers call.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::webhooks::{self, MAX_BODY, NotReceived, Received};
use crate::domain::connector::WebhookAnswer;
use crate::domain::webhook::WebhookRefusal;
use crate::http::HttpState;
use crate::http::extract::{Path, read_body};
use crate::http::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReceivedBody {
    /// `stored`, `duplicate` or `ping`.
    pub received: &'static str,
}

#[derive(serde::Deserialize)]
pub(super) struct EndpointPath {
    pub(super) endpoint_token: String,
}

/// A channel tells that something happened. It is verified on its raw bytes, stored, and worked off later.
/// Where a channel takes the answer for the hotel's confirmation, it is worked off first, and the answer is the connector's:
/// its status, its media type and its body are the channel's own.
#[utoipa::path(post, path = "/v1/webhooks/{endpoint_token}", tag = "Webhooks",
    params(("endpoint_token" = String, Path, description = "The connection's unguessable token")),
    request_body(content = Vec<u8>, content_type = "*/*"), responses(
    (status = 200, body = ReceivedBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 404, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem)))]
pub(super) async fn receive(
    State(state): State<HttpState>,
    Path(path): Path<EndpointPath>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let encoding = headers.get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Problem::encoded_body());
    }
    let body = read_body(body, MAX_BODY).await?;
    let received = webhooks::receive(
        &state.app,
        &*state.verifier,
        &path.endpoint_token,
        &headers,
        &body,
    )
    .await?;
    match received {
        Received::Answered(answer) => in_its_words(answer),
        received => Ok(Json(ReceivedBody::from(&received)).into_response()),
    }
}

/// The connector's answer, byte for byte.
fn in_its_words(answer: WebhookAnswer) -> Result<Response, Problem> {
    Response::builder()
        .status(answer.status)
        .header(header::CONTENT_TYPE, answer.content_type)
        .body(Body::from(answer.body))
        .map_err(|_| Problem::webhook_unanswered())
}

/// Some channels try with a GET whether anybody listens. Nothing is stored.
#[utoipa::path(get, path = "/v1/webhooks/{endpoint_token}", tag = "Webhooks", operation_id = "ping_webhook",
    params(("endpoint_token" = String, Path, description = "The connection's unguessable token")), responses(
    (status = 200, body = ReceivedBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 404, body = Problem)))]
pub(super) async fn ping(
    State(state): State<HttpState>,
    Path(path): Path<EndpointPath>,
    headers: HeaderMap,
) -> Result<Json<ReceivedBody>, Problem> {
    let received = webhooks::receive(
        &state.app,
        &*state.verifier,
        &path.endpoint_token,
        &headers,
        &[],
    )
    .await?;
    Ok(Json(ReceivedBody::from(&received)))
}

impl From<&Received> for ReceivedBody {
    fn from(received: &Received) -> Self {
        let received = match received {
            // An empty call is never answered by a connector.
            Received::Stored | Received::Answered(_) => "stored",
            Received::Duplicate => "duplicate",
            Received::Ping => "ping",
        };
        Self { received }
    }
}

impl From<NotReceived> for Problem {
    fn from(refused: NotReceived) -> Self {
        match refused {
            NotReceived::UnknownEndpoint => Self::not_found("webhook endpoint"),
            NotReceived::TooLarge => Self::body_too_large(MAX_BODY),
            NotReceived::Refused(WebhookRefusal::Stale) => Self::webhook_stale(),
            NotReceived::Refused(WebhookRefusal::NoEventId | WebhookRefusal::Unreadable) => {
                Self::webhook_malformed()
            }
            // No detail: it would help to guess.
            NotReceived::Refused(_) => Self::webhook_refused(),
            NotReceived::Unanswered(error) => {
                let reason = tracing::field::display(error);
                tracing::error!(
                    reason,
                    "A webhook got no answer: it is stored, and its job works it off"
                );
                Self::webhook_unanswered()
            }
            NotReceived::Store(error) => error.into(),
        }
    }
}
