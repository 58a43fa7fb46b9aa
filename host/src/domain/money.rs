//! Money: integer minor units and an ISO 4217 currency. Never floats.

use std::fmt;
use std::str::FromStr;

/// An ISO 4217 currency that has minor units or none (JPY 0, EUR 2, KWD 3).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimals an amount has.
    pub fn exponent(self) -> u8 {
        self.0
            .exponent()
            .and_then(|exponent| u8::try_from(exponent).ok())
            .unwrap_or(0)
    }
}

/// A code that ISO 4217 does not list.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not an ISO 4217 currency code, such as EUR")]
pub struct UnknownCurrency(String);

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        iso_currency::Currency::from_code(code)
            .map(Self)
            .ok_or_else(|| UnknownCurrency(code.to_owned()))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// An exact amount: 12.50 EUR is `1250` minor units.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// The sum of amounts of one currency, or `None` past `i64` or where the currencies differ.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut total = 0_i64;
        for amount in amounts {
            if amount.currency != currency {
                return None;
            }
            total = total.checked_add(amount.minor)?;
        }
        Some(Self::new(total, currency))
    }

    /// The amount `times` over, or `None` past `i64`.
    pub fn times(self, times: u32) -> Option<Self> {
        Some(Self::new(
            self.minor.checked_mul(i64::from(times))?,
            self.currency,
        ))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exponent = usize::from(self.currency.exponent());
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = format!(
            "{:0>width$}",
            self.minor.unsigned_abs(),
            width = exponent + 1
        );
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        match exponent {
            0 => write!(formatter, "{sign}{whole} {}", self.currency),
            _ => write!(formatter, "{sign}{whole}.{fraction} {}", self.currency),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, code: &str) -> Money {
        Money::new(minor, code.parse().expect("a known currency"))
    }

    #[test]
    fn amounts_are_written_with_their_currencys_decimals() {
        assert_eq!(money(1250, "EUR").to_string(), "12.50 EUR");
        assert_eq!(money(-5, "EUR").to_string(), "-0.05 EUR");
        assert_eq!(money(900, "JPY").to_string(), "900 JPY");
        assert_eq!(money(1, "KWD").to_string(), "0.001 KWD");
        assert_eq!(
            money(i64::MIN, "JPY").to_string(),
            "-9223372036854775808 JPY"
        );
    }

    #[test]
    fn a_sum_refuses_mixed_currencies_and_overflow() {
        let euro: Currency = "EUR".parse().expect("a known currency");
        assert_eq!(
            Money::sum(euro, [money(1, "EUR"), money(2, "EUR")]),
            Some(money(3, "EUR"))
        );
        assert_eq!(Money::sum(euro, [money(1, "EUR"), money(2, "JPY")]), None);
        assert_eq!(
            Money::sum(euro, [money(i64::MAX, "EUR"), money(1, "EUR")]),
            None
        );
    }

    #[test]
    fn an_unknown_currency_is_refused() {
        assert!("EURO".parse::<Currency>().is_err());
        assert!("eur".parse::<Currency>().is_err());
    }
}
