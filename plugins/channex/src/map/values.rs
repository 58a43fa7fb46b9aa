//! An update as what Channex's messages say: availability of its room type, and prices and restrictions of its rate plan.

use roomwire_plugin_sdk::channel::{AriUpdate, NumberChange};
use roomwire_plugin_sdk::{Context, Failure, Money};

use crate::Settings;
use crate::wire::ari::{Price, Rate, Says, Target};

/// What one update says in each sort of message.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) availability: Option<(Target, Says)>,
    pub(crate) rates: Option<(Target, Says)>,
}

/// What an update says, and why not all of it.
pub(crate) fn told(context: &Context<Settings>, update: &AriUpdate) -> (Said, Option<Failure>) {
    let (said, refusal) = update.say_or_close(|update| said(context, update));
    (said.unwrap_or_default(), refusal)
}

fn said(context: &Context<Settings>, update: &AriUpdate) -> Result<Said, Failure> {
    let availability = update.availability.map(|units| {
        let says = Says {
            availability: Some(units),
            ..Says::default()
        };
        (Target::RoomType(update.target.room.clone()), says)
    });
    let (rate, rates) = prices(context, update)?;
    let says = Says {
        availability: None,
        rate,
        rates,
        min_stay_arrival: number(&update.min_stay_arrival, 1),
        min_stay_through: number(&update.min_stay_through, 1),
        max_stay: number(&update.max_stay, 0),
        closed_to_arrival: update.closed_to_arrival,
        closed_to_departure: update.closed_to_departure,
        stop_sell: update.stop_sell,
    };
    let rates = match (&update.target.rate, says == Says::default()) {
        (_, true) => None,
        (Some(rate), false) => Some((Target::RatePlan(rate.clone()), says)),
        (None, false) => return Err(Failure::MappingMissing(vec![update.target.room.clone()])),
    };
    Ok(Said {
        availability,
        rates,
    })
}

/// The room's price, or one for each number of people where the rate plan is sold per person.
fn prices(
    context: &Context<Settings>,
    update: &AriUpdate,
) -> Result<(Option<Price>, Vec<Rate>), Failure> {
    if !context.settings.is_per_person(&update.target) {
        let price = update.price.as_ref();
        let price = price.map(|price| checked(context, update, price));
        return Ok((price.transpose()?, Vec::new()));
    }
    if update.occupancy_prices.is_empty() && update.price.is_some() {
        let problem = "the rate plan is sold per person, and the update has no such prices";
        return Err(Failure::invalid(update.id.as_str(), "price", problem));
    }
    let rates = update.occupancy_prices.iter().map(|each| {
        Ok(Rate {
            occupancy: each.adults,
            rate: checked(context, update, &each.price)?,
        })
    });
    Ok((None, rates.collect::<Result<_, Failure>>()?))
}

/// A price of nothing closes at some channels and gives the room away at others.
fn checked(
    context: &Context<Settings>,
    update: &AriUpdate,
    price: &Money,
) -> Result<Price, Failure> {
    let problem = if price.minor <= 0 {
        "a price must be more than zero; stop sell closes a product"
    } else if price.currency != context.currency.code {
        "Channex takes prices in the property's currency only"
    } else {
        return Ok(Price(text(&context.decimal(price).to_string())));
    };
    Err(Failure::invalid(update.id.as_str(), "price", problem))
}

/// A decimal with two decimals at least: without a point, it could be taken for minor units.
fn text(decimal: &str) -> String {
    let decimals = decimal.split_once('.').map_or(0, |(_, part)| part.len());
    match decimals {
        0 => format!("{decimal}.00"),
        1 => format!("{decimal}0"),
        _ => decimal.to_owned(),
    }
}

/// `none` is what stands for no restriction at Channex.
fn number(change: &NumberChange, none: u32) -> Option<u32> {
    match change {
        NumberChange::Unchanged => None,
        NumberChange::Clear => Some(none),
        NumberChange::Set(number) => Some(*number),
    }
}

/// What an update says and Channex has no word for, or none that we know, or the rate plan none.
pub(crate) fn untold(context: &Context<Settings>, update: &AriUpdate) -> Vec<String> {
    let mut untold = Vec::new();
    if matches!(update.cut_off_days, NumberChange::Set(_)) {
        untold.push("the cut-off was not sent: Channex has none for each night".to_owned());
    }
    let price = update.price.as_ref();
    let mut prices = update.occupancy_prices.iter();
    let told_apart = !context.settings.is_per_person(&update.target)
        && prices.any(|each| Some(&each.price) != price);
    if told_apart {
        untold.push("prices by occupancy were not sent: only the room's price was".to_owned());
    }
    untold
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_always_has_a_point_and_two_decimals_or_more() {
        for (decimal, written) in [
            ("333", "333.00"),
            ("312.6", "312.60"),
            ("456.23", "456.23"),
            ("1.234", "1.234"),
        ] {
            assert_eq!(text(decimal), written);
        }
    }
}
