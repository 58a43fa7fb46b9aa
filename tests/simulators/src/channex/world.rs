//! The simulated Channex's memory, and what guests of the OTAs behind it do to it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::ari::Message;
use super::model::{
    Booking, BookingRequest, Change, Night, Property, RatePlan, Revision, RoomType, Status, nights,
};
use super::pace::Pace;
use super::threads::Thread;
use super::value::Checked;
use crate::money;
use crate::server::StartError;

/// The longest stay that the simulator books, in nights.
const LONGEST_STAY: i32 = 366;

/// Why a guest cannot book or change.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BookingError {
    #[error("rate plan {0} does not exist here: add it first")]
    UnknownRatePlan(String),
    #[error("booking {0} does not exist here")]
    UnknownBooking(String),
    #[error("booking {0} is cancelled already")]
    Cancelled(String),
    #[error("a stay from {check_in} to {check_out} is not between 1 and 366 nights")]
    Dates { check_in: Date, check_out: Date },
    #[error("a booking needs at least one room")]
    NoRooms,
    #[error("the night of {night} has {left} units left and {wanted} are wanted")]
    SoldOut { night: Date, left: u32, wanted: u32 },
    #[error("the night of {0} is not for sale: sales are stopped")]
    Stopped(Date),
    #[error("the night of {0} has no price")]
    NoPrice(Date),
}

/// A property with what its codes mean.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) property: Property,
    pub(super) zone: TimeZone,
    pub(super) decimals: usize,
}

#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) places: BTreeMap<String, Place>,
    /// In the order in which they were added.
    pub(super) room_types: Vec<RoomType>,
    pub(super) rate_plans: Vec<RatePlan>,
    pub(super) units: BTreeMap<String, BTreeMap<Date, u32>>,
    pub(super) nights: BTreeMap<String, BTreeMap<Date, Night>>,
    /// Accepted and not yet applied, with the instant at which it will be.
    pub(super) waiting: Vec<(Timestamp, Vec<Checked>)>,
    /// Everything that was taken, in order.
    pub(super) messages: Vec<Message>,
    pub(super) pace: Pace,
    /// Every version of every booking, in order.
    pub(super) revisions: Vec<Revision>,
    /// What guests and the property write to each other, by booking, in the order in which they began.
    pub(super) threads: Vec<Thread>,
    bookings: u64,
}

impl World {
    pub(super) fn new(properties: &[Property]) -> Result<Self, StartError> {
        let places = properties
            .iter()
            .map(|property| Ok((property.id.clone(), place(property)?)))
            .collect::<Result<_, StartError>>()?;
        Ok(Self {
            places,
            ..Self::default()
        })
    }

    pub(super) fn room_type(&self, id: &str) -> Option<&RoomType> {
        self.room_types.iter().find(|room| room.id == id)
    }

    pub(super) fn rate_plan(&self, id: &str) -> Option<&RatePlan> {
        self.rate_plans.iter().find(|rate| rate.id == id)
    }

    /// The id of a rate plan's property.
    pub(super) fn property_of(&self, rate_plan: &RatePlan) -> String {
        self.room_type(&rate_plan.room_type)
            .map_or_else(String::new, |room| room.property.clone())
    }

    pub(super) fn units(&self, room_type: &str, night: Date) -> u32 {
        let shown = self
            .units
            .get(room_type)
            .and_then(|nights| nights.get(&night));
        shown.copied().unwrap_or(0)
    }

    pub(super) fn set_units(&mut self, room_type: &str, night: Date, units: u32) {
        let nights = self.units.entry(room_type.to_owned()).or_default();
        nights.insert(night, units);
    }

    pub(super) fn night(&self, rate_plan: &str, night: Date) -> Night {
        let shown = self
            .nights
            .get(rate_plan)
            .and_then(|nights| nights.get(&night));
        shown.cloned().unwrap_or_default()
    }

    pub(super) fn set_night(&mut self, rate_plan: &str, night: Date, shown: Night) {
        let nights = self.nights.entry(rate_plan.to_owned()).or_default();
        nights.insert(night, shown);
    }

    /// The id of the next task.
    pub(super) fn next_task(&self) -> String {
        uuid(1, self.messages.len() as u64 + 1)
    }

    /// The latest revision of every booking.
    pub(super) fn latest(&self) -> impl Iterator<Item = &Revision> {
        let last_of = |id: &str| self.revisions.iter().rposition(|one| one.booking.id == id);
        let latest = self.revisions.iter().enumerate();
        let latest = latest.filter(move |(place, one)| last_of(&one.booking.id) == Some(*place));
        latest.map(|(_, revision)| revision)
    }

    pub(super) fn book(
        &mut self,
        request: BookingRequest,
        now: Timestamp,
    ) -> Result<String, BookingError> {
        let prices = self.priced(&request)?;
        let rate_plan = self.rate_plan(&request.rate_plan);
        let property = rate_plan.map_or_else(String::new, |rate| self.property_of(rate));
        self.bookings += 1;
        let id = uuid(2, self.bookings);
        let booking = Booking {
            id: id.clone(),
            property,
            status: Status::New,
            request,
            prices,
            made_at: now,
        };
        self.keep(booking, now);
        Ok(id)
    }

    pub(super) fn change(
        &mut self,
        id: &str,
        change: &Change,
        now: Timestamp,
    ) -> Result<(), BookingError> {
        let before = self.held(id)?;
        let mut request = before.request.clone();
        request.check_in = change.check_in.unwrap_or(request.check_in);
        request.check_out = change.check_out.unwrap_or(request.check_out);
        request.rooms = change.rooms.unwrap_or(request.rooms);
        request.price = change.price.or(request.price);
        let prices = self.priced(&request)?;
        let after = Booking {
            status: Status::Modified,
            request,
            prices,
            ..before
        };
        self.keep(after, now);
        Ok(())
    }

    pub(super) fn cancel(&mut self, id: &str, now: Timestamp) -> Result<(), BookingError> {
        let before = self.held(id)?;
        let after = Booking {
            status: Status::Cancelled,
            ..before
        };
        self.keep(after, now);
        Ok(())
    }

    /// A booking that is not cancelled.
    fn held(&self, id: &str) -> Result<Booking, BookingError> {
        let latest = self.latest().find(|revision| revision.booking.id == id);
        let latest = latest.ok_or_else(|| BookingError::UnknownBooking(id.to_owned()))?;
        match latest.booking.status {
            Status::Cancelled => Err(BookingError::Cancelled(id.to_owned())),
            Status::New | Status::Modified => Ok(latest.booking.clone()),
        }
    }

    /// A room's price of each night, where the OTA would sell the stay. It does not lower what it shows: the hotel tells it.
    fn priced(&self, request: &BookingRequest) -> Result<BTreeMap<Date, i64>, BookingError> {
        let unknown = || BookingError::UnknownRatePlan(request.rate_plan.clone());
        let rate_plan = self.rate_plan(&request.rate_plan).ok_or_else(unknown)?;
        let length = (request.check_out - request.check_in).get_days();
        if !(1..=LONGEST_STAY).contains(&length) {
            return Err(BookingError::Dates {
                check_in: request.check_in,
                check_out: request.check_out,
            });
        }
        if request.rooms == 0 {
            return Err(BookingError::NoRooms);
        }
        nights(request.check_in, request.check_out)
            .map(|night| {
                let left = self.units(&rate_plan.room_type, night);
                if left < request.rooms {
                    let wanted = request.rooms;
                    return Err(BookingError::SoldOut {
                        night,
                        left,
                        wanted,
                    });
                }
                let shown = self.night(&rate_plan.id, night);
                if shown.stop_sell {
                    return Err(BookingError::Stopped(night));
                }
                let by_people = shown.rates.get(&request.adults).copied();
                let price = request.price.or(shown.rate).or(by_people);
                Ok((night, price.ok_or(BookingError::NoPrice(night))?))
            })
            .collect()
    }

    fn keep(&mut self, booking: Booking, now: Timestamp) {
        let id = uuid(3, self.revisions.len() as u64 + 1);
        self.revisions.push(Revision {
            id,
            booking,
            inserted_at: now,
            acknowledged_at: None,
        });
    }
}

fn place(property: &Property) -> Result<Place, StartError> {
    let zone = TimeZone::get(&property.time_zone)
        .map_err(|error| StartError::Options(error.to_string()))?;
    let decimals = money::decimals(&property.currency)
        .map_err(|error| StartError::Options(error.to_string()))?;
    Ok(Place {
        property: property.clone(),
        zone,
        decimals,
    })
}

/// An id that looks like Channex's, and is the same in every run.
pub(super) fn uuid(kind: u32, number: u64) -> String {
    format!("{kind:08x}-0000-4000-8000-{number:012x}")
}
