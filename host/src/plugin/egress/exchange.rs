//! One request and its answer, counted as it streams in.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING, USER_AGENT,
};
use reqwest::{Client, Response, Url};
use tokio::time::timeout;

use super::address::{NotPublic, require_public};
use super::client::Clients;
use super::request::{MAX_HEADER_BYTES, MAX_HEADERS, OutboundRequest};
use crate::domain::connector::ConnectorFailure;
use crate::plugin::manifest::secrets::Method;

/// What came back.
#[derive(Clone, Debug)]
pub(in crate::plugin) struct Answer {
    pub(in crate::plugin) status: u16,
    /// Names in lower case; without cookies, which a guest could not send back.
    pub(in crate::plugin) headers: Vec<(String, String)>,
    pub(in crate::plugin) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(in crate::plugin) enum SendFailure {
    /// Not allowed. The sentence is for the operator.
    Denied(String),
    /// The guest's request is malformed.
    Invalid(String),
    /// Nothing was sent.
    Unreachable(String),
    /// Something was sent.
    OutcomeUnknown(String),
    /// The call's limits are used up.
    Limit(String),
    /// The host got no token. What it means decides the whole call, whatever the guest makes of it.
    Credential(ConnectorFailure),
}

/// How many bytes of answers may still come in.
#[derive(Debug)]
pub(in crate::plugin) struct AnswerBudget {
    each: usize,
    left: AtomicUsize,
    received: AtomicUsize,
}

impl AnswerBudget {
    pub(in crate::plugin) fn new(each: usize, total: usize) -> Self {
        Self {
            each,
            left: AtomicUsize::new(total),
            received: AtomicUsize::new(0),
        }
    }

    /// Bytes of bodies that came in.
    pub(in crate::plugin) fn received(&self) -> usize {
        self.received.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: usize) -> Result<(), SendFailure> {
        self.received.fetch_add(bytes, Ordering::Relaxed);
        let taken = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            });
        taken.map(drop).map_err(|_| {
            SendFailure::Limit("the answers of this call are too large together".to_owned())
        })
    }
}

/// Sends a request, with secrets already in it. Error texts carry neither its query nor its headers.
pub(in crate::plugin) async fn exchange(
    clients: &Clients,
    request: OutboundRequest,
    budget: &AnswerBudget,
) -> Result<Answer, SendFailure> {
    let name = request.host.name.clone();
    let (client, url, host) = dial(clients, &request)?;
    let mut outbound = client
        .request(method(request.method), url)
        .timeout(request.timeout)
        .headers(request.headers)
        .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let simulated = host.is_some();
    if let Some(host) = host {
        outbound = outbound.header(HOST, host);
    }
    if let Some(body) = request.body {
        outbound = outbound.body(body);
    }
    let response = timeout(request.first_byte, outbound.send())
        .await
        .map_err(|_| late(&name))?
        .map_err(|error| failure(&name, &error))?;
    if !simulated {
        require_public_peer(&name, response.remote_addr())?;
    }
    read(&name, response, budget).await
}

/// The client, the address to dial and, for a simulator, the name that it should see.
fn dial<'a>(
    clients: &'a Clients,
    request: &OutboundRequest,
) -> Result<(&'a Client, Url, Option<String>), SendFailure> {
    let authority = match request.host.port {
        443 => request.host.name.clone(),
        port => format!("{}:{port}", request.host.name),
    };
    let (client, simulator) = clients.of(&request.host.name);
    let origin = match simulator {
        Some(address) => format!("http://{address}"),
        None => format!("https://{authority}"),
    };
    let question = if request.query.is_empty() { "" } else { "?" };
    let text = format!("{origin}{}{question}{}", request.path, request.query);
    // What was checked is what is dialled: a URL that its parser reads otherwise is not sent.
    match Url::parse(&text) {
        Ok(url) if reads_as_written(&url, request, simulator.is_some()) => {
            Ok((client, url, simulator.map(|_| authority)))
        }
        _ => Err(SendFailure::Invalid(
            "the host, path or query would be read otherwise than it is written".to_owned(),
        )),
    }
}

fn reads_as_written(url: &Url, request: &OutboundRequest, simulated: bool) -> bool {
    url.path() == request.path
        && url.query().unwrap_or("") == request.query
        && (simulated || url.host_str() == Some(&request.host.name))
}

fn method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
        Method::Delete => http::Method::DELETE,
    }
}

/// The address that answered is one that was checked before it was dialled: this says so of the connection itself,
/// whatever stands between the check and the dialling. No answer of another one comes in.
fn require_public_peer(name: &str, peer: Option<SocketAddr>) -> Result<(), SendFailure> {
    let checked = peer.map_or(Ok(()), |peer| require_public(peer.ip()));
    checked.map_err(|refused| not_public(name, refused))
}

async fn read(
    name: &str,
    mut response: Response,
    budget: &AnswerBudget,
) -> Result<Answer, SendFailure> {
    require_plain(name, response.headers())?;
    let headers = headers_of(&response)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| failure(name, &error))?
    {
        if body.len() + chunk.len() > budget.each {
            return Err(SendFailure::Limit(format!(
                "`{name}` answered with more than {} bytes",
                budget.each
            )));
        }
        budget.take(chunk.len())?;
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status,
        headers,
        body,
    })
}

/// The host asks for no encoding and undoes none but chunks: what it cannot read, it cannot clear of secrets.
fn require_plain(name: &str, headers: &http::HeaderMap) -> Result<(), SendFailure> {
    let all = |header: HeaderName, plain: &[u8]| {
        headers
            .get_all(header)
            .iter()
            .all(|encoding| encoding.is_empty() || encoding.as_bytes().eq_ignore_ascii_case(plain))
    };
    if all(CONTENT_ENCODING, b"identity") && all(TRANSFER_ENCODING, b"chunked") {
        return Ok(());
    }
    Err(SendFailure::OutcomeUnknown(format!(
        "`{name}` answered in an encoding that was not asked for, and its answer is withheld"
    )))
}

/// Headers whose values are text. A cookie is a credential, and stays outside.
fn headers_of(response: &Response) -> Result<Vec<(String, String)>, SendFailure> {
    let headers = response.headers();
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if headers.len() > MAX_HEADERS || bytes > MAX_HEADER_BYTES {
        return Err(SendFailure::Limit(format!(
            "the answer has more than {MAX_HEADERS} headers or {MAX_HEADER_BYTES} bytes of them"
        )));
    }
    let readable = headers
        .iter()
        .filter(|(name, _)| !name.as_str().starts_with("set-cookie"));
    let pair = |(name, value): (&http::HeaderName, &HeaderValue)| {
        Some((name.to_string(), value.to_str().ok()?.to_owned()))
    };
    Ok(readable.filter_map(pair).collect())
}

fn failure(name: &str, error: &reqwest::Error) -> SendFailure {
    if let Some(refused) = cause::<NotPublic>(error) {
        return not_public(name, *refused);
    }
    if error.is_builder() {
        return SendFailure::Invalid("the request could not be built".to_owned());
    }
    if error.is_connect() {
        return SendFailure::Unreachable(format!("no connection to `{name}`: {}", root(error)));
    }
    if error.is_timeout() {
        return late(name);
    }
    SendFailure::OutcomeUnknown(format!(
        "the exchange with `{name}` broke off: {}",
        root(error)
    ))
}

fn not_public(name: &str, refused: NotPublic) -> SendFailure {
    SendFailure::Denied(format!(
        "the name `{name}` leads to {}, which is not a public address of another machine: a simulator on this machine is allowed by \
         [development.hosts] \"{name}\" = \"127.0.0.1:<port>\" in the configuration",
        refused.0
    ))
}

fn late(name: &str) -> SendFailure {
    SendFailure::OutcomeUnknown(format!("`{name}` did not answer in time"))
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn cause<T: Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// The innermost cause: reqwest's own text would show the URL, and with it what was injected there.
fn root(error: &reqwest::Error) -> String {
    causes(error)
        .last()
        .map_or_else(String::new, ToString::to_string)
}

/// The name by which the host introduces itself where a guest does not.
pub(in crate::plugin) fn introduce(request: &mut OutboundRequest) {
    let ours = HeaderValue::from_static(concat!("roomwire/", env!("CARGO_PKG_VERSION")));
    request.headers.entry(USER_AGENT).or_insert(ours);
}

#[cfg(test)]
mod tests;
