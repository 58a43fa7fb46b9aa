//! Exact amounts: integer minor units inside, decimal text on the wire, never a float.

use iso_currency::Currency;
use serde_json::value::RawValue;

/// Why a text is no amount of a currency.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AmountError {
    #[error("`{0}` is not a currency of ISO 4217: give its three letters, like EUR")]
    UnknownCurrency(String),
    #[error("`{0}` is not a plain decimal number")]
    NotDecimal(String),
    #[error("`{text}` has more than the {decimals} decimals of the currency")]
    TooManyDecimals { text: String, decimals: usize },
    #[error("`{0}` is too large for an amount")]
    TooLarge(String),
}

/// The decimals of a currency by ISO 4217: EUR 2, JPY 0, KWD 3.
pub fn decimals(currency: &str) -> Result<usize, AmountError> {
    Currency::from_code(currency)
        .map(|known| usize::from(known.exponent().unwrap_or(0)))
        .ok_or_else(|| AmountError::UnknownCurrency(currency.to_owned()))
}

/// Reads decimal text (`120.5`) as minor units (`12050` where the currency has two decimals).
pub fn parse(text: &str, decimals: usize) -> Result<i64, AmountError> {
    let not_decimal = || AmountError::NotDecimal(text.to_owned());
    let (negative, digits) = text
        .strip_prefix('-')
        .map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let numeric = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !numeric(whole) || !numeric(fraction) {
        return Err(not_decimal());
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > decimals {
        return Err(AmountError::TooManyDecimals {
            text: text.to_owned(),
            decimals,
        });
    }
    let minor: i64 = format!("{whole}{fraction:0<decimals$}")
        .parse()
        .map_err(|_| AmountError::TooLarge(text.to_owned()))?;
    Ok(if negative { -minor } else { minor })
}

/// Writes minor units as a JSON number with exactly the currency's decimals.
pub fn print(minor: i64, decimals: usize) -> Box<RawValue> {
    let sign = if minor < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let point = if decimals == 0 { "" } else { "." };
    RawValue::from_string(format!("{sign}{whole}{point}{fraction}"))
        .expect("digits around one point are a JSON number")
}

#[cfg(test)]
mod tests {
    use super::{AmountError, decimals, parse, print};

    #[test]
    fn an_amount_is_read_in_minor_units() {
        for (text, decimals, minor) in [
            ("120.50", 2, 12_050),
            ("120.5", 2, 12_050),
            ("120", 2, 12_000),
            ("120.500", 2, 12_050),
            ("0.01", 2, 1),
            ("-3.10", 2, -310),
            ("12000", 0, 12_000),
            ("12000.0", 0, 12_000),
            ("1.234", 3, 1_234),
        ] {
            assert_eq!(parse(text, decimals), Ok(minor), "{text}");
        }
    }

    #[test]
    fn what_is_no_plain_decimal_is_refused() {
        for text in [
            "", "1e3", "1.", ".5", "1,5", "\"1\"", "null", "--1", "1.2.3",
        ] {
            assert_eq!(
                parse(text, 2),
                Err(AmountError::NotDecimal(text.to_owned())),
                "{text}"
            );
        }
    }

    #[test]
    fn a_third_decimal_of_a_euro_is_refused() {
        let refused = parse("1.005", 2).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "`1.005` has more than the 2 decimals of the currency"
        );
    }

    #[test]
    fn an_amount_beyond_64_bits_is_refused() {
        assert!(matches!(
            parse("99999999999999999999", 2),
            Err(AmountError::TooLarge(_))
        ));
    }

    #[test]
    fn an_amount_is_printed_with_all_decimals_of_its_currency() {
        for (minor, decimals, text) in [
            (12_050, 2, "120.50"),
            (5, 2, "0.05"),
            (0, 2, "0.00"),
            (-310, 2, "-3.10"),
            (12_000, 0, "12000"),
            (1_234, 3, "1.234"),
        ] {
            assert_eq!(print(minor, decimals).get(), text);
        }
    }

    #[test]
    fn the_decimals_are_those_of_iso_4217() {
        assert_eq!(decimals("EUR"), Ok(2));
        assert_eq!(decimals("JPY"), Ok(0));
        assert_eq!(decimals("KWD"), Ok(3));
        assert!(matches!(
            decimals("EURO"),
            Err(AmountError::UnknownCurrency(_))
        ));
    }
}
