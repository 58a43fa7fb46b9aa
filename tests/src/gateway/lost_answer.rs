//! A commit that happened and whose answer was lost on the way: what is stored under the key tells.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use crate::harness::{Line, Setup, World};

const KEY: &str = "lost-on-the-way";

/// Stands between program and database, and cuts one connection after the database did what was asked.
struct Between {
    armed: Arc<AtomicBool>,
    tasks: JoinSet<()>,
    folder: tempfile::TempDir,
}

impl Between {
    fn new() -> Self {
        Self {
            armed: Arc::default(),
            tasks: JoinSet::new(),
            folder: tempfile::tempdir().expect("a folder can be made"),
        }
    }

    /// Listens as the database does, and passes on what is said.
    fn stand(&mut self, database: PathBuf) {
        let name = database.file_name().expect("a socket has a name");
        let listener = UnixListener::bind(self.folder.path().join(name)).expect("the name is free");
        let armed = self.armed.clone();
        self.tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((program, _)) = listener.accept().await {
                let database = UnixStream::connect(&database).await.expect("it listens");
                connections.spawn(pass(program, database, armed.clone()));
            }
        });
    }
}

async fn pass(mut program: UnixStream, mut database: UnixStream, armed: Arc<AtomicBool>) {
    let (mut asked, mut said) = ([0; 16 * 1024], [0; 16 * 1024]);
    let (mut ours, mut cut) = (false, false);
    loop {
        tokio::select! {
            read = program.read(&mut asked) => {
                let Ok(bytes @ 1..) = read else { return };
                let asked = &asked[..bytes];
                ours |= holds(asked, KEY.as_bytes());
                cut |= ours && holds(asked, b"COMMIT\0") && armed.swap(false, Ordering::SeqCst);
                database.write_all(asked).await.expect("it listens");
            }
            read = database.read(&mut said) => {
                let Ok(bytes @ 1..) = read else { return };
                // It was done, and nobody will hear of it.
                if cut { return }
                if program.write_all(&said[..bytes]).await.is_err() { return }
            }
        }
    }
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_answered_with_what_it_stored() {
    let mut between = Between::new();
    let world = World::by_way_of(Setup::gateway(), |role| {
        let folder = role
            .get_socket()
            .expect("tests speak through a socket")
            .clone();
        between.stand(folder.join(format!(".s.PGSQL.{}", role.get_port())));
        role.socket(between.folder.path())
    })
    .await;
    let guest = world.guest().await;
    let body = json!({"quote": guest.quote(&[Line::default()]).await});
    let ask = || guest.post("holds", &body).idempotency_key(KEY);
    between.armed.store(true, Ordering::SeqCst);
    let answer = ask().await;
    assert!(!between.armed.load(Ordering::SeqCst), "nothing was cut");
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("idempotent-replayed"), Some("true"));
    let again = ask().await;
    assert_eq!((again.status, &again.body), (201, &answer.body));
    assert_eq!(world.number("SELECT count(*) FROM holds").await, 1);
}
