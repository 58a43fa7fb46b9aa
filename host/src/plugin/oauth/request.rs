//! The request for a token.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use super::{Secrets, TokenContext};
use crate::plugin::egress::encode;
use crate::plugin::egress::exchange::{SendFailure, introduce};
use crate::plugin::egress::permit::PermittedHost;
use crate::plugin::egress::request::OutboundRequest;
use crate::plugin::manifest::HostPattern;
use crate::plugin::manifest::secrets::{ClientLogin, Encoding, FormValue, Method, TokenRequest};

/// How long a token endpoint may take.
const TOKEN_TIME: Duration = Duration::from_secs(10);

pub(super) fn token_request(
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
