//! What is a drift, what is none, and what it weighs.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use uuid::Uuid;

use super::*;
use crate::domain::ari::{Cell, CurrentAri, Occupancy, RateNight};
use crate::domain::connection::Mapping;
use crate::domain::connector::{AriNight, AvailabilityOn, ProductCode};
use crate::domain::ids::{RatePlanId, RoomTypeId};
use crate::domain::money::Money;
use crate::domain::pricing::Adjustment;

const TODAY: Date = date(2026, 3, 27);

fn mapping(rate: u128) -> Mapping {
    let code = ProductCode {
        room: "R".to_owned(),
        rate: Some(format!("P{rate}")),
    };
    Mapping {
        room_type: RoomTypeId(Uuid::nil()),
        rate_plan: RatePlanId(Uuid::from_u128(rate)),
        code,
    }
}

fn reading<'a>(mappings: &'a [Mapping], first_night: Date, nights: i32) -> Reading<'a> {
    Reading {
        mappings,
        availability_on: AvailabilityOn::Rate,
        currency: "EUR".parse().unwrap(),
        today: TODAY,
        first_night,
        last_night: first_night.saturating_add((nights - 1).days()),
    }
}

/// Two units at 100.00 EUR, two nights at least.
fn ours(mappings: &[Mapping], first: Date, nights: i32) -> CurrentAri {
    let mut ari = CurrentAri::default();
    for night in first.series(1.day()).take(usize::try_from(nights).unwrap()) {
        for mapping in mappings {
            let rate = RateNight {
                price_minor: 10_000,
                min_stay_arrival: Some(2),
                min_stay_through: None,
                max_stay: None,
                cut_off_days: None,
                closed_to_arrival: false,
                closed_to_departure: false,
                stop_sell: false,
            };
            ari.availability.insert((mapping.room_type, night), 2);
            ari.rates
                .insert((mapping.room_type, mapping.rate_plan, night), rate);
        }
    }
    ari
}

fn shown(code: &ProductCode, night: Date) -> AriNight {
    AriNight {
        product: code.clone(),
        night,
        availability: Some(2),
        price: Some(Money::new(10_000, "EUR".parse().unwrap())),
        min_stay_arrival: Some(2),
        min_stay_through: Some(0),
        max_stay: Some(0),
        closed_to_arrival: Some(false),
        closed_to_departure: Some(false),
        stop_sell: Some(false),
    }
}

/// The one drift of a night that both change, as its class and severity.
fn drift_at(
    night: Date,
    change_ours: impl FnOnce(&mut CurrentAri),
    change_theirs: impl FnOnce(&mut AriNight),
) -> Option<(Class, Severity)> {
    let mappings = [mapping(0)];
    let mut ours = ours(&mappings, night, 1);
    change_ours(&mut ours);
    let mut theirs = shown(&mappings[0].code, night);
    change_theirs(&mut theirs);
    let drifts = compare(reading(&mappings, night, 1), &ours, &[theirs]);
    assert!(drifts.len() <= 1, "{drifts:?}");
    drifts.first().map(|drift| (drift.class, drift.severity))
}

fn drift(change_theirs: impl FnOnce(&mut AriNight)) -> Option<(Class, Severity)> {
    drift_at(TODAY, |_| {}, change_theirs)
}

fn sold_out(ours: &mut CurrentAri) {
    ours.availability.values_mut().for_each(|units| *units = 0);
}

fn closed(ours: &mut CurrentAri) {
    ours.rates
        .values_mut()
        .for_each(|rate| rate.stop_sell = true);
}

fn price(minor: i64) -> impl FnOnce(&mut AriNight) {
    move |theirs| theirs.price = Some(Money::new(minor, "EUR".parse().unwrap()))
}

#[test]
fn a_channel_that_shows_what_we_hold_has_no_drift() {
    assert_eq!(drift(|_| {}), None);
}

#[test]
fn what_a_channel_does_not_tell_is_not_compared() {
    let silent = |theirs: &mut AriNight| {
        *theirs = AriNight {
            availability: None,
            price: None,
            min_stay_arrival: None,
            min_stay_through: None,
            max_stay: None,
            closed_to_arrival: None,
            closed_to_departure: None,
            stop_sell: None,
            ..theirs.clone()
        }
    };
    assert_eq!(drift(silent), None);
}

#[test]
fn rooms_that_are_not_there_weigh_most_where_none_is_left_and_soon() {
    let later = TODAY.saturating_add(30.days());
    assert_eq!(
        drift(|theirs| theirs.availability = Some(3)),
        Some((Class::OversoldRisk, Severity::High))
    );
    assert_eq!(
        drift_at(TODAY, sold_out, |_| {}),
        Some((Class::OversoldRisk, Severity::Critical))
    );
    assert_eq!(
        drift_at(later, sold_out, |_| {}),
        Some((Class::OversoldRisk, Severity::High))
    );
    assert_eq!(
        drift(|theirs| theirs.availability = Some(1)),
        Some((Class::Undersold, Severity::Medium))
    );
}

#[test]
fn a_room_that_nobody_can_book_there_for_a_day_weighs_more() {
    let mappings = [mapping(0)];
    let mut theirs = shown(&mappings[0].code, TODAY);
    theirs.availability = Some(0);
    let drifts = compare(
        reading(&mappings, TODAY, 1),
        &ours(&mappings, TODAY, 1),
        &[theirs],
    );
    assert_eq!(drifts[0].severity, Severity::Medium);
    assert_eq!(drifts[0].clone().lasting().severity, Severity::High);
}

#[test]
fn an_open_channel_of_a_closed_night_is_critical_and_the_reverse_is_not() {
    assert_eq!(
        drift_at(TODAY, closed, |_| {}),
        Some((Class::StopSell, Severity::Critical))
    );
    assert_eq!(
        drift(|theirs| theirs.stop_sell = Some(true)),
        Some((Class::StopSell, Severity::Medium))
    );
    let no_price = |ours: &mut CurrentAri| ours.rates.clear();
    assert_eq!(
        drift_at(TODAY, no_price, |_| {}),
        Some((Class::StopSell, Severity::Critical))
    );
}

#[test]
fn half_a_percent_of_the_price_is_tolerated_and_a_tenth_is_critical() {
    assert_eq!(drift(price(9_950)), None);
    assert_eq!(drift(price(10_050)), None);
    assert_eq!(
        drift(price(9_949)),
        Some((Class::PriceUnder, Severity::High))
    );
    assert_eq!(
        drift(price(8_999)),
        Some((Class::PriceUnder, Severity::Critical))
    );
    assert_eq!(
        drift(price(0)),
        Some((Class::PriceUnder, Severity::Critical))
    );
    assert_eq!(
        drift(price(10_051)),
        Some((Class::PriceOver, Severity::Medium))
    );
}

#[test]
fn a_channel_must_show_the_price_of_the_standard_occupancy() {
    let mappings = [mapping(0)];
    let mut ours = ours(&mappings, TODAY, 1);
    let product = (mappings[0].room_type, mappings[0].rate_plan);
    let dearer = Occupancy::new((2, 3), vec![(2, Adjustment::Amount(2_000))]);
    ours.occupancy.insert(product, dearer);
    let shows = |minor| {
        let mut theirs = shown(&mappings[0].code, TODAY);
        price(minor)(&mut theirs);
        compare(reading(&mappings, TODAY, 1), &ours, &[theirs]).len()
    };
    assert_eq!((shows(12_000), shows(10_000)), (0, 1));
}

#[test]
fn another_currency_cannot_be_compared() {
    let dollars =
        |theirs: &mut AriNight| theirs.price = Some(Money::new(10_000, "USD".parse().unwrap()));
    assert_eq!(
        drift(dollars),
        Some((Class::MissingProduct, Severity::High))
    );
}

#[test]
fn a_channel_with_one_minimum_stay_shows_the_stricter_of_ours() {
    let mappings = [mapping(0)];
    let mut ours = ours(&mappings, TODAY, 1);
    for rate in ours.rates.values_mut() {
        rate.min_stay_through = Some(5);
    }
    let shows = |nights| {
        let theirs = AriNight {
            min_stay_arrival: Some(nights),
            min_stay_through: None,
            ..shown(&mappings[0].code, TODAY)
        };
        compare(reading(&mappings, TODAY, 1), &ours, &[theirs]).len()
    };
    assert_eq!(shows(5), 0);
    assert_eq!(shows(2), 1);
}

#[test]
fn restrictions_that_differ_are_told_and_empty_ones_are_alike() {
    let restriction = Some((Class::Restriction, Severity::Medium));
    assert_eq!(
        drift(|theirs| theirs.min_stay_arrival = Some(1)),
        restriction
    );
    assert_eq!(drift(|theirs| theirs.min_stay_through = Some(1)), None);
    assert_eq!(drift(|theirs| theirs.max_stay = Some(7)), restriction);
    assert_eq!(
        drift(|theirs| theirs.closed_to_arrival = Some(true)),
        restriction
    );
    assert_eq!(
        drift(|theirs| theirs.closed_to_departure = Some(true)),
        restriction
    );
}

#[test]
fn a_night_that_the_channel_does_not_show_is_missing_only_where_it_is_sold() {
    let mappings = [mapping(0)];
    let reading = reading(&mappings, TODAY, 2);
    let mut held = ours(&mappings, TODAY, 2);
    let theirs = [shown(&mappings[0].code, TODAY)];
    let drifts = compare(reading, &held, &theirs);
    assert_eq!(drifts.len(), 1);
    assert_eq!(
        (drifts[0].class, drifts[0].spot.field),
        (Class::MissingProduct, Field::Product)
    );
    held.rates.remove(&(
        mappings[0].room_type,
        mappings[0].rate_plan,
        reading.last_night,
    ));
    assert!(compare(reading, &held, &theirs).is_empty());
}

#[test]
fn availability_of_the_room_is_told_once_whatever_its_rates() {
    let mappings = [mapping(0), mapping(1)];
    let reading = Reading {
        availability_on: AvailabilityOn::Room,
        ..reading(&mappings, TODAY, 1)
    };
    let mut held = ours(&mappings, TODAY, 1);
    sold_out(&mut held);
    let theirs = mappings
        .each_ref()
        .map(|mapping| shown(&mapping.code, TODAY));
    let drifts = compare(reading, &held, &theirs);
    assert_eq!(drifts.len(), 1);
    assert_eq!(drifts[0].spot.rate_plan, None);
    let Spot {
        room_type, night, ..
    } = drifts[0].spot;
    assert_eq!(
        drifts[0].spot.cells(),
        [Cell::Availability { room_type, night }]
    );
}

#[test]
fn nights_are_found_across_a_change_of_the_clock_and_out_of_order() {
    let mappings = [mapping(0)];
    let mut theirs: Vec<AriNight> = TODAY
        .series(1.day())
        .take(6)
        .map(|night| shown(&mappings[0].code, night))
        .collect();
    theirs.reverse();
    assert!(
        compare(
            reading(&mappings, TODAY, 6),
            &ours(&mappings, TODAY, 6),
            &theirs
        )
        .is_empty()
    );
}

#[test]
fn a_drift_is_believed_at_its_second_sighting() {
    assert_eq!(State::after_sighting(None, true), State::Suspected);
    assert_eq!(
        State::after_sighting(Some(State::Healed), true),
        State::Suspected
    );
    assert_eq!(
        State::after_sighting(Some(State::Suspected), false),
        State::Open
    );
    assert_eq!(
        State::after_sighting(Some(State::Open), true),
        State::Repairing
    );
}
