//! Reservations as Octorate shows them, one by one and as a list.

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Channel;
use super::model::{Reservation, Status};
use super::wire::{self, Page, PageRequest, Parameters, Problem, java_instant, java_midnight};
use super::world::{Place, World};
use crate::money;

pub(super) fn routes() -> Router<Channel> {
    Router::new()
        .route("/reservation/{accommodation}", get(list))
        .route("/reservation/{accommodation}/{reservation}", get(show))
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum ListType {
    /// Stays that have a day in the range.
    Stay,
    /// Stays that arrive in the range.
    CheckIn,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Filter {
    #[serde(rename = "type")]
    list_type: ListType,
    #[serde(deserialize_with = "wire::day")]
    start_date: Date,
    #[serde(deserialize_with = "wire::day")]
    end_date: Date,
    status: Option<Status>,
    size: Option<usize>,
    page: Option<u32>,
}

impl Filter {
    fn covers(&self, reservation: &Reservation) -> bool {
        let in_time = match self.list_type {
            ListType::Stay => {
                reservation.check_in <= self.end_date && reservation.check_out > self.start_date
            }
            ListType::CheckIn => (self.start_date..=self.end_date).contains(&reservation.check_in),
        };
        in_time
            && self
                .status
                .is_none_or(|status| status == reservation.status)
    }
}

async fn list(
    State(channel): State<Channel>,
    Path(accommodation): Path<String>,
    Parameters(filter): Parameters<Filter>,
) -> Result<Json<Page<ReservationView>>, Problem> {
    if filter.end_date < filter.start_date {
        return Err(Problem::parameters(format!(
            "endDate {} is before startDate {}",
            filter.end_date, filter.start_date
        )));
    }
    let page = PageRequest::new(filter.size, filter.page, channel.first_page())?;
    let world = channel.world();
    if !world.places.contains_key(&accommodation) {
        return Err(Problem::not_found(format!(
            "Accommodation {accommodation} not found"
        )));
    }
    let found = world
        .reservations
        .values()
        .filter(|reservation| {
            place(&world, reservation).accommodation.id == accommodation
                && filter.covers(reservation)
        })
        .map(|reservation| view(&world, reservation))
        .collect();
    Ok(Json(page.cut(found)))
}

async fn show(
    State(channel): State<Channel>,
    Path((accommodation, id)): Path<(String, String)>,
) -> Result<Json<ReservationView>, Problem> {
    let world = channel.world();
    id.parse::<u64>()
        .ok()
        .and_then(|number| world.reservations.get(&number))
        .filter(|found| place(&world, found).accommodation.id == accommodation)
        .map(|found| Json(view(&world, found)))
        .ok_or_else(|| Problem::not_found(format!("Reservation {id} not found")))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReservationView {
    id: u64,
    refer: String,
    channel_refer: String,
    channel_id: u64,
    channel_name: String,
    status: Status,
    checkin: String,
    checkout: String,
    create_time: String,
    update_time: String,
    guests: [GuestView; 1],
    rooms: u32,
    product: String,
    room_name: String,
    /// Of one unit for the whole stay.
    room_gross: Box<RawValue>,
    /// Of all units.
    total_gross: Box<RawValue>,
    currency: String,
    total_guest: u16,
    total_children: u16,
    total_infants: u16,
    /// Of one unit.
    price_breakdown: Vec<PriceView>,
    accommodation: AccommodationView,
    notes: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GuestView {
    #[serde(rename = "type")]
    role: &'static str,
    first_name: String,
    last_name: String,
    email: Option<String>,
    phone: Option<String>,
    country: Option<String>,
    language: Option<String>,
    checkin: Date,
    checkout: Date,
}

#[derive(Serialize)]
struct PriceView {
    #[serde(rename = "type")]
    kind: &'static str,
    day: String,
    amount: Box<RawValue>,
    currency: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccommodationView {
    id: String,
    time_zone: String,
    currency: String,
}

/// The JSON text of a reservation that is known, as webhooks carry it.
pub(super) fn content(world: &World, id: u64) -> String {
    let reservation = world
        .reservations
        .get(&id)
        .expect("an event is noted for a reservation that was just stored");
    serde_json::to_string(&view(world, reservation)).expect("texts and numbers are always JSON")
}

pub(super) fn view(world: &World, reservation: &Reservation) -> ReservationView {
    let place = place(world, reservation);
    let currency = &place.accommodation.currency;
    let amount = |minor: i64| money::print(minor, place.decimals);
    let unit_total = reservation
        .prices
        .values()
        .copied()
        .fold(0, i64::saturating_add);
    ReservationView {
        id: reservation.id,
        refer: format!("R{}", reservation.id),
        channel_refer: format!("{}", 4_000_000_000 + reservation.id),
        channel_id: reservation.source.id,
        channel_name: reservation.source.name.clone(),
        status: reservation.status,
        checkin: java_midnight(reservation.check_in, &place.zone),
        checkout: java_midnight(reservation.check_out, &place.zone),
        create_time: java_instant(reservation.created),
        update_time: java_instant(reservation.updated),
        guests: [booker(reservation)],
        rooms: reservation.rooms,
        product: reservation.product.clone(),
        room_name: world
            .product(&reservation.product)
            .map_or_else(String::new, |product| product.room_name.clone()),
        room_gross: amount(unit_total),
        total_gross: amount(unit_total.saturating_mul(i64::from(reservation.rooms))),
        currency: currency.clone(),
        total_guest: reservation.party.total,
        total_children: reservation.party.children,
        total_infants: reservation.party.infants,
        price_breakdown: price_breakdown(reservation, place),
        accommodation: AccommodationView {
            id: place.accommodation.id.clone(),
            time_zone: place.accommodation.time_zone.clone(),
            currency: currency.clone(),
        },
        notes: reservation.notes.clone(),
    }
}

fn booker(reservation: &Reservation) -> GuestView {
    let guest = reservation.guest.clone();
    GuestView {
        role: "BOOKER",
        first_name: guest.first_name,
        last_name: guest.last_name,
        email: guest.email,
        phone: guest.phone,
        country: guest.country,
        language: guest.language,
        checkin: reservation.check_in,
        checkout: reservation.check_out,
    }
}

fn price_breakdown(reservation: &Reservation, place: &Place) -> Vec<PriceView> {
    reservation
        .prices
        .iter()
        .map(|(night, minor)| PriceView {
            kind: "DAILY_ROOM_PRICE",
            day: java_midnight(*night, &place.zone),
            amount: money::print(*minor, place.decimals),
            currency: place.accommodation.currency.clone(),
        })
        .collect()
}

fn place<'world>(world: &'world World, reservation: &Reservation) -> &'world Place {
    let product = world
        .product(&reservation.product)
        .expect("a reservation is only made of a product that exists, and none is removed");
    world.place_of(product)
}
