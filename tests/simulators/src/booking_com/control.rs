//! The simulated Booking.com's own controls, below `/_control`; prices are in minor units.

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use http::StatusCode;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use super::model::{BookingRequest, Change, Night, Rate, Room};
use super::notices::{NotificationError, Topic};
use super::{BookingError, Channel};
use crate::control::{Refused, done, made};
use crate::delivery::{Delivery, Manner};

impl From<BookingError> for Refused {
    fn from(error: BookingError) -> Self {
        let status = match error {
            BookingError::UnknownRate { .. } | BookingError::UnknownReservation(_) => {
                StatusCode::NOT_FOUND
            }
            BookingError::Dates { .. } | BookingError::NoRooms => StatusCode::BAD_REQUEST,
            BookingError::Cancelled(_)
            | BookingError::SoldOut { .. }
            | BookingError::Closed(_)
            | BookingError::NoPrice(_) => StatusCode::CONFLICT,
        };
        Self(status, error.to_string())
    }
}

impl From<NotificationError> for Refused {
    fn from(error: NotificationError) -> Self {
        Self(StatusCode::BAD_GATEWAY, error.to_string())
    }
}

/// As method and path, for people.
pub(crate) const CONTROLS: &[&str] = &[
    "GET /state",
    "POST /rooms",
    "POST /rates",
    "PUT /availability/{room}/{night}",
    "PUT /nights/{room}/{rate}/{night}",
    "POST /reservations",
    "POST /reservations/{reservation}/change",
    "POST /reservations/{reservation}/cancel",
    "POST /tokens/expire",
    "POST /deliveries",
];

pub(super) fn routes() -> Router<Channel> {
    Router::new()
        .route("/state", get(state))
        .route("/rooms", post(add_room))
        .route("/rates", post(add_rate))
        .route("/availability/{room}/{night}", put(set_units))
        .route("/nights/{room}/{rate}/{night}", put(set_night))
        .route("/reservations", post(book))
        .route("/reservations/{reservation}/change", post(change))
        .route("/reservations/{reservation}/cancel", post(cancel))
        .route("/tokens/expire", post(expire_tokens))
        .route("/deliveries", post(deliver))
}

/// Tokens are counted and not shown.
async fn state(State(channel): State<Channel>) -> Json<Value> {
    let world = channel.world();
    let properties: Vec<_> = world.places.values().map(|place| &place.property).collect();
    let nights: Vec<Value> = world
        .rate_nights
        .iter()
        .map(|((room, rate), nights)| json!({"room": room, "rate": rate, "nights": nights}))
        .collect();
    let reservations: Vec<_> = world.reservations.values().collect();
    Json(json!({
        "properties": properties, "rooms": world.rooms, "rates": world.rates,
        "availability": world.room_nights, "nights": nights, "notifications": world.notifications,
        "reservations": reservations, "tokens": world.identity.tokens().len(),
    }))
}

async fn add_room(
    State(channel): State<Channel>,
    Json(room): Json<Room>,
) -> Result<StatusCode, Refused> {
    done(channel.add_room(room), "room's property")
}

async fn add_rate(
    State(channel): State<Channel>,
    Json(rate): Json<Rate>,
) -> Result<StatusCode, Refused> {
    done(channel.add_rate(rate), "rate's room")
}

async fn set_units(
    State(channel): State<Channel>,
    Path((room, night)): Path<(String, Date)>,
    Json(units): Json<u32>,
) -> Result<StatusCode, Refused> {
    done(channel.set_units(&room, night, units), "room")
}

async fn set_night(
    State(channel): State<Channel>,
    Path((room, rate, night)): Path<(String, String, Date)>,
    Json(shown): Json<Night>,
) -> Result<StatusCode, Refused> {
    done(channel.set_night(&room, &rate, night, shown), "rate")
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
    Path(reservation): Path<u64>,
    Json(change): Json<Change>,
) -> Result<StatusCode, Refused> {
    channel.change(reservation, &change)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn cancel(
    State(channel): State<Channel>,
    Path(reservation): Path<u64>,
) -> Result<StatusCode, Refused> {
    channel.cancel(reservation)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn expire_tokens(State(channel): State<Channel>) -> StatusCode {
    channel.expire_tokens();
    StatusCode::NO_CONTENT
}

/// Which reservations are told of, to whom, by which token of the receiver's, and how.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeliveryOrder {
    url: String,
    token: String,
    topic: Topic,
    reservations: Vec<u64>,
    #[serde(default)]
    manner: Manner,
}

async fn deliver(
    State(channel): State<Channel>,
    Json(order): Json<DeliveryOrder>,
) -> Result<Json<Vec<Delivery>>, Refused> {
    let news: Vec<(Topic, u64)> = order
        .reservations
        .iter()
        .map(|reservation| (order.topic, *reservation))
        .collect();
    let made = channel.deliver_all(&news, (&order.url, &order.token), order.manner);
    Ok(Json(made.await?))
}
