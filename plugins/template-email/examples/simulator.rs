//! Swift Letter, simulated on this machine for `roomwire plugin certify`: strict about what it is told, all in memory.
//!
//! Below `/v1` it is the provider, below `/_control` stand its inbox and the guests who want no mail. `certification.toml`
//! says how it is asked for these.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Where it listens, unless its first argument is another port.
const PORT: u16 = 9311;

/// The one account, as certification.toml has it.
const AUTHORIZATION: &str = "Bearer simulated-swift-letter-key";
const STREAM: &str = "guests";

type Shared = Arc<Mutex<World>>;
type Answer = (StatusCode, Json<Value>);

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let port = match std::env::args().nth(1) {
        Some(port) => port.parse::<u16>().map_err(io::Error::other)?,
        None => PORT,
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    println!("Swift Letter is simulated at http://{address}");
    axum::serve(listener, routes()).await
}

fn routes() -> Router {
    Router::new()
        .route("/v1/letters", post(send))
        .route("/_control/inbox", get(inbox))
        .route("/_control/suppressions", post(suppress))
        .with_state(Shared::default())
}

/// Everything that it remembers.
#[derive(Debug, Default)]
struct World {
    inbox: Vec<Letter>,
    /// The letter that came under each key, by its place in the inbox.
    keys: BTreeMap<String, usize>,
    suppressed: BTreeSet<String>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
struct Letter {
    stream: String,
    from: Mailbox,
    to: Vec<Mailbox>,
    reply_to: Option<Mailbox>,
    subject: String,
    text: String,
    html: Option<String>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
struct Mailbox {
    address: String,
    name: Option<String>,
}

/// What `[controls.suppress]` of certification.toml sends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Suppression {
    recipient: String,
}

async fn send(
    State(world): State<Shared>,
    headers: HeaderMap,
    body: String,
) -> Result<Answer, Answer> {
    if header(&headers, "authorization") != Some(AUTHORIZATION) {
        return Err(refused(StatusCode::UNAUTHORIZED, "unknown_key"));
    }
    let letter: Letter = read(&body)?;
    let Some(key) = header(&headers, "idempotency-key") else {
        return Err(refused(StatusCode::BAD_REQUEST, "no_idempotency_key"));
    };
    lock(&world).take(key, letter)
}

async fn inbox(State(world): State<Shared>) -> Json<Value> {
    Json(json!(lock(&world).inbox))
}

async fn suppress(State(world): State<Shared>, body: String) -> Result<StatusCode, Answer> {
    let Suppression { recipient } = read(&body)?;
    lock(&world).suppressed.insert(recipient);
    Ok(StatusCode::NO_CONTENT)
}

impl World {
    /// Sends a letter, once however often it comes under its key.
    fn take(&mut self, key: &str, letter: Letter) -> Result<Answer, Answer> {
        if let Some(place) = self.keys.get(key) {
            if self.inbox[*place] != letter {
                return Err(refused(StatusCode::CONFLICT, "key_of_another_letter"));
            }
            return Ok(taken(*place));
        }
        if let Some(code) = self.problem(&letter) {
            return Err(refused(StatusCode::UNPROCESSABLE_ENTITY, code));
        }
        let place = self.inbox.len();
        self.keys.insert(key.to_owned(), place);
        self.inbox.push(letter);
        Ok(taken(place))
    }

    fn problem(&self, letter: &Letter) -> Option<&'static str> {
        let mut mailboxes = letter
            .to
            .iter()
            .chain([&letter.from])
            .chain(&letter.reply_to);
        let mut recipients = letter.to.iter();
        if letter.stream != STREAM {
            Some("unknown_stream")
        } else if letter.to.is_empty() {
            Some("no_recipient")
        } else if mailboxes.any(is_broken) {
            Some("broken_mailbox")
        } else if letter.subject.contains(char::is_control) {
            Some("broken_subject")
        } else if recipients.any(|to| self.suppressed.contains(&to.address)) {
            Some("recipient_suppressed")
        } else {
            None
        }
    }
}

/// A line break in a name would begin another header.
fn is_broken(mailbox: &Mailbox) -> bool {
    let name = mailbox.name.as_deref().unwrap_or_default();
    !mailbox.address.contains('@')
        || mailbox.address.contains(char::is_whitespace)
        || name.contains(char::is_control)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn read<T: DeserializeOwned>(body: &str) -> Result<T, Answer> {
    serde_json::from_str(body).map_err(|_| refused(StatusCode::BAD_REQUEST, "not_understood"))
}

fn taken(place: usize) -> Answer {
    let id = format!("l-{}", place + 1);
    (StatusCode::ACCEPTED, Json(json!({ "id": id })))
}

fn refused(status: StatusCode, code: &str) -> Answer {
    (status, Json(json!({ "code": code })))
}

fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}
