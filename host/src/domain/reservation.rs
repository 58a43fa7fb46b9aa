//! A reservation: its states, who moves it between them, and what each room takes from inventory.

use std::fmt;

use jiff::civil::Date;

use crate::domain::ids::{ConnectionId, HoldId, RatePlanId, ReservationId, RoomTypeId};
use crate::domain::money::Money;
use crate::domain::night::{self, Stay};
use crate::domain::pricing::{Billed, Charged};

/// Where a reservation stands. Only the first four take inventory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    Tentative,
    Confirmed,
    CheckedIn,
    CheckedOut,
    Declined,
    Expired,
    Cancelled,
    NoShow,
}

impl Status {
    pub const ALL: [Self; 8] = [
        Self::Tentative,
        Self::Confirmed,
        Self::CheckedIn,
        Self::CheckedOut,
        Self::Declined,
        Self::Expired,
        Self::Cancelled,
        Self::NoShow,
    ];

    /// The stable name, as the database and the API show it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tentative => "tentative",
            Self::Confirmed => "confirmed",
            Self::CheckedIn => "checked_in",
            Self::CheckedOut => "checked_out",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::NoShow => "no_show",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether the reservation's nights are taken from inventory.
    pub fn takes_inventory(self) -> bool {
        matches!(
            self,
            Self::Tentative | Self::Confirmed | Self::CheckedIn | Self::CheckedOut | Self::NoShow
        )
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What staff or a guest asks of a reservation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transition {
    Confirm,
    Decline,
    Cancel,
}

impl Transition {
    /// The new status, or `None` where this transition does not lead out of `from`.
    pub fn from(self, from: Status) -> Option<Status> {
        match (self, from) {
            (Self::Confirm, Status::Tentative) => Some(Status::Confirmed),
            (Self::Decline, Status::Tentative) => Some(Status::Declined),
            (Self::Cancel, Status::Tentative | Status::Confirmed) => Some(Status::Cancelled),
            _ => None,
        }
    }

    /// The verb, as routes and refusals show it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Decline => "decline",
            Self::Cancel => "cancel",
        }
    }
}

/// A guest or booker.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Guest {
    pub first_name: String,
    pub last_name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
}

/// One line of a reservation: so many units of a product for a stay.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReservedRoom {
    /// Absent where a channel's code is not mapped; such a room takes no inventory.
    pub product: Option<(RoomTypeId, RatePlanId)>,
    /// The channel's codes, where it came from one: room and rate.
    pub external: Option<(String, Option<String>)>,
    pub stay: Stay,
    pub units: u32,
    pub adults: u16,
    pub children_ages: Vec<u8>,
    /// One price a night and unit, in order, minor units; empty where a channel gives only a total.
    pub prices: Vec<i64>,
    /// Taxes and fees of all its units, as they were when it was booked.
    pub charges: Vec<Charged>,
    pub guests: Vec<Guest>,
}

impl ReservedRoom {
    /// What is billed of it.
    pub fn billed(&self) -> Billed<'_> {
        Billed {
            prices: &self.prices,
            units: self.units,
            charges: &self.charges,
        }
    }
}

/// Where a reservation came from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Origin {
    /// The gateway, from a hold.
    Gateway { hold: HoldId },
    /// A channel: the connection and the name of the place where the guest booked.
    Channel {
        connection: ConnectionId,
        source: String,
    },
}

/// A reservation as it is stored.
#[derive(Clone, Debug)]
pub struct Reservation {
    pub id: ReservationId,
    /// What a guest reads out at the desk.
    pub number: String,
    pub status: Status,
    /// Grows by one with every change.
    pub version: i32,
    pub origin: Origin,
    pub booker: Guest,
    pub rooms: Vec<ReservedRoom>,
    pub total: Money,
    pub notes: Option<String>,
    pub overbooked: bool,
    pub unmapped: bool,
    pub created_at: jiff::Timestamp,
    pub updated_at: jiff::Timestamp,
}

impl Reservation {
    /// The first arrival and the last departure.
    pub fn span(&self) -> Option<(Date, Date)> {
        span(&self.rooms)
    }
}

/// The first arrival and the last departure of some rooms.
pub fn span(rooms: &[ReservedRoom]) -> Option<(Date, Date)> {
    let first = rooms.iter().map(|room| room.stay.check_in()).min()?;
    let last = rooms.iter().map(|room| room.stay.check_out()).max()?;
    Some((first, last))
}

/// Units that a change takes from (or, negative, gives back to) one night of one room type.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CellChange {
    pub room_type: RoomTypeId,
    pub night: Date,
    pub held: i32,
    pub sold: i32,
}

/// What rooms take from inventory when `sign` is 1, or give back when it is -1. Unmapped rooms take nothing.
pub fn sold_cells(rooms: &[ReservedRoom], sign: i32) -> Vec<CellChange> {
    rooms
        .iter()
        .filter_map(|room| room.product.map(|(room_type, _)| (room, room_type)))
        .flat_map(|(room, room_type)| {
            let units = i32::try_from(room.units).unwrap_or(i32::MAX);
            night::nights(room.stay.check_in(), room.stay.check_out()).map(move |night| {
                CellChange {
                    room_type,
                    night,
                    held: 0,
                    sold: sign * units,
                }
            })
        })
        .collect()
}

/// A reservation's number: ten letters and digits that are not confused when read out, from its random id.
pub fn number(id: ReservationId) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let random = id.0.as_u128();
    (0..10)
        .rev()
        .map(|place| char::from(ALPHABET[(random >> (place * 5)) as usize & 31]))
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn only_a_tentative_reservation_is_confirmed_and_only_once() {
        assert_eq!(
            Transition::Confirm.from(Status::Tentative),
            Some(Status::Confirmed)
        );
        for status in Status::ALL
            .into_iter()
            .filter(|status| *status != Status::Tentative)
        {
            assert_eq!(Transition::Confirm.from(status), None, "{status}");
        }
    }

    #[test]
    fn what_has_ended_cannot_be_cancelled() {
        for status in [
            Status::Declined,
            Status::Expired,
            Status::Cancelled,
            Status::NoShow,
            Status::CheckedOut,
        ] {
            assert_eq!(Transition::Cancel.from(status), None, "{status}");
        }
    }

    #[test]
    fn every_status_has_a_name_that_leads_back() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
        assert_eq!(Status::parse("lost"), None);
    }

    #[test]
    fn a_room_takes_each_of_its_nights_and_an_unmapped_one_none() {
        let room_type = RoomTypeId(uuid::Uuid::from_u128(1));
        let stay = Stay::new(date(2026, 12, 1), date(2026, 12, 3)).expect("two nights");
        let mapped = ReservedRoom {
            product: Some((room_type, RatePlanId(uuid::Uuid::from_u128(2)))),
            external: None,
            stay,
            units: 2,
            adults: 2,
            children_ages: vec![],
            prices: vec![100, 100],
            charges: vec![],
            guests: vec![],
        };
        let unmapped = ReservedRoom {
            product: None,
            ..mapped.clone()
        };
        let cells = sold_cells(&[mapped, unmapped], -1);
        assert_eq!(
            cells
                .iter()
                .map(|cell| (cell.night.day(), cell.sold))
                .collect::<Vec<_>>(),
            [(1, -2), (2, -2)]
        );
    }

    #[test]
    fn a_number_has_ten_unmistakable_letters() {
        let number = number(ReservationId(uuid::Uuid::from_u128(u128::MAX)));
        assert_eq!(number, "ZZZZZZZZZZ");
    }
}
