//! What the calendar shows: units of room types, and prices and restrictions of rate plans.

use std::collections::BTreeMap;

use roomwire_plugin_sdk::channel::{AriNight, ProductCode};
use roomwire_plugin_sdk::{Context, Date, Failure};

use crate::Settings;
use crate::client::Client;
use crate::wire::ari::Shown;

pub(crate) fn nights(
    context: &Context<Settings>,
    products: &[ProductCode],
    first: Date,
    last: Date,
) -> Result<Vec<AriNight>, Failure> {
    let client = Client::new(context);
    let (rooms, rates): (Vec<_>, Vec<_>) = products.iter().partition(|code| code.rate.is_none());
    let mut nights = Vec::new();
    if last < first {
        return Ok(nights);
    }
    if !rooms.is_empty() {
        let shown = client.availability(first, last)?;
        for code in rooms {
            let units = shown.get(&code.room).into_iter().flatten();
            nights.extend(units.map(|(night, units)| AriNight {
                // An overbooked room type may be counted below zero; nothing is for sale then.
                availability: Some(u32::try_from((*units).max(0)).unwrap_or(u32::MAX)),
                ..AriNight::unknown(code.clone(), *night)
            }));
        }
    }
    if !rates.is_empty() {
        let shown = client.restrictions(first, last)?;
        for code in rates {
            let of_rate = code.rate.as_ref().and_then(|rate| shown.get(rate));
            of(context, code, of_rate, &mut nights)?;
        }
    }
    Ok(nights)
}

fn of(
    context: &Context<Settings>,
    code: &ProductCode,
    shown: Option<&BTreeMap<Date, Shown>>,
    nights: &mut Vec<AriNight>,
) -> Result<(), Failure> {
    let per_person = context.settings.is_per_person(code);
    for (night, shown) in shown.into_iter().flatten() {
        // What the one price of a rate plan that is sold per person stands for is not known: nothing is told of it.
        let rate = shown.rate.filter(|_| !per_person);
        let price = rate
            .map(|rate| context.money(rate, &context.currency.code))
            .transpose()?;
        nights.push(AriNight {
            price,
            min_stay_arrival: shown.min_stay_arrival,
            min_stay_through: shown.min_stay_through,
            max_stay: shown.max_stay,
            closed_to_arrival: shown.closed_to_arrival,
            closed_to_departure: shown.closed_to_departure,
            stop_sell: shown.stop_sell,
            ..AriNight::unknown(code.clone(), *night)
        });
    }
    Ok(())
}
