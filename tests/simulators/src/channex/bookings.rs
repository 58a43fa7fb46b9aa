//! Bookings and their revisions: the feed of what is not acknowledged, and what can be asked for by itself.

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Channel;
use super::model::{Booking, Mapped, Revision};
use super::wire::{ListQuery, Page, Parameters, Problem, item};
use super::world::World;
use crate::money;

pub(super) fn routes() -> Router<Channel> {
    Router::new()
        .route("/booking_revisions/feed", get(feed))
        .route("/booking_revisions/{revision}", get(revision))
        .route("/booking_revisions/{revision}/ack", post(acknowledge))
        .route("/bookings", get(list))
        .route("/bookings/{booking}", get(booking))
}

/// The oldest first. What was not acknowledged within the window has left it.
async fn feed(
    State(channel): State<Channel>,
    Parameters(query): Parameters<ListQuery>,
) -> Result<Json<Page>, Problem> {
    let since = channel.now() - channel.feed_window();
    let world = channel.world();
    let waiting = world.revisions.iter().filter(|revision| {
        revision.acknowledged_at.is_none()
            && revision.inserted_at > since
            && query.is_of(&revision.booking.property)
    });
    let found = waiting.map(|revision| revision_view(&world, revision));
    Ok(Json(query.cut(found.collect(), "asc")?))
}

async fn revision(
    State(channel): State<Channel>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let world = channel.world();
    let found = world.revisions.iter().find(|revision| revision.id == id);
    let found = found.ok_or_else(Problem::not_found)?;
    Ok(Json(json!({ "data": revision_view(&world, found) })))
}

async fn acknowledge(
    State(channel): State<Channel>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let now = channel.now();
    let mut world = channel.world();
    let found = world
        .revisions
        .iter_mut()
        .find(|revision| revision.id == id);
    let found = found.ok_or_else(Problem::not_found)?;
    found.acknowledged_at.get_or_insert(now);
    Ok(Json(json!({ "meta": { "message": "Success" } })))
}

/// The newest first.
async fn list(
    State(channel): State<Channel>,
    Parameters(query): Parameters<ListQuery>,
) -> Result<Json<Page>, Problem> {
    let since = query.inserted_since.as_deref().map(instant).transpose()?;
    let world = channel.world();
    let latest = world.latest();
    let mut latest: Vec<&Revision> = latest
        .filter(|revision| {
            query.is_of(&revision.booking.property)
                && since.is_none_or(|since| revision.booking.made_at >= since)
        })
        .collect();
    latest.sort_by_key(|revision| std::cmp::Reverse(revision.booking.made_at));
    let found = latest.iter().map(|revision| booking_view(&world, revision));
    Ok(Json(query.cut(found.collect(), "desc")?))
}

/// In UTC where it does not say otherwise.
fn instant(text: &str) -> Result<Timestamp, Problem> {
    text.parse()
        .or_else(|_| format!("{text}Z").parse())
        .map_err(|_| Problem::bad_request("inserted_at is invalid"))
}

async fn booking(
    State(channel): State<Channel>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let world = channel.world();
    let found = world.latest().find(|revision| revision.booking.id == id);
    let found = found.ok_or_else(Problem::not_found)?;
    Ok(Json(json!({ "data": booking_view(&world, found) })))
}

fn revision_view(world: &World, revision: &Revision) -> Value {
    let mut attributes = content(world, &revision.booking);
    attributes["id"] = json!(revision.id);
    attributes["booking_id"] = json!(revision.booking.id);
    attributes["system_id"] = json!(format!("message-{}", revision.id));
    // Channex's instants are in UTC without saying so.
    let inserted = revision.inserted_at.strftime("%Y-%m-%dT%H:%M:%S%.6f");
    attributes["inserted_at"] = json!(inserted.to_string());
    item("booking_revision", &revision.id, &attributes)
}

/// A booking is what its latest revision says.
fn booking_view(world: &World, latest: &Revision) -> Value {
    let mut attributes = content(world, &latest.booking);
    attributes["id"] = json!(latest.booking.id);
    attributes["revision_id"] = json!(latest.id);
    let made = latest.booking.made_at.strftime("%Y-%m-%dT%H:%M:%S%.6f");
    attributes["inserted_at"] = json!(made.to_string());
    item("booking", &latest.booking.id, &attributes)
}

fn content(world: &World, booking: &Booking) -> Value {
    let place = world.places.get(&booking.property);
    let (currency, decimals) = place.map_or(("", 2), |place| {
        (place.property.currency.as_str(), place.decimals)
    });
    let amount = |minor: i64| json!(money::print(minor, decimals).get());
    let request = &booking.request;
    let of_room = booking
        .prices
        .values()
        .copied()
        .fold(0, i64::saturating_add);
    let room_type = world
        .rate_plan(&request.rate_plan)
        .map(|rate| rate.room_type.clone());
    let days = booking.prices.iter();
    let days: Map<String, Value> = days
        .map(|(night, minor)| (night.to_string(), amount(*minor)))
        .collect();
    let occupancy = json!({ "adults": request.adults, "children": 0, "infants": 0, "ages": [] });
    let room = json!({
        "room_type_id": room_type.filter(|_| request.mapped != Mapped::Nothing),
        "rate_plan_id": Some(&request.rate_plan).filter(|_| request.mapped == Mapped::Whole),
        "checkin_date": request.check_in, "checkout_date": request.check_out, "amount": amount(of_room),
        "days": days, "occupancy": occupancy,
        "guests": [{ "name": request.guest.name, "surname": request.guest.surname }],
    });
    let rooms = usize::try_from(request.rooms).unwrap_or(0);
    json!({
        "property_id": booking.property,
        "unique_id": format!("BDC-{}", code(booking)), "ota_reservation_code": code(booking),
        "ota_name": "Booking.com", "status": booking.status,
        "arrival_date": request.check_in, "departure_date": request.check_out, "arrival_hour": null,
        "amount": amount(of_room.saturating_mul(i64::from(request.rooms))), "currency": currency,
        "notes": request.notes, "payment_collect": "property", "payment_type": null,
        "customer": request.guest, "occupancy": occupancy, "services": [],
        "rooms": vec![room; rooms],
    })
}

/// The guest's own number of the booking.
fn code(booking: &Booking) -> String {
    booking
        .id
        .chars()
        .rev()
        .take(10)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect()
}
