//! Whether a product can be sold for a stay, at what price, and if not, why.

use std::fmt;

use jiff::civil::Date;

use crate::domain::hotel::{RatePlan, RoomType};
use crate::domain::night::Stay;

/// Who sleeps in one room.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Party {
    pub adults: u16,
    pub children_ages: Vec<u8>,
}

impl Party {
    pub fn size(&self) -> usize {
        usize::from(self.adults) + self.children_ages.len()
    }
}

/// A room type sold under a rate plan.
#[derive(Clone, Debug)]
pub struct Product {
    pub room_type: RoomType,
    pub rate_plan: RatePlan,
}

/// Availability, rate and restrictions of a product for one night.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProductNight {
    pub night: Date,
    pub price_minor: i64,
    pub min_stay_arrival: Option<u16>,
    pub min_stay_through: Option<u16>,
    pub max_stay: Option<u16>,
    pub closed_to_arrival: bool,
    pub closed_to_departure: bool,
    pub stop_sell: bool,
    /// Units left, lapsed holds counted as free. `None` where the hotel has opened no inventory.
    pub available: Option<i32>,
}

/// Why a product is not for sale. The first word is stable.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    InThePast,
    OccupancyExceeded(u16),
    NotOpen(Date),
    StopSell(Date),
    ClosedToArrival(Date),
    ClosedToDeparture(Date),
    MinStayArrival(u16),
    MinStayThrough(u16),
    MaxStay(u16),
    SoldOut(Date),
}

impl Reason {
    /// The stable code, as the API shows it.
    pub fn code(self) -> &'static str {
        match self {
            Self::InThePast => "in_the_past",
            Self::OccupancyExceeded(_) => "occupancy_exceeded",
            Self::NotOpen(_) => "not_open",
            Self::StopSell(_) => "stop_sell",
            Self::ClosedToArrival(_) => "closed_to_arrival",
            Self::ClosedToDeparture(_) => "closed_to_departure",
            Self::MinStayArrival(_) => "min_stay_arrival",
            Self::MinStayThrough(_) => "min_stay_through",
            Self::MaxStay(_) => "max_stay",
            Self::SoldOut(_) => "sold_out",
        }
    }

    /// The night that stands in the way, where one does.
    pub fn night(self) -> Option<Date> {
        match self {
            Self::NotOpen(night)
            | Self::StopSell(night)
            | Self::ClosedToArrival(night)
            | Self::ClosedToDeparture(night)
            | Self::SoldOut(night) => Some(night),
            _ => None,
        }
    }

    /// The limit that the stay or the party misses, where there is one.
    pub fn limit(self) -> Option<u16> {
        match self {
            Self::OccupancyExceeded(limit)
            | Self::MinStayArrival(limit)
            | Self::MinStayThrough(limit)
            | Self::MaxStay(limit) => Some(limit),
            _ => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())?;
        match (self.night(), self.limit()) {
            (Some(night), _) => write!(formatter, " {night}"),
            (_, Some(limit)) => write!(formatter, " {limit}"),
            _ => Ok(()),
        }
    }
}

/// What one unit costs, night by night, and how many units are left for the whole stay.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sellable {
    pub prices: Vec<i64>,
    pub units: i32,
}

/// Decides from the nights of a product, which must be those of the stay and its day of departure, in order.
/// Every reason is named, not only the first.
pub fn decide(
    stay: Stay,
    party: &Party,
    room_type: &RoomType,
    nights: &[ProductNight],
    today: Date,
) -> Result<Sellable, Vec<Reason>> {
    let mut reasons = Vec::new();
    if stay.check_in() < today {
        reasons.push(Reason::InThePast);
    }
    if party.size() > usize::from(room_type.max_occupancy) {
        reasons.push(Reason::OccupancyExceeded(room_type.max_occupancy));
    }
    let mut prices = Vec::with_capacity(usize::from(stay.length()));
    let mut units = i32::MAX;
    for night in stay.nights() {
        let Some(found) = nights.iter().find(|found| found.night == night) else {
            reasons.push(Reason::NotOpen(night));
            continue;
        };
        check_night(stay, found, &mut reasons);
        prices.push(found.price_minor);
        units = units.min(found.available.unwrap_or(0));
    }
    if nights
        .iter()
        .any(|night| night.night == stay.check_out() && night.closed_to_departure)
    {
        reasons.push(Reason::ClosedToDeparture(stay.check_out()));
    }
    if reasons.is_empty() {
        Ok(Sellable { prices, units })
    } else {
        Err(reasons)
    }
}

fn check_night(stay: Stay, night: &ProductNight, reasons: &mut Vec<Reason>) {
    let length = stay.length();
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
    if night.night != stay.check_in() {
        return;
    }
    if night.closed_to_arrival {
        reasons.push(Reason::ClosedToArrival(night.night));
    }
    if let Some(limit) = night.min_stay_arrival.filter(|limit| length < *limit) {
        reasons.push(Reason::MinStayArrival(limit));
    }
    if let Some(limit) = night.max_stay.filter(|limit| length > *limit) {
        reasons.push(Reason::MaxStay(limit));
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::ids::RoomTypeId;

    fn double() -> RoomType {
        RoomType {
            id: RoomTypeId(uuid::Uuid::from_u128(1)),
            code: "DBL".to_owned(),
            name: "Double".to_owned(),
            standard_occupancy: 2,
            max_occupancy: 3,
            accessible: false,
        }
    }

    fn open(night: Date) -> ProductNight {
        ProductNight {
            night,
            price_minor: 10_000,
            min_stay_arrival: None,
            min_stay_through: None,
            max_stay: None,
            closed_to_arrival: false,
            closed_to_departure: false,
            stop_sell: false,
            available: Some(4),
        }
    }

    /// The verdict on two nights from 1 December, after `change` was made to the three days that count.
    fn verdict(change: impl FnOnce(&mut [ProductNight; 3])) -> Result<Sellable, Vec<Reason>> {
        let mut nights = [
            open(date(2026, 12, 1)),
            open(date(2026, 12, 2)),
            open(date(2026, 12, 3)),
        ];
        change(&mut nights);
        let stay = Stay::new(date(2026, 12, 1), date(2026, 12, 3)).expect("two nights");
        let party = Party {
            adults: 2,
            children_ages: vec![],
        };
        decide(stay, &party, &double(), &nights, date(2026, 11, 23))
    }

    #[test]
    fn an_open_stay_costs_its_nights_and_has_the_fewest_units_of_them() {
        let sellable = verdict(|nights| {
            nights[1].price_minor = 12_000;
            nights[1].available = Some(1);
        });
        assert_eq!(
            sellable,
            Ok(Sellable {
                prices: vec![10_000, 12_000],
                units: 1
            })
        );
    }

    #[test]
    fn each_restriction_is_a_reason_with_its_night_or_limit() {
        type Change = fn(&mut [ProductNight; 3]);
        let cases: Vec<(Change, &str)> = vec![
            (|nights| nights[1].stop_sell = true, "stop_sell 2026-12-02"),
            (
                |nights| nights[1].available = Some(0),
                "sold_out 2026-12-02",
            ),
            (
                |nights| nights[1].available = Some(-2),
                "sold_out 2026-12-02",
            ),
            (|nights| nights[0].available = None, "not_open 2026-12-01"),
            (
                |nights| nights[0].closed_to_arrival = true,
                "closed_to_arrival 2026-12-01",
            ),
            (
                |nights| nights[2].closed_to_departure = true,
                "closed_to_departure 2026-12-03",
            ),
            (
                |nights| nights[0].min_stay_arrival = Some(3),
                "min_stay_arrival 3",
            ),
            (
                |nights| nights[1].min_stay_through = Some(4),
                "min_stay_through 4",
            ),
            (|nights| nights[0].max_stay = Some(1), "max_stay 1"),
        ];
        for (change, expected) in cases {
            let reasons = verdict(change).expect_err("not for sale");
            assert_eq!(
                reasons.iter().map(ToString::to_string).collect::<Vec<_>>(),
                [expected]
            );
        }
    }

    #[test]
    fn restrictions_of_other_days_do_not_count() {
        let sellable = verdict(|nights| {
            nights[1].closed_to_arrival = true;
            nights[1].min_stay_arrival = Some(7);
            nights[1].closed_to_departure = true;
            nights[2].stop_sell = true;
            nights[2].available = Some(0);
        });
        assert!(sellable.is_ok(), "{sellable:?}");
    }

    #[test]
    fn a_party_that_does_not_fit_and_a_past_arrival_are_refused_together() {
        let stay = Stay::new(date(2026, 12, 1), date(2026, 12, 2)).expect("one night");
        let party = Party {
            adults: 2,
            children_ages: vec![3, 5],
        };
        let reasons = decide(
            stay,
            &party,
            &double(),
            &[open(date(2026, 12, 1))],
            date(2026, 12, 2),
        );
        assert_eq!(
            reasons,
            Err(vec![Reason::InThePast, Reason::OccupancyExceeded(3)])
        );
    }
}
