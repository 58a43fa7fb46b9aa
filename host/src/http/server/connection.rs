//! One connection: recognised as HTTP/1 or HTTP/2, served, and closed where it is slow, idle or no longer wanted.

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use super::impatient::Impatient;
use crate::config;

/// How HTTP/2 begins when both sides know of it beforehand; no method of HTTP/1 does.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What hyper itself refuses. The layers refuse less with a problem that says why.
const MOST_HEADERS: usize = 100;
const LARGEST_HEAD: usize = 64 * 1024;
const MOST_STREAMS: u32 = 100;
const LARGEST_HEADER_LIST: u32 = 32 * 1024;
/// Streams that a client reset before we looked at them, by which it could make us work for nothing.
const MOST_RESETS: usize = 20;
/// A client of HTTP/2 that is still there answers a ping within this time.
const PING: Duration = Duration::from_secs(20);

/// How long a connection on which nothing was asked yet stays after the stop.
const LAST_CHANCE: Duration = Duration::from_millis(250);

/// From where a request came: the socket's other end.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct Peer(pub IpAddr);

/// What every connection is answered with.
#[derive(Clone)]
pub(super) struct Door {
    pub router: Router,
    /// The parent of the connections and of their streams.
    pub tasks: TaskTracker,
    pub settings: Arc<config::Server>,
    pub closing: CancellationToken,
}

/// What a connection is at.
pub(super) struct Activity {
    began: Instant,
    /// Requests whose answer is not made yet.
    under_way: AtomicUsize,
    /// An answer waits for the client to take it.
    writing: AtomicBool,
    /// Milliseconds after `began`: when the last request ended.
    rested: AtomicU64,
    /// When the head that is being read began; 0 while there is none.
    head: AtomicU64,
    /// Whether bytes between requests are a head; in HTTP/2 they may be answers to our pings.
    heads: bool,
}

impl Activity {
    fn new(heads: bool) -> Self {
        Self {
            heads,
            began: Instant::now(),
            under_way: AtomicUsize::new(0),
            writing: AtomicBool::new(false),
            rested: AtomicU64::new(0),
            head: AtomicU64::new(0),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis())
            .unwrap_or(u64::MAX)
            .max(1)
    }

    /// Bytes came: the beginning of a head, where no request is under way.
    pub(super) fn read_something(&self) {
        if self.heads && self.under_way.load(Ordering::Acquire) == 0 {
            // The first byte of a head decides; those after it change nothing.
            let _first =
                self.head
                    .compare_exchange(0, self.now(), Ordering::AcqRel, Ordering::Acquire);
        }
    }

    fn start(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::AcqRel);
        self.head.store(0, Ordering::Release);
        UnderWay(self.clone())
    }

    pub(super) fn waits_to_write(&self, waits: bool) {
        self.writing.store(waits, Ordering::Release);
    }

    fn resting(&self) -> bool {
        self.under_way.load(Ordering::Acquire) == 0 && !self.writing.load(Ordering::Acquire)
    }

    /// Whether the client has used up a bound: for a head, or for asking nothing.
    fn overdue(&self, settings: &config::Server) -> bool {
        let over = |since: u64, bound: Duration| {
            u128::from(self.now().saturating_sub(since)) >= bound.as_millis()
        };
        if !self.resting() {
            return false;
        }
        match self.head.load(Ordering::Acquire) {
            0 => over(self.rested.load(Ordering::Acquire), settings.idle_timeout),
            began => over(began, settings.header_timeout),
        }
    }
}

/// A request of a connection, until its answer is made.
struct UnderWay(Arc<Activity>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.rested.store(self.0.now(), Ordering::Release);
        self.0.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Door {
    /// Serves one connection to its end.
    pub(super) async fn answer(self, stream: TcpStream, peer: SocketAddr) {
        // Answers are whole when they are written, so there is nothing to gather.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "A connection was gone at once");
            return;
        }
        let Some(http2) = self.recognise(&stream).await else {
            return;
        };
        let activity = Arc::new(Activity::new(!http2));
        let io = TokioIo::new(Impatient::new(
            stream,
            activity.clone(),
            self.settings.write_timeout,
        ));
        let service = service_fn({
            let (router, activity) = (self.router.clone(), activity.clone());
            move |request| answer_one(router.clone(), activity.start(), peer, request)
        });
        if http2 {
            let connection = http2::Builder::new(Streams(self.tasks.clone()))
                .timer(TokioTimer::new())
                .max_concurrent_streams(MOST_STREAMS)
                .max_header_list_size(LARGEST_HEADER_LIST)
                .max_pending_accept_reset_streams(MOST_RESETS)
                .keep_alive_interval(PING)
                .keep_alive_timeout(PING)
                .serve_connection(io, service);
            self.watch(connection, &activity, |connection| {
                connection.graceful_shutdown();
            })
            .await;
        } else {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                // Heads are timed here, because hyper's bound would also end connections that only rest.
                .header_read_timeout(None)
                .max_headers(MOST_HEADERS)
                .max_buf_size(LARGEST_HEAD)
                .serve_connection(io, service);
            self.watch(connection, &activity, |connection| {
                connection.graceful_shutdown();
            })
            .await;
        }
    }

    /// Looks at the first bytes without taking them. `None`: they do not come in time.
    async fn recognise(&self, stream: &TcpStream) -> Option<bool> {
        let mut first = [0; HTTP2.len()];
        let look = async {
            loop {
                stream.readable().await.ok()?;
                let seen = stream.peek(&mut first).await.ok()?;
                if seen == 0 {
                    return None;
                }
                if first[..seen] != HTTP2[..seen] {
                    return Some(false);
                }
                if seen == HTTP2.len() {
                    return Some(true);
                }
                // The socket stays readable, so waiting for more of it would not wait.
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let bound = async {
            let closing = async {
                self.closing.cancelled().await;
                tokio::time::sleep(LAST_CHANCE).await;
            };
            tokio::select! {
                () = tokio::time::sleep(self.settings.first_byte_timeout) => {}
                () = closing => {}
            }
        };
        tokio::select! {
            biased;
            recognised = look => recognised,
            () = bound => None,
        }
    }

    /// Drives a connection, and ends it once it is overdue, or unused after the stop.
    async fn watch<C, E>(&self, connection: C, activity: &Activity, close: impl Fn(Pin<&mut C>))
    where
        C: Future<Output = Result<(), E>>,
        E: std::error::Error,
    {
        tokio::pin!(connection);
        let mut ticks =
            tokio::time::interval(self.settings.header_timeout.min(self.settings.idle_timeout) / 4);
        let mut closed = false;
        loop {
            tokio::select! {
                outcome = &mut connection => {
                    if let Err(error) = outcome {
                        tracing::debug!(%error, "A connection ended early");
                    }
                    return;
                }
                () = self.closing.cancelled(), if !closed => {
                    closed = true;
                    close(connection.as_mut());
                }
                () = tokio::time::sleep(LAST_CHANCE), if closed && activity.resting() => {
                    // Nothing was asked, or half a head that nobody finishes: there is nothing to answer.
                    return;
                }
                _ = ticks.tick() => {
                    if !activity.overdue(&self.settings) {
                        continue;
                    }
                    if closed {
                        return;
                    }
                    // In HTTP/2 the client is told first, so that it sends nothing into a closed connection.
                    metrics::counter!("http_connections_cut_total").increment(1);
                    closed = true;
                    close(connection.as_mut());
                }
            }
        }
    }
}

async fn answer_one(
    router: Router,
    under_way: UnderWay,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let _under_way = under_way;
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(Peer(peer.ip()));
    router.oneshot(request).await
}

/// Where the streams of an HTTP/2 connection run.
#[derive(Clone)]
struct Streams(TaskTracker);

impl<F> hyper::rt::Executor<F> for Streams
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        self.0.spawn(stream);
    }
}
