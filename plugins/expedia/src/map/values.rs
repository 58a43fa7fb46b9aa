//! An update as what Expedia's messages say: availability of its room type, prices and restrictions of its rate plan.

use roomwire_plugin_sdk::channel::{AriUpdate, NumberChange};
use roomwire_plugin_sdk::{Context, Failure, Money};

use crate::wire::update::{Price, RatePlan, Says};
use crate::{LengthOfStay, Pricing, Settings};

/// The longest stay that Expedia sells, and so no maximum at all.
const LONGEST_STAY: u32 = 28;

/// What one update says in each sort of message.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) availability: Option<Says>,
    pub(crate) rates: Option<Says>,
}

/// What an update says, and why not all of it.
pub(crate) fn told(context: &Context<Settings>, update: &AriUpdate) -> (Said, Option<Failure>) {
    let (said, refusal) = update.say_or_close(|update| said(context, update));
    (said.unwrap_or_default(), refusal)
}

fn said(context: &Context<Settings>, update: &AriUpdate) -> Result<Said, Failure> {
    let minimum = match context.settings.length_of_stay {
        LengthOfStay::Arrival => &update.min_stay_arrival,
        LengthOfStay::StayThrough => &update.min_stay_through,
    };
    let rate = RatePlan {
        id: update.target.rate.clone().unwrap_or_default(),
        closed: update.stop_sell,
        currency: context.currency.code.clone(),
        prices: prices(context, update)?,
        closed_to_arrival: update.closed_to_arrival,
        closed_to_departure: update.closed_to_departure,
        min_stay: number(minimum, 1),
        max_stay: number(&update.max_stay, LONGEST_STAY).map(|nights| nights.min(LONGEST_STAY)),
    };
    let rates = Says::Rate(rate);
    let rates = match (&update.target.rate, rates.weight()) {
        (_, 0) => None,
        (Some(_), _) => Some(rates),
        (None, _) => return Err(Failure::MappingMissing(vec![update.target.room.clone()])),
    };
    Ok(Said {
        availability: update.availability.map(Says::Inventory),
        rates,
    })
}

/// In the property's own model: a message with another is refused as a whole.
fn prices(context: &Context<Settings>, update: &AriUpdate) -> Result<Vec<Price>, Failure> {
    match context.settings.pricing {
        Pricing::PerDay => {
            let price = update.price.iter();
            price
                .map(|price| Ok(Price::PerDay(checked(context, update, price)?)))
                .collect()
        }
        Pricing::PerOccupancy if update.occupancy_prices.is_empty() && update.price.is_some() => {
            let problem =
                "the property is priced by occupancy, and the rate plan has no such prices";
            Err(Failure::invalid(update.id.as_str(), "price", problem))
        }
        Pricing::PerOccupancy => {
            let prices = update.occupancy_prices.iter();
            prices
                .map(|each| {
                    let rate = checked(context, update, &each.price)?;
                    let adults = each.adults;
                    Ok(Price::PerOccupancy { rate, adults })
                })
                .collect()
        }
    }
}

/// A price of nothing closes at some channels and gives the room away at others.
fn checked(
    context: &Context<Settings>,
    update: &AriUpdate,
    price: &Money,
) -> Result<String, Failure> {
    let problem = if price.minor <= 0 {
        "a price must be more than zero; stop sell closes a product"
    } else if price.currency != context.currency.code {
        "Expedia takes prices in the property's currency only"
    } else {
        return Ok(text(&context.decimal(price).to_string()));
    };
    Err(Failure::invalid(update.id.as_str(), "price", problem))
}

/// A decimal with two decimals at least, as every published message has it.
fn text(decimal: &str) -> String {
    let decimals = decimal.split_once('.').map_or(0, |(_, part)| part.len());
    match decimals {
        0 => format!("{decimal}.00"),
        1 => format!("{decimal}0"),
        _ => decimal.to_owned(),
    }
}

/// `none` is what stands for no restriction.
fn number(change: &NumberChange, none: u32) -> Option<u32> {
    match change {
        NumberChange::Unchanged => None,
        NumberChange::Clear => Some(none),
        NumberChange::Set(number) => Some(*number),
    }
}

/// What an update says and Expedia has no word for, or the property another one.
pub(crate) fn untold(context: &Context<Settings>, update: &AriUpdate) -> Vec<String> {
    let Settings {
        pricing,
        length_of_stay,
        ..
    } = &context.settings;
    let is_set = |change: &NumberChange| matches!(change, NumberChange::Set(_));
    let other_minimum = match length_of_stay {
        LengthOfStay::Arrival => is_set(&update.min_stay_through),
        LengthOfStay::StayThrough => is_set(&update.min_stay_arrival),
    };
    let price = update.price.as_ref();
    let mut prices = update.occupancy_prices.iter();
    let told_apart = *pricing == Pricing::PerDay && prices.any(|each| Some(&each.price) != price);
    let longer = matches!(update.max_stay, NumberChange::Set(nights) if nights > LONGEST_STAY);
    [
        (
            is_set(&update.cut_off_days),
            "the cut-off was not sent: Expedia has none for each night",
        ),
        (
            told_apart,
            "prices by occupancy were not sent: the property is priced per day",
        ),
        (
            other_minimum,
            "one minimum stay was not sent: the property reads only the other one",
        ),
        (
            longer,
            "the maximum stay was sent as 28 nights, the longest stay there",
        ),
    ]
    .into_iter()
    .filter(|(is_untold, _)| *is_untold)
    .map(|(_, sentence)| sentence.to_owned())
    .collect()
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
