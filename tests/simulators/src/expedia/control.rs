//! The simulated Expedia's own controls, below `/_control`; prices are in minor units.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use http::StatusCode;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::model::{BookingRequest, Change, Night, Property, RatePlan, RoomType, Transaction};
use super::updates::Message;
use super::{Announced, BookingError, Channel, EventType, NotificationError, Receiver};
use crate::control::{Refused, done, made};
use crate::delivery::{Delivery, Manner};

impl From<BookingError> for Refused {
    fn from(error: BookingError) -> Self {
        let status = match error {
            BookingError::UnknownRatePlan(_) | BookingError::UnknownBooking(_) => {
                StatusCode::NOT_FOUND
            }
            BookingError::Dates { .. } => StatusCode::BAD_REQUEST,
            BookingError::Cancelled(_)
            | BookingError::SoldOut(_)
            | BookingError::Closed(_)
            | BookingError::NoPrice(_) => StatusCode::CONFLICT,
        };
        Self(status, error.to_string())
    }
}

impl From<NotificationError> for Refused {
    fn from(error: NotificationError) -> Self {
        let status = match error {
            NotificationError::NoSecret => StatusCode::BAD_REQUEST,
            NotificationError::Delivery(_) => StatusCode::BAD_GATEWAY,
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
    "PUT /nights/{rate_plan}/{night}",
    "POST /bookings",
    "POST /bookings/{booking}/change",
    "POST /bookings/{booking}/cancel",
    "POST /busy",
    "POST /deliveries",
    "POST /announcements",
];

pub(super) fn routes() -> Router<Channel> {
    Router::new()
        .route("/state", get(state))
        .route("/room_types", post(add_room_type))
        .route("/rate_plans", post(add_rate_plan))
        .route("/availability/{room_type}/{night}", put(set_units))
        .route("/nights/{rate_plan}/{night}", put(set_night))
        .route("/bookings", post(book))
        .route("/bookings/{booking}/change", post(change))
        .route("/bookings/{booking}/cancel", post(cancel))
        .route("/busy", post(busy))
        .route("/deliveries", post(deliver))
        .route("/announcements", post(announce))
}

#[derive(Serialize)]
struct StateView {
    properties: Vec<Property>,
    room_types: Vec<RoomType>,
    rate_plans: Vec<RatePlan>,
    /// The nights that were ever set.
    availability: BTreeMap<String, BTreeMap<Date, u32>>,
    nights: BTreeMap<String, BTreeMap<Date, Night>>,
    messages: Vec<Message>,
    transactions: Vec<Transaction>,
}

async fn state(State(channel): State<Channel>) -> Json<StateView> {
    let world = channel.world();
    let places = world.places.values();
    Json(StateView {
        properties: places.map(|place| place.property.clone()).collect(),
        room_types: world.room_types.clone(),
        rate_plans: world.rate_plans.clone(),
        availability: world.units.clone(),
        nights: world.nights.clone(),
        messages: world.messages.clone(),
        transactions: world.transactions.clone(),
    })
}

async fn add_room_type(
    State(channel): State<Channel>,
    Json(room_type): Json<RoomType>,
) -> Result<StatusCode, Refused> {
    done(
        channel.add_room_type(room_type),
        "room type's property, or an id that is a number,",
    )
}

async fn add_rate_plan(
    State(channel): State<Channel>,
    Json(rate_plan): Json<RatePlan>,
) -> Result<StatusCode, Refused> {
    done(
        channel.add_rate_plan(rate_plan),
        "rate plan's room type, or an id that is a number,",
    )
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
    Ok(made(&json!({ "id": id })))
}

async fn change(
    State(channel): State<Channel>,
    Path(booking): Path<String>,
    Json(change): Json<Change>,
) -> Result<StatusCode, Refused> {
    channel.change(&booking, &change)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn cancel(
    State(channel): State<Channel>,
    Path(booking): Path<String>,
) -> Result<StatusCode, Refused> {
    channel.cancel(&booking)?;
    Ok(StatusCode::NO_CONTENT)
}

/// So many messages find no connection.
async fn busy(State(channel): State<Channel>, Json(messages): Json<u32>) -> StatusCode {
    channel.be_busy(messages);
    StatusCode::NO_CONTENT
}

/// Which events are told of, to whom, and how.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeliveryOrder {
    url: String,
    secrets: Vec<String>,
    events: Vec<EventType>,
    #[serde(default)]
    manner: Manner,
}

async fn deliver(
    State(channel): State<Channel>,
    Json(order): Json<DeliveryOrder>,
) -> Result<Json<Vec<Delivery>>, Refused> {
    if order.events.is_empty() {
        return Err(Refused::invalid("give `events` with one or more entries"));
    }
    let secrets: Vec<&str> = order.secrets.iter().map(String::as_str).collect();
    let receiver = Receiver {
        url: &order.url,
        secrets: &secrets,
    };
    let made = channel.notify_all(&order.events, receiver, order.manner);
    Ok(Json(made.await?))
}

/// Which booking's transactions are told, to whom, and how.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnnouncementOrder {
    url: String,
    secrets: Vec<String>,
    booking: String,
    #[serde(default)]
    manner: Manner,
}

async fn announce(
    State(channel): State<Channel>,
    Json(order): Json<AnnouncementOrder>,
) -> Result<Json<Vec<Announced>>, Refused> {
    let mut transactions = channel.transactions();
    transactions.retain(|one| one.booking == order.booking);
    if transactions.is_empty() {
        return Err(BookingError::UnknownBooking(order.booking).into());
    }
    let secrets: Vec<&str> = order.secrets.iter().map(String::as_str).collect();
    let receiver = Receiver {
        url: &order.url,
        secrets: &secrets,
    };
    let made = channel.announce(&transactions, receiver, order.manner);
    Ok(Json(made.await?))
}
