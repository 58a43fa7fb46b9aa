//! The simulated Octorate's memory, and what guests of the channel do to it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::auth::Identity;
use super::calendar::Calendar;
use super::model::{
    Accommodation, BookingRequest, Change, Day, Product, Reservation, Status, nights,
};
use super::outbox::{EventType, Outbox};
use super::subscriptions::Subscription;
use crate::money;
use crate::server::StartError;

/// The longest stay that the simulator books, in nights.
const LONGEST_STAY: i32 = 366;

/// Why the channel does not take a booking or a change.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BookingError {
    #[error("product {0} does not exist here: add it first")]
    UnknownProduct(String),
    #[error("reservation {0} does not exist here")]
    UnknownReservation(u64),
    #[error("reservation {0} is cancelled already")]
    Cancelled(u64),
    #[error("product {0} is not active")]
    Inactive(String),
    #[error("a stay from {check_in} to {check_out} is not between 1 and 366 nights")]
    Dates { check_in: Date, check_out: Date },
    #[error("a booking needs at least one room")]
    NoRooms,
    #[error("the night of {night} has {left} units left and {wanted} are wanted")]
    SoldOut { night: Date, left: u32, wanted: u32 },
    #[error("the night of {night} is not for sale: {reason}")]
    Restricted { night: Date, reason: &'static str },
    #[error("the night of {0} has no price")]
    NoPrice(Date),
}

/// An accommodation with what its codes mean.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) accommodation: Accommodation,
    pub(super) zone: TimeZone,
    pub(super) decimals: usize,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) places: BTreeMap<String, Place>,
    /// In the order in which they were added.
    pub(super) products: Vec<Product>,
    pub(super) calendar: Calendar,
    pub(super) reservations: BTreeMap<u64, Reservation>,
    pub(super) identity: Identity,
    pub(super) outbox: Outbox,
    pub(super) subscriptions: Vec<Subscription>,
    next_reservation: u64,
}

impl World {
    pub(super) fn new(
        accommodations: Vec<Accommodation>,
        identity: Identity,
    ) -> Result<Self, StartError> {
        let places = accommodations
            .into_iter()
            .map(|accommodation| Ok((accommodation.id.clone(), place(accommodation)?)))
            .collect::<Result<_, StartError>>()?;
        Ok(Self {
            places,
            products: Vec::new(),
            calendar: Calendar::default(),
            reservations: BTreeMap::new(),
            identity,
            outbox: Outbox::default(),
            subscriptions: Vec::new(),
            next_reservation: 555,
        })
    }

    pub(super) fn product(&self, id: &str) -> Option<&Product> {
        self.products.iter().find(|product| product.id == id)
    }

    /// The place of a product that is known.
    pub(super) fn place_of(&self, product: &Product) -> &Place {
        self.places
            .get(&product.accommodation)
            .expect("a product is only added to an accommodation that exists")
    }

    /// Adds a product, or replaces the one of that id; false where its accommodation is unknown.
    pub(super) fn add_product(&mut self, product: Product) -> bool {
        if !self.places.contains_key(&product.accommodation) {
            return false;
        }
        match self
            .products
            .iter_mut()
            .find(|known| known.id == product.id)
        {
            Some(known) => *known = product,
            None => self.products.push(product),
        }
        true
    }

    pub(super) fn day(&self, product: &Product, night: Date) -> Day {
        self.calendar
            .day(&product.id, night)
            .unwrap_or_else(|| product.usual_day.clone())
    }

    pub(super) fn book(
        &mut self,
        request: BookingRequest,
        now: Timestamp,
    ) -> Result<u64, BookingError> {
        let mut reservation = Reservation {
            id: self.next_reservation,
            status: if request.pending {
                Status::Pending
            } else {
                Status::Confirmed
            },
            product: request.product,
            check_in: request.check_in,
            check_out: request.check_out,
            rooms: request.rooms,
            prices: BTreeMap::new(),
            guest: request.guest,
            party: request.party,
            source: request.source,
            notes: request.notes,
            created: now,
            updated: now,
        };
        self.check(&reservation, now)?;
        reservation.prices = self.prices(&reservation, request.price)?;
        self.take_units(&reservation);
        self.next_reservation += 1;
        let id = reservation.id;
        self.keep(reservation, EventType::ReservationCreated, now);
        Ok(id)
    }

    pub(super) fn change(
        &mut self,
        id: u64,
        change: Change,
        now: Timestamp,
    ) -> Result<(), BookingError> {
        let before = self.held(id)?;
        let mut after = before.clone();
        after.check_in = change.check_in.unwrap_or(before.check_in);
        after.check_out = change.check_out.unwrap_or(before.check_out);
        after.rooms = change.rooms.unwrap_or(before.rooms);
        after.product = change.product.unwrap_or_else(|| before.product.clone());
        after.updated = now;
        self.return_units(&before);
        let priced = self
            .check(&after, now)
            .and_then(|()| self.prices(&after, change.price));
        match priced {
            Ok(prices) => after.prices = prices,
            Err(refused) => {
                self.take_units(&before);
                return Err(refused);
            }
        }
        self.take_units(&after);
        self.keep(after, EventType::ReservationChange, now);
        Ok(())
    }

    /// Moves a reservation that is not cancelled into another state.
    pub(super) fn set_status(
        &mut self,
        id: u64,
        status: Status,
        now: Timestamp,
    ) -> Result<(), BookingError> {
        let mut reservation = self.held(id)?;
        if !status.holds_units() {
            self.return_units(&reservation);
        }
        reservation.status = status;
        reservation.updated = now;
        let event = match status {
            Status::Cancelled => EventType::ReservationCancelled,
            Status::Confirmed => EventType::ReservationConfirmed,
            Status::Pending | Status::NoShow => EventType::ReservationChange,
        };
        self.keep(reservation, event, now);
        Ok(())
    }

    /// A reservation that takes units.
    fn held(&self, id: u64) -> Result<Reservation, BookingError> {
        let reservation = self
            .reservations
            .get(&id)
            .ok_or(BookingError::UnknownReservation(id))?;
        if reservation.status.holds_units() {
            Ok(reservation.clone())
        } else {
            Err(BookingError::Cancelled(id))
        }
    }

    /// Would the channel sell this stay, as its calendar stands?
    fn check(&self, stay: &Reservation, now: Timestamp) -> Result<(), BookingError> {
        let product = self
            .product(&stay.product)
            .ok_or_else(|| BookingError::UnknownProduct(stay.product.clone()))?;
        let length = (stay.check_out - stay.check_in).get_days();
        if !(1..=LONGEST_STAY).contains(&length) {
            return Err(BookingError::Dates {
                check_in: stay.check_in,
                check_out: stay.check_out,
            });
        }
        if stay.rooms == 0 {
            return Err(BookingError::NoRooms);
        }
        if !product.active {
            return Err(BookingError::Inactive(product.id.clone()));
        }
        let today = now.to_zoned(self.place_of(product).zone.clone()).date();
        self.check_arrival(product, stay, (stay.check_in - today).get_days())?;
        for night in stay.nights() {
            let day = self.day(product, night);
            if day.stop_sells {
                return Err(restricted(night, "sales are stopped"));
            }
            if day.availability < stay.rooms {
                return Err(BookingError::SoldOut {
                    night,
                    left: day.availability,
                    wanted: stay.rooms,
                });
            }
        }
        Ok(())
    }

    /// The rules that hang on the days of arrival and departure.
    fn check_arrival(
        &self,
        product: &Product,
        stay: &Reservation,
        days_ahead: i32,
    ) -> Result<(), BookingError> {
        let arrival = self.day(product, stay.check_in);
        let length = i64::from((stay.check_out - stay.check_in).get_days());
        let broken = if arrival.close_to_arrival {
            Some("it is closed to arrival")
        } else if length < i64::from(arrival.min_stay) {
            Some("the stay is shorter than allowed")
        } else if arrival.max_stay > 0 && length > i64::from(arrival.max_stay) {
            Some("the stay is longer than allowed")
        } else if i64::from(days_ahead) < i64::from(arrival.cut_off_days) {
            Some("it is too late to book it")
        } else {
            None
        };
        if let Some(reason) = broken {
            return Err(restricted(stay.check_in, reason));
        }
        if self.day(product, stay.check_out).close_to_departure {
            return Err(restricted(stay.check_out, "it is closed to departure"));
        }
        Ok(())
    }

    /// A unit's price of each night: the one that was asked for, else the calendar's.
    fn prices(
        &self,
        stay: &Reservation,
        asked: Option<i64>,
    ) -> Result<BTreeMap<Date, i64>, BookingError> {
        let product = self
            .product(&stay.product)
            .ok_or_else(|| BookingError::UnknownProduct(stay.product.clone()))?;
        stay.nights()
            .map(|night| {
                let price = asked.or_else(|| self.day(product, night).price);
                Ok((night, price.ok_or(BookingError::NoPrice(night))?))
            })
            .collect()
    }

    fn take_units(&mut self, stay: &Reservation) {
        self.move_units(stay, |availability| availability.saturating_sub(stay.rooms));
    }

    fn return_units(&mut self, stay: &Reservation) {
        self.move_units(stay, |availability| availability.saturating_add(stay.rooms));
    }

    fn move_units(&mut self, stay: &Reservation, moved: impl Fn(u32) -> u32) {
        let Some(product) = self.product(&stay.product).cloned() else {
            return;
        };
        for night in nights(stay.check_in, stay.check_out) {
            let mut day = self.day(&product, night);
            day.availability = moved(day.availability);
            self.calendar.set(&product.id, night, day);
        }
    }

    /// Stores a reservation's new state and notes the event that tells of it.
    fn keep(&mut self, reservation: Reservation, event: EventType, now: Timestamp) {
        let reference = reservation.id;
        self.reservations.insert(reference, reservation);
        let content = super::reservations::content(self, reference);
        self.outbox.note(event, reference.to_string(), content, now);
    }
}

fn place(accommodation: Accommodation) -> Result<Place, StartError> {
    let zone = TimeZone::get(&accommodation.time_zone)
        .map_err(|error| StartError::Options(error.to_string()))?;
    let decimals = money::decimals(&accommodation.currency)
        .map_err(|error| StartError::Options(error.to_string()))?;
    Ok(Place {
        accommodation,
        zone,
        decimals,
    })
}

fn restricted(night: Date, reason: &'static str) -> BookingError {
    BookingError::Restricted { night, reason }
}
