//! The simulated Octorate's own controls, below `/_control`; prices are in minor units.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use http::StatusCode;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::bulk::BulkMessage;
use super::model::{Accommodation, BookingRequest, Change, Day, Product, Status};
use super::outbox::Event;
use super::reservations::{ReservationView, view};
use super::{BookingError, Channel, Subject, Subscription, WebhookError};
use crate::control::{Refused, done, made};
use crate::delivery::{Delivery, Manner};

impl From<BookingError> for Refused {
    fn from(error: BookingError) -> Self {
        let status = match error {
            BookingError::UnknownProduct(_) | BookingError::UnknownReservation(_) => {
                StatusCode::NOT_FOUND
            }
            BookingError::Dates { .. } | BookingError::NoRooms => StatusCode::BAD_REQUEST,
            BookingError::Cancelled(_)
            | BookingError::Inactive(_)
            | BookingError::SoldOut { .. }
            | BookingError::Restricted { .. }
            | BookingError::NoPrice(_) => StatusCode::CONFLICT,
        };
        Self(status, error.to_string())
    }
}

impl From<WebhookError> for Refused {
    fn from(error: WebhookError) -> Self {
        let status = match error {
            WebhookError::UnknownReservation(_) | WebhookError::UnknownEvent(_) => {
                StatusCode::NOT_FOUND
            }
            WebhookError::Delivery(_) => StatusCode::BAD_GATEWAY,
        };
        Self(status, error.to_string())
    }
}

/// As method and path, for people.
pub(crate) const CONTROLS: &[&str] = &[
    "GET /state",
    "POST /products",
    "PUT /calendar/{product}/{night}",
    "POST /reservations",
    "POST /reservations/{reservation}/change",
    "POST /reservations/{reservation}/status",
    "POST /reservations/{reservation}/cancel",
    "POST /deliveries",
    "POST /tokens/expire",
    "POST /codes",
];

pub(super) fn routes() -> Router<Channel> {
    Router::new()
        .route("/state", get(state))
        .route("/products", post(add_product))
        .route("/calendar/{product}/{night}", put(set_day))
        .route("/reservations", post(book))
        .route("/reservations/{reservation}/change", post(change))
        .route("/reservations/{reservation}/status", post(set_status))
        .route("/reservations/{reservation}/cancel", post(cancel))
        .route("/deliveries", post(deliver))
        .route("/tokens/expire", post(expire_tokens))
        .route("/codes", post(issue_code))
}

#[derive(Serialize)]
struct StateView {
    accommodations: Vec<Accommodation>,
    products: Vec<Product>,
    /// The days that were ever set, by product and night.
    calendar: BTreeMap<String, BTreeMap<Date, Day>>,
    reservations: Vec<ReservationView>,
    bulk_messages: Vec<BulkMessage>,
    events: Vec<Event>,
    subscriptions: Vec<Subscription>,
}

async fn state(State(channel): State<Channel>) -> Json<StateView> {
    let world = channel.world();
    Json(StateView {
        accommodations: world
            .places
            .values()
            .map(|place| place.accommodation.clone())
            .collect(),
        products: world.products.clone(),
        calendar: world.calendar.days().clone(),
        reservations: world
            .reservations
            .values()
            .map(|reservation| view(&world, reservation))
            .collect(),
        bulk_messages: world.calendar.messages.clone(),
        events: world.outbox.events().to_vec(),
        subscriptions: world.subscriptions.clone(),
    })
}

async fn add_product(
    State(channel): State<Channel>,
    Json(product): Json<Product>,
) -> Result<StatusCode, Refused> {
    done(channel.add_product(product), "product's accommodation")
}

async fn set_day(
    State(channel): State<Channel>,
    Path((product, night)): Path<(String, Date)>,
    Json(day): Json<Day>,
) -> Result<StatusCode, Refused> {
    done(channel.set_day(&product, night, day), "product")
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
    channel.change(reservation, change)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewStatus {
    status: Status,
}

async fn set_status(
    State(channel): State<Channel>,
    Path(reservation): Path<u64>,
    Json(wanted): Json<NewStatus>,
) -> Result<StatusCode, Refused> {
    channel.set_status(reservation, wanted.status)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn cancel(
    State(channel): State<Channel>,
    Path(reservation): Path<u64>,
) -> Result<StatusCode, Refused> {
    channel.cancel(reservation)?;
    Ok(StatusCode::NO_CONTENT)
}

/// What to deliver: events by their ids, or the newest ones of a type about a reservation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeliveryOrder {
    url: String,
    #[serde(default)]
    subjects: Vec<Subject>,
    #[serde(default)]
    events: Vec<u64>,
    #[serde(default)]
    manner: Manner,
}

async fn deliver(
    State(channel): State<Channel>,
    Json(order): Json<DeliveryOrder>,
) -> Result<Json<Vec<Delivery>>, Refused> {
    let deliveries = match (order.subjects.as_slice(), order.events.as_slice()) {
        (subjects @ [_, ..], []) => {
            channel
                .deliver_all(subjects, &order.url, order.manner)
                .await?
        }
        ([], events @ [_, ..]) => {
            channel
                .deliver_events(events, &order.url, order.manner)
                .await?
        }
        _ => {
            let hint = "give either `subjects` or `events`, with one or more entries";
            return Err(Refused::invalid(hint));
        }
    };
    Ok(Json(deliveries))
}

async fn expire_tokens(State(channel): State<Channel>) -> StatusCode {
    channel.expire_tokens();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeOrder {
    redirect_uri: String,
}

async fn issue_code(State(channel): State<Channel>, Json(order): Json<CodeOrder>) -> Response {
    let code = channel.issue_code(order.redirect_uri);
    made(&json!({ "code": code }))
}
