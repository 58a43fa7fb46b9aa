//! Octorate's calendar as products and nights.

use roomwire_plugin_sdk::channel::{AriNight, Product, ProductCode};
use roomwire_plugin_sdk::{Context, Date, Failure, ToSpan};

use crate::Settings;
use crate::wire::{Calendar, Day};

/// Nights a request: clients read month by month, and a quarter of a year keeps a full sync within the call's limits.
const WINDOW_NIGHTS: i32 = 92;

pub(crate) fn product(calendar: Calendar) -> Product {
    let name = calendar.name.unwrap_or_else(|| calendar.id.0.clone());
    Product {
        code: ProductCode::room(calendar.id.0),
        room_name: calendar.room_name.unwrap_or_else(|| name.clone()),
        rate_name: Some(name),
        max_occupancy: calendar.max_occupancy,
        currency: calendar.currency,
        active: calendar.active.unwrap_or(true),
        parent_rate: calendar.parent_id.map(|id| id.0),
        extensions: Vec::new(),
    }
}

/// Whether a code means this product. A rate beside the product's id has no meaning here, unless it repeats it.
pub(crate) fn means(code: &ProductCode, product: &str) -> bool {
    code.room == product && code.rate.as_ref().is_none_or(|rate| rate == product)
}

/// The range in pieces that one answer can carry.
pub(crate) fn windows(first: Date, last: Date) -> Vec<(Date, Date)> {
    let mut windows = Vec::new();
    let mut start = first;
    while start <= last {
        let end = later(start, WINDOW_NIGHTS - 1).min(last);
        windows.push((start, end));
        if end == Date::MAX {
            break;
        }
        start = later(end, 1);
    }
    windows
}

/// So many days later, or the end of the calendar.
pub(crate) fn later(date: Date, days: i32) -> Date {
    date.saturating_add(days.days())
}

/// Adds the days of a product that was asked for.
pub(crate) fn nights(
    context: &Context<Settings>,
    products: &[ProductCode],
    calendar: Calendar,
    nights: &mut Vec<AriNight>,
) -> Result<(), Failure> {
    let Some(code) = products.iter().find(|code| means(code, &calendar.id.0)) else {
        return Ok(());
    };
    let currency = calendar
        .currency
        .as_deref()
        .unwrap_or(&context.currency.code);
    for day in calendar.days {
        nights.push(night(context, code, currency, &day)?);
    }
    Ok(())
}

fn night(
    context: &Context<Settings>,
    code: &ProductCode,
    currency: &str,
    day: &Day,
) -> Result<AriNight, Failure> {
    Ok(AriNight {
        // Octorate may count an overbooked product below zero; nothing is for sale then.
        availability: day
            .availability
            .map(|units| u32::try_from(units.max(0)).unwrap_or(u32::MAX)),
        price: day
            .price
            .map(|price| context.money(price, currency))
            .transpose()?,
        min_stay_arrival: day.min_stay,
        max_stay: day.max_stay,
        cut_off_days: day.cut_off_days,
        closed_to_arrival: day.close_to_arrival,
        closed_to_departure: day.close_to_departure,
        stop_sell: day.stop_sells,
        ..AriNight::unknown(code.clone(), day.date)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    #[test]
    fn a_long_range_is_read_in_windows_without_a_gap_or_an_overlap() {
        let windows = windows(day("2026-12-01"), day("2027-06-30"));
        assert_eq!(windows.len(), 3);
        assert_eq!(
            windows.first().map(|window| window.0),
            Some(day("2026-12-01"))
        );
        assert_eq!(
            windows.last().map(|window| window.1),
            Some(day("2027-06-30"))
        );
        for pair in windows.windows(2) {
            assert_eq!(later(pair[0].1, 1), pair[1].0);
        }
    }

    #[test]
    fn a_backward_range_has_no_window_and_the_last_day_of_all_has_one() {
        assert_eq!(windows(day("2026-12-02"), day("2026-12-01")), []);
        assert_eq!(windows(Date::MAX, Date::MAX), [(Date::MAX, Date::MAX)]);
    }
}
