//! What a hotel has for sale on some nights, and the verdict on each product: its price, or every reason against it.

use jiff::civil::Date;

use crate::domain::ids::{RatePlanId, RoomTypeId};
use crate::domain::night::{self, Stay};
use crate::domain::offer::{Party, Product, ProductNight, Reason};
use crate::domain::pricing::{self, Charge, Charged, PriceRules};
use crate::domain::promo::PromoEntry;

/// What somebody asks of a hotel's products.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub stay: Stay,
    pub party: &'a Party,
    /// An accessible room is wanted, so none is held back.
    pub accessible: bool,
    /// In the hotel's time zone.
    pub today: Date,
    /// A code that can be used today. It counts for what it covers, and is no reason against the rest.
    pub promo: Option<&'a PromoEntry>,
}

/// A product with its nights and what its price depends on.
#[derive(Clone, Debug)]
pub struct Shelf {
    pub product: Product,
    /// Whether the hotel, the room type and the rate plan all sell at present.
    pub active: bool,
    /// In order, one a day at most.
    pub nights: Vec<ProductNight>,
    pub rules: PriceRules,
}

impl Shelf {
    fn night(&self, date: Date) -> Option<&ProductNight> {
        let place = self.nights.binary_search_by_key(&date, |night| night.night);
        place.ok().map(|place| &self.nights[place])
    }

    /// The units left for every night of a stay; none where a night is not open.
    pub fn units(&self, stay: Stay) -> i32 {
        stay.nights()
            .map(|date| self.night(date).and_then(|night| night.available))
            .map(|units| units.unwrap_or(0))
            .min()
            .unwrap_or(0)
    }

    /// What one unit costs for a night, whatever restrictions say; `None` where the night has no price, or one past `i64`.
    pub fn price(&self, date: Date, party: &Party) -> Option<i64> {
        let night = self.night(date)?;
        self.rules.night(night.price_minor, party)
    }

    /// The first night of the stay that has the fewest units.
    pub fn shortest(&self, stay: Stay) -> Date {
        stay.nights()
            .min_by_key(|date| self.night(*date).and_then(|night| night.available))
            .unwrap_or(stay.check_in())
    }
}

/// Every product of a hotel on some nights, and the hotel's taxes and fees.
#[derive(Clone, Debug, Default)]
pub struct Market {
    /// In the order of their codes.
    pub shelves: Vec<Shelf>,
    pub charges: Vec<Charge>,
}

/// What one unit costs, night by night, with the charges of its stay, and how many units are left for all of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sellable {
    /// With the promo code's discount taken off.
    pub prices: Vec<i64>,
    /// Of these prices.
    pub charges: Vec<Charged>,
    pub units: i32,
    /// What the promo code took off the nights together, minor units.
    pub discount: i64,
}

impl Market {
    pub fn find(&self, room_type: RoomTypeId, rate_plan: RatePlanId) -> Option<&Shelf> {
        self.shelves.iter().find(|shelf| {
            shelf.product.room_type.id == room_type && shelf.product.rate_plan.id == rate_plan
        })
    }

    /// Decides on one of the shelves. Every reason is named, not only the first.
    pub fn verdict(&self, shelf: &Shelf, asked: &Asked<'_>) -> Result<Sellable, Vec<Reason>> {
        let mut reasons = Vec::new();
        let room_type = &shelf.product.room_type;
        if !shelf.active {
            reasons.push(Reason::Inactive);
        }
        if asked.stay.check_in() < asked.today {
            reasons.push(Reason::InThePast);
        }
        if asked.party.size() > usize::from(room_type.max_occupancy) {
            reasons.push(Reason::OccupancyExceeded(room_type.max_occupancy));
        }
        if room_type.accessible && !asked.accessible && self.others_are_left(asked) {
            reasons.push(Reason::HeldBack);
        }
        for date in asked.stay.nights() {
            match shelf.night(date) {
                Some(night) => check_night(asked, night, &mut reasons),
                None => reasons.push(Reason::NotOpen(date)),
            }
        }
        let departure = asked.stay.check_out();
        if (shelf.night(departure)).is_some_and(|night| night.closed_to_departure) {
            reasons.push(Reason::ClosedToDeparture(departure));
        }
        if reasons.is_empty() {
            self.price(shelf, asked)
                .ok_or_else(|| vec![Reason::PriceOverflow])
        } else {
            Err(reasons)
        }
    }

    /// Whether a room type that is not accessible and fits the party has a unit for every night.
    fn others_are_left(&self, asked: &Asked<'_>) -> bool {
        self.shelves
            .iter()
            .filter(|shelf| shelf.active && !shelf.product.room_type.accessible)
            .filter(|shelf| {
                asked.party.size() <= usize::from(shelf.product.room_type.max_occupancy)
            })
            .any(|shelf| shelf.units(asked.stay) > 0)
    }

    fn price(&self, shelf: &Shelf, asked: &Asked<'_>) -> Option<Sellable> {
        let prices = asked
            .stay
            .nights()
            .map(|date| shelf.price(date, asked.party))
            .collect::<Option<Vec<i64>>>()?;
        let covers = |promo: &&PromoEntry| promo.covers(&shelf.product, asked.stay);
        let (prices, discount) = match asked.promo.filter(covers) {
            Some(promo) => promo.reduced(&prices)?,
            None => (prices, 0),
        };
        let sellable = Sellable {
            charges: pricing::charges(&self.charges, &prices, asked.party)?,
            units: shelf.units(asked.stay),
            prices,
            discount,
        };
        // Whoever shows a price shows its total.
        pricing::bill([sellable.billed()])?;
        Some(sellable)
    }
}

impl Sellable {
    /// The bill of one unit.
    pub fn billed(&self) -> pricing::Billed<'_> {
        pricing::Billed {
            prices: &self.prices,
            units: 1,
            charges: &self.charges,
            extras: &[],
        }
    }
}

fn check_night(asked: &Asked<'_>, night: &ProductNight, reasons: &mut Vec<Reason>) {
    let length = asked.stay.length();
    match night.available {
        None => reasons.push(Reason::NotOpen(night.night)),
        Some(units) if units <= 0 => reasons.push(Reason::SoldOut(night.night)),
        Some(_) => {}
    }
    if night.stop_sell {
        reasons.push(Reason::StopSell(night.night));
    }
    if let Some(limit) = night.min_stay_through.filter(|limit| length < *limit) {
        reasons.push(Reason::MinStayThrough(limit));
    }
    if night.night == asked.stay.check_in() {
        check_arrival(asked, night, reasons);
    }
}

fn check_arrival(asked: &Asked<'_>, night: &ProductNight, reasons: &mut Vec<Reason>) {
    let length = asked.stay.length();
    if night.closed_to_arrival {
        reasons.push(Reason::ClosedToArrival(night.night));
    }
    if let Some(limit) = night.min_stay_arrival.filter(|limit| length < *limit) {
        reasons.push(Reason::MinStayArrival(limit));
    }
    if let Some(limit) = night.max_stay.filter(|limit| length > *limit) {
        reasons.push(Reason::MaxStay(limit));
    }
    // An arrival in the past is refused as such.
    let ahead = night::nights_between(asked.today, night.night).max(0);
    if let Some(limit) = night.cut_off_days.filter(|limit| ahead < i32::from(*limit))
        && asked.today <= night.night
    {
        reasons.push(Reason::CutOff(limit));
    }
    if let Some(limit) = night
        .max_advance_days
        .filter(|limit| ahead > i32::from(*limit))
    {
        reasons.push(Reason::MaxAdvance(limit));
    }
}
