//! Dirty cells and the present state, compressed into as few updates as the channel's rules allow.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::ari::occupancy::Price;
use crate::domain::ari::{Cell, CurrentAri, DirtyCell, Fields, RateNight};
use crate::domain::connection::Mapping;
use crate::domain::connector::{
    AriUpdate, AvailabilityOn, ConnectorProfile, NumberChange, ProductCode, UpdateSemantics,
};
use crate::domain::ids::RoomTypeId;
use crate::domain::money::{Currency, Money};

/// Whom a plan is for.
#[derive(Clone, Copy, Debug)]
pub struct Channel<'a> {
    pub profile: &'a ConnectorProfile,
    pub mappings: &'a [Mapping],
    pub currency: Currency,
    /// The hotel's own date: nights before it are history.
    pub today: Date,
}

/// An update, and which of the plan's cells it carries.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    pub update: AriUpdate,
    /// Places in [`Plan::cells`].
    pub cells: Vec<usize>,
}

/// What is sent, and what need not be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    pub cells: Vec<DirtyCell>,
    /// Availability first, each target's nights in order.
    pub updates: Vec<Planned>,
    /// Past nights, and what the connection no longer sells: there is nobody to tell.
    pub obsolete: Vec<DirtyCell>,
}

/// What one update says of one night. Two nights with the same value share an update.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Value<'a> {
    availability: Option<u32>,
    rate: Rate<'a>,
}

impl<'a> Value<'a> {
    fn units(units: u32) -> Self {
        Self {
            availability: Some(units),
            rate: Rate::default(),
        }
    }

    fn rate(rate: Rate<'a>) -> Self {
        Self {
            availability: None,
            rate,
        }
    }
}

/// What is told of a rate; what is not stays at the channel as it is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Rate<'a> {
    price: Option<Price<'a>>,
    min_stay_arrival: NumberChange,
    min_stay_through: NumberChange,
    max_stay: NumberChange,
    cut_off_days: NumberChange,
    closed_to_arrival: Option<bool>,
    closed_to_departure: Option<bool>,
    stop_sell: Option<bool>,
}

impl<'a> Rate<'a> {
    /// No price: not for sale.
    fn closed() -> Self {
        Self {
            stop_sell: Some(true),
            ..Self::default()
        }
    }

    fn open(night: RateNight, price: Price<'a>, fields: Fields) -> Self {
        let number = |field, value: Option<u32>| match value {
            _ if !fields.holds(field) => NumberChange::Unchanged,
            Some(value) => NumberChange::Set(value),
            None => NumberChange::Clear,
        };
        // A channel with one minimum for both of ours shows the stricter one, so it must know the other.
        let minimum = |field, other, value: Option<u32>| match value {
            Some(value) if fields.holds(other) => NumberChange::Set(value),
            _ => number(field, value),
        };
        let (arrival, through) = (Fields::MIN_STAY_ARRIVAL, Fields::MIN_STAY_THROUGH);
        let flag = |field, value: bool| fields.holds(field).then_some(value);
        Self {
            price: fields.holds(Fields::PRICE).then_some(price),
            min_stay_arrival: minimum(arrival, through, night.min_stay_arrival),
            min_stay_through: minimum(through, arrival, night.min_stay_through),
            max_stay: number(Fields::MAX_STAY, night.max_stay),
            cut_off_days: number(Fields::CUT_OFF_DAYS, night.cut_off_days),
            closed_to_arrival: flag(Fields::CLOSED_TO_ARRIVAL, night.closed_to_arrival),
            closed_to_departure: flag(Fields::CLOSED_TO_DEPARTURE, night.closed_to_departure),
            stop_sell: flag(Fields::STOP_SELL, night.stop_sell),
        }
    }
}

/// Where an update goes, in the order in which updates are sent.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Target<'a> {
    Availability(&'a str, Option<&'a str>),
    Rate(&'a str, Option<&'a str>),
}

type Nights<'a> = BTreeMap<Date, (Value<'a>, BTreeSet<usize>)>;

/// Turns dirty cells into updates that carry the present state, whatever the change was that marked them.
pub fn plan(channel: Channel<'_>, dirty: &[DirtyCell], current: &CurrentAri) -> Plan {
    let mut by_room_type: HashMap<RoomTypeId, Vec<&Mapping>> = HashMap::new();
    for mapping in channel.mappings {
        by_room_type
            .entry(mapping.room_type)
            .or_default()
            .push(mapping);
    }

    let mut plan = Plan::default();
    let mut targets: BTreeMap<Target<'_>, Nights<'_>> = BTreeMap::new();
    for dirty in dirty {
        let sold = by_room_type
            .get(&dirty.cell.room_type())
            .map_or(&[][..], Vec::as_slice);
        let values = values(channel.profile, *dirty, sold, current);
        if dirty.cell.night() < channel.today || values.is_empty() {
            plan.obsolete.push(*dirty);
            continue;
        }
        for (target, value) in values {
            let nights = targets.entry(target).or_default();
            let (_, cells) = nights
                .entry(dirty.cell.night())
                .or_insert((value, BTreeSet::new()));
            cells.insert(plan.cells.len());
        }
        plan.cells.push(*dirty);
    }
    for (target, nights) in targets {
        compress(&mut plan.updates, target, nights, channel.currency);
    }
    plan
}

/// What one cell makes the channel be told, and where.
fn values<'a>(
    profile: &ConnectorProfile,
    DirtyCell { cell, fields, .. }: DirtyCell,
    sold: &[&'a Mapping],
    current: &'a CurrentAri,
) -> Vec<(Target<'a>, Value<'a>)> {
    let night = cell.night();
    let units = current.units(cell.room_type(), night);
    let replaces = profile.update_semantics == UpdateSemantics::Replace;
    // A channel that replaces would delete what is left out.
    let told = if replaces { Fields::ALL } else { fields };
    let rate = |mapping: &Mapping| rate_of(profile, mapping, current, night, told);
    let on_rate = profile.availability_on == AvailabilityOn::Rate;
    let whole = replaces && on_rate;
    let whole_value = |mapping: &Mapping| Value {
        availability: Some(units),
        rate: rate(mapping),
    };
    let sold = sold.iter();
    match cell {
        // One record holds both: leaving either out would delete it.
        Cell::Availability { .. } if whole => sold
            .map(|mapping| (availability(mapping), whole_value(mapping)))
            .collect(),
        Cell::Rate { rate_plan, .. } if whole => sold
            .filter(|mapping| mapping.rate_plan == rate_plan)
            .map(|mapping| (availability(mapping), whole_value(mapping)))
            .collect(),
        Cell::Availability { .. } => {
            let value = Value::units(units);
            let mut targets: Vec<_> = sold
                .map(|mapping| match on_rate {
                    true => availability(mapping),
                    false => Target::Availability(&mapping.code.room, None),
                })
                .collect();
            targets.dedup();
            targets.into_iter().map(|target| (target, value)).collect()
        }
        Cell::Rate { rate_plan, .. } => sold
            .filter(|mapping| mapping.rate_plan == rate_plan)
            .map(|mapping| {
                let target = Target::Rate(&mapping.code.room, mapping.code.rate.as_deref());
                (target, Value::rate(rate(mapping)))
            })
            .collect(),
    }
}

/// What a night of a mapped product costs and forbids; closed where it has no price.
fn rate_of<'a>(
    profile: &ConnectorProfile,
    mapping: &Mapping,
    current: &'a CurrentAri,
    night: Date,
    told: Fields,
) -> Rate<'a> {
    let (room_type, rate_plan) = (mapping.room_type, mapping.rate_plan);
    let night = current.rates.get(&(room_type, rate_plan, night));
    night.map_or(Rate::closed(), |night| {
        let price = Price {
            minor: night.price_minor,
            occupancy: current.occupancy.get(&(room_type, rate_plan)),
            each: profile.occupancy_prices,
        };
        Rate::open(*night, price, told)
    })
}

fn availability(mapping: &Mapping) -> Target<'_> {
    Target::Availability(&mapping.code.room, mapping.code.rate.as_deref())
}

/// Consecutive nights of one value become one update.
fn compress(
    updates: &mut Vec<Planned>,
    target: Target<'_>,
    nights: Nights<'_>,
    currency: Currency,
) {
    let mut open: Option<(Value<'_>, Planned)> = None;
    for (night, (value, cells)) in nights {
        match &mut open {
            Some((same, planned))
                if *same == value && follows(planned.update.last_night, night) =>
            {
                planned.update.last_night = night;
                planned.cells.extend(cells);
            }
            _ => {
                updates.extend(open.take().map(|(_, planned)| planned));
                let update = update(updates.len(), target, night, value, currency);
                open = Some((
                    value,
                    Planned {
                        update,
                        cells: cells.into_iter().collect(),
                    },
                ));
            }
        }
    }
    updates.extend(open.map(|(_, planned)| planned));
}

fn follows(night: Date, next: Date) -> bool {
    night.checked_add(1.day()).is_ok_and(|day| day == next)
}

fn update(
    number: usize,
    target: Target<'_>,
    night: Date,
    value: Value<'_>,
    currency: Currency,
) -> AriUpdate {
    let (Target::Availability(room, rate) | Target::Rate(room, rate)) = target;
    let told = value.rate;
    AriUpdate {
        id: number.to_string(),
        target: ProductCode {
            room: room.to_owned(),
            rate: rate.map(str::to_owned),
        },
        first_night: night,
        last_night: night,
        availability: value.availability,
        price: told
            .price
            .map(|price| Money::new(price.standard(), currency)),
        occupancy_prices: told
            .price
            .map(|price| price.each(currency))
            .unwrap_or_default(),
        min_stay_arrival: told.min_stay_arrival,
        min_stay_through: told.min_stay_through,
        max_stay: told.max_stay,
        cut_off_days: told.cut_off_days,
        closed_to_arrival: told.closed_to_arrival,
        closed_to_departure: told.closed_to_departure,
        stop_sell: told.stop_sell,
    }
}
