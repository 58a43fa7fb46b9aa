//! The simulated Booking.com's memory, and what guests do to it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::Options;
use super::ari::Notification;
use super::auth::Identity;
use super::model::{
    BookingRequest, Change, Night, Property, Queue, Rate, Reservation, Room, RoomNight, Status,
    nights,
};
use crate::money;
use crate::server::StartError;

/// The longest stay that the simulator books, in nights.
const LONGEST_STAY: i32 = 366;

/// The number before the first reservation's.
const BEFORE_FIRST: u64 = 4_705_950_000;

/// Why a guest cannot book or change.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BookingError {
    #[error("rate {rate} of room {room} does not exist here: add it first")]
    UnknownRate { room: String, rate: String },
    #[error("reservation {0} does not exist here")]
    UnknownReservation(u64),
    #[error("reservation {0} is cancelled already")]
    Cancelled(u64),
    #[error("a stay from {check_in} to {check_out} is not between 1 and 366 nights")]
    Dates { check_in: Date, check_out: Date },
    #[error("a booking needs at least one room")]
    NoRooms,
    #[error("the night of {night} has {left} units left and {wanted} are wanted")]
    SoldOut { night: Date, left: u32, wanted: u32 },
    #[error("the night of {0} is closed")]
    Closed(Date),
    #[error("the night of {0} has no price")]
    NoPrice(Date),
}

/// A property with what its currency means.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) property: Property,
    pub(super) decimals: usize,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) places: BTreeMap<String, Place>,
    /// In the order in which they were added.
    pub(super) rooms: Vec<Room>,
    pub(super) rates: Vec<Rate>,
    pub(super) room_nights: BTreeMap<String, BTreeMap<Date, RoomNight>>,
    /// By room and rate.
    pub(super) rate_nights: BTreeMap<(String, String), BTreeMap<Date, Night>>,
    pub(super) switching_currency: bool,
    pub(super) notifications: Vec<Notification>,
    pub(super) reservations: BTreeMap<u64, Reservation>,
    pub(super) identity: Identity,
    /// The receivers' tokens, by the addresses of their webhooks.
    pub(super) notification_tokens: BTreeMap<String, String>,
}

impl World {
    pub(super) fn new(options: &Options) -> Result<Self, StartError> {
        let place = |property: &Property| {
            let decimals = money::decimals(&property.currency)
                .map_err(|error| StartError::Options(error.to_string()))?;
            let place = Place {
                property: property.clone(),
                decimals,
            };
            Ok::<_, StartError>((property.id.clone(), place))
        };
        Ok(Self {
            places: options
                .properties
                .iter()
                .map(place)
                .collect::<Result<_, StartError>>()?,
            rooms: Vec::new(),
            rates: Vec::new(),
            room_nights: BTreeMap::new(),
            rate_nights: BTreeMap::new(),
            switching_currency: false,
            notifications: Vec::new(),
            reservations: BTreeMap::new(),
            identity: Identity::new(options),
            notification_tokens: BTreeMap::new(),
        })
    }

    pub(super) fn room(&self, id: &str) -> Option<&Room> {
        self.rooms.iter().find(|room| room.id == id)
    }

    pub(super) fn rate(&self, room: &str, id: &str) -> Option<&Rate> {
        let mut rates = self.rates.iter();
        rates.find(|rate| rate.room == room && rate.id == id)
    }

    /// What guests see: a closed room hides its units.
    pub(super) fn units(&self, room: &str, night: Date) -> u32 {
        let shown = self.room_nights.get(room);
        let shown = shown.and_then(|nights| nights.get(&night));
        shown.map_or(0, |shown| if shown.closed { 0 } else { shown.units })
    }

    pub(super) fn room_night(&mut self, room: &str, night: Date) -> &mut RoomNight {
        let nights = self.room_nights.entry(room.to_owned()).or_default();
        nights.entry(night).or_default()
    }

    pub(super) fn night(&self, room: &str, rate: &str, night: Date) -> Night {
        let key = (room.to_owned(), rate.to_owned());
        let shown = self.rate_nights.get(&key);
        let shown = shown.and_then(|nights| nights.get(&night));
        shown.cloned().unwrap_or_default()
    }

    pub(super) fn rate_night(&mut self, room: &str, rate: &str, night: Date) -> &mut Night {
        let key = (room.to_owned(), rate.to_owned());
        let nights = self.rate_nights.entry(key).or_default();
        nights.entry(night).or_default()
    }

    pub(super) fn book(
        &mut self,
        request: BookingRequest,
        now: Timestamp,
    ) -> Result<u64, BookingError> {
        let prices = self.priced(&request)?;
        let property = self.room(&request.room).map(|room| room.property.clone());
        let last = self.reservations.keys().next_back();
        let id = last.copied().unwrap_or(BEFORE_FIRST) + 1;
        let reservation = Reservation {
            id,
            property: property.unwrap_or_default(),
            status: Status::New,
            request,
            prices,
            made_at: now,
            version: 1,
            queue: Some(Queue::New),
        };
        self.reservations.insert(id, reservation);
        Ok(id)
    }

    pub(super) fn change(&mut self, id: u64, change: &Change) -> Result<(), BookingError> {
        let before = self.held(id)?;
        let mut request = before.request.clone();
        request.check_in = change.check_in.unwrap_or(request.check_in);
        request.check_out = change.check_out.unwrap_or(request.check_out);
        request.rooms = change.rooms.unwrap_or(request.rooms);
        request.price = change.price.or(request.price);
        let prices = self.priced(&request)?;
        self.keep(Reservation {
            status: Status::Modified,
            request,
            prices,
            ..before
        });
        Ok(())
    }

    pub(super) fn cancel(&mut self, id: u64) -> Result<(), BookingError> {
        let before = self.held(id)?;
        self.keep(Reservation {
            status: Status::Cancelled,
            ..before
        });
        Ok(())
    }

    /// A reservation that is not cancelled.
    fn held(&self, id: u64) -> Result<Reservation, BookingError> {
        let unknown = BookingError::UnknownReservation(id);
        let found = self.reservations.get(&id).ok_or(unknown)?;
        match found.status {
            Status::Cancelled => Err(BookingError::Cancelled(id)),
            Status::New | Status::Modified => Ok(found.clone()),
        }
    }

    /// What changes before it was acknowledged stays in the queue of new ones; its old token is worth nothing.
    fn keep(&mut self, after: Reservation) {
        let queue = match after.queue {
            Some(Queue::New) => Queue::New,
            Some(Queue::Changed) | None => Queue::Changed,
        };
        let after = Reservation {
            version: after.version + 1,
            queue: Some(queue),
            ..after
        };
        self.reservations.insert(after.id, after);
    }

    /// A room's price of each night, where the stay is for sale.
    fn priced(&self, request: &BookingRequest) -> Result<BTreeMap<Date, i64>, BookingError> {
        let (room, rate) = (&request.room, &request.rate);
        if self.rate(room, rate).is_none() {
            let (room, rate) = (room.clone(), rate.clone());
            return Err(BookingError::UnknownRate { room, rate });
        }
        let (check_in, check_out) = (request.check_in, request.check_out);
        if !(1..=LONGEST_STAY).contains(&(check_out - check_in).get_days()) {
            return Err(BookingError::Dates {
                check_in,
                check_out,
            });
        }
        if request.rooms == 0 {
            return Err(BookingError::NoRooms);
        }
        nights(check_in, check_out)
            .map(|night| Ok((night, self.price(request, night)?)))
            .collect()
    }

    fn price(&self, request: &BookingRequest, night: Date) -> Result<i64, BookingError> {
        let (left, wanted) = (self.units(&request.room, night), request.rooms);
        if left < wanted {
            return Err(BookingError::SoldOut {
                night,
                left,
                wanted,
            });
        }
        let shown = self.night(&request.room, &request.rate, night);
        if shown.closed {
            return Err(BookingError::Closed(night));
        }
        let by_guests = shown.prices.get(&request.adults).copied();
        let price = request.price.or(shown.price).or(by_guests);
        price.ok_or(BookingError::NoPrice(night))
    }
}
