//! The simulated Expedia's memory, and what its guests do to it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::model::{
    BookingRequest, Change, Kind, Night, Property, RatePlan, RoomType, Status, Transaction,
};
use super::updates::Message;
use crate::money;
use crate::server::StartError;

/// The longest stay that Expedia sells, in nights.
const LONGEST_STAY: i32 = 28;

/// Why a guest cannot book or change.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BookingError {
    #[error("rate plan {0} does not exist here: add it first")]
    UnknownRatePlan(String),
    #[error("booking {0} does not exist here")]
    UnknownBooking(String),
    #[error("booking {0} is cancelled already")]
    Cancelled(String),
    #[error("a stay from {check_in} to {check_out} is not between 1 and 28 nights")]
    Dates { check_in: Date, check_out: Date },
    #[error("the night of {0} has no room left")]
    SoldOut(Date),
    #[error("the night of {0} is not for sale: the rate plan is closed")]
    Closed(Date),
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

impl Place {
    pub(super) fn today(&self, now: Timestamp) -> Date {
        now.to_zoned(self.zone.clone()).date()
    }
}

#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) places: BTreeMap<String, Place>,
    /// In the order in which they were added.
    pub(super) room_types: Vec<RoomType>,
    pub(super) rate_plans: Vec<RatePlan>,
    pub(super) units: BTreeMap<String, BTreeMap<Date, u32>>,
    pub(super) nights: BTreeMap<String, BTreeMap<Date, Night>>,
    /// Every message that was applied, in order.
    pub(super) messages: Vec<Message>,
    /// Every transaction of every booking, in order.
    pub(super) transactions: Vec<Transaction>,
    /// Messages that still find no connection.
    pub(super) busy: u32,
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

    /// A rate plan by an id under which it is sold.
    fn sold_as(&self, id: &str) -> Option<&RatePlan> {
        let mut all = self.rate_plans.iter();
        all.find(|rate| rate.id == id || rate.follower.as_deref() == Some(id))
    }

    pub(super) fn units(&self, room_type: &str, night: Date) -> u32 {
        let nights = self.units.get(room_type);
        nights
            .and_then(|nights| nights.get(&night))
            .copied()
            .unwrap_or(0)
    }

    pub(super) fn set_units(&mut self, room_type: &str, night: Date, units: u32) {
        let nights = self.units.entry(room_type.to_owned()).or_default();
        nights.insert(night, units);
    }

    pub(super) fn night(&self, rate_plan: &str, night: Date) -> Night {
        let nights = self.nights.get(rate_plan);
        nights
            .and_then(|nights| nights.get(&night))
            .cloned()
            .unwrap_or_default()
    }

    pub(super) fn set_night(&mut self, rate_plan: &str, night: Date, shown: Night) {
        let nights = self.nights.entry(rate_plan.to_owned()).or_default();
        nights.insert(night, shown);
    }

    /// The transactions of a booking, oldest first.
    pub(super) fn of<'a>(
        &'a self,
        booking: &'a str,
    ) -> impl DoubleEndedIterator<Item = &'a Transaction> {
        self.transactions
            .iter()
            .filter(move |one| one.booking == booking)
    }

    pub(super) fn book(
        &mut self,
        request: BookingRequest,
        now: Timestamp,
    ) -> Result<String, BookingError> {
        let prices = self.priced(&request)?;
        self.bookings += 1;
        let booking = (2_000_000_000 + self.bookings).to_string();
        self.sell(&request, -1);
        self.keep((booking.as_str(), Kind::Book), request, prices, now);
        Ok(booking)
    }

    pub(super) fn change(
        &mut self,
        booking: &str,
        change: &Change,
        now: Timestamp,
    ) -> Result<(), BookingError> {
        let before = self.held(booking)?;
        let mut request = before.clone();
        request.check_in = change.check_in.unwrap_or(request.check_in);
        request.check_out = change.check_out.unwrap_or(request.check_out);
        request.price = change.price.or(request.price);
        if let Some(rate_plan) = &change.rate_plan {
            request.rate_plan.clone_from(rate_plan);
        }
        // The room that is given back may be the one that is taken.
        self.sell(&before, 1);
        match self.priced(&request) {
            Ok(prices) => {
                self.sell(&request, -1);
                self.keep((booking, Kind::Modify), request, prices, now);
                Ok(())
            }
            Err(error) => {
                self.sell(&before, -1);
                Err(error)
            }
        }
    }

    pub(super) fn cancel(&mut self, booking: &str, now: Timestamp) -> Result<(), BookingError> {
        let before = self.held(booking)?;
        self.sell(&before, 1);
        self.keep((booking, Kind::Cancel), before, BTreeMap::new(), now);
        Ok(())
    }

    /// What is booked, where it is not cancelled.
    fn held(&self, booking: &str) -> Result<BookingRequest, BookingError> {
        let latest = self.of(booking).next_back();
        let latest = latest.ok_or_else(|| BookingError::UnknownBooking(booking.to_owned()))?;
        match latest.kind {
            Kind::Cancel => Err(BookingError::Cancelled(booking.to_owned())),
            Kind::Book | Kind::Modify => Ok(latest.request.clone()),
        }
    }

    /// The price of each night, where the stay would be sold.
    fn priced(&self, request: &BookingRequest) -> Result<BTreeMap<Date, i64>, BookingError> {
        let unknown = || BookingError::UnknownRatePlan(request.rate_plan.clone());
        let rate_plan = self.sold_as(&request.rate_plan).ok_or_else(unknown)?;
        let (check_in, check_out) = (request.check_in, request.check_out);
        let length = (check_out - check_in).get_days();
        if !(1..=LONGEST_STAY).contains(&length) {
            return Err(BookingError::Dates {
                check_in,
                check_out,
            });
        }
        let price = |night| {
            let shown = self.night(&rate_plan.id, night);
            if self.units(&rate_plan.room_type, night) == 0 {
                return Err(BookingError::SoldOut(night));
            }
            if shown.closed {
                return Err(BookingError::Closed(night));
            }
            let by_adults = shown.rates.get(&request.adults).copied();
            let price = request.price.or(shown.rate()).or(by_adults);
            Ok((night, price.ok_or(BookingError::NoPrice(night))?))
        };
        nights(check_in, check_out).map(price).collect()
    }

    /// Expedia counts what it sells by itself.
    fn sell(&mut self, request: &BookingRequest, by: i64) {
        let Some(room_type) = self
            .sold_as(&request.rate_plan)
            .map(|rate| rate.room_type.clone())
        else {
            return;
        };
        for night in nights(request.check_in, request.check_out) {
            let left = i64::from(self.units(&room_type, night)).saturating_add(by);
            self.set_units(
                &room_type,
                night,
                u32::try_from(left.max(0)).unwrap_or(u32::MAX),
            );
        }
    }

    fn keep(
        &mut self,
        (booking, kind): (&str, Kind),
        request: BookingRequest,
        prices: BTreeMap<Date, i64>,
        now: Timestamp,
    ) {
        let property = self.property_of(&request.rate_plan);
        let place = property.as_ref().and_then(|id| self.places.get(id));
        let expires = place.map_or(now, |place| now + patience(place, request.check_in, now));
        self.transactions.push(Transaction {
            booking: booking.to_owned(),
            property: property.unwrap_or_default(),
            kind,
            request,
            prices,
            created: now,
            expires,
            status: Status::Pending,
            confirm_number: None,
        });
    }

    /// The room type's id of what a rate plan is sold as.
    pub(super) fn room_of(&self, rate_plan: &str) -> Option<&str> {
        let rate = self.sold_as(rate_plan)?;
        Some(&rate.room_type)
    }

    fn property_of(&self, rate_plan: &str) -> Option<String> {
        let room_type = self.room_type(self.room_of(rate_plan)?)?;
        Some(room_type.property.clone())
    }
}

/// How long Expedia waits for the hotel's confirmation number, by the day of arrival where the property is.
fn patience(place: &Place, check_in: Date, now: Timestamp) -> SignedDuration {
    match (check_in - place.today(now)).get_days() {
        ..=0 => SignedDuration::from_mins(30),
        1 => SignedDuration::from_mins(60),
        _ => SignedDuration::from_hours(24),
    }
}

/// The nights of a stay: the day of departure is none of them.
fn nights(check_in: Date, check_out: Date) -> impl Iterator<Item = Date> {
    check_in
        .series(1.day())
        .take_while(move |night| *night < check_out)
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
