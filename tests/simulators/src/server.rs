//! The HTTP server under every simulator: it listens, records, fails on demand, and ends with its owner.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt;

use crate::answer;
use crate::clock::{self, Clock};
use crate::faults::{self, Failure, Faults, PlannedFailure, Refusal, Treatment};
use crate::journal::{self, Journal, Outcome, ReceivedRequest};

/// A larger request body is refused with 413.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// How long accepting rests when the system has no file handles left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The controls that every simulator has, as method and path below `/_control`.
pub(crate) const CONTROLS: &[&str] = &[
    "GET /failures",
    "POST /failures",
    "DELETE /failures",
    "GET /requests",
    "DELETE /requests",
];

/// Why a simulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the simulator cannot listen on 127.0.0.1:{port}: choose another port")]
    Listen { port: u16, source: io::Error },
    #[error("the simulator's options contradict themselves: {0}")]
    Options(String),
}

/// What one simulated system gives to its server.
pub(crate) struct Wiring {
    /// The vendor's API and the page at `/`.
    pub(crate) api: Router,
    /// The vendor's own controls, below `/_control`.
    pub(crate) controls: Router,
    /// How the vendor words a refusal.
    pub(crate) refuse: fn(Refusal) -> Response,
    pub(crate) clock: Clock,
}

/// A running simulator. What the simulated vendor can be asked to do is reached through [`Deref`].
/// Dropping it ends the server and cuts its connections; [`Running::shutdown`] also waits for the end.
pub struct Running<V> {
    vendor: V,
    address: SocketAddr,
    faults: Faults,
    journal: Journal,
    task: JoinHandle<()>,
}

impl<V> Running<V> {
    /// Listens on the loopback interface, on any free port where none is given.
    pub(crate) async fn start(
        vendor: V,
        port: Option<u16>,
        wiring: Wiring,
    ) -> Result<Self, StartError> {
        let port = port.unwrap_or(0);
        let cannot_listen = |source| StartError::Listen { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        let faults = Faults::default();
        let journal = Journal::default();
        let controls = wiring
            .controls
            .merge(faults::controls(faults.clone()))
            .merge(clock::controls(wiring.clock.clone()))
            .merge(journal::controls(journal.clone()));
        let door = Door {
            routes: wiring.api.nest("/_control", controls),
            faults: faults.clone(),
            journal: journal.clone(),
            refuse: wiring.refuse,
            clock: wiring.clock,
        };
        Ok(Self {
            vendor,
            address,
            faults,
            journal,
            task: start_task(accept(listener, door)),
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets the next `count` requests to paths that begin with `path_prefix` fail; `None`: all, until cleared.
    /// Plans are used up in the order they were made. The page and the controls never fail.
    pub fn fail_next(
        &self,
        failure: Failure,
        count: impl Into<Option<u32>>,
        path_prefix: impl Into<String>,
    ) {
        self.faults.plan(PlannedFailure {
            failure,
            count: count.into(),
            path_prefix: path_prefix.into(),
        });
    }

    pub fn clear_failures(&self) {
        self.faults.clear();
    }

    /// What reached the vendor's API, in order of arrival; the page and the controls are not recorded.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.journal.requests()
    }

    pub fn clear_requests(&self) {
        self.journal.clear();
    }

    /// Stops listening, cuts every connection and returns when the port is free again.
    pub async fn shutdown(mut self) {
        self.task.abort();
        if let Err(end) = (&mut self.task).await
            && end.is_panic()
        {
            std::panic::resume_unwind(end.into_panic());
        }
    }
}

impl<V> Deref for Running<V> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.vendor
    }
}

impl<V> Drop for Running<V> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<V> fmt::Debug for Running<V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Running")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// What each request passes: the record, the planned failures, then the vendor.
#[derive(Clone)]
struct Door {
    routes: Router,
    faults: Faults,
    journal: Journal,
    refuse: fn(Refusal) -> Response,
    clock: Clock,
}

/// The request was applied and gets no answer.
#[derive(Debug, thiserror::Error)]
#[error("closed on demand, after the request was applied")]
struct Closed;

impl Door {
    async fn serve(self, request: Request<Incoming>) -> Result<Response, Closed> {
        let path = request.uri().path();
        let ours = path == "/" || path == "/_control" || path.starts_with("/_control/");
        if ours {
            return Ok(self.route(request.map(Body::new)).await);
        }
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(Body::new(body), LARGEST_BODY).await else {
            return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
        };
        let sequence = self.journal.record(self.clock.now(), &parts, &body);
        let treatment = self.faults.treatment(parts.uri.path());
        let journal = self.journal.clone();
        let answer = self
            .treat(treatment, Request::from_parts(parts, body))
            .await;
        let outcome = answer.as_ref().map_or(Outcome::Closed, |response| {
            Outcome::Answered(response.status().as_u16())
        });
        journal.conclude(sequence, outcome);
        answer
    }

    async fn treat(
        self,
        treatment: Treatment,
        request: Request<Bytes>,
    ) -> Result<Response, Closed> {
        let request = request.map(Body::from);
        match treatment {
            Treatment::Serve => Ok(self.route(request).await),
            Treatment::Refuse {
                refusal,
                retry_after,
            } => Ok(faults::with_retry_after(
                (self.refuse)(refusal),
                retry_after,
            )),
            Treatment::ServeAfter(pause) => {
                tokio::time::sleep(pause).await;
                Ok(self.route(request).await)
            }
            Treatment::ServeAndClose => {
                let unsent = self.route(request).await;
                tracing::debug!(status = unsent.status().as_u16(), "an answer was withheld");
                Err(Closed)
            }
            Treatment::ServeAndTruncate => answer::truncated(self.route(request).await)
                .await
                .ok_or(Closed),
            Treatment::ServeOver(time) => answer::dripping(self.route(request).await, time)
                .await
                .ok_or(Closed),
        }
    }

    async fn route(self, request: Request<Body>) -> Response {
        self.routes
            .oneshot(request)
            .await
            .unwrap_or_else(|never| match never {})
    }
}

/// Accepts until it is dropped; the connections are dropped with it.
async fn accept(listener: TcpListener, door: Door) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve_connection(stream, door.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_ended) = connections.join_next() => {}
        }
    }
}

async fn serve_connection(stream: TcpStream, door: Door) {
    let service = service_fn(move |request| door.clone().serve(request));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection ended early");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the handle is owned by `Running`, which ends the task on shutdown and on drop"
)]
fn start_task(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(work)
}
