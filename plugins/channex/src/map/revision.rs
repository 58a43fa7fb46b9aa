//! A booking's revision as a revision of ours.

use roomwire_plugin_sdk::channel::{Guest, ReservationStatus, Revision};
use roomwire_plugin_sdk::{Context, Extensions, Failure, Money, Timestamp, clock};

use crate::Settings;
use crate::map::{instant, stay};
use crate::wire::Item;
use crate::wire::booking::{self, Customer};

pub(crate) fn revision(
    context: &Context<Settings>,
    found: &Item<booking::Revision>,
) -> Result<Revision, Failure> {
    let booking = &found.attributes;
    let currency = booking
        .currency
        .as_deref()
        .unwrap_or(&context.currency.code);
    let made_at = booking.inserted_at.as_deref().map(instant::parse);
    let made_at = made_at.transpose()?;
    Ok(Revision {
        reservation: booking.booking_id.clone(),
        revision: found.id.clone(),
        order: made_at.unwrap_or_else(clock::now).as_millisecond(),
        status: status(&booking.status),
        source: booking.ota_name.clone(),
        booker: guest(&booking.customer),
        rooms: stay::rooms(context, booking, currency)?,
        total: total(context, booking, currency)?,
        notes: stay::notes(booking),
        booked_at: made_at.filter(|_: &Timestamp| booking.status == "new"),
        acknowledgement: Some(found.id.clone()),
        extensions: extensions(booking),
    })
}

/// An unknown status stays as it is spelled: the host flags it rather than guesses.
fn status(text: &str) -> ReservationStatus {
    match text {
        "new" | "modified" => ReservationStatus::Confirmed,
        "cancelled" => ReservationStatus::Cancelled,
        unknown => ReservationStatus::Other(unknown.to_owned()),
    }
}

pub(crate) fn guest(customer: &Customer) -> Guest {
    Guest {
        first_name: customer.name.clone().unwrap_or_default(),
        last_name: customer.surname.clone().unwrap_or_default(),
        email: customer.mail.clone(),
        phone: customer.phone.clone(),
        country: customer.country.clone(),
        language: customer.language.clone(),
    }
}

/// The booking's amount, or its rooms' together where it has none.
fn total(
    context: &Context<Settings>,
    booking: &booking::Revision,
    currency: &str,
) -> Result<Money, Failure> {
    if let Some(amount) = booking.amount {
        return context.money(amount, currency);
    }
    let amounts: Option<Vec<_>> = booking.rooms.iter().map(|room| room.amount).collect();
    let amounts = amounts
        .filter(|amounts| !amounts.is_empty())
        .ok_or_else(|| {
            Failure::Permanent(format!("booking {} has no amount", booking.booking_id))
        })?;
    let mut minor: i64 = 0;
    for amount in amounts {
        minor = minor.saturating_add(context.money(amount, currency)?.minor);
    }
    Ok(Money {
        minor,
        currency: currency.to_owned(),
    })
}

/// The numbers under which the hotel and the guest know the booking.
fn extensions(booking: &booking::Revision) -> Extensions {
    [
        ("reference", &booking.unique_id),
        ("channel-reference", &booking.ota_reservation_code),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)))
    .collect()
}
