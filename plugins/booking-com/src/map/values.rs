//! An update as lines of notifications: rooms to sell, restrictions and prices.

use roomwire_plugin_sdk::channel::{AriUpdate, NumberChange};
use roomwire_plugin_sdk::xml::Element;
use roomwire_plugin_sdk::{Context, Failure, Money};

use crate::{Pricing, Settings};

/// What one update says in each sort of notification: one line for each change.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) availability: Vec<Element>,
    pub(crate) prices: Vec<Element>,
}

/// What an update says, and why not all of it.
pub(crate) fn told(context: &Context<Settings>, update: &AriUpdate) -> (Said, Option<Failure>) {
    let (said, refusal) = update.say_or_close(|update| said(context, update));
    (said.unwrap_or_default(), refusal)
}

fn said(context: &Context<Settings>, update: &AriUpdate) -> Result<Said, Failure> {
    let mut said = Said::default();
    if let Some(units) = update.availability {
        said.availability = rooms_to_sell(update, units);
    }
    let restrictions = restrictions(update);
    let silent =
        restrictions.is_empty() && update.price.is_none() && update.occupancy_prices.is_empty();
    let Some(rate) = update.target.rate.as_deref() else {
        if silent {
            return Ok(said);
        }
        return Err(Failure::MappingMissing(vec![update.target.room.clone()]));
    };
    let lines = restrictions.into_iter().map(|restriction| {
        Element::new("AvailStatusMessage")
            .child(control(update, Some(rate)))
            .child(restriction)
    });
    said.availability.extend(lines);
    let amounts = amounts(context, update)?;
    if !amounts.is_empty() {
        said.prices.push(priced(update, rate, amounts));
    }
    Ok(said)
}

/// A room that was closed shows nothing before it is opened; one without rooms to sell need not be closed.
fn rooms_to_sell(update: &AriUpdate, units: u32) -> Vec<Element> {
    let line = Element::new("AvailStatusMessage");
    let mut lines = vec![
        line.clone()
            .attribute("BookingLimit", units.to_string())
            .child(control(update, None)),
    ];
    if units > 0 {
        let open = Element::new("RestrictionStatus").attribute("Status", "Open");
        lines.push(line.child(control(update, None)).child(open));
    }
    lines
}

/// What a line is about; both nights are included.
fn control(update: &AriUpdate, rate: Option<&str>) -> Element {
    Element::new("StatusApplicationControl")
        .attribute("Start", update.first_night.to_string())
        .attribute("End", update.last_night.to_string())
        .attribute("InvTypeCode", update.target.room.as_str())
        .optional("RatePlanCode", rate)
}

/// Every restriction that the update names, each as the child of a line of its own.
fn restrictions(update: &AriUpdate) -> Vec<Element> {
    let lengths = [
        ("SetMinLOS", number(&update.min_stay_through, 1)),
        ("SetForwardMinStay", number(&update.min_stay_arrival, 1)),
        ("SetMaxLOS", number(&update.max_stay, 0)),
    ];
    let lengths = lengths.into_iter().filter_map(|(kind, nights)| {
        let length = Element::new("LengthOfStay")
            .attribute("MinMaxMessageType", kind)
            .attribute("Time", nights?.to_string());
        Some(Element::new("LengthsOfStay").child(length))
    });
    let closings = [
        (Some("Arrival"), update.closed_to_arrival),
        (Some("Departure"), update.closed_to_departure),
        (None, update.stop_sell),
    ];
    let closings = closings.into_iter().filter_map(|(of, closed)| {
        let status = if closed? { "Close" } else { "Open" };
        let closing = Element::new("RestrictionStatus").optional("Restriction", of);
        Some(closing.attribute("Status", status))
    });
    lengths.chain(closings).collect()
}

/// Prices a night of the property's own pricing type: the room's, or one for each number of guests.
fn amounts(context: &Context<Settings>, update: &AriUpdate) -> Result<Vec<Element>, Failure> {
    match context.settings.pricing {
        Pricing::Standard => {
            let price = update.price.iter();
            price.map(|price| amount(context, update, price)).collect()
        }
        Pricing::PerOccupancy if update.occupancy_prices.is_empty() && update.price.is_some() => {
            let problem = "the property is priced by occupancy, and the rate has no such prices";
            Err(Failure::invalid(update.id.as_str(), "price", problem))
        }
        Pricing::PerOccupancy => {
            let prices = update.occupancy_prices.iter();
            prices
                .map(|each| {
                    let amount = amount(context, update, &each.price)?;
                    Ok(amount.attribute("NumberOfGuests", each.adults.to_string()))
                })
                .collect()
        }
    }
}

/// A change of prices. Those of several numbers of guests go in one line: two lines of the same nights are taken for a
/// repetition.
fn priced(update: &AriUpdate, rate: &str, amounts: Vec<Element>) -> Element {
    let amounts = Element::new("BaseByGuestAmts").children(amounts);
    let rates = Element::new("Rates").child(Element::new("Rate").child(amounts));
    Element::new("RateAmountMessage")
        .child(control(update, Some(rate)))
        .child(rates)
}

/// A decimal with its point leaves no doubt of its size.
fn amount(
    context: &Context<Settings>,
    update: &AriUpdate,
    price: &Money,
) -> Result<Element, Failure> {
    // A price of nothing closes at some channels and gives the room away at others.
    let problem = if price.minor <= 0 {
        "a price must be more than zero; stop sell closes a product"
    } else if price.currency != context.currency.code {
        "Booking.com takes prices in the property's currency only"
    } else {
        let decimal = decimals(
            &context.decimal(price).to_string(),
            context.currency.exponent,
        );
        return Ok(Element::new("BaseByGuestAmt")
            .attribute("AmountAfterTax", decimal)
            .attribute("CurrencyCode", price.currency.as_str()));
    };
    Err(Failure::invalid(update.id.as_str(), "price", problem))
}

/// With all the decimals of its currency.
fn decimals(decimal: &str, exponent: u8) -> String {
    let exponent = usize::from(exponent);
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    match exponent {
        0 => whole.to_owned(),
        _ => format!("{whole}.{fraction:0<exponent$}"),
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

/// What an update says and is not sent, for want of a word of Booking.com's that we know, or of the property's.
pub(crate) fn untold(context: &Context<Settings>, update: &AriUpdate) -> Vec<String> {
    let mut untold = Vec::new();
    if matches!(update.cut_off_days, NumberChange::Set(_)) {
        untold.push("the cut-off was not sent".to_owned());
    }
    let price = update.price.as_ref();
    let mut prices = update.occupancy_prices.iter();
    let told_apart = context.settings.pricing == Pricing::Standard
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
    fn a_price_has_all_the_decimals_of_its_currency() {
        for (decimal, exponent, written) in [
            ("333", 2, "333.00"),
            ("312.6", 2, "312.60"),
            ("456.23", 2, "456.23"),
            ("12000", 0, "12000"),
            ("1.2", 3, "1.200"),
        ] {
            assert_eq!(decimals(decimal, exponent), written);
        }
    }
}
