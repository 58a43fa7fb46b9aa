//! What a channel shows after the updates is what we hold, for every cell that was dirty and for no other.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::connection::Mapping;
use crate::domain::connector::{
    AriUpdate, AvailabilityOn, ConnectorFailure, ConnectorProfile, ItemOutcome, ItemResult,
    NumberChange, ProductCode, UpdateSemantics,
};
use crate::domain::retry::{Advice, advice};

const TODAY: Date = date(2026, 10, 24);

fn room_type(number: u8) -> RoomTypeId {
    RoomTypeId(Uuid::from_u128(number.into()))
}

fn rate_plan(number: u8) -> RatePlanId {
    RatePlanId(Uuid::from_u128(number.into()))
}

fn night(offset: i32) -> Date {
    TODAY.checked_add(offset.days()).expect("a date near today")
}

fn mapping(room: u8, rate: u8) -> Mapping {
    let code = ProductCode {
        room: format!("R{room}"),
        rate: Some(format!("P{room}{rate}")),
    };
    Mapping {
        room_type: room_type(room),
        rate_plan: rate_plan(rate),
        code,
    }
}

/// Room type 0 is sold under two rate plans, room type 1 under one, and room type 2 not at all.
fn mappings() -> Vec<Mapping> {
    vec![mapping(0, 0), mapping(0, 1), mapping(1, 0)]
}

fn profile(availability_on: AvailabilityOn, update_semantics: UpdateSemantics) -> ConnectorProfile {
    ConnectorProfile {
        id: "fake".to_owned(),
        abilities: Default::default(),
        availability_on,
        update_semantics,
        horizon_nights: 500,
        max_updates_per_call: 10,
        requests_per_minute: None,
        webhooks_are_hints: true,
        occupancy_prices: false,
        webhooks_pull: false,
    }
}

fn planned(profile: &ConnectorProfile, dirty: &[DirtyCell], current: &CurrentAri) -> Plan {
    let mappings = mappings();
    let currency = "EUR".parse().expect("a known currency");
    plan(
        Channel {
            profile,
            mappings: &mappings,
            currency,
            today: TODAY,
        },
        dirty,
        current,
    )
}

fn rate_night(price_minor: i64) -> RateNight {
    RateNight {
        price_minor,
        min_stay_arrival: Some(2),
        min_stay_through: None,
        max_stay: None,
        cut_off_days: None,
        closed_to_arrival: false,
        closed_to_departure: true,
        stop_sell: false,
    }
}

fn dirty(cells: impl IntoIterator<Item = Cell>) -> Vec<DirtyCell> {
    (1..)
        .zip(cells)
        .map(|(version, cell)| DirtyCell {
            cell,
            version,
            fields: Fields::ALL,
        })
        .collect()
}

fn availability_cells(room: u8, offsets: impl IntoIterator<Item = i32>) -> Vec<DirtyCell> {
    dirty(offsets.into_iter().map(|offset| Cell::Availability {
        room_type: room_type(room),
        night: night(offset),
    }))
}

#[test]
fn equal_nights_become_one_update_and_a_gap_or_a_change_begins_another() {
    let profile = profile(AvailabilityOn::Room, UpdateSemantics::Merge);
    let mut current = CurrentAri::default();
    for (offset, units) in [(0, 3), (1, 3), (2, 1), (4, 1)] {
        current
            .availability
            .insert((room_type(0), night(offset)), units);
    }
    let plan = planned(&profile, &availability_cells(0, [0, 1, 2, 4]), &current);
    let told: Vec<_> = plan
        .updates
        .iter()
        .map(|planned| {
            (
                planned.update.first_night,
                planned.update.last_night,
                planned.update.availability,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (night(0), night(1), Some(3)),
            (night(2), night(2), Some(1)),
            (night(4), night(4), Some(1))
        ]
    );
    assert!(
        plan.updates
            .iter()
            .all(|planned| planned.update.target.rate.is_none())
    );
}

#[test]
fn an_overbooked_night_shows_none_and_an_unknown_one_too() {
    let profile = profile(AvailabilityOn::Room, UpdateSemantics::Merge);
    let mut current = CurrentAri::default();
    current.availability.insert((room_type(0), night(0)), -2);
    let plan = planned(&profile, &availability_cells(0, [0, 1]), &current);
    assert_eq!(plan.updates.len(), 1);
    assert_eq!(plan.updates[0].update.availability, Some(0));
}

#[test]
fn a_night_without_a_price_is_closed_and_never_sold_for_nothing() {
    let profile = profile(AvailabilityOn::Room, UpdateSemantics::Merge);
    let cell = Cell::Rate {
        room_type: room_type(0),
        rate_plan: rate_plan(1),
        night: night(3),
    };
    let plan = planned(&profile, &dirty([cell]), &CurrentAri::default());
    assert_eq!(plan.updates[0].update.stop_sell, Some(true));
    assert_eq!(plan.updates[0].update.price, None);
}

#[test]
fn past_nights_and_what_is_not_mapped_are_nobodys_to_tell() {
    let profile = profile(AvailabilityOn::Room, UpdateSemantics::Merge);
    let mut cells = availability_cells(0, [-1]);
    cells.extend(availability_cells(2, [5]));
    let plan = planned(&profile, &cells, &CurrentAri::default());
    assert!(plan.updates.is_empty() && plan.cells.is_empty());
    assert_eq!(plan.obsolete, cells);
}

#[test]
fn availability_goes_before_rates() {
    let profile = profile(AvailabilityOn::Rate, UpdateSemantics::Merge);
    let rate = Cell::Rate {
        room_type: room_type(0),
        rate_plan: rate_plan(0),
        night: night(0),
    };
    let availability = Cell::Availability {
        room_type: room_type(1),
        night: night(9),
    };
    let plan = planned(
        &profile,
        &dirty([rate, availability]),
        &CurrentAri::default(),
    );
    let availability: Vec<bool> = plan
        .updates
        .iter()
        .map(|planned| planned.update.availability.is_some())
        .collect();
    assert_eq!(availability, [true, false]);
}

#[test]
fn a_channel_that_replaces_gets_whole_records() {
    let profile = profile(AvailabilityOn::Rate, UpdateSemantics::Replace);
    let mut current = CurrentAri::default();
    current.availability.insert((room_type(1), night(0)), 4);
    current
        .rates
        .insert((room_type(1), rate_plan(0), night(0)), rate_night(9_900));
    let plan = planned(&profile, &availability_cells(1, [0]), &current);
    let update = &plan.updates[0].update;
    assert_eq!(
        (update.availability, update.price.map(|price| price.minor)),
        (Some(4), Some(9_900))
    );
    assert_eq!(
        (update.min_stay_arrival, update.max_stay),
        (NumberChange::Set(2), NumberChange::Clear)
    );
}

/// The one update of a rate of which only these fields are dirty.
fn told_of(fields: Fields, semantics: UpdateSemantics) -> AriUpdate {
    let profile = profile(AvailabilityOn::Room, semantics);
    let mut current = CurrentAri::default();
    current
        .rates
        .insert((room_type(0), rate_plan(0), night(0)), rate_night(9_900));
    let cell = Cell::Rate {
        room_type: room_type(0),
        rate_plan: rate_plan(0),
        night: night(0),
    };
    let dirty = DirtyCell {
        cell,
        version: 1,
        fields,
    };
    let mut plan = planned(&profile, &[dirty], &current);
    plan.updates.remove(0).update
}

#[test]
fn a_channel_that_merges_is_told_only_what_changed() {
    let update = told_of(Fields::PRICE, UpdateSemantics::Merge);
    assert_eq!(update.price.map(|price| price.minor), Some(9_900));
    assert_eq!(update.min_stay_arrival, NumberChange::Unchanged);
    assert_eq!((update.closed_to_departure, update.stop_sell), (None, None));

    let update = told_of(
        Fields::MIN_STAY_ARRIVAL | Fields::MAX_STAY,
        UpdateSemantics::Merge,
    );
    assert_eq!(
        (update.price, update.min_stay_arrival, update.max_stay),
        (None, NumberChange::Set(2), NumberChange::Clear)
    );
}

#[test]
fn a_minimum_stay_goes_along_with_the_other_one_that_changed() {
    let update = told_of(Fields::MIN_STAY_THROUGH, UpdateSemantics::Merge);
    assert_eq!(
        (update.price, update.min_stay_arrival, update.max_stay),
        (None, NumberChange::Set(2), NumberChange::Unchanged)
    );
}

#[test]
fn a_channel_that_replaces_is_told_everything_whatever_changed() {
    let update = told_of(Fields::PRICE, UpdateSemantics::Replace);
    assert_eq!(update.min_stay_arrival, NumberChange::Set(2));
    assert_eq!(
        (update.closed_to_departure, update.stop_sell),
        (Some(true), Some(false))
    );
}

#[test]
fn nights_that_differ_only_in_what_did_not_change_are_one_update() {
    let profile = profile(AvailabilityOn::Room, UpdateSemantics::Merge);
    let mut current = CurrentAri::default();
    let cells = (0..4).map(|offset| {
        let other = RateNight {
            max_stay: Some(u32::try_from(offset).expect("few nights")),
            ..rate_night(33_300)
        };
        let key = (room_type(0), rate_plan(0), night(offset));
        current.rates.insert(key, other);
        DirtyCell {
            cell: Cell::Rate {
                room_type: key.0,
                rate_plan: key.1,
                night: key.2,
            },
            version: 1,
            fields: Fields::PRICE,
        }
    });
    let cells: Vec<DirtyCell> = cells.collect();
    let plan = planned(&profile, &cells, &current);
    assert_eq!(plan.updates.len(), 1);
    assert_eq!(plan.updates[0].update.last_night, night(3));
}

/// What a channel that merges shows for one target and night.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Shown {
    units: Option<u32>,
    price: Option<i64>,
    stop_sell: Option<bool>,
}

fn show(updates: &[AriUpdate]) -> BTreeMap<(ProductCode, Date), Shown> {
    let mut shown: BTreeMap<_, Shown> = BTreeMap::new();
    for update in updates {
        for night in update
            .first_night
            .series(1.day())
            .take_while(|night| *night <= update.last_night)
        {
            let cell = shown.entry((update.target.clone(), night)).or_default();
            cell.units = update.availability.or(cell.units);
            cell.price = update.price.map(|price| price.minor).or(cell.price);
            cell.stop_sell = update.stop_sell.or(cell.stop_sell);
        }
    }
    shown
}

fn any_cell() -> impl Strategy<Value = Cell> {
    (0..3_u8, 0..2_u8, -3..25_i32, any::<bool>()).prop_map(|(room, rate, offset, lane)| {
        let (room_type, night) = (room_type(room), night(offset));
        match lane {
            true => Cell::Availability { room_type, night },
            false => Cell::Rate {
                room_type,
                rate_plan: rate_plan(rate),
                night,
            },
        }
    })
}

prop_compose! {
    fn any_world()(
        cells in prop::collection::btree_set(any_cell(), 0..120),
        units in prop::collection::hash_map((0..2_u8, -3..25_i32), -1..3_i64, 0..60),
        prices in prop::collection::hash_map((0..2_u8, 0..2_u8, -3..25_i32), 1..3_i64, 0..120),
        on_rate in any::<bool>(),
        replace in any::<bool>(),
    ) -> (ConnectorProfile, Vec<DirtyCell>, CurrentAri) {
        let mut current = CurrentAri::default();
        current.availability.extend(units.into_iter().map(|((room, at), units)| ((room_type(room), night(at)), units)));
        current.rates.extend(prices.into_iter().map(|((room, rate, at), price)| {
            ((room_type(room), rate_plan(rate), night(at)), rate_night(price))
        }));
        let on = if on_rate { AvailabilityOn::Rate } else { AvailabilityOn::Room };
        let semantics = if replace { UpdateSemantics::Replace } else { UpdateSemantics::Merge };
        (profile(on, semantics), dirty(cells), current)
    }
}

proptest! {
    #[test]
    fn the_channel_shows_what_we_hold((profile, dirty, current) in any_world()) {
        let plan = planned(&profile, &dirty, &current);
        let updates: Vec<AriUpdate> = plan.updates.iter().map(|planned| planned.update.clone()).collect();
        let shown = show(&updates);
        for dirty in &plan.cells {
            let night = dirty.cell.night();
            for mapping in mappings().iter().filter(|mapping| mapping.room_type == dirty.cell.room_type()) {
                match dirty.cell {
                    Cell::Availability { room_type, .. } => {
                        let rate = mapping.code.rate.clone().filter(|_| profile.availability_on == AvailabilityOn::Rate);
                        let code = ProductCode { room: mapping.code.room.clone(), rate };
                        prop_assert_eq!(shown[&(code, night)].units, Some(current.units(room_type, night)));
                    }
                    Cell::Rate { rate_plan, .. } if rate_plan == mapping.rate_plan => {
                        let held = current.rates.get(&(mapping.room_type, rate_plan, night));
                        let shown = shown[&(mapping.code.clone(), night)];
                        prop_assert_eq!(shown.price, held.map(|rate| rate.price_minor));
                        prop_assert_eq!(shown.stop_sell, Some(held.is_none()));
                    }
                    Cell::Rate { .. } => {}
                }
            }
        }
    }

    #[test]
    fn no_cell_is_lost_and_no_night_is_told_unasked((profile, dirty, current) in any_world()) {
        let plan = planned(&profile, &dirty, &current);
        prop_assert_eq!(plan.cells.len() + plan.obsolete.len(), dirty.len());
        let carried: BTreeSet<usize> = plan.updates.iter().flat_map(|planned| planned.cells.clone()).collect();
        prop_assert_eq!(carried.len(), plan.cells.len());
        for planned in &plan.updates {
            let told: BTreeSet<Date> = planned.cells.iter().map(|cell| plan.cells[*cell].cell.night()).collect();
            let nights = crate::domain::night::nights_between(planned.update.first_night, planned.update.last_night) + 1;
            prop_assert_eq!(i32::try_from(told.len()).expect("few nights"), nights);
            prop_assert!(planned.update.first_night >= TODAY);
        }
    }

    #[test]
    fn neighbours_that_say_the_same_are_one_update((profile, dirty, current) in any_world()) {
        let plan = planned(&profile, &dirty, &current);
        for pair in plan.updates.windows(2) {
            let (left, right) = (&pair[0].update, &pair[1].update);
            let same = AriUpdate {
                id: right.id.clone(),
                first_night: right.first_night,
                last_night: right.last_night,
                ..left.clone()
            };
            let next = left.last_night.checked_add(1.day()).expect("a date near today");
            prop_assert!(same != *right || next != right.first_night);
        }
    }

    #[test]
    fn a_cell_is_acknowledged_only_when_all_that_carry_it_were_taken(
        (profile, dirty, current) in any_world(),
        outcomes in prop::collection::vec(any_outcome(), 200),
        per_call in 1..9_usize,
    ) {
        let plan = planned(&profile, &dirty, &current);
        let mut ledger = Ledger::new(&plan);
        let mut acknowledged = BTreeSet::new();
        let mut parked = BTreeSet::new();
        for sent in plan.updates.chunks(per_call) {
            let results: Vec<ItemResult> = sent.iter().filter_map(|planned| result(planned, &outcomes)).collect();
            let settled = ledger.answer(sent, &results);
            acknowledged.extend(settled.acknowledged);
            parked.extend(settled.parked.into_iter().map(|(cell, _)| cell));
        }
        for (place, cell) in plan.cells.iter().enumerate() {
            let fates: Vec<Fate> = plan
                .updates
                .iter()
                .filter(|planned| planned.cells.contains(&place))
                .map(|planned| fate(result(planned, &outcomes)))
                .collect();
            let all_taken = fates.iter().all(|fate| *fate == Fate::Taken);
            let is_parked = !all_taken && fates.iter().all(|fate| *fate != Fate::Kept);
            prop_assert_eq!(acknowledged.contains(cell), all_taken);
            prop_assert_eq!(parked.contains(cell), is_parked);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Taken,
    Parked,
    Kept,
}

fn fate(result: Option<ItemResult>) -> Fate {
    match result.map(|result| result.outcome) {
        Some(ItemOutcome::Applied | ItemOutcome::Accepted(_)) => Fate::Taken,
        Some(ItemOutcome::Rejected(failure)) if advice(&failure) == Advice::Park => Fate::Parked,
        Some(ItemOutcome::Rejected(_)) | None => Fate::Kept,
    }
}

/// `None`: the connector left the item out.
fn any_outcome() -> impl Strategy<Value = Option<ItemOutcome>> {
    prop_oneof![
        4 => Just(Some(ItemOutcome::Applied)),
        1 => Just(Some(ItemOutcome::Accepted("task".to_owned()))),
        1 => Just(Some(ItemOutcome::Rejected(ConnectorFailure::MappingMissing(vec!["R0".to_owned()])))),
        1 => Just(Some(ItemOutcome::Rejected(ConnectorFailure::Retry("busy".to_owned())))),
        1 => Just(None),
    ]
}

fn result(planned: &Planned, outcomes: &[Option<ItemOutcome>]) -> Option<ItemResult> {
    let number: usize = planned.update.id.parse().expect("ids are numbers");
    let outcome = outcomes[number % outcomes.len()].clone()?;
    Some(ItemResult {
        id: planned.update.id.clone(),
        outcome,
        warnings: Vec::new(),
    })
}

#[test]
fn what_needs_a_person_weighs_more_than_a_pause() {
    let limited = ConnectorFailure::RateLimited {
        after_seconds: Some(5),
        scope: "property".to_owned(),
    };
    let revoked = ConnectorFailure::AuthRevoked("gone".to_owned());
    let retry = ConnectorFailure::Retry("busy".to_owned());
    assert_eq!(heavier(Some(retry), limited.clone()), limited);
    assert_eq!(heavier(Some(revoked.clone()), limited), revoked);
}
