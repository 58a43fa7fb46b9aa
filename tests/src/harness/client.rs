//! Callers of the gateway, by the key that they hold.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use http::{HeaderName, HeaderValue, Method, Request};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::harness::Answer;

/// No request takes longer: the gateway itself gives up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(20);

static KEYS: AtomicU64 = AtomicU64::new(0);

/// A text that was not used before in this process.
pub(crate) fn new_key() -> String {
    format!(
        "{}-{}",
        std::process::id(),
        KEYS.fetch_add(1, Ordering::Relaxed)
    )
}

/// Somebody who calls the gateway about one hotel.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    connections: hyper_util::client::legacy::Client<HttpConnector, Body>,
    base: String,
    hotel: String,
    key: Option<String>,
}

impl Client {
    pub(crate) fn new(base: &str, hotel: &str, key: Option<String>) -> Self {
        let connections =
            hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
        Self {
            connections,
            base: base.to_owned(),
            hotel: hotel.to_owned(),
            key,
        }
    }

    /// The key that it calls with.
    pub(crate) fn key(&self) -> Option<String> {
        self.key.clone()
    }

    /// The same caller, about another hotel.
    pub(crate) fn at(&self, hotel: &str) -> Self {
        Self {
            hotel: hotel.to_owned(),
            ..self.clone()
        }
    }

    /// A path of the hotel (`offers`), or of the gateway (`/healthz`).
    pub(crate) fn get(&self, path: &str) -> Call {
        self.request(Method::GET, path)
    }

    /// With an idempotency key of its own.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Call {
        self.request(Method::POST, path)
            .header("idempotency-key", &new_key())
            .json(body)
    }

    pub(crate) fn patch(&self, path: &str) -> Call {
        self.request(Method::PATCH, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Call {
        self.request(Method::DELETE, path)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> Call {
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/v1/hotels/{}/{path}", self.hotel)
        };
        let url = format!("{}{path}", self.base);
        let request = Request::builder()
            .method(method)
            .uri(url)
            .body(Body::empty())
            .expect("tests write paths well");
        let call = Call {
            connections: self.connections.clone(),
            request,
        };
        match &self.key {
            Some(key) => call.header("authorization", &format!("Bearer {key}")),
            None => call,
        }
    }
}

/// A request that is sent when it is awaited.
#[derive(Debug)]
pub(crate) struct Call {
    connections: hyper_util::client::legacy::Client<HttpConnector, Body>,
    request: Request<Body>,
}

impl Call {
    /// Sets a header, instead of what it was before.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.request
            .headers_mut()
            .insert(HeaderName::from_static(name), header_value(value));
        self
    }

    /// Sends a header once more.
    pub(crate) fn header_again(mut self, name: &'static str, value: &str) -> Self {
        self.request
            .headers_mut()
            .append(HeaderName::from_static(name), header_value(value));
        self
    }

    pub(crate) fn without(mut self, name: &'static str) -> Self {
        self.request.headers_mut().remove(name);
        self
    }

    pub(crate) fn idempotency_key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body(body.to_string())
    }

    /// Anything, which is said to be JSON.
    pub(crate) fn body(mut self, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self.header("content-type", "application/json")
    }

    /// The answer, or `None` where the connection ended without a whole one.
    pub(crate) async fn attempt(self) -> Option<Answer> {
        let exchange = async {
            let (parts, body) = self
                .connections
                .request(self.request)
                .await
                .ok()?
                .into_parts();
            let body = to_bytes(Body::new(body), usize::MAX).await.ok()?;
            Some(Answer {
                status: parts.status.as_u16(),
                headers: parts.headers,
                body,
            })
        };
        tokio::time::timeout(PATIENCE, exchange)
            .await
            .expect("the gateway bounds the time of every request")
    }
}

fn header_value(value: &str) -> HeaderValue {
    HeaderValue::from_bytes(value.as_bytes()).expect("tests write headers that can be sent")
}

impl IntoFuture for Call {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { self.attempt().await.expect("the gateway answers") })
    }
}
