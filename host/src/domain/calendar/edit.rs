//! A bulk edit: nights × room types and products × only the given fields.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Nights, Outcome, Plans, Refused, Terms, Why, compare};
use crate::domain::ids::{RatePlanId, RoomTypeId};

/// What of a room type's nights is set; the rest stays.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StockEdit {
    pub allotment: Option<i32>,
    pub overbooking: Option<i32>,
}

/// What of a product's nights is set; the rest stays. `Some(None)` takes a restriction away.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct TermsEdit {
    pub price_minor: Option<i64>,
    pub min_stay_arrival: Option<Option<i16>>,
    pub min_stay_through: Option<Option<i16>>,
    pub max_stay: Option<Option<i16>>,
    pub closed_to_arrival: Option<bool>,
    pub closed_to_departure: Option<bool>,
    pub stop_sell: Option<bool>,
    pub cut_off_days: Option<Option<i16>>,
    pub max_advance_days: Option<Option<i16>>,
}

impl TermsEdit {
    fn apply(&self, terms: &mut Terms) {
        let Self {
            price_minor,
            min_stay_arrival,
            min_stay_through,
            max_stay,
            closed_to_arrival,
            closed_to_departure,
            stop_sell,
            cut_off_days,
            max_advance_days,
        } = *self;
        set(&mut terms.price_minor, price_minor);
        set(&mut terms.min_stay_arrival, min_stay_arrival);
        set(&mut terms.min_stay_through, min_stay_through);
        set(&mut terms.max_stay, max_stay);
        set(&mut terms.closed_to_arrival, closed_to_arrival);
        set(&mut terms.closed_to_departure, closed_to_departure);
        set(&mut terms.stop_sell, stop_sell);
        set(&mut terms.cut_off_days, cut_off_days);
        set(&mut terms.max_advance_days, max_advance_days);
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// One part of a bulk edit. Parts are made one after the other, so a later one wins.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Update {
    pub nights: BTreeSet<Date>,
    pub room_types: BTreeSet<RoomTypeId>,
    pub stock: StockEdit,
    pub products: BTreeSet<(RoomTypeId, RatePlanId)>,
    pub terms: TermsEdit,
}

/// Decides a bulk edit on the cells that it touches, and on those that take their prices from them.
pub fn edit(current: &Nights, updates: &[Update], plans: &Plans) -> Outcome {
    let mut wanted = current.clone();
    let mut refused = None;
    for update in updates {
        for night in &update.nights {
            for room_type in &update.room_types {
                let stock = wanted.stock.entry((*night, *room_type)).or_default();
                set(&mut stock.allotment, update.stock.allotment);
                set(&mut stock.overbooking, update.stock.overbooking);
            }
            for product in &update.products {
                let why = set_terms(&mut wanted, *night, *product, (&update.terms, plans));
                if let Err(why) = why {
                    refused = refused.or(Some(Refused {
                        night: *night,
                        room_type: product.0,
                        rate_plan: Some(product.1),
                        why,
                    }));
                }
            }
        }
    }
    let mut outcome = compare(current, &wanted);
    outcome.refused = refused.or(outcome.refused);
    outcome
}

fn set_terms(
    wanted: &mut Nights,
    night: Date,
    (room_type, rate_plan): (RoomTypeId, RatePlanId),
    (terms, plans): (&TermsEdit, &Plans),
) -> Result<(), Why> {
    if let (Some(_), Some(derivation)) = (terms.price_minor, plans.derived.get(&rate_plan)) {
        return Err(Why::Derived {
            parent: derivation.parent,
        });
    }
    let cell = (night, room_type, rate_plan);
    if let Some(price) = terms.price_minor {
        wanted.terms.entry(cell).or_insert(Terms::at(price));
    }
    let Some(found) = wanted.terms.get_mut(&cell) else {
        return Err(Why::NoPrice);
    };
    terms.apply(found);
    if terms.price_minor.is_some() {
        plans.settle(wanted, night, room_type, rate_plan);
    }
    Ok(())
}
