//! A stay's days, people and prices, out of a reservation's totals.

use roomwire_plugin_sdk::channel::NightPrice;
use roomwire_plugin_sdk::{Context, Date, Failure, Money, TimeZone, ToSpan, log};

use crate::Settings;
use crate::map::instant::local_day;
use crate::wire::Reservation;

/// The days of arrival and departure: the booker's local dates where they are given, else the reservation's instants.
pub(crate) fn days(reservation: &Reservation, zone: &TimeZone) -> Result<(Date, Date), Failure> {
    let local = booker_index(reservation)
        .and_then(|index| reservation.guests.get(index))
        .and_then(|booker| booker.checkin.as_deref().zip(booker.checkout.as_deref()));
    let instants = reservation
        .checkin
        .as_deref()
        .zip(reservation.checkout.as_deref());
    let (check_in, check_out) = local.or(instants).ok_or_else(|| {
        Failure::Permanent(format!("reservation {} has no dates", reservation.id.0))
    })?;
    let (check_in, check_out) = (local_day(check_in, zone)?, local_day(check_out, zone)?);
    if check_out <= check_in {
        return Err(Failure::Permanent(format!(
            "reservation {} ends before it begins",
            reservation.id.0
        )));
    }
    Ok((check_in, check_out))
}

/// Where the booker stands among the guests.
pub(crate) fn booker_index(reservation: &Reservation) -> Option<usize> {
    let named = reservation
        .guests
        .iter()
        .position(|guest| guest.kind == "BOOKER");
    named.or_else(|| (!reservation.guests.is_empty()).then_some(0))
}

/// The price of every night and unit: one list a unit, or empty lists where the nights do not add up to the stay.
pub(crate) fn nights(
    context: &Context<Settings>,
    reservation: &Reservation,
    currency: &str,
    stay: &Stay<'_>,
) -> Result<Vec<Vec<NightPrice>>, Failure> {
    let prices = daily_prices(context, reservation, currency, stay.zone)?;
    let expected = stay
        .check_in
        .series(1.day())
        .take_while(|night| *night < stay.check_out);
    if !prices.iter().map(|(night, _)| *night).eq(expected) {
        if !prices.is_empty() {
            let reason = "the prices by night do not fit the stay, so only the total is kept";
            log::write(
                log::Level::Warn,
                reason,
                &[("reservation", &reservation.id.0)],
            );
        }
        return Ok(vec![Vec::new(); usize::from(stay.units)]);
    }
    let of_all_units = covers_all_units(context, reservation, &prices, stay.units)?;
    let share = |unit: u16, price: &Money| {
        if of_all_units {
            share(price, stay.units, unit)
        } else {
            price.clone()
        }
    };
    let of_unit = |unit| {
        prices
            .iter()
            .map(|(night, price)| NightPrice {
                night: *night,
                price: share(unit, price),
            })
            .collect()
    };
    Ok((0..stay.units).map(of_unit).collect())
}

/// The prices by night, in order.
fn daily_prices(
    context: &Context<Settings>,
    reservation: &Reservation,
    currency: &str,
    zone: &TimeZone,
) -> Result<Vec<(Date, Money)>, Failure> {
    let mut prices = Vec::new();
    for line in &reservation.price_breakdown {
        if let ("DAILY_ROOM_PRICE", Some(day), Some(amount)) =
            (line.kind.as_str(), &line.day, line.amount)
        {
            prices.push((local_day(day, zone)?, context.money(amount, currency)?));
        }
    }
    prices.sort_by_key(|(night, _)| *night);
    Ok(prices)
}

/// What all units of a reservation share.
#[derive(Debug)]
pub(crate) struct Stay<'a> {
    pub(crate) zone: &'a TimeZone,
    pub(crate) check_in: Date,
    pub(crate) check_out: Date,
    pub(crate) units: u16,
}

/// Octorate does not say whether a nightly price is one unit's or all units', nor whose total `roomGross` is. So the
/// whole total tells first: one that pays for these nights in every unit makes them one unit's.
fn covers_all_units(
    context: &Context<Settings>,
    reservation: &Reservation,
    prices: &[(Date, Money)],
    units: u16,
) -> Result<bool, Failure> {
    let Some((_, first)) = prices.first() else {
        return Ok(false);
    };
    let sum: i64 = prices.iter().map(|(_, price)| price.minor).sum();
    let minor = |amount| Ok::<_, Failure>(context.money(amount, &first.currency)?.minor);
    if let Some(total) = reservation.total_gross {
        let of_each = sum.saturating_mul(i64::from(units));
        if minor(total)? >= of_each {
            return Ok(false);
        }
    }
    let Some(gross) = reservation.room_gross else {
        return Ok(false);
    };
    Ok(minor(gross)? == sum)
}

/// One unit's share of an amount; the first units take what does not divide.
fn share(price: &Money, units: u16, unit: u16) -> Money {
    let units = i64::from(units);
    let extra = i64::from(i64::from(unit) < price.minor.rem_euclid(units));
    Money {
        minor: price.minor.div_euclid(units) + extra,
        currency: price.currency.clone(),
    }
}

/// How many of the people sleep in one of the units; at least one does.
pub(crate) fn adults(reservation: &Reservation, units: u16, unit: u16) -> u16 {
    let children = children(reservation);
    let adults = reservation
        .total_guest
        .unwrap_or(0)
        .saturating_sub(children);
    (adults / units + u16::from(unit < adults % units)).max(1)
}

fn children(reservation: &Reservation) -> u16 {
    reservation
        .total_children
        .unwrap_or(0)
        .saturating_add(reservation.total_infants.unwrap_or(0))
}

/// The notes, with the children whose ages Octorate does not tell: the front desk must know that they come.
pub(crate) fn notes(reservation: &Reservation) -> Option<String> {
    let mut lines: Vec<String> = reservation
        .notes
        .clone()
        .filter(|notes| !notes.trim().is_empty())
        .into_iter()
        .collect();
    if children(reservation) > 0 {
        lines.push(format!(
            "Children: {}, infants: {} (ages not told).",
            reservation.total_children.unwrap_or(0),
            reservation.total_infants.unwrap_or(0)
        ));
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}
