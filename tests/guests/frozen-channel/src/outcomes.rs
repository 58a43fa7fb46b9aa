//! What became of each update: its number says which outcome it gets, so that a push of all shows them all.

use crate::bindings::roomwire::channel::types::{
    AriUpdate, ItemOutcome, ItemResult, NumberChange, ProductCode,
};
use crate::bindings::roomwire::types::common::{
    Failure, InvalidField, Money, OtherFailure, RateLimit,
};

pub(crate) fn results(updates: &[AriUpdate]) -> Vec<ItemResult> {
    updates
        .iter()
        .map(|update| ItemResult {
            id: update.id.clone(),
            outcome: outcome(&update.id),
            warnings: vec![told(update)],
            extensions: vec![("colour".to_owned(), "red".to_owned())],
        })
        .collect()
}

fn outcome(number: &str) -> ItemOutcome {
    match number {
        "0" => ItemOutcome::Applied,
        "1" => ItemOutcome::Accepted("task".to_owned()),
        "2" => ItemOutcome::Other("perhaps".to_owned()),
        number => ItemOutcome::Rejected(failure(number)),
    }
}

fn failure(number: &str) -> Failure {
    let why = || "why".to_owned();
    match number {
        "3" => Failure::Retry(why()),
        "4" => Failure::RateLimited(RateLimit {
            after_seconds: Some(7),
            scope: "account".to_owned(),
        }),
        "5" => Failure::AuthExpired(why()),
        "6" => Failure::AuthRevoked(why()),
        "7" => Failure::MappingMissing(vec!["DBL".to_owned(), "SGL".to_owned()]),
        "8" => Failure::Invalid(InvalidField {
            item: number.to_owned(),
            field: "price".to_owned(),
            message: why(),
        }),
        "9" => Failure::Stale(why()),
        "10" => Failure::NotFound(why()),
        "11" => Failure::OutcomeUnknown(why()),
        "12" => Failure::Permanent(why()),
        class => Failure::Other(OtherFailure {
            class: class.to_owned(),
            message: why(),
        }),
    }
}

/// Every field of an update, so that none is lost on the way here.
fn told(update: &AriUpdate) -> String {
    let numbers = [
        number(&update.min_stay_arrival),
        number(&update.min_stay_through),
        number(&update.max_stay),
        number(&update.cut_off_days),
    ];
    format!(
        "{} {}..{} units {:?} price {} for {} occupancies, {}, {:?} {:?} {:?}, {} extensions",
        code(&update.target),
        update.first_night,
        update.last_night,
        update.availability,
        update
            .price
            .as_ref()
            .map_or_else(|| "none".to_owned(), amount),
        update.occupancy_prices.len(),
        numbers.join(" "),
        update.closed_to_arrival,
        update.closed_to_departure,
        update.stop_sell,
        update.extensions.len()
    )
}

fn code(code: &ProductCode) -> String {
    format!("{}/{}", code.room, code.rate.as_deref().unwrap_or("-"))
}

fn amount(money: &Money) -> String {
    format!("{} {}", money.minor, money.currency)
}

fn number(change: &NumberChange) -> String {
    match change {
        NumberChange::Unchanged => "unchanged".to_owned(),
        NumberChange::Clear => "clear".to_owned(),
        NumberChange::Set(number) => format!("set-{number}"),
    }
}
