//! What guests write to the hotel through its channels, and what staff answer.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::messages::{self, Answer};
use crate::domain::access::Scope;
use crate::domain::guest_message::ReplyState;
use crate::domain::ids::{MessageId, ReservationId, ThreadId};
use crate::http::HttpState;
use crate::http::access::AtHotel;
use crate::http::extract::{Path, Query};
use crate::http::idempotent::Keyed;
use crate::http::problem::{Problem, success};
use crate::http::wire;
use crate::store::messages::Thread;
use crate::store::replies::Message;

/// The longest reply, in characters; channels take less, and say so.
const MAX_TEXT: usize = 4_000;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ThreadBody {
    pub id: Uuid,
    /// The name of the connection that it came by.
    #[schema(examples("channel-manager"))]
    pub connection: String,
    /// The reservation that it is about, where that is known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reservation_id: Option<Uuid>,
    /// The channel's id of that reservation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_reservation: Option<String>,
    /// Who wrote last: `guest` (who waits for an answer), `hotel` or `channel`.
    pub last_sender: &'static str,
    #[schema(value_type = String, format = DateTime)]
    pub last_message_at: Timestamp,
}

impl From<Thread> for ThreadBody {
    fn from(thread: Thread) -> Self {
        Self {
            id: thread.id.0,
            connection: thread.connection,
            reservation_id: thread.reservation.map(|id| id.0),
            channel_reservation: thread.external_reservation,
            last_sender: thread.last_sender.as_str(),
            last_message_at: thread.last_message_at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ThreadsBody {
    pub threads: Vec<ThreadBody>,
    /// Present while there is more: the `cursor` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct MessageBody {
    pub id: Uuid,
    /// `guest`, `hotel` or `channel`.
    pub sender: &'static str,
    pub text: String,
    #[schema(value_type = String, format = DateTime)]
    pub sent_at: Timestamp,
    /// Of a reply that was written here: `queued`, `sent` or `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// Who wrote that reply: an API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Why it failed, as the class of a failure. After `outcome-unknown` the guest may have it all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<Message> for MessageBody {
    fn from(message: Message) -> Self {
        Self {
            id: message.id.0,
            sender: message.sender.as_str(),
            text: message.text,
            sent_at: message.sent_at,
            state: message.state.map(ReplyState::as_str),
            author: message.actor,
            reason: message.reason,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct MessagesBody {
    pub messages: Vec<MessageBody>,
    /// Present while there is more: the `cursor` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Uuid>,
}

/// What staff answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "Yes, there is a lift from the garage. We are looking forward to your visit."}))]
pub(super) struct ReplyRequest {
    /// Plain text, of 4,000 characters at most.
    #[schema(min_length = 1, max_length = 4000)]
    pub text: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ThreadsQuery {
    /// Only those about this reservation, by its id.
    reservation: Option<Uuid>,
    /// The `next` of the page before.
    cursor: Option<Uuid>,
    /// At most 100.
    #[serde(default = "fifty")]
    #[param(default = 50, minimum = 1, maximum = 100)]
    limit: u16,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MessagesQuery {
    /// The `next` of the page before.
    cursor: Option<Uuid>,
    /// At most 100.
    #[serde(default = "fifty")]
    #[param(default = 50, minimum = 1, maximum = 100)]
    limit: u16,
}

fn fifty() -> u16 {
    50
}

fn checked(limit: u16) -> Result<u16, Problem> {
    if (1..=100).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::invalid("limit", "a page has 1 to 100 entries"))
    }
}

/// Threads of messages between guests and the hotel, those with the newest messages first.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/message-threads", tag = "Messages", security(("api_key" = [])),
    params(("hotel" = String, Path, description = "The hotel's slug or id"), ThreadsQuery), responses(
    (status = 200, body = ThreadsBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn list_message_threads(
    State(state): State<HttpState>,
    at: AtHotel,
    Query(query): Query<ThreadsQuery>,
) -> Result<Json<ThreadsBody>, Problem> {
    let hotel = at.require(Scope::ReservationsRead)?;
    let limit = checked(query.limit)?;
    let reservation = query.reservation.map(ReservationId);
    let after = query.cursor.map(ThreadId);
    let page = messages::threads(&state.app, hotel.id, reservation, (after, limit)).await?;
    let next = (page.len() == usize::from(limit))
        .then(|| page.last().map(|last| last.id.0))
        .flatten();
    Ok(Json(ThreadsBody {
        threads: page.into_iter().map(ThreadBody::from).collect(),
        next,
    }))
}

#[derive(Deserialize)]
pub(super) struct ThreadPath {
    thread: String,
}

impl ThreadPath {
    fn id(&self) -> Result<ThreadId, Problem> {
        let id = self.thread.parse();
        id.map_err(|_| Problem::not_found("thread of messages"))
    }
}

/// The messages of a thread, the newest first.
#[utoipa::path(get, path = "/v1/hotels/{hotel}/message-threads/{thread}/messages", tag = "Messages",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("thread" = Uuid, Path), MessagesQuery), responses(
    (status = 200, body = MessagesBody), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn list_messages(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<ThreadPath>,
    Query(query): Query<MessagesQuery>,
) -> Result<Json<MessagesBody>, Problem> {
    let hotel = at.require(Scope::ReservationsRead)?;
    let limit = checked(query.limit)?;
    let after = query.cursor.map(MessageId);
    let page = messages::list(&state.app, hotel.id, path.id()?, (after, limit)).await?;
    let next = (page.len() == usize::from(limit))
        .then(|| page.last().map(|last| last.id.0))
        .flatten();
    Ok(Json(MessagesBody {
        messages: page.into_iter().map(MessageBody::from).collect(),
        next,
    }))
}

/// Answers in a thread. The reply is written down, and goes to the channel after that: its `state` tells how it stands.
#[utoipa::path(post, path = "/v1/hotels/{hotel}/message-threads/{thread}/messages", tag = "Messages",
    security(("api_key" = [])), params(("hotel" = String, Path, description = "The hotel's slug or id"),
        ("thread" = Uuid, Path), ("Idempotency-Key" = String, Header, description = "New for each new intention")),
    request_body = ReplyRequest, responses(
    (status = 202, body = MessageBody), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, description = "`connection_disabled`", body = Problem), (status = 422, body = Problem)))]
pub(super) async fn send_message(
    State(state): State<HttpState>,
    at: AtHotel,
    Path(path): Path<ThreadPath>,
    keyed: Keyed,
) -> Result<Response, Problem> {
    at.require(Scope::ReservationsManage)?;
    let request: ReplyRequest = keyed.json()?;
    let text = wire::prose("/text", request.text.trim(), MAX_TEXT)?;
    if text.is_empty() {
        return Err(Problem::invalid("/text", "says nothing"));
    }
    let verb = Answer {
        thread: path.id()?,
        text,
        actor: at.caller.actor(),
    };
    keyed
        .once(&state, &at, success::ACCEPTED, &verb, MessageBody::from)
        .await
}
