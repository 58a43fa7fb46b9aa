//! Listening: connections are taken until the soft stop, each is watched, and those that are open are answered and closed.

pub(super) mod connection;
mod files;
mod impatient;
pub(super) mod places;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config;
use connection::Door;
use places::{Place, Places};

/// Why the gateway does not listen.
#[derive(Debug, thiserror::Error)]
#[error("could not listen on {address}: is another program there? Change `{setting}`")]
pub struct ListenError {
    address: SocketAddr,
    setting: &'static str,
    source: std::io::Error,
}

/// Takes the address, which this setting names; port 0 takes any.
pub async fn listen(
    address: SocketAddr,
    setting: &'static str,
) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ListenError {
            address,
            setting,
            source,
        })
}

/// After a failure of the whole listener, such as no free file descriptor, so that a loop of failures burns nothing.
const PAUSE: Duration = Duration::from_millis(50);

/// Within this time the kernel has told of everybody who waits in its queue.
const LEAST_DELAY: Duration = Duration::from_millis(10);

/// Answers until `stop`, and after it until every request that was accepted is answered.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: config::Server,
    stop: CancellationToken,
) {
    let places = Places::new(
        settings.connections.min(files::for_connections()),
        settings.connections_per_address,
    );
    let closing = CancellationToken::new();
    let tasks = TaskTracker::new();
    // Cancelled where this task itself is dropped by the hard stop.
    let hard = CancellationToken::new();
    let _cut = hard.clone().drop_guard();
    let door = Door {
        router,
        tasks: tasks.clone(),
        settings: Arc::new(settings),
        closing: closing.clone(),
    };
    let answer = |(stream, peer, place): (TcpStream, SocketAddr, Place)| {
        let (connection, hard) = (door.clone().answer(stream, peer), hard.clone());
        tasks.spawn(async move {
            let _place = place;
            hard.run_until_cancelled(connection).await;
        });
    };

    while let Some(taken) = stop
        .run_until_cancelled(accept(&listener, &places, &door.settings))
        .await
    {
        answer(taken);
    }
    // Whoever connected before the listener goes away is still answered: the kernel would reset them.
    let until = tokio::time::Instant::now() + door.settings.drain_delay.max(LEAST_DELAY);
    let last = || tokio::time::timeout_at(until, accept(&listener, &places, &door.settings));
    // Asked of the clock as well: somebody who is there at once is taken even after the time.
    while tokio::time::Instant::now() < until
        && let Ok(taken) = last().await
    {
        answer(taken);
    }
    drop(listener);
    closing.cancel();
    tasks.close();
    tasks.wait().await;
}

/// The next connection that has a place.
async fn accept(
    listener: &TcpListener,
    places: &Places,
    settings: &config::Server,
) -> (TcpStream, SocketAddr, Place) {
    loop {
        // Before the accept: without a free place, whoever comes waits in the kernel's queue instead of being cut.
        let free = places.free().await;
        match listener.accept().await {
            Ok((stream, peer)) => match places.take(free, peer.ip(), settings) {
                Some(place) => return (stream, peer, place),
                None => {
                    metrics::counter!("http_connections_refused_total").increment(1);
                    tracing::debug!("An address has its most connections already");
                }
            },
            Err(error) => {
                tracing::warn!(%error, "A connection could not be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
