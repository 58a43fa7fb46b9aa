//! Threads of messages between guests and the property: lists with pages, and what the property writes.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Channel;
use super::wire::{ListQuery, Page, Parameters, Problem, item};
use super::world::{BookingError, World, uuid};
use crate::strict::Object;

/// The longest message that an OTA takes.
const LONGEST: usize = 2_000;

/// Who wrote; on the wire in small letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sender {
    Guest,
    Property,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Written {
    pub id: String,
    pub sender: Sender,
    pub text: String,
    /// Links.
    pub attachments: Vec<String>,
    pub inserted_at: Timestamp,
}

/// A booking's thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Thread {
    pub id: String,
    pub booking: String,
    pub property: String,
    /// The guest's name, as a rule.
    pub title: String,
    /// Oldest first; never empty.
    pub messages: Vec<Written>,
}

pub(super) fn routes() -> Router<Channel> {
    Router::new()
        .route("/message_threads", get(list))
        .route("/message_threads/{thread}", get(thread))
        .route(
            "/message_threads/{thread}/messages",
            get(messages).post(write),
        )
}

impl Channel {
    /// The guest of a booking writes, about it. Answers the message's id.
    pub fn write(&self, booking: &str, text: &str) -> Result<String, BookingError> {
        self.world().write(booking, text, self.now())
    }

    /// Every thread, in the order in which they began.
    pub fn threads(&self) -> Vec<Thread> {
        self.world().threads.clone()
    }
}

impl World {
    pub(super) fn write(
        &mut self,
        booking: &str,
        text: &str,
        now: Timestamp,
    ) -> Result<String, BookingError> {
        let known = self.latest().find(|one| one.booking.id == booking);
        let known = known.ok_or_else(|| BookingError::UnknownBooking(booking.to_owned()))?;
        let guest = &known.booking.request.guest;
        let begun = Thread {
            id: uuid(4, self.threads.len() as u64 + 1),
            booking: booking.to_owned(),
            property: known.booking.property.clone(),
            title: format!("{} {}", guest.surname, guest.name),
            messages: Vec::new(),
        };
        let place = self.threads.iter().position(|one| one.booking == booking);
        let place = place.unwrap_or_else(|| {
            self.threads.push(begun);
            self.threads.len() - 1
        });
        Ok(self.add(place, Sender::Guest, text, now).id)
    }

    fn add(&mut self, place: usize, sender: Sender, text: &str, now: Timestamp) -> Written {
        let before: usize = self.threads.iter().map(|one| one.messages.len()).sum();
        let written = Written {
            id: uuid(5, before as u64 + 1),
            sender,
            text: text.to_owned(),
            attachments: Vec::new(),
            inserted_at: now,
        };
        self.threads[place].messages.push(written.clone());
        written
    }

    fn thread(&self, id: &str) -> Result<usize, Problem> {
        let place = self.threads.iter().position(|thread| thread.id == id);
        place.ok_or_else(Problem::not_found)
    }
}

/// Those with the newest messages first.
async fn list(
    State(channel): State<Channel>,
    Parameters(query): Parameters<ListQuery>,
) -> Result<Json<Page>, Problem> {
    let world = channel.world();
    let found = world.threads.iter();
    let mut found: Vec<&Thread> = found.filter(|one| query.is_of(&one.property)).collect();
    found.sort_by_key(|one| std::cmp::Reverse(one.messages.last().map(|last| last.inserted_at)));
    let found = found.into_iter().map(thread_view);
    Ok(Json(query.cut(found.collect(), "desc")?))
}

async fn thread(
    State(channel): State<Channel>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let world = channel.world();
    let place = world.thread(&id)?;
    Ok(Json(json!({ "data": thread_view(&world.threads[place]) })))
}

/// The newest first.
async fn messages(
    State(channel): State<Channel>,
    Path(id): Path<String>,
    Parameters(query): Parameters<ListQuery>,
) -> Result<Json<Page>, Problem> {
    let world = channel.world();
    let place = world.thread(&id)?;
    let found = world.threads[place].messages.iter().rev().map(message_view);
    Ok(Json(query.cut(found.collect(), "desc")?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    message: Object<Outgoing>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outgoing {
    message: String,
}

/// The property writes. Whether a repetition is one, nobody here knows.
async fn write(
    State(channel): State<Channel>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let body: Object<Envelope> =
        serde_json::from_slice(&body).map_err(|error| Problem::validation(error.to_string()))?;
    let text = body.0.message.0.message;
    if text.trim().is_empty() || text.chars().count() > LONGEST {
        return Err(Problem::validation(
            "message can't be blank, or is too long",
        ));
    }
    let now = channel.now();
    let mut world = channel.world();
    let place = world.thread(&id)?;
    let written = world.add(place, Sender::Property, &text, now);
    Ok(Json(json!({ "data": message_view(&written) })))
}

/// Channex's instants are in UTC without saying so.
fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}

fn thread_view(thread: &Thread) -> Value {
    let last = thread.messages.last();
    let first = thread.messages.first();
    let at = |written: Option<&Written>| written.map(|written| instant(written.inserted_at));
    let attributes = json!({
        "id": thread.id, "title": thread.title, "is_closed": false, "provider": "BookingCom",
        "message_count": thread.messages.len(), "last_message": last.map(content),
        "last_message_received_at": at(last), "inserted_at": at(first), "updated_at": at(last),
    });
    let mut found = item("message_thread", &thread.id, &attributes);
    found["relationships"] = json!({
        "property": { "data": { "id": thread.property, "type": "property" } },
        "booking": { "data": { "id": thread.booking, "type": "booking" } },
    });
    found
}

fn message_view(written: &Written) -> Value {
    item("message", &written.id, &content(written))
}

fn content(written: &Written) -> Value {
    json!({
        "id": written.id, "message": written.text, "attachments": written.attachments, "sender": written.sender,
        "inserted_at": instant(written.inserted_at), "updated_at": instant(written.inserted_at),
    })
}
