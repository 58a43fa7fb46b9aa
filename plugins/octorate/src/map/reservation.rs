//! Octorate's reservation as a revision of ours.

use roomwire_plugin_sdk::channel::{
    Guest, ProductCode, ReservationRoom, ReservationStatus, Revision,
};
use roomwire_plugin_sdk::{Context, Extensions, Failure, TimeZone, clock};

use crate::Settings;
use crate::map::instant;
use crate::map::stay::{self, Stay};
use crate::wire;

/// More rooms in one reservation than this is a mistake, and would cost memory for nothing.
const MAX_UNITS: u16 = 500;

pub(crate) fn revision(
    context: &Context<Settings>,
    reservation: &wire::Reservation,
) -> Result<Revision, Failure> {
    let currency = currency(context, reservation).to_owned();
    let total = reservation
        .total_gross
        .or(reservation.room_gross)
        .ok_or_else(|| {
            Failure::Permanent(format!("reservation {} has no total", reservation.id.0))
        })?;
    let booked_at = reservation
        .create_time
        .as_deref()
        .map(instant::parse)
        .transpose()?;
    let updated_at = reservation
        .update_time
        .as_deref()
        .map(instant::parse)
        .transpose()?;
    let mut revision = Revision {
        reservation: reservation.id.0.clone(),
        revision: String::new(),
        order: updated_at
            .or(booked_at)
            .unwrap_or_else(clock::now)
            .as_millisecond(),
        status: status(&reservation.status),
        source: reservation.channel_name.clone(),
        booker: booker(reservation),
        rooms: rooms(context, reservation, &currency)?,
        total: context.money(total, &currency)?,
        notes: stay::notes(reservation),
        booked_at,
        acknowledgement: None,
        extensions: extensions(reservation),
    };
    // Two changes within one instant of `updateTime` are still two revisions.
    revision.revision = format!(
        "{}-{:016x}",
        revision.order,
        fingerprint(&serde_json::to_vec(&revision)?)
    );
    Ok(revision)
}

fn currency<'a>(context: &'a Context<Settings>, reservation: &'a wire::Reservation) -> &'a str {
    let of_accommodation = reservation
        .accommodation
        .as_ref()
        .and_then(|found| found.currency.as_deref());
    reservation
        .currency
        .as_deref()
        .or(of_accommodation)
        .unwrap_or(&context.currency.code)
}

/// An unknown status stays as it is spelled: the host flags it rather than guesses.
fn status(text: &str) -> ReservationStatus {
    match text {
        "PENDING" => ReservationStatus::Pending,
        "CONFIRMED" => ReservationStatus::Confirmed,
        "CANCELLED" | "CANCELED" => ReservationStatus::Cancelled,
        "NOSHOW" | "NO_SHOW" => ReservationStatus::NoShow,
        unknown => ReservationStatus::Other(unknown.to_owned()),
    }
}

fn booker(reservation: &wire::Reservation) -> Guest {
    match stay::booker_index(reservation).and_then(|index| reservation.guests.get(index)) {
        Some(booker) => guest(booker),
        None => Guest {
            first_name: reservation.first_name.clone().unwrap_or_default(),
            last_name: reservation.last_name.clone().unwrap_or_default(),
            email: None,
            phone: None,
            country: None,
            language: None,
        },
    }
}

fn guest(guest: &wire::Guest) -> Guest {
    Guest {
        first_name: guest.first_name.clone().unwrap_or_default(),
        last_name: guest.last_name.clone().unwrap_or_default(),
        email: guest.email.clone(),
        phone: guest.phone.clone(),
        country: guest.country.clone(),
        language: guest.language.clone(),
    }
}

/// A reservation has one product and so many units of it; the guests are listed with the first.
fn rooms(
    context: &Context<Settings>,
    reservation: &wire::Reservation,
    currency: &str,
) -> Result<Vec<ReservationRoom>, Failure> {
    let zone = zone(context, reservation)?;
    let (check_in, check_out) = stay::days(reservation, &zone)?;
    let units = reservation.rooms.unwrap_or(1).clamp(1, MAX_UNITS);
    let stay = Stay {
        zone: &zone,
        check_in,
        check_out,
        units,
    };
    let nights = stay::nights(context, reservation, currency, &stay)?;
    let guests: Vec<Guest> = reservation.guests.iter().map(guest).collect();
    let room = |(unit, nights): (u16, _)| ReservationRoom {
        id: None,
        product: ProductCode::room(reservation.product.0.as_str()),
        check_in,
        check_out,
        adults: stay::adults(reservation, units, unit),
        children_ages: Vec::new(),
        nights,
        guests: if unit == 0 {
            guests.clone()
        } else {
            Vec::new()
        },
        extensions: Vec::new(),
    };
    Ok((0..units).zip(nights).map(room).collect())
}

/// The accommodation's own zone made the midnights; the hotel's stands in where it is not told or not known.
fn zone(context: &Context<Settings>, reservation: &wire::Reservation) -> Result<TimeZone, Failure> {
    let told = reservation
        .accommodation
        .as_ref()
        .and_then(|found| found.time_zone.as_deref());
    match told.map(TimeZone::get) {
        Some(Ok(zone)) => Ok(zone),
        _ => context.zone(),
    }
}

/// The numbers under which the hotel and the guest know the booking.
fn extensions(reservation: &wire::Reservation) -> Extensions {
    [
        ("reference", &reservation.refer),
        ("channel-reference", &reservation.channel_refer),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)))
    .collect()
}

/// FNV-1a: not to hide anything, only to tell two contents apart, and the same for ever.
fn fingerprint(content: &[u8]) -> u64 {
    content.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
