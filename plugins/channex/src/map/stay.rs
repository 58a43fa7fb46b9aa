//! The rooms of a booking: days, people and prices, and what the front desk must know besides.

use roomwire_plugin_sdk::channel::{NightPrice, ProductCode, ReservationRoom};
use roomwire_plugin_sdk::{Context, Failure, ToSpan};

use crate::Settings;
use crate::map::revision::guest;
use crate::wire::booking::{Revision, Room};

/// The code of a room that is not mapped at Channex: no mapping of ours has it, so that the booking is flagged.
const UNMAPPED: &str = "unmapped";

pub(crate) fn rooms(
    context: &Context<Settings>,
    booking: &Revision,
    currency: &str,
) -> Result<Vec<ReservationRoom>, Failure> {
    let rooms = booking.rooms.iter();
    rooms
        .map(|room| one(context, booking, room, currency))
        .collect()
}

fn one(
    context: &Context<Settings>,
    booking: &Revision,
    room: &Room,
    currency: &str,
) -> Result<ReservationRoom, Failure> {
    let problem = |what: &str| Failure::Permanent(format!("booking {} {what}", booking.booking_id));
    let check_in = room.checkin_date.or(booking.arrival_date);
    let check_out = room.checkout_date.or(booking.departure_date);
    let (check_in, check_out) = check_in
        .zip(check_out)
        .ok_or_else(|| problem("has no dates"))?;
    if check_out <= check_in {
        return Err(problem("ends before it begins"));
    }
    let expected = check_in
        .series(1.day())
        .take_while(|night| *night < check_out);
    // Where the prices by night do not fit the stay, only the total is kept.
    let mut nights = Vec::new();
    if room.days.keys().copied().eq(expected) {
        for (night, price) in &room.days {
            nights.push(NightPrice {
                night: *night,
                price: context.money(*price, currency)?,
            });
        }
    }
    Ok(ReservationRoom {
        id: room.ota_unique_id.clone(),
        product: ProductCode {
            room: room
                .room_type_id
                .clone()
                .unwrap_or_else(|| UNMAPPED.to_owned()),
            rate: room.rate_plan_id.clone(),
        },
        check_in,
        check_out,
        adults: room.occupancy.adults.unwrap_or(1).max(1),
        children_ages: room.occupancy.ages.clone(),
        nights,
        guests: room.guests.iter().map(guest).collect(),
        extensions: Vec::new(),
    })
}

/// The guest's notes, and what has no place of its own: children whose ages are not told, the hour of arrival, and who
/// collects the money.
pub(crate) fn notes(booking: &Revision) -> Option<String> {
    let mut lines: Vec<String> = booking
        .notes
        .iter()
        .filter(|notes| !notes.trim().is_empty())
        .cloned()
        .collect();
    let sum = |count: fn(&Room) -> Option<u16>| -> u32 {
        let counts = booking.rooms.iter().filter_map(count);
        counts.map(u32::from).sum()
    };
    let ages: usize = booking
        .rooms
        .iter()
        .map(|room| room.occupancy.ages.len())
        .sum();
    let children = sum(|room| room.occupancy.children);
    let infants = sum(|room| room.occupancy.infants);
    if (children > 0 || infants > 0) && ages == 0 {
        lines.push(format!(
            "Children: {children}, infants: {infants} (ages not told)."
        ));
    }
    if let Some(hour) = &booking.arrival_hour {
        lines.push(format!("Arrival at about {hour}."));
    }
    match booking.payment_collect.as_deref() {
        Some("ota") => lines.push("The channel collects the payment.".to_owned()),
        Some("property") => lines.push("The hotel collects the payment.".to_owned()),
        _ => {}
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}
