//! A booking's transaction as a revision of ours.

use roomwire_plugin_sdk::channel::{Guest, ReservationRoom, ReservationStatus, Revision};
use roomwire_plugin_sdk::xml::Element;
use roomwire_plugin_sdk::{Context, Failure, Money};

use crate::Settings;
use crate::map::confirm;
use crate::map::stay;
use crate::wire::booking::{amount, instant, text, within};

pub(super) const CANCELLED: &str = "Cancel";

/// Whether Expedia waits to hear of what was asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Waiting {
    ByStatus,
    /// The booking is asked for besides: its transactions come one by one, each after the confirmation of the one before.
    No,
}

pub(crate) fn revision(
    context: &Context<Settings>,
    booking: &Element,
    waiting: Waiting,
) -> Result<Revision, Failure> {
    let id = text(booking, "id")?;
    let kind = text(booking, "type")?;
    let made = text(booking, "createDateTime")?;
    let made_at = instant(booking, "createDateTime")?;
    let waits = waiting == Waiting::ByStatus && booking.get("status") != Some("confirmed");
    let references = [
        ("reference", confirm::number(id)),
        ("channel-reference", id.to_owned()),
    ];
    let (rooms, total) = stayed(context, booking, kind)?;
    Ok(Revision {
        reservation: id.to_owned(),
        revision: version((kind, made), &rooms, &total),
        // Seconds are all that there is: within one of them, the kinds have their order.
        order: made_at.as_millisecond() + rank(kind),
        status: status(kind),
        source: booking.get("source").map(str::to_owned),
        booker: booking.at(&["PrimaryGuest"]).map_or_else(nobody, guest),
        rooms,
        total,
        notes: stay::notes(booking),
        booked_at: Some(made_at).filter(|_| kind == "Book"),
        acknowledgement: confirm::token(kind, id).filter(|_| waits),
        extensions: references
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
    })
}

/// A cancellation is followed also where its room, or its price, cannot be read.
fn stayed(
    context: &Context<Settings>,
    booking: &Element,
    kind: &str,
) -> Result<(Vec<ReservationRoom>, Money), Failure> {
    let read = within(booking, &["RoomStay"])
        .and_then(|stay| Ok((vec![stay::room(context, stay)?], total(context, stay)?)));
    match read {
        Err(_) if kind == CANCELLED => {
            let nothing = Money {
                minor: 0,
                currency: context.currency.code.clone(),
            };
            Ok((Vec::new(), nothing))
        }
        read => read,
    }
}

/// Two changes within one second have the same instant: what they say tells them apart.
pub(super) fn version(
    (kind, made): (&str, &str),
    rooms: &[ReservationRoom],
    total: &Money,
) -> String {
    let stay = |room: &ReservationRoom| {
        let ReservationRoom {
            product,
            check_in,
            check_out,
            ..
        } = room;
        let rate = product.rate.as_deref().unwrap_or_default();
        format!("{check_in}/{check_out}/{}/{rate}/", product.room)
    };
    let stays: String = rooms.iter().map(stay).collect();
    format!("{kind}/{made}/{stays}{}", total.minor)
}

pub(super) fn rank(kind: &str) -> i64 {
    match kind {
        "Book" => 0,
        "Modify" => 1,
        _ => 2,
    }
}

/// An unknown kind stays as it is spelled: the host flags it rather than guesses.
pub(super) fn status(kind: &str) -> ReservationStatus {
    match kind {
        "Book" | "Modify" => ReservationStatus::Confirmed,
        CANCELLED => ReservationStatus::Cancelled,
        unknown => ReservationStatus::Other(unknown.to_owned()),
    }
}

fn nobody() -> Guest {
    guest(&Element::new("PrimaryGuest"))
}

/// The guest's name and how to reach them.
fn guest(primary: &Element) -> Guest {
    let name = |part: &str| {
        let name = primary.at(&["Name"]).and_then(|name| name.get(part));
        name.unwrap_or_default().to_owned()
    };
    let phone = primary.at(&["Phone"]).map(|phone| {
        let parts = ["countryCode", "cityAreaCode", "number", "extension"];
        let parts: Vec<&str> = parts.iter().filter_map(|part| phone.get(part)).collect();
        parts.join(" ")
    });
    let email = primary
        .at(&["Email"])
        .map(|email| email.content().to_owned());
    Guest {
        first_name: name("givenName"),
        last_name: name("surname"),
        email: email.filter(|email| !email.is_empty()),
        phone: phone.filter(|phone| !phone.is_empty()),
        country: None,
        language: None,
    }
}

/// The total with taxes, or the nights together where it has none.
fn total(context: &Context<Settings>, stay: &Element) -> Result<Money, Failure> {
    if let Some(total) = stay
        .at(&["Total"])
        .filter(|total| total.get("amountAfterTaxes").is_some())
    {
        return context.money(amount(total, "amountAfterTaxes")?, text(total, "currency")?);
    }
    let rates = within(stay, &["PerDayRates"])?;
    let currency = text(rates, "currency")?;
    let mut minor: i64 = 0;
    for rate in rates.all("PerDayRate") {
        let night = context.money(amount(rate, "baseRate")?, currency)?;
        minor = minor.saturating_add(night.minor);
    }
    Ok(Money {
        minor,
        currency: currency.to_owned(),
    })
}
