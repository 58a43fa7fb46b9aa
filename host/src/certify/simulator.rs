//! The simulator, as the kit reaches it: requests of the plugin that are passed on, and controls.

use std::net::SocketAddr;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// Nobody answered, or not to the end.
#[derive(Debug, thiserror::Error)]
#[error("the simulator at {address} does not answer")]
pub struct Unanswered {
    address: SocketAddr,
    #[source]
    cause: Box<dyn std::error::Error + Send + Sync>,
}

/// A simulated channel on this machine.
#[derive(Clone, Debug)]
pub(super) struct Simulator {
    address: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Simulator {
    pub(super) fn at(address: SocketAddr) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { address, client }
    }

    /// Passes a request on as it came, and gives the whole answer.
    pub(super) async fn forward(
        &self,
        parts: &Parts,
        body: Bytes,
    ) -> Result<Response<Bytes>, Unanswered> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut headers = parts.headers.clone();
        remove_framing(&mut headers);
        self.send((parts.method.clone(), path), headers, body).await
    }

    /// Asks one of its controls, and gives the answer as JSON: null where it has none. What it refuses is told as text.
    pub(super) async fn control(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Result<Value, String>, Unanswered> {
        let mut headers = HeaderMap::new();
        let mut bytes = Bytes::new();
        if let Some(body) = body {
            headers.insert(
                CONTENT_TYPE,
                http::HeaderValue::from_static("application/json"),
            );
            bytes = body.to_string().into();
        }
        let place = format!("/_control/{path}");
        let answer = self.send((method.clone(), &place), headers, bytes).await?;
        if !answer.status().is_success() {
            let why = String::from_utf8_lossy(answer.body()).into_owned();
            return Ok(Err(format!(
                "{method} {place} answered {}: {why}",
                answer.status()
            )));
        }
        Ok(Ok(
            serde_json::from_slice(answer.body()).unwrap_or(Value::Null)
        ))
    }

    async fn send(
        &self,
        (method, path): (Method, &str),
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Bytes>, Unanswered> {
        let unanswered = |cause: Box<dyn std::error::Error + Send + Sync>| Unanswered {
            address: self.address,
            cause,
        };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .body(Full::new(body))
            .map_err(|cause| unanswered(cause.into()))?;
        *request.headers_mut() = headers;
        let answer = self
            .client
            .request(request)
            .await
            .map_err(|cause| unanswered(cause.into()))?;
        let (mut parts, body) = answer.into_parts();
        let body = body
            .collect()
            .await
            .map_err(|cause| unanswered(cause.into()))?
            .to_bytes();
        remove_framing(&mut parts.headers);
        Ok(Response::from_parts(parts, body))
    }
}

/// Each of the two connections frames what it carries by itself.
fn remove_framing(headers: &mut HeaderMap) {
    for name in [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(name);
    }
}
