//! What a revision of a channel reservation does to ours. Revisions arrive late, twice and in any order.

use jiff::civil::Date;

use crate::domain::connection::Mapping;
use crate::domain::connector::{ChannelGuest, ProductCode, Revision, RevisionRoom, RevisionStatus};
use crate::domain::ids::{RatePlanId, RoomTypeId};
use crate::domain::night::{InvalidStay, Stay};
use crate::domain::reservation::{Guest, ReservedRoom, Status};

/// What is known of a channel reservation before a revision is applied.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Known {
    /// The order of the newest revision that was applied.
    pub order: i64,
    /// Where our reservation stands; absent where only its cancellation was seen.
    pub reservation: Option<Standing>,
}

/// Where our reservation stands, and where the channel last had it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Standing {
    pub status: Status,
    /// Whether the channel itself cancelled it with its newest revision.
    pub cancelled_by_channel: bool,
}

/// What a revision does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    /// A newer revision was applied already.
    Supersede,
    /// Cancelled before we heard of it: only that is remembered.
    Tombstone,
    /// A reservation is made, in this status.
    Create(Status),
    /// Its content is replaced, and this is its status from now on.
    Change(Status),
    /// Its units are given back.
    Cancel,
    /// Nothing: what staff did here stands against it, and a person has to look.
    Keep(Conflict),
    /// Nothing: it ended here, and has ended at the channel too.
    Agree,
}

/// Why a revision is not followed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Conflict {
    /// The channel still sells what staff have cancelled or declined, or what expired here.
    EndedHere,
    /// The channel cancelled what has been checked in.
    CancelledAfterArrival,
}

impl Conflict {
    /// A sentence for the audit trail and the alert.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EndedHere => "the channel still has a reservation that has ended here",
            Self::CancelledAfterArrival => {
                "the channel cancelled a reservation whose guests have arrived"
            }
        }
    }
}

/// Decides what a revision does. `landing` is where the hotel wants a channel's reservations: confirmed or tentative.
///
/// A revision of the same order as the newest is applied: where orders tie, it was asked for again, and the later
/// answer is the truer one.
pub fn decide(known: Option<Known>, revision: &Revision, landing: Status) -> Decision {
    let cancelled = revision.status == RevisionStatus::Cancelled;
    let Some(known) = known else {
        return if cancelled {
            Decision::Tombstone
        } else {
            Decision::Create(landed(&revision.status, landing))
        };
    };
    if revision.order < known.order {
        return Decision::Supersede;
    }
    match known.reservation {
        None if cancelled => Decision::Tombstone,
        None => Decision::Create(landed(&revision.status, landing)),
        Some(standing) if cancelled => cancel(standing.status),
        Some(standing) => change(standing, &revision.status, landing),
    }
}

/// The status in which a channel's reservation lands. A status that we cannot read is never taken for a success.
fn landed(status: &RevisionStatus, landing: Status) -> Status {
    match status {
        RevisionStatus::Confirmed => landing,
        RevisionStatus::NoShow => Status::NoShow,
        RevisionStatus::Cancelled => Status::Cancelled,
        RevisionStatus::Pending | RevisionStatus::Unknown(_) => Status::Tentative,
    }
}

fn cancel(status: Status) -> Decision {
    match status {
        Status::Tentative | Status::Confirmed => Decision::Cancel,
        Status::CheckedIn | Status::CheckedOut => Decision::Keep(Conflict::CancelledAfterArrival),
        Status::Declined | Status::Expired | Status::Cancelled | Status::NoShow => Decision::Agree,
    }
}

fn change(standing: Standing, status: &RevisionStatus, landing: Status) -> Decision {
    match (standing.status, status) {
        (Status::Cancelled, _) if standing.cancelled_by_channel => {
            Decision::Change(landed(status, landing))
        }
        (Status::Cancelled | Status::Declined | Status::Expired, _) => {
            Decision::Keep(Conflict::EndedHere)
        }
        (Status::Tentative | Status::Confirmed, RevisionStatus::NoShow) => {
            Decision::Change(Status::NoShow)
        }
        // What waits for staff does not become confirmed by a change, unless the hotel wants it so.
        (Status::Tentative, RevisionStatus::Confirmed) => Decision::Change(landing),
        (current, _) => Decision::Change(current),
    }
}

/// A revision whose content cannot be a reservation.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidRevision {
    #[error("the channel's reservation {reservation} has no room")]
    NoRooms { reservation: String },
    #[error(
        "the channel's reservation {reservation} has the night {night}, which is more than {MOST_YEARS} years away"
    )]
    TooFar { reservation: String, night: Date },
    #[error("room {room} of the channel's reservation {reservation}: {why}")]
    Stay {
        reservation: String,
        room: usize,
        why: InvalidStay,
    },
}

/// Nights that are further away than this, in years, are a mistake.
const MOST_YEARS: i16 = 9;

/// The first and the last date of a revision's stays, if it has rooms and they are near enough to be true.
pub fn span(revision: &Revision, today: Date) -> Result<Option<(Date, Date)>, InvalidRevision> {
    let dates = || {
        let rooms = revision.rooms.iter();
        rooms.flat_map(|room| [room.check_in, room.check_out])
    };
    let Some((first, last)) = dates().min().zip(dates().max()) else {
        return Ok(None);
    };
    let far = |night: &Date| (night.year() - today.year()).abs() > MOST_YEARS;
    match [first, last].into_iter().find(far) {
        Some(night) => Err(InvalidRevision::TooFar {
            reservation: revision.reservation.clone(),
            night,
        }),
        None => Ok(Some((first, last))),
    }
}

/// The rooms of a revision in our words, and whether any could not be named by the mappings.
pub fn reserved_rooms(
    revision: &Revision,
    mappings: &[Mapping],
) -> Result<(Vec<ReservedRoom>, bool), InvalidRevision> {
    let reservation = || revision.reservation.clone();
    if revision.rooms.is_empty() {
        return Err(InvalidRevision::NoRooms {
            reservation: reservation(),
        });
    }
    let mut unmapped = false;
    let mut rooms = Vec::with_capacity(revision.rooms.len());
    for (index, room) in revision.rooms.iter().enumerate() {
        let stay = Stay::contracted(room.check_in, room.check_out).map_err(|why| {
            InvalidRevision::Stay {
                reservation: reservation(),
                room: index,
                why,
            }
        })?;
        let named = named(&room.product, mappings);
        unmapped |= named.is_none_or(|named| !named.exactly);
        rooms.push(ReservedRoom {
            product: named.map(|named| named.product),
            external: Some((room.product.room.clone(), room.product.rate.clone())),
            units: 1,
            adults: room.adults,
            children_ages: room.children_ages.clone(),
            prices: prices(room, stay, revision),
            charges: Vec::new(),
            guests: room.guests.iter().map(guest).collect(),
            ..ReservedRoom::of_stay(stay)
        });
    }
    Ok((rooms, unmapped))
}

/// Rooms that are sold, with the names that the mappings have for their codes now, and whether any has none still.
/// A room that has a name keeps it where the mappings do not know its codes any more.
pub fn renamed(rooms: &[ReservedRoom], mappings: &[Mapping]) -> (Vec<ReservedRoom>, bool) {
    let mut unmapped = false;
    let rooms = rooms.iter().map(|room| {
        let named = room.external.as_ref().and_then(|(external, rate)| {
            let code = ProductCode {
                room: external.clone(),
                rate: rate.clone(),
            };
            named(&code, mappings)
        });
        unmapped |= named.is_none_or(|named| !named.exactly);
        ReservedRoom {
            product: named.map(|named| named.product).or(room.product),
            ..room.clone()
        }
    });
    let rooms = rooms.collect();
    (rooms, unmapped)
}

/// A channel's guest in our words.
pub fn guest(guest: &ChannelGuest) -> Guest {
    Guest {
        first_name: guest.first_name.clone(),
        last_name: guest.last_name.clone(),
        email: guest.email.clone(),
        phone: guest.phone.clone(),
    }
}

#[derive(Clone, Copy)]
struct Named {
    product: (RoomTypeId, RatePlanId),
    exactly: bool,
}

/// The product of a channel's code. Where only the rate is unknown the room is still taken from inventory, because
/// somebody will sleep in it.
fn named(code: &ProductCode, mappings: &[Mapping]) -> Option<Named> {
    let of_room = || {
        mappings
            .iter()
            .filter(|mapping| mapping.code.room == code.room)
    };
    let named = |mapping: &Mapping, exactly| Named {
        product: (mapping.room_type, mapping.rate_plan),
        exactly,
    };
    if let Some(exact) = of_room().find(|mapping| mapping.code.rate == code.rate) {
        return Some(named(exact, true));
    }
    if let Some(any_rate) = of_room().find(|mapping| mapping.code.rate.is_none()) {
        return Some(named(any_rate, true));
    }
    let first = of_room().next()?;
    of_room()
        .all(|mapping| mapping.room_type == first.room_type)
        .then(|| named(first, false))
}

/// One price for each night of the stay, or none where the channel does not give them all in the total's currency.
fn prices(room: &RevisionRoom, stay: Stay, revision: &Revision) -> Vec<i64> {
    let price = |night| {
        let (_, price) = room.nights.iter().find(|(date, _)| *date == night)?;
        (price.currency == revision.total.currency).then_some(price.minor)
    };
    stay.nights()
        .map(price)
        .collect::<Option<_>>()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
