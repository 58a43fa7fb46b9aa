//! Where a channel gets the token that its webhooks bring: the client credentials grant of RFC 6749, section 4.4.

#[cfg(test)]
mod tests;

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form, Json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::app::webhooks::{self, NoToken};
use crate::domain::webhook::{IssuedToken, NotIssued};
use crate::http::HttpState;
use crate::http::extract::Path;
use crate::http::limits::{Limits, Ticket};
use crate::http::problem::{Problem, TokenRefusal};
use crate::http::webhooks::EndpointPath;

/// Names and values of a form, in its order.
type Fields = Vec<(String, String)>;

/// What is asked for. The client's id and secret come here or as basic authentication, and not as both.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "it describes the form, whose fields are read one by one"
)]
pub(super) struct TokenRequestForm {
    /// `client_credentials`.
    grant_type: String,
    client_id: Option<String>,
    client_secret: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct TokenBody {
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds.
    expires_in: u32,
}

/// What went wrong: with the request at all, or in the words of OAuth.
#[derive(Debug)]
pub(super) enum Refused {
    Problem(Box<Problem>),
    Token(TokenRefusal),
}

/// A channel asks for the token that its webhooks to this connection bring. It is good for a quarter of an hour.
#[utoipa::path(post, path = "/v1/webhooks/{endpoint_token}/token", tag = "Webhooks",
    operation_id = "issue_webhook_token",
    params(("endpoint_token" = String, Path, description = "The connection's unguessable token")),
    request_body(content = TokenRequestForm, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, body = TokenBody),
    (status = 400, body = TokenRefusal, content_type = "application/json;charset=UTF-8"),
    (status = 401, body = TokenRefusal, content_type = "application/json;charset=UTF-8"),
    (status = 404, body = Problem), (status = 413, body = Problem)))]
pub(super) async fn issue(
    State(state): State<HttpState>,
    Path(path): Path<EndpointPath>,
    Extension(ticket): Extension<Ticket>,
    headers: HeaderMap,
    form: Result<Form<Fields>, FormRejection>,
) -> Result<Response, Refused> {
    let Form(fields) = form.map_err(|_| {
        TokenRefusal::invalid_request("send a form: application/x-www-form-urlencoded")
    })?;
    let login = login(&headers, &fields)?;
    let limits = &state.edge.limits;
    let credential = credential(&path.endpoint_token, &login);
    limits.look_at(&ticket, &credential)?;
    let endpoint = &path.endpoint_token;
    let issued = webhooks::issue_token(&state.app, &*state.verifier, endpoint, &login).await;
    let (connection, token) = issued.map_err(|refused| refuse(limits, &ticket, refused))?;
    limits.charge_connection(&ticket, connection, &credential)?;
    Ok(answer(&token))
}

fn answer(issued: &IssuedToken) -> Response {
    let body = TokenBody {
        access_token: issued.token.expose_secret().to_owned(),
        token_type: "Bearer",
        expires_in: issued.lives_seconds,
    };
    let never_kept = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::PRAGMA, HeaderValue::from_static("no-cache")),
    ];
    (never_kept, Json(body)).into_response()
}

/// A stranger is counted at its address, and after too many of them told only that.
fn refuse(limits: &Limits, ticket: &Ticket, refused: NoToken) -> Refused {
    let refused: Refused = match refused {
        NoToken::Store(error) => return Problem::from(error).into(),
        NoToken::UnknownEndpoint | NoToken::Refused(NotIssued::NotOffered) => {
            Problem::not_found("token endpoint").into()
        }
        NoToken::Refused(NotIssued::NoSecret | NotIssued::WrongLogin) => {
            TokenRefusal::invalid_client().into()
        }
    };
    limits.failed(ticket.address).map_or(refused, Refused::from)
}

/// What a login at an endpoint is remembered by: not the login.
fn credential(endpoint: &str, login: &[SecretString]) -> String {
    let mut digest = Sha256::new_with_prefix(endpoint);
    for reading in login {
        digest.update([0_u8]);
        digest.update(reading.expose_secret());
    }
    hex::encode(digest.finalize())
}

/// The readings of the login that a request brings: `client_id:client_secret`.
fn login(
    headers: &HeaderMap,
    fields: &[(String, String)],
) -> Result<Vec<SecretString>, TokenRefusal> {
    let once = |name: &str| {
        let mut values = fields.iter().filter(|(found, _)| found == name);
        match (values.next(), values.next()) {
            (found, None) => Ok(found.map(|(_, value)| value.as_str())),
            _ => Err(TokenRefusal::invalid_request(
                "a field comes more than once",
            )),
        }
    };
    match once("grant_type")? {
        Some("client_credentials") => {}
        Some(_) => return Err(TokenRefusal::unsupported_grant_type()),
        None => return Err(TokenRefusal::invalid_request("grant_type is missing")),
    }
    let mut authorizations = headers.get_all(header::AUTHORIZATION).iter();
    match (once("client_id")?, once("client_secret")?) {
        (Some(id), Some(secret)) if authorizations.next().is_none() => {
            Ok(vec![SecretString::from(format!("{id}:{secret}"))])
        }
        (_, Some(_)) => Err(TokenRefusal::invalid_request(
            "send the client's id and secret in one place",
        )),
        (_, None) => match (authorizations.next(), authorizations.next()) {
            (Some(one), None) => basic(one).ok_or_else(TokenRefusal::invalid_client),
            _ => Err(TokenRefusal::invalid_client()),
        },
    }
}

/// Basic authentication as it stands and, since OAuth has it encoded as a form's value before, decoded.
fn basic(value: &HeaderValue) -> Option<Vec<SecretString>> {
    let (scheme, credentials) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = Zeroizing::new(STANDARD.decode(credentials).ok()?);
    let text = std::str::from_utf8(&bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decoded = decoded(id).zip(decoded(secret));
    let decoded = decoded.map(|(id, secret)| SecretString::from(format!("{id}:{secret}")));
    Some(
        std::iter::once(SecretString::from(text))
            .chain(decoded)
            .collect(),
    )
}

/// A form's value, where it is one.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                *hex::decode(digits).ok()?.first()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<TokenRefusal> for Refused {
    fn from(refusal: TokenRefusal) -> Self {
        Self::Token(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Token(refusal) => refusal.into_response(),
        }
    }
}
