//! Taking a change back, where the cells are still as it left them.

use jiff::ToSpan;
use jiff::civil::Date;

use super::{
    Changed, Nights, Outcome, Plans, Refused, Stock, StockCell, Terms, TermsCell, Why, compare,
};
use crate::domain::ids::RatePlanId;

/// Consecutive nights that changed alike.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Range<K, V> {
    pub key: K,
    pub first: Date,
    pub last: Date,
    pub before: Option<V>,
    pub after: Option<V>,
}

/// Cells as ranges, by key and then night.
pub fn ranges<C: Copy, K: Copy + Ord, V: Copy + PartialEq>(
    changes: &[Changed<C, V>],
    split: impl Fn(C) -> (Date, K),
) -> Vec<Range<K, V>> {
    let mut cells: Vec<_> = changes
        .iter()
        .map(|changed| (split(changed.cell), changed))
        .map(|((night, key), changed)| (key, night, changed))
        .collect();
    cells.sort_by_key(|(key, night, _)| (*key, *night));
    let mut found: Vec<Range<K, V>> = Vec::new();
    for (key, night, changed) in cells {
        match found.last_mut() {
            Some(last)
                if last.key == key
                    && (last.before, last.after) == (changed.before, changed.after)
                    && last.last.saturating_add(1.day()) == night =>
            {
                last.last = night;
            }
            _ => found.push(Range {
                key,
                first: night,
                last: night,
                before: changed.before,
                after: changed.after,
            }),
        }
    }
    found
}

/// Decides to take recorded changes back. Only the fields that they changed must be as they left them.
pub fn undo(
    current: &Nights,
    stock: &[Changed<StockCell, Stock>],
    terms: &[Changed<TermsCell, Terms>],
    plans: &Plans,
) -> Outcome {
    let mut wanted = current.clone();
    let mut refused = None;
    let mut since = |night, room_type, rate_plan| {
        refused = refused.or(Some(Refused {
            night,
            room_type,
            rate_plan,
            why: Why::ChangedSince,
        }));
    };
    for changed in stock {
        let (night, room_type) = changed.cell;
        let now = current.stock.get(&changed.cell).copied();
        match restored_stock(changed, now) {
            Ok(Some(stock)) => {
                wanted.stock.insert(changed.cell, stock);
            }
            Ok(None) => {
                wanted.stock.remove(&changed.cell);
            }
            Err(()) => since(night, room_type, None),
        }
    }
    for changed in terms {
        let (night, room_type, rate_plan) = changed.cell;
        let now = current.terms.get(&changed.cell).copied();
        match restored_terms(changed, now) {
            Ok(Some(terms)) => {
                wanted.terms.insert(changed.cell, terms);
            }
            Ok(None) => {
                wanted.terms.remove(&changed.cell);
            }
            Err(()) => since(night, room_type, Some(rate_plan)),
        }
    }
    settle_all(&mut wanted, terms, plans);
    let mut outcome = compare(current, &wanted);
    outcome.refused = refused.or(outcome.refused);
    outcome
}

/// What a derived price is follows from its parent's, whatever was recorded of it.
fn settle_all(wanted: &mut Nights, terms: &[Changed<TermsCell, Terms>], plans: &Plans) {
    for changed in terms {
        let (night, room_type, plan) = changed.cell;
        plans.settle(wanted, night, room_type, root(plans, plan));
    }
}

fn root(plans: &Plans, plan: RatePlanId) -> RatePlanId {
    let mut at = plan;
    while let Some(derivation) = plans.derived.get(&at) {
        at = derivation.parent;
    }
    at
}

fn restored_stock(
    changed: &Changed<StockCell, Stock>,
    now: Option<Stock>,
) -> Result<Option<Stock>, ()> {
    let (before, after) = (changed.before, changed.after);
    let set = |stock: Stock| (stock.allotment, stock.overbooking);
    match (before, after, now) {
        (Some(before), Some(after), Some(now)) => {
            let untouched = (before.allotment == after.allotment
                || now.allotment == after.allotment)
                && (before.overbooking == after.overbooking
                    || now.overbooking == after.overbooking);
            let mut restored = now;
            restore(&mut restored.allotment, before.allotment, after.allotment);
            restore(
                &mut restored.overbooking,
                before.overbooking,
                after.overbooking,
            );
            untouched.then_some(Some(restored)).ok_or(())
        }
        // The change opened the night: it is closed again, unless something of it is taken.
        (None, Some(after), Some(now)) => match set(now) == set(after) {
            true if now.taken() == 0 => Ok(None),
            true => Ok(Some(Stock {
                allotment: 0,
                overbooking: 0,
                ..now
            })),
            false => Err(()),
        },
        (Some(before), None, None) => Ok(Some(Stock {
            sold: 0,
            held: 0,
            ..before
        })),
        _ => Err(()),
    }
}

fn restored_terms(
    changed: &Changed<TermsCell, Terms>,
    now: Option<Terms>,
) -> Result<Option<Terms>, ()> {
    match (changed.before, changed.after, now) {
        (Some(before), Some(after), Some(now)) => {
            let mut restored = now;
            let mut untouched = true;
            macro_rules! field {
                ($($name:ident),*) => {$(
                    untouched &= before.$name == after.$name || now.$name == after.$name;
                    restore(&mut restored.$name, before.$name, after.$name);
                )*};
            }
            field!(
                price_minor,
                min_stay_arrival,
                min_stay_through,
                max_stay,
                closed_to_arrival,
                closed_to_departure,
                stop_sell,
                cut_off_days,
                max_advance_days
            );
            untouched.then_some(Some(restored)).ok_or(())
        }
        (None, Some(after), Some(now)) => (now == after).then_some(None).ok_or(()),
        (Some(before), None, None) => Ok(Some(before)),
        _ => Err(()),
    }
}

/// Takes a field back that the change changed.
fn restore<T: PartialEq + Copy>(place: &mut T, before: T, after: T) {
    if before != after {
        *place = before;
    }
}

/// The cells of recorded ranges again.
pub fn cells<K: Copy, C, V: Copy>(
    ranges: &[Range<K, V>],
    join: impl Fn(Date, K) -> C,
) -> Vec<Changed<C, V>> {
    let mut cells = Vec::new();
    for range in ranges {
        for night in crate::domain::night::nights(range.first, range.last.saturating_add(1.day())) {
            cells.push(Changed {
                cell: join(night, range.key),
                before: range.before,
                after: range.after,
            });
        }
    }
    cells
}
