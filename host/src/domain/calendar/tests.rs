//! Bulk edits, derived prices and undoing, without a database.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use uuid::Uuid;

use super::*;
use crate::domain::pricing::Adjustment;

const DOUBLE: RoomTypeId = RoomTypeId(Uuid::from_u128(1));
const BAR: RatePlanId = RatePlanId(Uuid::from_u128(10));
const BREAKFAST: RatePlanId = RatePlanId(Uuid::from_u128(11));
const MEMBER: RatePlanId = RatePlanId(Uuid::from_u128(12));

fn night(days: i32) -> Date {
    date(2027, 3, 1) + days.days()
}

/// BAR; breakfast for 20.00 more; members for 10 % less than that.
fn plans() -> Plans {
    let derived = |parent, adjustment| Derivation { parent, adjustment };
    Plans {
        derived: BTreeMap::from([
            (BREAKFAST, derived(BAR, Adjustment::Amount(2_000))),
            (MEMBER, derived(BREAKFAST, Adjustment::Percent(-1_000))),
        ]),
        products: BTreeSet::from([(DOUBLE, BAR), (DOUBLE, BREAKFAST), (DOUBLE, MEMBER)]),
    }
}

fn prices(days: i32, price_minor: i64) -> Update {
    Update {
        nights: (0..days).map(night).collect(),
        products: BTreeSet::from([(DOUBLE, BAR)]),
        terms: TermsEdit {
            price_minor: Some(price_minor),
            ..TermsEdit::default()
        },
        ..Update::default()
    }
}

fn allotments(days: i32, allotment: i32) -> Update {
    Update {
        nights: (0..days).map(night).collect(),
        room_types: BTreeSet::from([DOUBLE]),
        stock: StockEdit {
            allotment: Some(allotment),
            overbooking: None,
        },
        ..Update::default()
    }
}

/// The state after an outcome.
fn applied(current: &Nights, outcome: &Outcome) -> Nights {
    let mut nights = current.clone();
    for changed in &outcome.stock {
        match changed.after {
            Some(after) => nights.stock.insert(changed.cell, after),
            None => nights.stock.remove(&changed.cell),
        };
    }
    for changed in &outcome.terms {
        match changed.after {
            Some(after) => nights.terms.insert(changed.cell, after),
            None => nights.terms.remove(&changed.cell),
        };
    }
    nights
}

fn priced(days: i32, price: i64) -> Nights {
    let empty = Nights::default();
    applied(&empty, &edit(&empty, &[prices(days, price)], &plans()))
}

fn price(nights: &Nights, days: i32, plan: RatePlanId) -> Option<i64> {
    let terms = nights.terms.get(&(night(days), DOUBLE, plan));
    terms.map(|terms| terms.price_minor)
}

#[test]
fn a_derived_price_is_rounded_half_up_and_is_never_below_one() {
    for (adjustment, price, derived) in [
        (Adjustment::Percent(-1_000), 12_345, 11_111),
        (Adjustment::Percent(5), 10_000, 10_005),
        (Adjustment::Percent(5_000), 1, 2),
        (Adjustment::Percent(-5_000), 1, 1),
        (Adjustment::Percent(-10_000), 12_345, 1),
        (Adjustment::Amount(-500), 400, 1),
        (Adjustment::Amount(2_000), 10_000, 12_000),
        (Adjustment::Amount(i64::MAX), i64::MAX, MOST_PRICE),
        (Adjustment::Percent(i64::MAX), i64::MAX, MOST_PRICE),
    ] {
        assert_eq!(
            adjustment.apply(price),
            derived,
            "{adjustment:?} of {price}"
        );
    }
}

#[test]
fn a_plan_that_would_derive_from_itself_is_seen_over_others() {
    let plans = plans();
    assert!(plans.would_circle(BAR, MEMBER));
    assert!(plans.would_circle(BREAKFAST, BREAKFAST));
    assert!(!plans.would_circle(MEMBER, BAR));
}

#[test]
fn a_price_goes_down_the_whole_chain_and_opens_its_nights() {
    let nights = priced(2, 10_000);
    assert_eq!(price(&nights, 1, BREAKFAST), Some(12_000));
    assert_eq!(price(&nights, 1, MEMBER), Some(10_800));
    assert_eq!(nights.terms.len(), 6);
}

#[test]
fn only_the_given_fields_change_and_restrictions_of_a_derived_plan_are_its_own() {
    let mut nights = priced(1, 10_000);
    let member = nights
        .terms
        .get_mut(&(night(0), DOUBLE, MEMBER))
        .expect("it is priced");
    member.min_stay_arrival = Some(3);
    let stop = Update {
        terms: TermsEdit {
            stop_sell: Some(true),
            ..TermsEdit::default()
        },
        ..prices(1, 0)
    };
    let outcome = edit(&nights, &[prices(1, 11_000), stop], &plans());
    let after = applied(&nights, &outcome);
    let bar = after.terms[&(night(0), DOUBLE, BAR)];
    assert_eq!((bar.price_minor, bar.stop_sell), (11_000, true));
    let member = after.terms[&(night(0), DOUBLE, MEMBER)];
    assert_eq!((member.price_minor, member.stop_sell), (11_700, false));
    assert_eq!(member.min_stay_arrival, Some(3));
    let counts: Vec<_> = outcome.counts().into_iter().collect();
    assert_eq!(counts, [("price", 3), ("stop_sell", 1)]);
}

#[test]
fn null_takes_a_restriction_away_and_absence_leaves_it() {
    let mut nights = priced(1, 10_000);
    let bar = nights
        .terms
        .get_mut(&(night(0), DOUBLE, BAR))
        .expect("it is priced");
    (bar.max_stay, bar.cut_off_days) = (Some(7), Some(2));
    let mut update = prices(1, 0);
    update.terms = TermsEdit {
        max_stay: Some(None),
        ..TermsEdit::default()
    };
    let after = applied(&nights, &edit(&nights, &[update], &plans()));
    let bar = after.terms[&(night(0), DOUBLE, BAR)];
    assert_eq!((bar.max_stay, bar.cut_off_days), (None, Some(2)));
}

#[test]
fn a_derived_price_and_restrictions_without_a_price_are_refused_with_the_first_cell() {
    let mut update = prices(2, 9_000);
    update.products = BTreeSet::from([(DOUBLE, BREAKFAST)]);
    let refused = edit(&Nights::default(), &[update.clone()], &plans()).refused;
    let refused = refused.expect("a derived price");
    assert_eq!(
        (refused.night, refused.why),
        (night(0), Why::Derived { parent: BAR })
    );
    update.terms = TermsEdit {
        stop_sell: Some(true),
        ..TermsEdit::default()
    };
    let refused = edit(&Nights::default(), &[update], &plans()).refused;
    assert_eq!(refused.map(|refused| refused.why), Some(Why::NoPrice));
}

#[test]
fn an_edit_that_changes_nothing_is_empty() {
    let nights = priced(3, 10_000);
    assert!(edit(&nights, &[prices(3, 10_000)], &plans()).is_empty());
}

fn sold(allotment: i32, sold: i32) -> Nights {
    let stock = Stock {
        allotment,
        overbooking: 0,
        sold,
        held: 0,
    };
    Nights {
        stock: BTreeMap::from([((night(0), DOUBLE), stock)]),
        terms: BTreeMap::new(),
    }
}

#[test]
fn an_allotment_below_what_is_sold_is_refused_unless_overbooking_covers_it() {
    let nights = sold(5, 3);
    let refused = edit(&nights, &[allotments(1, 2)], &plans()).refused;
    let why = refused.map(|refused| refused.why);
    assert_eq!(why, Some(Why::BelowSold { taken: 3, limit: 2 }));
    let mut covered = allotments(1, 2);
    covered.stock.overbooking = Some(1);
    assert_eq!(edit(&nights, &[covered], &plans()).refused, None);
    // A night that a channel sold beyond its limit may come nearer to it.
    assert_eq!(
        edit(&sold(1, 3), &[allotments(1, 2)], &plans()).refused,
        None
    );
}

#[test]
fn undoing_restores_every_cell_and_can_be_undone() {
    let before = priced(2, 10_000);
    let made = edit(&before, &[prices(4, 13_000), allotments(2, 6)], &plans());
    let after = applied(&before, &made);
    let undone = undo(&after, &made.stock, &made.terms, &plans());
    assert_eq!(undone.refused, None);
    assert_eq!(applied(&after, &undone), before);
    let again = undo(&before, &undone.stock, &undone.terms, &plans());
    assert_eq!(again.refused, None);
    assert_eq!(applied(&before, &again), after);
}

#[test]
fn undoing_leaves_fields_alone_that_the_change_did_not_touch() {
    let before = priced(1, 10_000);
    let made = edit(&before, &[prices(1, 13_000)], &plans());
    let mut after = applied(&before, &made);
    let bar = after
        .terms
        .get_mut(&(night(0), DOUBLE, BAR))
        .expect("it is priced");
    bar.stop_sell = true;
    let undone = undo(&after, &made.stock, &made.terms, &plans());
    assert_eq!(undone.refused, None);
    let bar = applied(&after, &undone).terms[&(night(0), DOUBLE, BAR)];
    assert_eq!((bar.price_minor, bar.stop_sell), (10_000, true));
}

#[test]
fn undoing_what_was_changed_since_is_refused_with_the_cell() {
    let before = priced(3, 10_000);
    let made = edit(&before, &[prices(3, 13_000)], &plans());
    let mut after = applied(&before, &made);
    let bar = after
        .terms
        .get_mut(&(night(1), DOUBLE, BAR))
        .expect("it is priced");
    bar.price_minor = 14_000;
    let refused = undo(&after, &made.stock, &made.terms, &plans()).refused;
    let refused = refused.expect("it changed since");
    assert_eq!((refused.night, refused.why), (night(1), Why::ChangedSince));
}

#[test]
fn undoing_never_brings_back_a_derived_price_that_is_no_longer_the_parents() {
    let before = priced(1, 10_000);
    let made = edit(&before, &[prices(1, 20_000)], &plans());
    let after = applied(&before, &made);
    let mut other = plans();
    // At 200.00 both rules give 220.00; at 100.00 they don't.
    other.derived.insert(
        BREAKFAST,
        Derivation {
            parent: BAR,
            adjustment: Adjustment::Percent(1_000),
        },
    );
    let undone = undo(&after, &made.stock, &made.terms, &other);
    assert_eq!(undone.refused, None);
    let restored = applied(&after, &undone);
    assert_eq!(price(&restored, 0, BAR), Some(10_000));
    assert_eq!(price(&restored, 0, BREAKFAST), Some(11_000));
}

#[test]
fn a_parent_without_a_price_closes_the_derived_nights() {
    let mut nights = priced(1, 10_000);
    nights.terms.remove(&(night(0), DOUBLE, BAR));
    let outcome = resettle(&nights, &[(DOUBLE, BREAKFAST)], &plans());
    assert_eq!(applied(&nights, &outcome), Nights::default());
}

#[test]
fn ranges_join_consecutive_nights_that_changed_alike_and_come_apart_again() {
    let made = edit(
        &Nights::default(),
        &[prices(3, 10_000), prices(1, 9_000)],
        &plans(),
    );
    let split = |(night, room_type, plan): TermsCell| (night, (room_type, plan));
    let found = ranges(&made.terms, split);
    let bar: Vec<_> = found.iter().filter(|range| range.key.1 == BAR).collect();
    let spans: Vec<_> = bar.iter().map(|range| (range.first, range.last)).collect();
    assert_eq!(spans, [(night(0), night(0)), (night(1), night(2))]);
    let mut again = cells(&found, |night, (room_type, plan)| (night, room_type, plan));
    again.sort_by_key(|changed| changed.cell);
    assert_eq!(again, made.terms);
}

#[test]
fn a_channel_sees_every_restriction_but_the_advance() {
    let terms = Terms::at(1);
    let advance = Terms {
        max_advance_days: Some(1),
        ..terms
    };
    assert!(terms.differences(&advance).is_empty());
    let other = Terms {
        price_minor: 2,
        cut_off_days: Some(1),
        ..terms
    };
    assert_eq!(
        terms.differences(&other),
        Fields::PRICE | Fields::CUT_OFF_DAYS
    );
}
