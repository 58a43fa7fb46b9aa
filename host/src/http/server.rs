//! Listening: connections are taken until the soft stop, then those that are open are answered and closed.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

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

/// Answers until `stop`, and after it until every request that was accepted is answered.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let served = axum::serve(listener, router)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "The gateway stopped listening");
    }
}
