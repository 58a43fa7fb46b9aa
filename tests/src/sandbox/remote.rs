//! A remote on this machine that reflects what it is sent, and is slow, large or rude when asked.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, body};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::reflect;

/// What the token endpoint gives out.
pub(crate) const TOKEN: &str = "issued-token-7f3a9c";

/// A running remote; it ends with the value.
pub(crate) struct Remote {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    requests: AtomicUsize,
    tokens: AtomicUsize,
    /// Request lines, headers and bodies, as they came in.
    texts: Mutex<Vec<String>>,
}

impl Remote {
    #[expect(
        clippy::disallowed_methods,
        reason = "the remote is another program in all but name"
    )]
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Seen::default());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&seen));
        let serve = async move {
            axum::serve(listener, router)
                .await
                .expect("the remote serves");
        };
        Self {
            address,
            seen,
            server: tokio::spawn(serve),
        }
    }

    /// How many requests came in, without those for tokens.
    pub(crate) fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::SeqCst)
    }

    /// How many tokens were asked for.
    pub(crate) fn tokens(&self) -> usize {
        self.seen.tokens.load(Ordering::SeqCst)
    }

    /// What came in last, as text.
    pub(crate) fn last(&self) -> String {
        let texts = self.seen.texts.lock().expect("no test panics here");
        texts.last().cloned().unwrap_or_default()
    }

    /// Everything that came in, as text.
    pub(crate) fn seen(&self) -> String {
        self.seen
            .texts
            .lock()
            .expect("no test panics here")
            .join("\n")
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(seen): State<Arc<Seen>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let text = format!(
        "{} {} {:?} {}",
        parts.method,
        parts.uri,
        parts.headers,
        String::from_utf8_lossy(&body)
    );
    seen.texts.lock().expect("no test panics here").push(text);
    if parts.method == "POST" && parts.uri.path() == "/token" {
        let number = seen.tokens.fetch_add(1, Ordering::SeqCst);
        let token = format!(r#"{{"access_token": "{TOKEN}-{number}", "expires_in": 3600}}"#);
        return ([(header::CONTENT_TYPE, "application/json")], token).into_response();
    }
    seen.requests.fetch_add(1, Ordering::SeqCst);
    let whole = whole(parts.uri.query().unwrap_or(""), &parts.headers, &body);
    if let Some(reflected) = reflect::encoded(parts.uri.path(), &whole) {
        return reflected.into_response();
    }
    match parts.uri.path() {
        "/reflect/pieces" => reflect::in_pieces(&whole, false),
        "/reflect/broken-off" => reflect::in_pieces(&whole, true),
        "/reflect/header" => reflected_in_headers(&parts.headers, parts.uri.query().unwrap_or("")),
        "/compressed" => ([(header::CONTENT_ENCODING, "gzip")], whole).into_response(),
        "/redirect" => (
            StatusCode::FOUND,
            [(header::LOCATION, "http://127.0.0.1:1/")],
        )
            .into_response(),
        "/big" => vec![b'x'; 4 * 1024 * 1024 + 1].into_response(),
        "/almost-big" => vec![b'x'; 4 * 1024 * 1024].into_response(),
        "/slow" => late(Duration::from_millis(600)).await,
        "/soon" => late(Duration::from_millis(25)).await,
        "/silent" => late(Duration::from_secs(60)).await,
        "/broken" => (StatusCode::INTERNAL_SERVER_ERROR, whole).into_response(),
        _ => whole.into_response(),
    }
}

/// The request as a rude remote would print it into its answer.
fn whole(query: &str, headers: &HeaderMap, body: &Bytes) -> String {
    let lines = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
    let lines = lines.collect::<Vec<_>>().join("\n");
    format!("?{query}\n{lines}\n\n{}", String::from_utf8_lossy(body))
}

fn reflected_in_headers(headers: &HeaderMap, query: &str) -> Response {
    let mut response = StatusCode::OK.into_response();
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        response
            .headers_mut()
            .insert("x-reflected", authorization.clone());
        response
            .headers_mut()
            .insert(header::SET_COOKIE, authorization.clone());
    }
    response
        .headers_mut()
        .insert("x-query", query.parse().expect("an encoded query"));
    response
}

async fn late(delay: Duration) -> Response {
    tokio::time::sleep(delay).await;
    StatusCode::OK.into_response()
}
