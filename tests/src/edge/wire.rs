//! A client that says exactly what a test wants, byte by byte.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(10);

/// A bare connection.
pub(super) struct Wire(TcpStream);

impl Wire {
    pub(super) async fn open(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.expect("it listens"))
    }

    pub(super) async fn say(&mut self, text: &str) {
        self.0
            .write_all(text.as_bytes())
            .await
            .expect("the connection is open");
    }

    /// Says it unless the other side has closed.
    pub(super) async fn try_to_say(&mut self, text: &str) -> bool {
        self.0.write_all(text.as_bytes()).await.is_ok()
    }

    /// Bytes that need be no text.
    pub(super) async fn say_bytes(&mut self, bytes: &[u8]) {
        self.0
            .write_all(bytes)
            .await
            .expect("the connection is open");
    }

    /// Ends its own side and goes on listening.
    pub(super) async fn fall_silent(&mut self) {
        self.0.shutdown().await.expect("the connection is open");
    }

    /// Everything until the other side closes, which it must, as text.
    pub(super) async fn rest(&mut self) -> String {
        String::from_utf8_lossy(&self.rest_of_bytes().await).into_owned()
    }

    /// Everything until the other side closes, which it must.
    pub(super) async fn rest_of_bytes(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        let read = async {
            let mut part = [0; 4096];
            // A reset is a close as well.
            while let Ok(bytes @ 1..) = self.0.read(&mut part).await {
                all.extend_from_slice(&part[..bytes]);
            }
        };
        tokio::time::timeout(PATIENCE, read)
            .await
            .expect("the other side closes");
        all
    }
}

/// The statuses of the answers in a text, in order.
pub(super) fn statuses(text: &str) -> Vec<u16> {
    text.match_indices("HTTP/1.")
        .filter_map(|(at, _)| text.get(at + 9..at + 12)?.parse().ok())
        .collect()
}
