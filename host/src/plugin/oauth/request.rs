//! The request for a token, and what came of it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use super::answer::read;
use super::{Secrets, Token, TokenContext};
use crate::plugin::egress::encode;
use crate::plugin::egress::exchange::{AnswerBudget, SendFailure, exchange, introduce};
use crate::plugin::egress::permit::PermittedHost;
use crate::plugin::egress::request::OutboundRequest;
use crate::plugin::manifest::HostPattern;
use crate::plugin::manifest::secrets::{
    ClientLogin, Encoding, FormValue, Method, TokenRequest, TokenSource,
};

/// How long a token endpoint may take.
pub(super) const TOKEN_TIME: Duration = Duration::from_secs(10);

/// The largest answer of a token endpoint.
const MAX_ANSWER: usize = 64 * 1024;

/// A request that may be sent once the budget allows it.
pub(super) struct Prepared<'a> {
    asked: &'a TokenRequest,
    request: OutboundRequest,
    /// Whether there is a budget that it counts in.
    counts: bool,
}

/// What came of a request.
pub(super) struct Reply {
    pub(super) token: Result<Token, SendFailure>,
    /// Surely nothing was sent, so what was taken of the budget for it is given back.
    pub(super) uncounted: bool,
}

/// The first request whose credentials are all given.
pub(in crate::plugin) fn usable<'a>(
    source: &'a TokenSource,
    secrets: &Secrets,
) -> Option<&'a TokenRequest> {
    let given =
        |request: &&TokenRequest| request.credentials().all(|name| secrets.contains_key(name));
    source.token_requests.iter().find(given)
}

/// Makes the request, before anything is taken of a budget for it.
pub(super) fn prepare<'a>(
    source: &'a TokenSource,
    context: &TokenContext<'_>,
) -> Result<Prepared<'a>, SendFailure> {
    let Some(asked) = usable(source, context.secrets) else {
        return Err(SendFailure::Invalid(
            "no token request has all its credentials".to_owned(),
        ));
    };
    Ok(Prepared {
        asked,
        request: token_request(asked, context)?,
        counts: source.budget.is_some(),
    })
}

impl Prepared<'_> {
    pub(super) async fn send(self, context: &TokenContext<'_>) -> Reply {
        let answers = AnswerBudget::new(MAX_ANSWER, MAX_ANSWER);
        let answer = exchange(context.clients, self.request, &answers).await;
        let sent = !matches!(answer, Err(SendFailure::Unreachable(_)));
        let token = match answer {
            Ok(answer) => {
                read(self.asked, &answer, context.clock.now()).map_err(SendFailure::Credential)
            }
            // Whatever became of the token request, the guest's own was not sent.
            Err(
                SendFailure::Unreachable(why)
                | SendFailure::OutcomeUnknown(why)
                | SendFailure::Limit(why),
            ) => Err(SendFailure::Unreachable(format!("no access token: {why}"))),
            Err(failure) => Err(failure),
        };
        Reply {
            token,
            uncounted: self.counts && !sent,
        }
    }
}

fn token_request(
    asked: &TokenRequest,
    context: &TokenContext<'_>,
) -> Result<OutboundRequest, SendFailure> {
    let port = context
        .manifest
        .allowed_host(&asked.host)
        .map(HostPattern::port);
    let port = port.ok_or_else(|| {
        SendFailure::Denied(format!("the token host `{}` is not in `hosts`", asked.host))
    })?;
    let (content_type, body) = body(asked, context.secrets);
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(login) = &asked.login {
        headers.insert(AUTHORIZATION, authorization(login, context.secrets)?);
    }
    let mut request = OutboundRequest {
        method: Method::Post,
        host: PermittedHost {
            name: asked.host.clone(),
            port,
        },
        path: asked.path.clone(),
        query: String::new(),
        headers,
        body: Some(body.into_bytes()),
        first_byte: TOKEN_TIME,
        timeout: TOKEN_TIME,
    };
    introduce(&mut request);
    Ok(request)
}

/// A client's id and secret as a user and a password, each encoded as in a form (RFC 6749, section 2.3.1).
pub(super) fn authorization(
    login: &ClientLogin,
    secrets: &Secrets,
) -> Result<HeaderValue, SendFailure> {
    let encoded = |name: &str| {
        secrets.get(name).map_or_else(String::new, |secret| {
            encode::percent(secret.expose_secret().as_bytes())
        })
    };
    let pair = format!("{}:{}", encoded(&login.username), encoded(&login.password));
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)))
        .map_err(|_| SendFailure::Invalid("the login fits into no header".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The fields, and how they are written.
pub(super) fn body(asked: &TokenRequest, secrets: &Secrets) -> (&'static str, String) {
    let fields = asked.form.iter().map(|field| {
        let value = match &field.value {
            FormValue::Constant(constant) => constant.as_str(),
            FormValue::Credential(name) => secrets
                .get(name)
                .map_or("", |secret| secret.expose_secret()),
        };
        (field.name.as_str(), value)
    });
    match asked.encoding {
        Encoding::Form => ("application/x-www-form-urlencoded", encode::pairs(fields)),
        Encoding::Json => {
            let fields: Map<String, Value> = fields
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect();
            ("application/json", Value::Object(fields).to_string())
        }
    }
}
