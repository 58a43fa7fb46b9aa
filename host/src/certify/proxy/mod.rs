//! A server between the plugin and the simulator: it counts what passes, plays faults, and receives webhooks.
//!
//! What goes wrong here goes wrong on the way, so that a fault needs no knowledge of the channel's protocol.

mod answer;
mod fault;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use self::answer::Answer;
pub(super) use self::fault::Fault;
use self::fault::Trouble;
use super::judge::Sent;
use super::simulator::Simulator;
use crate::domain::clock::Clock;

/// How long accepting rests when the system has no file handles left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Where webhooks arrive: the rest of the path is the endpoint's token.
const WEBHOOKS: &str = "/_roomwire/webhooks/";

/// Why there is no answer: the connection is closed without one.
#[derive(Debug, thiserror::Error)]
pub(super) enum Closed {
    #[error("closed on purpose")]
    OnPurpose,
    #[error("the request broke off")]
    Request(#[from] hyper::Error),
    #[error(transparent)]
    Simulator(#[from] super::simulator::Unanswered),
}

/// A webhook as it came.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The proxy; it works while [`Proxy::serve`] is awaited.
#[derive(Debug)]
pub(super) struct Proxy {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    simulator: Simulator,
    clock: Clock,
    present: Mutex<Present>,
}

/// What is played and recorded now.
#[derive(Debug, Default)]
struct Present {
    fault: Option<Fault>,
    /// Requests since the step began.
    sent: Vec<Sent>,
    /// When each request of the scenario passed.
    instants: Vec<Timestamp>,
    webhooks: Vec<Received>,
}

impl Proxy {
    pub(super) async fn listen(simulator: Simulator, clock: Clock) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            simulator,
            clock,
            present: Mutex::default(),
        });
        Ok(Self {
            listener,
            address,
            shared,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address to which a channel sends webhooks.
    pub(super) fn webhook_url(&self, token: &str) -> String {
        format!("http://{}{WEBHOOKS}{token}", self.address)
    }

    /// A scenario begins.
    pub(super) fn reset(&self) {
        *self.shared.present() = Present::default();
    }

    /// A step begins, and this goes wrong during it.
    pub(super) fn begin(&self, fault: Option<Fault>) {
        let mut present = self.shared.present();
        present.fault = fault;
        present.sent.clear();
        present.webhooks.clear();
    }

    /// The step is over, and nothing goes wrong any more: what was sent during it.
    pub(super) fn end(&self) -> Vec<Sent> {
        let mut present = self.shared.present();
        present.fault = None;
        std::mem::take(&mut present.sent)
    }

    /// The webhooks that arrived since the step began, in order.
    pub(super) fn webhooks(&self) -> Vec<Received> {
        std::mem::take(&mut self.shared.present().webhooks)
    }

    /// When each request of the scenario passed.
    pub(super) fn instants(&self) -> Vec<Timestamp> {
        self.shared.present().instants.clone()
    }

    /// Accepts until it is dropped; the connections are dropped with it.
    pub(super) async fn serve(&self) -> Infallible {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(serve_connection(stream, Arc::clone(&self.shared)));
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
}

async fn serve_connection(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| Arc::clone(&shared).answer(request));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection ended early");
    }
}

impl Shared {
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Answer>, Closed> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        if parts.uri.path().starts_with(WEBHOOKS) {
            let headers = parts.headers;
            self.present().webhooks.push(Received { headers, body });
            return Ok(Response::new(answer::whole(Bytes::new())));
        }
        match self.note(&parts, &body) {
            None => {
                let answered = self.simulator.forward(&parts, body).await?;
                Ok(answered.map(answer::whole))
            }
            Some(Trouble::Answer(canned)) => canned.response().ok_or(Closed::OnPurpose),
            Some(Trouble::Lose) => {
                self.simulator.forward(&parts, body).await?;
                Err(Closed::OnPurpose)
            }
            Some(Trouble::Hang) => {
                tokio::time::sleep(answer::LONGEST_HANG).await;
                Err(Closed::OnPurpose)
            }
            Some(Trouble::Truncate) => {
                let answered = self.simulator.forward(&parts, body).await?;
                Ok(answer::truncated(answered))
            }
            Some(Trouble::Drip) => {
                let answered = self.simulator.forward(&parts, body).await?;
                Ok(answer::dripping(answered))
            }
        }
    }

    /// Records a request, and tells what goes wrong with it.
    fn note(&self, parts: &http::request::Parts, body: &Bytes) -> Option<Trouble> {
        let mut present = self.present();
        present.sent.push(Sent {
            line: format!("{} {}", parts.method, parts.uri.path()),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            body: body.clone(),
        });
        present.instants.push(self.clock.now());
        let fault = present.fault.as_mut();
        fault.and_then(|fault| fault.meets(&parts.method))
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
