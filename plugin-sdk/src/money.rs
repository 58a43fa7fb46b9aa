//! Exact amounts: minor units towards the host, decimal numbers towards the channel, and never a float.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

pub use crate::bindings::channel::roomwire::types::common::Money;

/// More digits than any price has; what is longer is refused rather than cut.
const MAX_SCALE: u32 = 24;

/// An exact decimal number, as JSON carries it: `120.50`, `"120.50"` or `1.205E2`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Decimal {
    digits: i128,
    /// How many of the digits are decimals; the last of them is never zero.
    scale: u32,
}

/// A text is no decimal number of a reasonable size.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DecimalError;

impl Decimal {
    /// `minor` units of a currency with `exponent` decimals: `12050, 2` is 120.50.
    #[must_use]
    pub fn from_minor(minor: i64, exponent: u8) -> Self {
        Self {
            digits: minor.into(),
            scale: exponent.into(),
        }
        .normalized()
    }

    /// In minor units; none where that would lose decimals or does not fit.
    #[must_use]
    pub fn to_minor(self, exponent: u8) -> Option<i64> {
        (self.scale <= u32::from(exponent))
            .then(|| self.round_to_minor(exponent))
            .flatten()
    }

    /// In minor units, rounded half away from zero; none where it does not fit.
    #[must_use]
    pub fn round_to_minor(self, exponent: u8) -> Option<i64> {
        let exponent = u32::from(exponent);
        let minor = if self.scale <= exponent {
            self.digits
                .checked_mul(10_i128.checked_pow(exponent - self.scale)?)?
        } else {
            let divisor = 10_i128.checked_pow(self.scale - exponent)?;
            let half = (divisor / 2) * self.digits.signum();
            self.digits.checked_add(half)? / divisor
        };
        i64::try_from(minor).ok()
    }

    fn normalized(mut self) -> Self {
        while self.scale > 0 && self.digits % 10 == 0 {
            self.digits /= 10;
            self.scale -= 1;
        }
        self
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (mantissa, power) = match text.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, power.parse::<i32>().map_err(|_| DecimalError)?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let unsigned = whole.strip_prefix('-').unwrap_or(whole);
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if unsigned.is_empty() || !all_digits(unsigned) || !all_digits(fraction) {
            return Err(DecimalError);
        }
        let digits: i128 = format!("{whole}{fraction}")
            .parse()
            .map_err(|_| DecimalError)?;
        let decimals = i32::try_from(fraction.len()).map_err(|_| DecimalError)?;
        let scale = decimals.checked_sub(power).ok_or(DecimalError)?;
        if scale.unsigned_abs() > MAX_SCALE {
            return Err(DecimalError);
        }
        if scale >= 0 {
            return Ok(Self {
                digits,
                scale: scale.unsigned_abs(),
            }
            .normalized());
        }
        let digits = digits
            .checked_mul(10_i128.pow(scale.unsigned_abs()))
            .ok_or(DecimalError)?;
        Ok(Self { digits, scale: 0 })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let scale = self.scale as usize;
        let digits = format!("{:0width$}", self.digits.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let point = if scale > 0 { "." } else { "" };
        write!(formatter, "{sign}{whole}{point}{fraction}")
    }
}

/// A JSON number, digit by digit.
impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string())
            .map_err(S::Error::custom)?
            .serialize(serializer)
    }
}

/// From a JSON number or a string that holds one.
impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        raw.get()
            .trim_matches('"')
            .parse()
            .map_err(D::Error::custom)
    }
}

impl fmt::Display for DecimalError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("expected a decimal number")
    }
}

impl std::error::Error for DecimalError {}

/// How many decimals a currency has by ISO 4217.
pub(crate) fn iso_exponent(currency: &str) -> u8 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX"
        | "UYI" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMN" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(json: &str) -> Decimal {
        serde_json::from_str(json).expect("a decimal number")
    }

    #[test]
    fn a_number_keeps_every_digit_that_json_gave_it() {
        for (json, minor) in [
            ("120.50", 12050),
            ("120.5", 12050),
            ("\"120.50\"", 12050),
            ("1.205E2", 12050),
            ("-0.07", -7),
            ("0", 0),
            ("2e3", 200_000),
        ] {
            assert_eq!(decimal(json).to_minor(2), Some(minor), "{json}");
        }
    }

    #[test]
    fn the_currency_decides_how_many_decimals_fit() {
        assert_eq!(decimal("12000").to_minor(0), Some(12000));
        assert_eq!(decimal("1.234").to_minor(3), Some(1234));
        assert_eq!(
            decimal("1.234").to_minor(2),
            None,
            "a third decimal would be lost"
        );
    }

    #[test]
    fn rounding_goes_half_away_from_zero() {
        assert_eq!(decimal("100.335").round_to_minor(2), Some(10034));
        assert_eq!(decimal("-100.335").round_to_minor(2), Some(-10034));
        assert_eq!(decimal("120.49999999999999").round_to_minor(2), Some(12050));
    }

    #[test]
    fn a_price_is_written_as_a_plain_number() {
        let written = |minor, exponent| {
            serde_json::to_string(&Decimal::from_minor(minor, exponent)).expect("a number")
        };
        assert_eq!(written(12050, 2), "120.5");
        assert_eq!(written(7, 2), "0.07");
        assert_eq!(written(-7, 3), "-0.007");
        assert_eq!(written(12000, 0), "12000");
    }

    #[test]
    fn what_is_no_number_or_too_long_is_refused() {
        for json in [
            "\"12,50\"",
            "\"\"",
            "\"1e999\"",
            "true",
            "\".5\"",
            "99999999999999999999999999999999999999999",
        ] {
            assert!(serde_json::from_str::<Decimal>(json).is_err(), "{json}");
        }
        assert_eq!(decimal("99999999999999999999").to_minor(2), None);
    }
}
