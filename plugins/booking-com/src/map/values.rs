//! An update as lines of notifications: rooms to sell, restrictions and prices.

use roomwire_plugin_sdk::channel::{AriUpdate, NumberChange};
use roomwire_plugin_sdk::xml::Element;
use roomwire_plugin_sdk::{Context, Failure, Money};

use crate::Settings;

/// What one update says in each sort of notification: one line for each change.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) availability: Vec<Element>,
    pub(crate) prices: Vec<Element>,
}

pub(crate) fn said(context: &Context<Settings>, update: &AriUpdate) -> Result<Said, Failure> {
    let mut said = Said::default();
    if let Some(units) = update.availability {
        said.availability = rooms_to_sell(update, units);
    }
    let restrictions = restrictions(update);
    let silent = restrictions.is_empty() && update.price.is_none();
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
    if let Some(price) = &update.price {
        said.prices.push(priced(context, update, rate, price)?);
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

/// A room's price a night, for rates that are sold at one price. A decimal with its point leaves no doubt of its size.
fn priced(
    context: &Context<Settings>,
    update: &AriUpdate,
    rate: &str,
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
        let amount = Element::new("BaseByGuestAmt")
            .attribute("AmountAfterTax", decimal)
            .attribute("CurrencyCode", price.currency.as_str());
        let rates = Element::new("Rates")
            .child(Element::new("Rate").child(Element::new("BaseByGuestAmts").child(amount)));
        return Ok(Element::new("RateAmountMessage")
            .child(control(update, Some(rate)))
            .child(rates));
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

/// What an update says and is not sent, for want of a word of Booking.com's that we know.
pub(crate) fn untold(update: &AriUpdate) -> Vec<String> {
    let mut untold = Vec::new();
    if matches!(update.cut_off_days, NumberChange::Set(_)) {
        untold.push("the cut-off was not sent".to_owned());
    }
    if !update.occupancy_prices.is_empty() {
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
