//! Bounds what a guest gives: texts are cut, and what has a meaning is refused where it cannot have one.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;

use super::bindings::channel::roomwire::types::common;
use crate::domain::money::Money;

/// A value that breaks the contract, as a sentence.
#[derive(Debug, Eq, PartialEq)]
pub(in crate::plugin) struct Breach(pub(in crate::plugin) String);

/// The largest amount: past every price, and far from `i64`'s end, so that sums cannot overflow.
const MAX_MINOR: i64 = 1_000_000_000_000_000;

/// One line of text: control characters become spaces, and what is too long is cut.
pub(in crate::plugin) fn line(text: &str, most_bytes: usize) -> String {
    bounded(text, most_bytes, |_| false)
}

/// Several lines of text.
pub(in crate::plugin) fn paragraph(text: &str, most_bytes: usize) -> String {
    bounded(text, most_bytes, |character| character == '\n')
}

fn bounded(text: &str, most_bytes: usize, keep: fn(char) -> bool) -> String {
    let mut bounded = String::with_capacity(text.len().min(most_bytes));
    for character in text.chars() {
        let character = if character.is_control() && !keep(character) {
            ' '
        } else {
            character
        };
        if bounded.len() + character.len_utf8() > most_bytes {
            bounded.push('…');
            break;
        }
        bounded.push(character);
    }
    bounded
}

/// An identifier of the channel's: never changed, so refused where it is too long, empty or not printable.
pub(in crate::plugin) fn code(field: &str, text: String) -> Result<String, Breach> {
    if text.is_empty() || text.len() > 255 || text.contains(char::is_control) {
        return Err(Breach(format!(
            "`{field}` is not 1 to 255 printable characters"
        )));
    }
    Ok(text)
}

/// An identifier that may be absent.
pub(in crate::plugin) fn optional_code(
    field: &str,
    text: Option<String>,
) -> Result<Option<String>, Breach> {
    text.map(|text| code(field, text)).transpose()
}

/// A list of bounded length.
pub(in crate::plugin) fn at_most<T>(
    field: &str,
    list: Vec<T>,
    most: usize,
) -> Result<Vec<T>, Breach> {
    if list.len() > most {
        return Err(Breach(format!(
            "`{field}` has {} entries, and {most} are allowed",
            list.len()
        )));
    }
    Ok(list)
}

/// `YYYY-MM-DD` exactly, from 2000 to 2199.
pub(in crate::plugin) fn date(field: &str, text: &str) -> Result<Date, Breach> {
    let parsed = Date::from_str(text)
        .ok()
        .filter(|date| date.to_string() == text);
    let plausible = parsed.filter(|date| (2000..2200).contains(&date.year()));
    plausible.ok_or_else(|| {
        Breach(format!(
            "`{field}` is not a date such as 2026-11-23: `{}`",
            line(text, 40)
        ))
    })
}

/// Milliseconds since 1970, from 2000 to 2199.
pub(in crate::plugin) fn instant(field: &str, milliseconds: i64) -> Result<Timestamp, Breach> {
    let range = 946_684_800_000..7_258_118_400_000;
    let plausible = range
        .contains(&milliseconds)
        .then(|| Timestamp::from_millisecond(milliseconds).ok())
        .flatten();
    plausible.ok_or_else(|| {
        Breach(format!(
            "`{field}` is not an instant in milliseconds: {milliseconds}"
        ))
    })
}

/// An amount that is not negative, in a currency of ISO 4217.
pub(in crate::plugin) fn money(field: &str, given: &common::Money) -> Result<Money, Breach> {
    let currency = given.currency.parse();
    let currency = currency.map_err(|_| {
        Breach(format!(
            "`{field}` has no ISO 4217 currency: `{}`",
            line(&given.currency, 10)
        ))
    })?;
    if !(0..=MAX_MINOR).contains(&given.minor) {
        return Err(Breach(format!(
            "`{field}` is negative or too large: {}",
            given.minor
        )));
    }
    Ok(Money::new(given.minor, currency))
}

/// An amount that may be absent.
pub(in crate::plugin) fn optional_money(
    field: &str,
    given: Option<&common::Money>,
) -> Result<Option<Money>, Breach> {
    given.map(|given| money(field, given)).transpose()
}

/// A count such as a number of units or nights.
pub(in crate::plugin) fn count(field: &str, number: Option<u32>) -> Result<Option<u32>, Breach> {
    match number {
        Some(number) if number > 1_000_000 => {
            Err(Breach(format!("`{field}` is too large: {number}")))
        }
        number => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line_and_is_cut_at_a_character() {
        assert_eq!(line("a\nb\0c", 100), "a b c");
        assert_eq!(line("äöü", 4), "äö…");
        assert_eq!(line("", 4), "");
        assert_eq!(paragraph("a\nb\rc", 100), "a\nb c");
    }

    #[test]
    fn a_code_is_kept_or_refused_and_never_changed() {
        assert_eq!(code("room", "D-1 ü".to_owned()), Ok("D-1 ü".to_owned()));
        for text in [String::new(), "a\nb".to_owned(), "x".repeat(256)] {
            assert!(code("room", text).is_err());
        }
    }

    #[test]
    fn a_date_is_written_in_one_way() {
        assert_eq!(
            date("night", "2028-02-29"),
            Ok(jiff::civil::date(2028, 2, 29))
        );
        let refused = [
            "",
            "2026-02-30",
            "2027-02-29",
            "2026-2-3",
            "20260203",
            "2026-02-03T00:00:00",
            "2026-02-03Z",
            " 2026-02-03",
            "1999-12-31",
            "2200-01-01",
            "-002026-01-01",
            "2026-W06-2",
            "03.02.2026",
            "0000-00-00",
        ];
        for text in refused {
            assert!(date("night", text).is_err(), "{text:?} passed");
        }
    }

    #[test]
    fn amounts_instants_and_counts_have_plausible_bounds() {
        let amount = |minor, currency: &str| {
            money(
                "total",
                &common::Money {
                    minor,
                    currency: currency.to_owned(),
                },
            )
        };
        assert!(amount(0, "EUR").is_ok() && amount(MAX_MINOR, "JPY").is_ok());
        for (minor, currency) in [
            (-1, "EUR"),
            (i64::MIN, "EUR"),
            (i64::MAX, "EUR"),
            (1, "eur"),
            (1, "EURO"),
            (1, ""),
        ] {
            assert!(amount(minor, currency).is_err(), "{minor} {currency}");
        }
        assert!(instant("at", 1_795_000_000_000).is_ok());
        for milliseconds in [0, -1, i64::MIN, i64::MAX, 1_795_000_000] {
            assert!(instant("at", milliseconds).is_err(), "{milliseconds}");
        }
        assert!(count("units", Some(u32::MAX)).is_err());
        assert!(at_most("list", vec![(); 3], 2).is_err());
    }
}
