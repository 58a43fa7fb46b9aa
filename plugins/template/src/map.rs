//! Between Quiet Harbour's words and ours: the only place that knows both.

use roomwire_plugin_sdk::channel::{
    AriUpdate, Guest, ItemOutcome, ItemResult, NightPrice, NumberChange, Product, ProductCode,
    ReservationRoom, ReservationStatus, Revision,
};
use roomwire_plugin_sdk::http::Response;
use roomwire_plugin_sdk::{Context, Failure, ToSpan, log};
use serde_json::value::RawValue;

use crate::{Settings, wire};

/// An answer of success, or what its status means at Quiet Harbour.
/// Its keys do not expire, so 401 says that the hotel's is wrong or was revoked.
pub(crate) fn success(answer: Response) -> Result<Response, Failure> {
    match answer.success() {
        Err(Failure::AuthExpired(message)) => Err(Failure::AuthRevoked(message)),
        answer => answer,
    }
}

pub(crate) fn product(found: wire::Product) -> Product {
    Product {
        code: ProductCode::rate(found.room, found.rate),
        room_name: found.room_name,
        rate_name: Some(found.rate_name),
        max_occupancy: found.sleeps,
        currency: found.currency,
        active: found.open,
        parent_rate: None,
        extensions: Vec::new(),
    }
}

pub(crate) fn change<'a>(context: &Context<Settings>, update: &'a AriUpdate) -> wire::Change<'a> {
    wire::Change {
        id: &update.id,
        room: &update.target.room,
        rate: update.target.rate.as_deref(),
        first: update.first_night,
        last: update.last_night,
        units: update.availability,
        price: update.price.as_ref().map(|price| wire::Price {
            amount: context.decimal(price),
            currency: &price.currency,
        }),
        min_nights: number(&update.min_stay_arrival),
        max_nights: number(&update.max_stay),
        no_arrival: update.closed_to_arrival,
        no_departure: update.closed_to_departure,
        closed: update.stop_sell,
    }
}

fn number(change: &NumberChange) -> Option<Option<u32>> {
    match change {
        NumberChange::Unchanged => None,
        NumberChange::Clear => Some(None),
        NumberChange::Set(number) => Some(Some(*number)),
    }
}

/// One result for each update that Quiet Harbour spoke of. The host takes the others as unknown, and asks again.
pub(crate) fn results(updates: &[AriUpdate], taken: &[wire::Taken]) -> Vec<ItemResult> {
    let result = |update: &AriUpdate| {
        let taken = taken.iter().find(|taken| taken.id == update.id)?;
        let outcome = if taken.taken {
            ItemOutcome::Applied
        } else {
            ItemOutcome::Rejected(Failure::invalid(&update.id, &taken.field, &taken.reason))
        };
        let mut result = ItemResult::new(&update.id, outcome);
        result.warnings = unsaid(update);
        Some(result)
    };
    updates.iter().filter_map(result).collect()
}

/// What Quiet Harbour has no word for is told to the operator rather than dropped in silence.
fn unsaid(update: &AriUpdate) -> Vec<String> {
    let set = |change: &NumberChange| matches!(change, NumberChange::Set(_));
    let unsaid = [
        (set(&update.min_stay_through), "minimum stay through"),
        (set(&update.cut_off_days), "cut-off days"),
        (!update.occupancy_prices.is_empty(), "prices by occupancy"),
    ];
    unsaid
        .into_iter()
        .filter(|(present, _)| *present)
        .map(|(_, what)| format!("Quiet Harbour has no {what}"))
        .collect()
}

/// A booking that cannot be understood is told of and must not hide the others.
/// Where none can, it is not the bookings that are broken, and the call fails.
pub(crate) fn revisions(
    context: &Context<Settings>,
    bookings: &[Box<RawValue>],
) -> Result<Vec<Revision>, Failure> {
    let mut revisions = Vec::new();
    let mut broken = None;
    for raw in bookings {
        let read = serde_json::from_str(raw.get()).map_err(Failure::from);
        match read.and_then(|booking| revision(context, booking)) {
            Ok(revision) => revisions.push(revision),
            Err(failure) => {
                log::error(&format!("a booking is not understood: {failure:?}"));
                broken = Some(failure);
            }
        }
    }
    match broken {
        Some(failure) if revisions.is_empty() => Err(failure),
        _ => Ok(revisions),
    }
}

pub(crate) fn revision(
    context: &Context<Settings>,
    booking: wire::Booking,
) -> Result<Revision, Failure> {
    let rooms = booking
        .stays
        .iter()
        .map(|stay| room(context, &booking, stay))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Revision {
        revision: booking.version.to_string(),
        order: booking.version,
        status: status(&booking.status),
        source: None,
        booker: guest(&booking.guest),
        rooms,
        total: context.money(booking.total, &booking.currency)?,
        notes: booking.remarks,
        booked_at: Some(booking.booked_at),
        acknowledgement: None,
        extensions: Vec::new(),
        reservation: booking.id,
    })
}

fn status(word: &str) -> ReservationStatus {
    match word {
        "booked" => ReservationStatus::Confirmed,
        "cancelled" => ReservationStatus::Cancelled,
        unknown => ReservationStatus::Other(unknown.to_owned()),
    }
}

fn room(
    context: &Context<Settings>,
    booking: &wire::Booking,
    stay: &wire::Stay,
) -> Result<ReservationRoom, Failure> {
    if stay.departure <= stay.arrival {
        let reason = format!("booking {} ends before it begins", booking.id);
        return Err(Failure::Permanent(reason));
    }
    Ok(ReservationRoom {
        id: None,
        product: ProductCode::rate(stay.room.clone(), stay.rate.clone()),
        check_in: stay.arrival,
        check_out: stay.departure,
        adults: stay.adults,
        children_ages: stay.children_ages.clone(),
        nights: nights(context, booking, stay)?,
        guests: vec![guest(&booking.guest)],
        extensions: Vec::new(),
    })
}

/// A price for every night of the stay, or none at all: the total is then what holds.
fn nights(
    context: &Context<Settings>,
    booking: &wire::Booking,
    stay: &wire::Stay,
) -> Result<Vec<NightPrice>, Failure> {
    let days = stay
        .arrival
        .series(1.day())
        .take_while(|night| *night < stay.departure);
    let nights = days
        .zip(&stay.nights)
        .map(|(night, price)| {
            let price = context.money(*price, &booking.currency)?;
            Ok(NightPrice { night, price })
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let ends = nights.last().and_then(|last| last.night.tomorrow().ok());
    let whole = nights.len() == stay.nights.len() && ends == Some(stay.departure);
    Ok(if whole { nights } else { Vec::new() })
}

fn guest(guest: &wire::Guest) -> Guest {
    Guest {
        first_name: guest.first_name.clone(),
        last_name: guest.last_name.clone(),
        email: guest.email.clone(),
        phone: guest.phone.clone(),
        country: None,
        language: None,
    }
}
