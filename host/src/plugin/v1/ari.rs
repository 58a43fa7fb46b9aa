//! Availability, rates and restrictions, on their way to a channel and back.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use super::bindings::channel::roomwire::channel::types as wit;
use super::bindings::channel::roomwire::types::common;
use super::failure::{failure, map_texts};
use super::products::{product_code, wit_code};
use super::text::{Breach, at_most, code, count, date, line, optional_money};
use crate::domain::connector::{
    AriNight, AriUpdate, ConnectorFailure, ItemOutcome, ItemResult, NumberChange, OccupancyPrice,
    ProductCode,
};
use crate::domain::money::Money;

const MAX_WARNINGS: usize = 20;
const MAX_NIGHTS: usize = 500_000;

pub(in crate::plugin) fn update(update: &AriUpdate) -> wit::AriUpdate {
    wit::AriUpdate {
        id: update.id.clone(),
        target: wit_code(&update.target),
        first_night: update.first_night.to_string(),
        last_night: update.last_night.to_string(),
        availability: update.availability,
        price: update.price.map(money),
        occupancy_prices: update.occupancy_prices.iter().map(for_adults).collect(),
        min_stay_arrival: change(update.min_stay_arrival),
        min_stay_through: change(update.min_stay_through),
        max_stay: change(update.max_stay),
        cut_off_days: change(update.cut_off_days),
        closed_to_arrival: update.closed_to_arrival,
        closed_to_departure: update.closed_to_departure,
        stop_sell: update.stop_sell,
        extensions: Vec::new(),
    }
}

fn money(money: Money) -> common::Money {
    common::Money {
        minor: money.minor,
        currency: money.currency.code().to_owned(),
    }
}

fn for_adults(each: &OccupancyPrice) -> wit::OccupancyPrice {
    wit::OccupancyPrice {
        adults: each.adults,
        price: money(each.price),
    }
}

fn change(change: NumberChange) -> wit::NumberChange {
    match change {
        NumberChange::Unchanged => wit::NumberChange::Unchanged,
        NumberChange::Clear => wit::NumberChange::Clear,
        NumberChange::Set(number) => wit::NumberChange::Set(number),
    }
}

/// One result for each update, in the updates' order: those that the guest left out count as unknown.
/// Also tells how many results were for nothing that was asked.
pub(in crate::plugin) fn results(
    updates: &[AriUpdate],
    given: Vec<wit::ItemResult>,
    scrub: impl Fn(&str) -> String,
) -> (Vec<ItemResult>, usize) {
    let asked: HashSet<&str> = updates.iter().map(|update| update.id.as_str()).collect();
    let mut strangers = 0;
    let mut found: HashMap<String, wit::ItemResult> = HashMap::new();
    for result in given {
        if asked.contains(result.id.as_str()) {
            // The first word about an update counts.
            found.entry(result.id.clone()).or_insert(result);
        } else {
            strangers += 1;
        }
    }
    let result_of = |update: &AriUpdate| match found.remove(&update.id) {
        Some(result) => item_result(result, &scrub),
        None => unknown(&update.id, "the plugin returned no result for this update"),
    };
    (updates.iter().map(result_of).collect(), strangers)
}

fn item_result(given: wit::ItemResult, scrub: impl Fn(&str) -> String) -> ItemResult {
    let outcome = match given.outcome {
        wit::ItemOutcome::Applied => ItemOutcome::Applied,
        wit::ItemOutcome::Accepted(task) => match code("accepted", cut(task)) {
            Ok(task) => ItemOutcome::Accepted(task),
            Err(Breach(breach)) => return unknown(&given.id, &breach),
        },
        wit::ItemOutcome::Rejected(why) => ItemOutcome::Rejected(map_texts(failure(why), &scrub)),
        wit::ItemOutcome::Other(word) => {
            return unknown(
                &given.id,
                &format!(
                    "the plugin answered `{}`, which has no meaning here",
                    line(&word, 100)
                ),
            );
        }
    };
    let warnings = given
        .warnings
        .iter()
        .take(MAX_WARNINGS)
        .map(|warning| line(&scrub(warning), 500))
        .collect();
    ItemResult {
        id: given.id,
        outcome,
        warnings,
    }
}

/// What a channel took is taken, however long it names it.
fn cut(mut task: String) -> String {
    task.truncate(task.floor_char_boundary(255));
    task
}

fn unknown(id: &str, why: &str) -> ItemResult {
    let outcome = ItemOutcome::Rejected(ConnectorFailure::OutcomeUnknown(why.to_owned()));
    ItemResult {
        id: id.to_owned(),
        outcome,
        warnings: Vec::new(),
    }
}

/// What the channel shows, for the products and nights that were asked for. The rest is left out.
pub(in crate::plugin) fn nights(
    given: Vec<wit::AriNight>,
    asked: &[ProductCode],
    first_night: Date,
    last_night: Date,
) -> Result<Vec<AriNight>, Breach> {
    let asked: HashSet<&ProductCode> = asked.iter().collect();
    let mut nights = at_most("nights", given, MAX_NIGHTS)?
        .into_iter()
        .map(night)
        .collect::<Result<Vec<_>, _>>()?;
    nights.retain(|night| {
        (first_night..=last_night).contains(&night.night) && asked.contains(&night.product)
    });
    Ok(nights)
}

fn night(given: wit::AriNight) -> Result<AriNight, Breach> {
    Ok(AriNight {
        product: product_code(given.product)?,
        night: date("night", &given.night)?,
        availability: count("availability", given.availability)?,
        price: optional_money("price", given.price.as_ref())?,
        min_stay_arrival: count("min-stay-arrival", given.min_stay_arrival)?,
        min_stay_through: count("min-stay-through", given.min_stay_through)?,
        max_stay: count("max-stay", given.max_stay)?,
        closed_to_arrival: given.closed_to_arrival,
        closed_to_departure: given.closed_to_departure,
        stop_sell: given.stop_sell,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(id: &str) -> AriUpdate {
        let night = jiff::civil::date(2026, 12, 1);
        AriUpdate {
            id: id.to_owned(),
            target: ProductCode {
                room: "DBL".to_owned(),
                rate: None,
            },
            first_night: night,
            last_night: night,
            availability: Some(3),
            price: None,
            occupancy_prices: vec![OccupancyPrice {
                adults: 1,
                price: Money::new(9_000, "EUR".parse().expect("a known currency")),
            }],
            min_stay_arrival: NumberChange::Set(2),
            min_stay_through: NumberChange::Unchanged,
            max_stay: NumberChange::Clear,
            cut_off_days: NumberChange::Set(2),
            closed_to_arrival: None,
            closed_to_departure: None,
            stop_sell: Some(false),
        }
    }

    fn given(id: &str, outcome: wit::ItemOutcome) -> wit::ItemResult {
        wit::ItemResult {
            id: id.to_owned(),
            outcome,
            warnings: Vec::new(),
            extensions: Vec::new(),
        }
    }

    fn is_unknown(result: &ItemResult) -> bool {
        matches!(
            result.outcome,
            ItemOutcome::Rejected(ConnectorFailure::OutcomeUnknown(_))
        )
    }

    #[test]
    fn every_update_has_one_result_whatever_the_guest_returned() {
        let returned = vec![
            given("3", wit::ItemOutcome::Accepted("task-9".to_owned())),
            given("else", wit::ItemOutcome::Applied),
            given("1", wit::ItemOutcome::Applied),
            given(
                "1",
                wit::ItemOutcome::Rejected(common::Failure::Stale("late word".to_owned())),
            ),
        ];
        let (results, strangers) = results(
            &[asked("1"), asked("2"), asked("3")],
            returned,
            str::to_owned,
        );
        assert_eq!(
            results
                .iter()
                .map(|result| result.id.as_str())
                .collect::<Vec<_>>(),
            ["1", "2", "3"]
        );
        assert_eq!(results[0].outcome, ItemOutcome::Applied);
        assert!(is_unknown(&results[1]));
        assert_eq!(
            results[2].outcome,
            ItemOutcome::Accepted("task-9".to_owned())
        );
        assert_eq!(strangers, 1);
    }

    #[test]
    fn an_outcome_without_meaning_is_unknown_and_never_a_success() {
        for outcome in [
            wit::ItemOutcome::Other("perhaps".to_owned()),
            wit::ItemOutcome::Accepted(String::new()),
        ] {
            assert!(is_unknown(
                &results(&[asked("1")], vec![given("1", outcome)], str::to_owned).0[0]
            ));
        }
    }

    #[test]
    fn a_task_with_an_endless_name_is_still_taken() {
        let endless = vec![given("1", wit::ItemOutcome::Accepted("é".repeat(400)))];
        let (results, _) = results(&[asked("1")], endless, str::to_owned);
        assert_eq!(results[0].outcome, ItemOutcome::Accepted("é".repeat(127)));
    }

    #[test]
    fn an_update_is_written_as_the_contract_says() {
        let written = update(&asked("1"));
        assert_eq!(
            (written.first_night.as_str(), written.availability),
            ("2026-12-01", Some(3))
        );
        let prices = written.occupancy_prices.iter();
        let prices: Vec<_> = prices
            .map(|each| (each.adults, each.price.minor, each.price.currency.as_str()))
            .collect();
        assert_eq!(prices, [(1, 9_000, "EUR")]);
        assert!(matches!(
            written.min_stay_arrival,
            wit::NumberChange::Set(2)
        ));
        assert!(matches!(written.max_stay, wit::NumberChange::Clear));
        assert!(matches!(written.cut_off_days, wit::NumberChange::Set(2)));
    }

    #[test]
    fn nights_and_products_that_were_not_asked_for_are_left_out() {
        let shown = |room: &str, night: &str| wit::AriNight {
            product: wit::ProductCode {
                room: room.to_owned(),
                rate: None,
            },
            night: night.to_owned(),
            availability: Some(1),
            price: None,
            min_stay_arrival: None,
            min_stay_through: None,
            max_stay: None,
            cut_off_days: None,
            closed_to_arrival: None,
            closed_to_departure: None,
            stop_sell: None,
            extensions: Vec::new(),
        };
        let first = jiff::civil::date(2026, 12, 1);
        let asked = [ProductCode {
            room: "DBL".to_owned(),
            rate: None,
        }];
        let given = vec![
            shown("DBL", "2026-12-01"),
            shown("DBL", "2026-12-02"),
            shown("SGL", "2026-12-01"),
        ];
        assert_eq!(
            nights(given, &asked, first, first).expect("nights").len(),
            1
        );
        assert!(nights(vec![shown("DBL", "tomorrow")], &asked, first, first).is_err());
    }
}
