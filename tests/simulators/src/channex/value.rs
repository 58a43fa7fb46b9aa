//! One value of a message: its form, what it says, and what it does.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::ari::Sort;
use super::wire::{self, Problem};
use super::world::World;
use crate::money;

/// The most nights that one value may span.
const LONGEST_RANGE: i32 = 1_100;

const DAYS: [&str; 7] = ["mo", "tu", "we", "th", "fr", "sa", "su"];

/// What was wrong with one value: the field, and a sentence.
type Wrong = (&'static str, String);

/// `null` is no value: a field is there with one, or absent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireValue {
    property_id: String,
    room_type_id: Option<String>,
    rate_plan_id: Option<String>,
    #[serde(default, deserialize_with = "some_day")]
    date: Option<Date>,
    #[serde(default, deserialize_with = "some_day")]
    date_from: Option<Date>,
    #[serde(default, deserialize_with = "some_day")]
    date_to: Option<Date>,
    days: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    availability: Option<i64>,
    rate: Option<Value>,
    rates: Option<Vec<WireRate>>,
    #[serde(default, deserialize_with = "present")]
    min_stay_arrival: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    min_stay_through: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    max_stay: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    closed_to_arrival: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    closed_to_departure: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    stop_sell: Option<bool>,
}

/// A price for so many people.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRate {
    occupancy: u16,
    rate: Value,
}

fn some_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    wire::day(deserializer).map(Some)
}

fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A value that can be applied.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    target: String,
    nights: Vec<Date>,
    says: Says,
}

#[derive(Clone, Debug)]
struct Says {
    availability: Option<u32>,
    rate: Option<i64>,
    rates: Vec<(u16, i64)>,
    min_stay_arrival: Option<u32>,
    min_stay_through: Option<u32>,
    max_stay: Option<u32>,
    closed_to_arrival: Option<bool>,
    closed_to_departure: Option<bool>,
    stop_sell: Option<bool>,
}

impl WireValue {
    /// Reads a value whose form is right for its sort of message.
    pub(super) fn read(value: &Value, sort: Sort) -> Result<Self, Problem> {
        let read: Self = serde_json::from_value(value.clone())
            .map_err(|error| Problem::validation(error.to_string()))?;
        let says_restrictions = read.rate.is_some()
            || read.rates.is_some()
            || read.min_stay_arrival.is_some()
            || read.min_stay_through.is_some()
            || read.max_stay.is_some()
            || read.closed_to_arrival.is_some()
            || read.closed_to_departure.is_some()
            || read.stop_sell.is_some();
        let fit = match sort {
            Sort::Availability => {
                read.room_type_id.is_some()
                    && read.rate_plan_id.is_none()
                    && read.availability.is_some()
                    && !says_restrictions
            }
            Sort::Restrictions => {
                read.rate_plan_id.is_some()
                    && read.room_type_id.is_none()
                    && read.availability.is_none()
                    && says_restrictions
            }
        };
        if !fit {
            return Err(Problem::validation(
                "availability is a room type's, and everything else a rate plan's, in messages of their own",
            ));
        }
        match (read.date, read.date_from, read.date_to) {
            (Some(_), None, None) | (None, Some(_), Some(_)) => Ok(read),
            _ => Err(Problem::validation("date, or date_from and date_to")),
        }
    }

    /// Checks what the value says against the property.
    pub(super) fn check(&self, world: &World, now: Timestamp) -> Result<Checked, Wrong> {
        let unknown = |field: &'static str| (field, "does not exist".to_owned());
        let place = world
            .places
            .get(&self.property_id)
            .ok_or_else(|| unknown("property_id"))?;
        let target = match (&self.room_type_id, &self.rate_plan_id) {
            (Some(room_type), _) => world
                .room_type(room_type)
                .filter(|found| found.property == self.property_id)
                .map(|found| found.id.clone())
                .ok_or_else(|| unknown("room_type_id"))?,
            (None, rate_plan) => world
                .rate_plan(rate_plan.as_deref().unwrap_or_default())
                .filter(|found| world.property_of(found) == self.property_id)
                .map(|found| found.id.clone())
                .ok_or_else(|| unknown("rate_plan_id"))?,
        };
        let today = now.to_zoned(place.zone.clone()).date();
        let availability = self.availability.map(|units| {
            let wrong = |_| ("availability", "must be 0 or more".to_owned());
            u32::try_from(units).map_err(wrong)
        });
        Ok(Checked {
            target,
            nights: self.nights(today)?,
            says: Says {
                availability: availability.transpose()?,
                rates: self.rates(world, place.decimals)?,
                rate: self
                    .rate
                    .as_ref()
                    .map(|rate| price(rate, place.decimals))
                    .transpose()?,
                min_stay_arrival: self.min_stay_arrival,
                min_stay_through: self.min_stay_through,
                max_stay: self.max_stay,
                closed_to_arrival: self.closed_to_arrival,
                closed_to_departure: self.closed_to_departure,
                stop_sell: self.stop_sell,
            },
        })
    }

    /// Prices by number of people, where the rate plan is sold so. Each sort of rate plan takes its own prices only.
    fn rates(&self, world: &World, decimals: usize) -> Result<Vec<(u16, i64)>, Wrong> {
        let rate_plan = self.rate_plan_id.as_deref();
        let rate_plan = rate_plan.and_then(|id| world.rate_plan(id));
        let most = match rate_plan.filter(|rate_plan| rate_plan.per_person) {
            Some(_) if self.rate.is_some() => {
                return Err(("rate", "the rate plan is sold per person".to_owned()));
            }
            None if self.rates.is_some() => {
                return Err(("rates", "the rate plan is sold per room".to_owned()));
            }
            rate_plan => rate_plan.map_or(0, |rate_plan| rate_plan.occupancy),
        };
        let priced = |one: &WireRate| {
            if !(1..=most).contains(&one.occupancy) {
                return Err(("rates", "has no such occupancy".to_owned()));
            }
            Ok((one.occupancy, price(&one.rate, decimals)?))
        };
        self.rates.iter().flatten().map(priced).collect()
    }

    /// The nights that it is about, both ends included.
    fn nights(&self, today: Date) -> Result<Vec<Date>, Wrong> {
        let first = self.date.or(self.date_from).unwrap_or(today);
        let last = self.date.or(self.date_to).unwrap_or(today);
        if first < today {
            return Err(("date", "is in the past".to_owned()));
        }
        if last < first || (last - first).get_days() >= LONGEST_RANGE {
            return Err((
                "date_to",
                "is before date_from, or too far from it".to_owned(),
            ));
        }
        let days = self.days.as_deref().map(weekdays).transpose()?;
        let wanted = |night: &Date| {
            let day = usize::try_from(night.weekday().to_monday_zero_offset()).unwrap_or(0);
            days.as_ref().is_none_or(|days| days.contains(&day))
        };
        let nights = first.series(1.day()).take_while(|night| *night <= last);
        Ok(nights.filter(wanted).collect())
    }
}

fn weekdays(names: &[String]) -> Result<Vec<usize>, Wrong> {
    let place = |name: &String| {
        let known = DAYS.iter().position(|day| day == name);
        known.ok_or_else(|| ("days", format!("{name} is no day")))
    };
    names.iter().map(place).collect()
}

/// An integer in minor units, or a decimal number as text.
fn price(rate: &Value, decimals: usize) -> Result<i64, Wrong> {
    let minor = match rate {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => money::parse(text, decimals).ok(),
        _ => None,
    };
    match minor {
        Some(minor @ 1..) => Ok(minor),
        Some(_) => Err(("rate", "must be greater than 0".to_owned())),
        None => Err(("rate", "is invalid".to_owned())),
    }
}

impl Checked {
    pub(super) fn apply(self, world: &mut World) {
        fn set<T>(target: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *target = value;
            }
        }
        let says = self.says;
        for night in self.nights {
            if let Some(units) = says.availability {
                world.set_units(&self.target, night, units);
                continue;
            }
            let mut shown = world.night(&self.target, night);
            shown.rate = says.rate.or(shown.rate);
            shown.rates.extend(says.rates.iter().copied());
            set(&mut shown.min_stay_arrival, says.min_stay_arrival);
            set(&mut shown.min_stay_through, says.min_stay_through);
            set(&mut shown.max_stay, says.max_stay);
            set(&mut shown.closed_to_arrival, says.closed_to_arrival);
            set(&mut shown.closed_to_departure, says.closed_to_departure);
            set(&mut shown.stop_sell, says.stop_sell);
            world.set_night(&self.target, night, shown);
        }
    }
}
