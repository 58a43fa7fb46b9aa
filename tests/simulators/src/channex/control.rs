//! The simulated Channex's own controls, below `/_control`; prices are in minor units.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ari::Message;
use super::model::{BookingRequest, Change, Night, Property, RatePlan, RoomType, Status};
use super::{BookingError, Channel, Receiver, Thread, WebhookError};
use crate::control::{Refused, done, made};
use crate::delivery::{Delivery, Manner};

impl From<BookingError> for Refused {
    fn from(error: BookingError) -> Self {
        let status = match error {
            BookingError::UnknownRatePlan(_) | BookingError::UnknownBooking(_) => {
                StatusCode::NOT_FOUND
            }
            BookingError::Dates { .. } | BookingError::NoRooms => StatusCode::BAD_REQUEST,
            BookingError::Cancelled(_)
            | BookingError::SoldOut { .. }
            | BookingError::Stopped(_)
            | BookingError::NoPrice(_) => StatusCode::CONFLICT,
        };
        Self(status, error.to_string())
    }
}

impl From<WebhookError> for Refused {
    fn from(error: WebhookError) -> Self {
        let status = match error {
            WebhookError::UnknownRevision(_) | WebhookError::UnknownMessage(_) => {
                StatusCode::NOT_FOUND
            }
            WebhookError::Secret(_) => StatusCode::BAD_REQUEST,
            WebhookError::Delivery(_) => StatusCode::BAD_GATEWAY,
        };
        Self(status, error.to_string())
    }
}

/// As method and path, for people.
pub(crate) const CONTROLS: &[&str] = &[
    "GET /state",
    "POST /room_types",
    "POST /rate_plans",
    "PUT /availability/{room_type}/{night}",
    "PUT /restrictions/{rate_plan}/{night}",
    "POST /bookings",
    "POST /bookings/{booking}/change",
    "POST /bookings/{booking}/cancel",
    "POST /bookings/{booking}/messages",
    "POST /deliveries",
];

pub(super) fn routes() -> Router<Channel> {
    Router::new()
        .route("/state", get(state))
        .route("/room_types", post(add_room_type))
        .route("/rate_plans", post(add_rate_plan))
        .route("/availability/{room_type}/{night}", put(set_units))
        .route("/restrictions/{rate_plan}/{night}", put(set_night))
        .route("/bookings", post(book))
        .route("/bookings/{booking}/change", post(change))
        .route("/bookings/{booking}/cancel", post(cancel))
        .route("/bookings/{booking}/messages", post(write))
        .route("/deliveries", post(deliver))
}

#[derive(Serialize)]
struct StateView {
    properties: Vec<Property>,
    room_types: Vec<RoomType>,
    rate_plans: Vec<RatePlan>,
    /// The nights that were ever set.
    availability: BTreeMap<String, BTreeMap<Date, u32>>,
    restrictions: BTreeMap<String, BTreeMap<Date, Night>>,
    messages: Vec<Message>,
    revisions: Vec<RevisionView>,
    threads: Vec<Thread>,
}

#[derive(Serialize)]
struct RevisionView {
    id: String,
    booking: String,
    status: Status,
    request: BookingRequest,
    inserted_at: Timestamp,
    acknowledged_at: Option<Timestamp>,
}

async fn state(State(channel): State<Channel>) -> Json<StateView> {
    let world = channel.world();
    let revisions = world.revisions.iter().cloned();
    Json(StateView {
        properties: world
            .places
            .values()
            .map(|place| place.property.clone())
            .collect(),
        room_types: world.room_types.clone(),
        rate_plans: world.rate_plans.clone(),
        availability: world.units.clone(),
        restrictions: world.nights.clone(),
        messages: world.messages.clone(),
        threads: world.threads.clone(),
        revisions: revisions
            .map(|one| RevisionView {
                id: one.id,
                booking: one.booking.id,
                status: one.booking.status,
                request: one.booking.request,
                inserted_at: one.inserted_at,
                acknowledged_at: one.acknowledged_at,
            })
            .collect(),
    })
}

async fn add_room_type(
    State(channel): State<Channel>,
    Json(room_type): Json<RoomType>,
) -> Result<StatusCode, Refused> {
    done(channel.add_room_type(room_type), "room type's property")
}

async fn add_rate_plan(
    State(channel): State<Channel>,
    Json(rate_plan): Json<RatePlan>,
) -> Result<StatusCode, Refused> {
    done(channel.add_rate_plan(rate_plan), "rate plan's room type")
}

async fn set_units(
    State(channel): State<Channel>,
    Path((room_type, night)): Path<(String, Date)>,
    Json(units): Json<u32>,
) -> Result<StatusCode, Refused> {
    done(channel.set_units(&room_type, night, units), "room type")
}

async fn set_night(
    State(channel): State<Channel>,
    Path((rate_plan, night)): Path<(String, Date)>,
    Json(shown): Json<Night>,
) -> Result<StatusCode, Refused> {
    done(channel.set_night(&rate_plan, night, shown), "rate plan")
}

async fn book(
    State(channel): State<Channel>,
    Json(request): Json<BookingRequest>,
) -> Result<Response, Refused> {
    let id = channel.book(request)?;
    let revision = channel.latest(&id).map(|revision| revision.id);
    Ok(made(&json!({ "id": id, "revision": revision })))
}

async fn change(
    State(channel): State<Channel>,
    Path(booking): Path<String>,
    Json(change): Json<Change>,
) -> Result<Json<Value>, Refused> {
    channel.change(&booking, &change)?;
    Ok(latest(&channel, &booking))
}

async fn cancel(
    State(channel): State<Channel>,
    Path(booking): Path<String>,
) -> Result<Json<Value>, Refused> {
    channel.cancel(&booking)?;
    Ok(latest(&channel, &booking))
}

/// The revision that has just been made, for whoever has it told of.
fn latest(channel: &Channel, booking: &str) -> Json<Value> {
    let revision = channel.latest(booking).map(|revision| revision.id);
    Json(json!({ "revision": revision }))
}

/// What the guest of a booking writes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WriteOrder {
    text: String,
}

async fn write(
    State(channel): State<Channel>,
    Path(booking): Path<String>,
    Json(order): Json<WriteOrder>,
) -> Result<Response, Refused> {
    let id = channel.write(&booking, &order.text)?;
    Ok(made(&json!({ "id": id })))
}

/// Which revisions and messages are told of, to whom, and how.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeliveryOrder {
    url: String,
    secret: String,
    #[serde(default)]
    revisions: Vec<String>,
    #[serde(default)]
    messages: Vec<String>,
    #[serde(default)]
    manner: Manner,
}

async fn deliver(
    State(channel): State<Channel>,
    Json(order): Json<DeliveryOrder>,
) -> Result<Json<Vec<Delivery>>, Refused> {
    if order.revisions.is_empty() && order.messages.is_empty() {
        return Err(Refused::invalid(
            "give `revisions` or `messages` with one or more entries",
        ));
    }
    let receiver = Receiver {
        url: &order.url,
        secret: &order.secret,
    };
    let made = channel.deliver_all(&order.revisions, receiver, order.manner);
    let mut made = made.await?;
    let told = channel.deliver_messages(&order.messages, receiver, order.manner);
    made.extend(told.await?);
    Ok(Json(made))
}
