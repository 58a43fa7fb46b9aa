//! A reservation: its states, who moves it between them, and what each room takes from inventory.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;

use crate::domain::assignment::Assignment;
use crate::domain::cancellation::Terms;
use crate::domain::extra::BookedExtra;
use crate::domain::ids::{ConnectionId, HoldId, RatePlanId, ReservationId, RoomTypeId};
use crate::domain::money::Money;
use crate::domain::night::{self, Stay};
use crate::domain::pricing::{Billed, Charged};
use crate::domain::promo::Promo;

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

/// What staff, a guest or time asks of a reservation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transition {
    Confirm,
    Decline,
    Cancel,
    NoShow,
    CheckIn,
    CheckOut,
    /// It waited for staff longer than the hotel's rule allows.
    Expire,
}

/// Why a transition is not for today.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WrongDay {
    #[error("the arrival is on {arrival}, and at the hotel it is {today}: it is too early for `{}`", .transition.as_str())]
    TooEarly {
        transition: Transition,
        arrival: Date,
        today: Date,
    },
    #[error("the stay ended on {departure}, and at the hotel it is {today}: it is too late for `{}`", .transition.as_str())]
    TooLate {
        transition: Transition,
        departure: Date,
        today: Date,
    },
}

impl Transition {
    /// The new status, or `None` where this transition does not lead out of `from`.
    pub fn from(self, from: Status) -> Option<Status> {
        match (self, from) {
            (Self::Confirm, Status::Tentative) => Some(Status::Confirmed),
            (Self::Decline, Status::Tentative) => Some(Status::Declined),
            (Self::Expire, Status::Tentative) => Some(Status::Expired),
            (Self::Cancel, Status::Tentative | Status::Confirmed) => Some(Status::Cancelled),
            (Self::NoShow, Status::Confirmed) => Some(Status::NoShow),
            (Self::CheckIn, Status::Confirmed) => Some(Status::CheckedIn),
            (Self::CheckOut, Status::CheckedIn) => Some(Status::CheckedOut),
            _ => None,
        }
    }

    /// Whether it may be done on this day of the hotel's. Nobody arrives before the arrival day, nor fails to; a guest
    /// who comes after midnight is still let in on the day of departure; and what is over is no longer confirmed.
    pub fn on(self, today: Date, (arrival, departure): (Date, Date)) -> Result<(), WrongDay> {
        let early = matches!(self, Self::NoShow | Self::CheckIn) && today < arrival;
        let late = match self {
            Self::Confirm | Self::Cancel => today >= departure,
            Self::CheckIn => today > departure,
            Self::Decline | Self::NoShow | Self::CheckOut | Self::Expire => false,
        };
        let transition = self;
        if early {
            Err(WrongDay::TooEarly {
                transition,
                arrival,
                today,
            })
        } else if late {
            Err(WrongDay::TooLate {
                transition,
                departure,
                today,
            })
        } else {
            Ok(())
        }
    }

    /// The verb, as routes and refusals show it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Decline => "decline",
            Self::Cancel => "cancel",
            Self::NoShow => "no-show",
            Self::CheckIn => "check-in",
            Self::CheckOut => "check-out",
            Self::Expire => "expire",
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
    /// What comes with it, of all its units, as it was when it was booked.
    pub extras: Vec<BookedExtra>,
    pub guests: Vec<Guest>,
    /// The terms of cancellation that it was booked under, where there were any.
    pub cancellation: Option<Terms>,
    /// From this night on its units were given back: the guest left early, or never came.
    pub freed_from: Option<Date>,
}

impl ReservedRoom {
    /// One unit for one adult, without a product or a price.
    pub fn of_stay(stay: Stay) -> Self {
        Self {
            product: None,
            external: None,
            stay,
            units: 1,
            adults: 1,
            children_ages: Vec::new(),
            prices: Vec::new(),
            charges: Vec::new(),
            extras: Vec::new(),
            guests: Vec::new(),
            cancellation: None,
            freed_from: None,
        }
    }

    /// The day before which its units are taken, as it left or was let go.
    pub fn taken_until(&self) -> Date {
        self.freed_from.unwrap_or(self.stay.check_out())
    }

    /// The same line with its units given back from this night on, as far as it reaches that night.
    pub fn free_from(&self, night: Date) -> Self {
        let freed = (night < self.stay.check_out()).then(|| night.max(self.stay.check_in()));
        Self {
            freed_from: freed,
            ..self.clone()
        }
    }
}

/// What staff noted when they confirmed a reservation.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Checklist {
    pub notes: Option<String>,
    /// Files elsewhere: a name and an address.
    pub files: Vec<FileReference>,
    pub guest_notified: bool,
}

/// A file that is kept elsewhere.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FileReference {
    pub name: String,
    pub url: String,
}

impl ReservedRoom {
    /// What is billed of it.
    pub fn billed(&self) -> Billed<'_> {
        Billed {
            prices: &self.prices,
            units: self.units,
            charges: &self.charges,
            extras: &self.extras,
        }
    }
}

/// Where a reservation came from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Origin {
    /// The gateway, from a hold.
    Gateway { hold: HoldId },
    /// The hotel's staff, by a hold that lived for a moment; a walk-in stood at the desk.
    Staff { hold: HoldId, walk_in: bool },
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
    /// The physical rooms that its units have, in order of line, unit and night.
    pub assigned: Vec<Assignment>,
    pub total: Money,
    pub notes: Option<String>,
    pub overbooked: bool,
    pub unmapped: bool,
    /// The code that it was priced with.
    pub promo: Option<Promo>,
    /// What the code took off the nights of all rooms when it was booked; unknown of what was booked before this was kept.
    pub discount: Option<Money>,
    /// Since when it waits for staff, by the database's clock. Read only.
    pub tentative_since: Option<jiff::Timestamp>,
    /// What its end costs the guest, where it was booked under terms.
    pub owed: Option<Money>,
    /// What staff noted when they confirmed it.
    pub checklist: Option<Checklist>,
    pub created_at: jiff::Timestamp,
    pub updated_at: jiff::Timestamp,
}

impl Reservation {
    /// The first arrival and the last departure.
    pub fn span(&self) -> Option<(Date, Date)> {
        span(&self.rooms)
    }

    /// What it takes from inventory as it stands when `sign` is 1, or gives back when it is -1.
    pub fn taken(&self, sign: i32) -> Vec<CellChange> {
        if self.status.takes_inventory() {
            sold_cells(&self.rooms, sign)
        } else {
            Vec::new()
        }
    }
}

/// The first arrival and the last departure of some rooms.
pub fn span(rooms: &[ReservedRoom]) -> Option<(Date, Date)> {
    let first = rooms.iter().map(|room| room.stay.check_in()).min()?;
    let last = rooms.iter().map(|room| room.stay.check_out()).max()?;
    Some((first, last))
}

/// Units that a change takes from (or, negative, gives back to) one night of one room type, or one day of an extra.
/// Both are counted alike, and so their ids stand in one place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CellChange {
    pub room_type: RoomTypeId,
    pub night: Date,
    pub held: i32,
    pub sold: i32,
}

/// What rooms take from inventory when `sign` is 1, or give back when it is -1, with their extras. Unmapped rooms take
/// nothing.
pub fn sold_cells(rooms: &[ReservedRoom], sign: i32) -> Vec<CellChange> {
    let cell = |stock: RoomTypeId, night: Date, units: u32| CellChange {
        room_type: stock,
        night,
        held: 0,
        sold: sign * i32::try_from(units).unwrap_or(i32::MAX),
    };
    let mut cells = Vec::new();
    for room in rooms {
        if let Some((room_type, _)) = room.product {
            let nights = night::nights(room.stay.check_in(), room.taken_until());
            cells.extend(nights.map(|night| cell(room_type, night, room.units)));
        }
        for extra in &room.extras {
            let days = extra.taken_days(room.freed_from);
            cells.extend(days.map(|day| cell(RoomTypeId(extra.id.0), day, extra.units)));
        }
    }
    cells
}

/// The sum of the changes of each cell, without those that come to nothing: those need not be pushed.
pub fn net(changes: &[CellChange]) -> Vec<CellChange> {
    let mut cells: BTreeMap<(RoomTypeId, Date), CellChange> = BTreeMap::new();
    for change in changes {
        let none = CellChange {
            held: 0,
            sold: 0,
            ..*change
        };
        let cell = cells
            .entry((change.room_type, change.night))
            .or_insert(none);
        cell.held += change.held;
        cell.sold += change.sold;
    }
    cells
        .into_values()
        .filter(|cell| (cell.held, cell.sold) != (0, 0))
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
    fn nobody_arrives_or_fails_to_before_the_arrival_day() {
        let stay = (date(2026, 12, 1), date(2026, 12, 3));
        for transition in [Transition::CheckIn, Transition::NoShow] {
            assert!(transition.on(date(2026, 11, 30), stay).is_err());
            assert!(transition.on(date(2026, 12, 1), stay).is_ok());
        }
        assert!(Transition::CheckIn.on(date(2026, 12, 3), stay).is_ok());
        assert!(Transition::CheckIn.on(date(2026, 12, 4), stay).is_err());
        assert!(Transition::NoShow.on(date(2027, 1, 1), stay).is_ok());
    }

    #[test]
    fn what_is_over_is_neither_confirmed_nor_cancelled_but_may_be_declined() {
        let stay = (date(2026, 12, 1), date(2026, 12, 3));
        for transition in [Transition::Confirm, Transition::Cancel] {
            assert!(transition.on(date(2026, 12, 2), stay).is_ok());
            assert!(transition.on(date(2026, 12, 3), stay).is_err());
        }
        assert!(Transition::Decline.on(date(2026, 12, 9), stay).is_ok());
    }

    #[test]
    fn nights_that_were_given_back_are_not_taken() {
        let stay = Stay::new(date(2026, 12, 1), date(2026, 12, 5)).expect("four nights");
        let room = ReservedRoom {
            product: Some((
                RoomTypeId(uuid::Uuid::from_u128(1)),
                RatePlanId(uuid::Uuid::from_u128(2)),
            )),
            ..ReservedRoom::of_stay(stay)
        };
        let taken = |day| sold_cells(&[room.free_from(date(2026, 12, day))], 1).len();
        assert_eq!((taken(3), taken(5), taken(9)), (2, 4, 4));
        assert_eq!(sold_cells(&[room.free_from(date(2026, 11, 1))], 1), []);
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
            units: 2,
            prices: vec![100, 100],
            ..ReservedRoom::of_stay(stay)
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
