//! The comparison itself: pure, and a microsecond a product and night at most.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Display;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::ari::{CurrentAri, Occupancy, RateNight};
use crate::domain::connection::Mapping;
use crate::domain::connector::{AriNight, AvailabilityOn, ProductCode};
use crate::domain::ids::RatePlanId;
use crate::domain::money::{Currency, Money};
use crate::domain::night::nights_between;
use crate::domain::parity::{Class, Drift, Field, Severity, Spot};

/// What was read of a channel: which products, and which nights, both included.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    pub mappings: &'a [Mapping],
    pub availability_on: AvailabilityOn,
    pub currency: Currency,
    pub today: Date,
    pub first_night: Date,
    pub last_night: Date,
}

/// How near a night is for an oversold one to be critical.
const NEAR_NIGHTS: i32 = 14;

/// The nights of each product as the channel shows them, in order from the first night.
type Shown<'a> = HashMap<&'a ProductCode, Vec<Option<&'a AriNight>>>;

/// Every difference between what we hold and what the channel shows. What the channel does not tell is not compared.
pub fn compare(reading: Reading<'_>, ours: &CurrentAri, theirs: &[AriNight]) -> Vec<Drift> {
    let shown = by_product(reading, theirs);
    let mut drifts = Vec::new();
    let mut rooms = BTreeSet::new();
    for mapping in reading.mappings {
        let nights = shown.get(&mapping.code);
        let room_level = ProductCode {
            room: mapping.code.room.clone(),
            rate: None,
        };
        let room_nights = shown.get(&room_level).or(nights);
        let on_room = reading.availability_on == AvailabilityOn::Room;
        // Where availability is the room's, its other rates would only say the same again.
        let first_of_room = on_room && rooms.insert(mapping.room_type);

        let mut cell = Comparison {
            reading,
            mapping,
            occupancy: ours.occupancy.get(&(mapping.room_type, mapping.rate_plan)),
            night: reading.first_night,
            drifts: &mut drifts,
        };
        for place in 0..length(reading) {
            let units = ours.units(mapping.room_type, cell.night);
            if let Some(theirs) = room_nights
                .and_then(|nights| nights[place])
                .filter(|_| first_of_room)
            {
                cell.availability(None, units, theirs);
            }
            let rate = ours
                .rates
                .get(&(mapping.room_type, mapping.rate_plan, cell.night));
            match nights.and_then(|nights| nights[place]) {
                Some(theirs) => {
                    if !on_room {
                        cell.availability(Some(mapping.rate_plan), units, theirs);
                    }
                    cell.rate(rate, theirs);
                }
                None => cell.missing(rate),
            }
            cell.night = cell.night.saturating_add(1.day());
        }
    }
    drifts
}

fn length(reading: Reading<'_>) -> usize {
    usize::try_from(nights_between(reading.first_night, reading.last_night) + 1).unwrap_or(0)
}

fn by_product<'a>(reading: Reading<'_>, theirs: &'a [AriNight]) -> Shown<'a> {
    let nights = length(reading);
    let mut shown = Shown::new();
    // Channels list a product's nights together, so most of them need no look-up.
    for product in theirs.chunk_by(|left, right| left.product == right.product) {
        let places = shown
            .entry(&product[0].product)
            .or_insert_with(|| vec![None; nights]);
        for night in product {
            let distance = nights_between(reading.first_night, night.night);
            if let Some(place) = usize::try_from(distance)
                .ok()
                .and_then(|distance| places.get_mut(distance))
            {
                *place = Some(night);
            }
        }
    }
    shown
}

/// One product and night under comparison.
struct Comparison<'a, 'd> {
    reading: Reading<'a>,
    mapping: &'a Mapping,
    /// What the product's price depends on.
    occupancy: Option<&'a Occupancy>,
    night: Date,
    drifts: &'d mut Vec<Drift>,
}

impl Comparison<'_, '_> {
    fn availability(&mut self, rate_plan: Option<RatePlanId>, ours: u32, theirs: &AriNight) {
        let Some(theirs) = theirs.availability.filter(|theirs| *theirs != ours) else {
            return;
        };
        let near = nights_between(self.reading.today, self.night) <= NEAR_NIGHTS;
        let (class, severity) = match theirs > ours {
            true if ours == 0 && near => (Class::OversoldRisk, Severity::Critical),
            true => (Class::OversoldRisk, Severity::High),
            false => (Class::Undersold, Severity::Medium),
        };
        let spot = Spot {
            rate_plan,
            ..self.spot(Field::Availability)
        };
        self.drifts.push(Drift {
            spot,
            class,
            severity,
            ours: ours.to_string(),
            theirs: theirs.to_string(),
        });
    }

    fn rate(&mut self, ours: Option<&RateNight>, theirs: &AriNight) {
        let closed = ours.is_none_or(|rate| rate.stop_sell);
        let severity = if closed {
            Severity::Critical
        } else {
            Severity::Medium
        };
        self.value(
            Field::StopSell,
            (Class::StopSell, severity),
            closed,
            theirs.stop_sell,
        );
        let Some(ours) = ours else {
            return;
        };
        if let Some(theirs) = theirs.price {
            self.price(self.told(ours), theirs);
        }
        self.minimum_stay(ours, theirs);
        let restriction = (Class::Restriction, Severity::Medium);
        // A maximum of none restricts nothing.
        self.value(
            Field::MaxStay,
            restriction,
            ours.max_stay.unwrap_or(0),
            theirs.max_stay,
        );
        self.value(
            Field::ClosedToArrival,
            restriction,
            ours.closed_to_arrival,
            theirs.closed_to_arrival,
        );
        self.value(
            Field::ClosedToDeparture,
            restriction,
            ours.closed_to_departure,
            theirs.closed_to_departure,
        );
    }

    /// A minimum of one night restricts nothing. A channel that has one minimum stay shows the stricter of ours, under
    /// whichever name.
    fn minimum_stay(&mut self, ours: &RateNight, theirs: &AriNight) {
        let minimum = |nights: Option<u32>| nights.map(|nights| nights.max(1));
        let restriction = (Class::Restriction, Severity::Medium);
        let arrival = ours.min_stay_arrival.unwrap_or(1);
        let through = ours.min_stay_through.unwrap_or(1);
        let one = theirs.min_stay_arrival.is_none() || theirs.min_stay_through.is_none();
        let (arrival, through) = if one {
            (arrival.max(through), arrival.max(through))
        } else {
            (arrival, through)
        };
        let shown = minimum(theirs.min_stay_arrival);
        self.value(Field::MinStayArrival, restriction, arrival, shown);
        let shown = minimum(theirs.min_stay_through);
        self.value(Field::MinStayThrough, restriction, through, shown);
    }

    /// The one price that every channel is told: that of the standard occupancy.
    fn told(&self, rate: &RateNight) -> Money {
        let price = self
            .occupancy
            .map(|prices| prices.standard(rate.price_minor));
        Money::new(price.unwrap_or(rate.price_minor), self.reading.currency)
    }

    fn price(&mut self, ours: Money, theirs: Money) {
        // One minor unit, or half a percent.
        let tolerance = (ours.minor / 200).max(1);
        let missing = ours.minor.saturating_sub(theirs.minor);
        let (class, severity) = match missing {
            _ if theirs.currency != ours.currency => (Class::MissingProduct, Severity::High),
            _ if theirs.minor <= 0 => (Class::PriceUnder, Severity::Critical),
            missing if missing > ours.minor / 10 => (Class::PriceUnder, Severity::Critical),
            missing if missing > tolerance => (Class::PriceUnder, Severity::High),
            missing if missing < -tolerance => (Class::PriceOver, Severity::Medium),
            _ => return,
        };
        self.push(
            Field::Price,
            (class, severity),
            ours.to_string(),
            theirs.to_string(),
        );
    }

    /// The channel shows nothing here; that only matters where there is something to sell.
    fn missing(&mut self, ours: Option<&RateNight>) {
        if let Some(rate) = ours.filter(|rate| !rate.stop_sell) {
            let price = self.told(rate);
            self.push(
                Field::Product,
                (Class::MissingProduct, Severity::High),
                price.to_string(),
                String::new(),
            );
        }
    }

    fn value<T: Copy + Display + PartialEq>(
        &mut self,
        field: Field,
        meaning: (Class, Severity),
        ours: T,
        theirs: Option<T>,
    ) {
        if let Some(theirs) = theirs.filter(|theirs| *theirs != ours) {
            self.push(field, meaning, ours.to_string(), theirs.to_string());
        }
    }

    fn push(
        &mut self,
        field: Field,
        (class, severity): (Class, Severity),
        ours: String,
        theirs: String,
    ) {
        let spot = self.spot(field);
        self.drifts.push(Drift {
            spot,
            class,
            severity,
            ours,
            theirs,
        });
    }

    fn spot(&self, field: Field) -> Spot {
        let Mapping {
            room_type,
            rate_plan,
            ..
        } = *self.mapping;
        Spot {
            room_type,
            rate_plan: Some(rate_plan),
            night: self.night,
            field,
        }
    }
}
