//! A remote without manners: it writes raw bytes that no framework would send, and counts connections.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// What it answers to one path.
#[derive(Clone, Default)]
pub(super) struct Answer {
    /// Written at once.
    pub(super) once: Vec<u8>,
    /// Written over and over after it, until nobody reads on.
    pub(super) again: Vec<u8>,
    /// Before each of these.
    pub(super) pause: Duration,
    /// Whether the connection ends with the answer.
    pub(super) closes: bool,
}

/// A running remote; it ends with the value.
pub(super) struct Rude {
    pub(super) address: SocketAddr,
    seen: Arc<Seen>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    /// Heads of requests, with the number of their connection.
    heads: Mutex<Vec<(usize, String)>>,
}

type Answers = HashMap<String, Answer>;

impl Rude {
    /// Listens on a port of this machine; a path without an answer of its own is answered with "ok".
    pub(super) async fn start(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self::on(listener, answers)
    }

    /// Listens on a port of every address of this machine.
    pub(super) async fn everywhere() -> Self {
        let listener = match TcpListener::bind("[::]:0").await {
            Ok(both) => both,
            Err(_) => TcpListener::bind("0.0.0.0:0").await.expect("a free port"),
        };
        Self::on(listener, Answers::new())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the remote is another program in all but name"
    )]
    fn on(listener: TcpListener, answers: Answers) -> Self {
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Seen::default());
        let server = tokio::spawn(accept(listener, Arc::new(answers), Arc::clone(&seen)));
        Self {
            address,
            seen,
            server,
        }
    }

    /// How many connections were opened.
    pub(super) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// The heads that came in, each with the number of its connection.
    pub(super) fn heads(&self) -> Vec<(usize, String)> {
        self.seen.heads.lock().expect("no test panics here").clone()
    }
}

impl Drop for Rude {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn accept(listener: TcpListener, answers: Arc<Answers>, seen: Arc<Seen>) {
    let mut open = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        let number = seen.connections.fetch_add(1, Ordering::SeqCst) + 1;
        let (answers, seen) = (Arc::clone(&answers), Arc::clone(&seen));
        open.spawn(async move {
            // It ends where the caller has had enough: that is the point of most answers.
            drop(converse(stream, number, &answers, &seen).await);
        });
    }
}

async fn converse(
    mut stream: TcpStream,
    number: usize,
    answers: &Answers,
    seen: &Seen,
) -> io::Result<()> {
    while let Some(head) = read_head(&mut stream).await? {
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        seen.heads
            .lock()
            .expect("no test panics here")
            .push((number, head));
        let ok = Answer {
            once: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec(),
            ..Answer::default()
        };
        let answer = answers.get(&path).unwrap_or(&ok);
        stream.write_all(&answer.once).await?;
        while !answer.again.is_empty() {
            tokio::time::sleep(answer.pause).await;
            stream.write_all(&answer.again).await?;
        }
        if answer.closes {
            return stream.shutdown().await;
        }
    }
    Ok(())
}

/// The next request, which has no body, or none where the connection ends.
async fn read_head(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    let mut some = [0; 1024];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut some).await? {
            0 => return Ok(None),
            length => head.extend_from_slice(&some[..length]),
        }
    }
    Ok(Some(String::from_utf8_lossy(&head).into_owned()))
}
