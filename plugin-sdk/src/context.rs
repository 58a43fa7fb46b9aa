//! What a call is about.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;

use crate::Extensions;
use crate::bindings::channel::roomwire::types::common::CallContext;
use crate::failure::{Failure, describe};
use crate::money::{Decimal, Money, iso_exponent};

/// The hotel that a call is for. Secrets are no part of it: the host adds them to requests on their way out.
#[derive(Clone, Debug)]
pub struct Context<Settings> {
    /// The hotel's settings, which satisfy the manifest's schema.
    pub settings: Settings,
    /// The hotel's IANA time zone.
    pub time_zone: String,
    pub currency: Currency,
    /// Today in the hotel's time zone.
    pub today: Date,
    pub extensions: Extensions,
}

/// A currency and how many decimals its amounts have: EUR 2, JPY 0, KWD 3.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Currency {
    /// The ISO 4217 code.
    pub code: String,
    pub exponent: u8,
}

impl<Settings: DeserializeOwned> Context<Settings> {
    pub(crate) fn parse(call: CallContext) -> Result<Self, Failure> {
        Ok(Self {
            settings: serde_json::from_str(&call.settings)
                .map_err(|error| Failure::invalid("", "settings", describe(&error)))?,
            time_zone: call.time_zone,
            currency: Currency {
                code: call.currency,
                exponent: call.currency_exponent,
            },
            today: parse_date(&call.today)?,
            extensions: call.extensions,
        })
    }
}

impl<Settings> Context<Settings> {
    /// The hotel's time zone, from the database that is built in. Using it adds 200 KiB to a component.
    ///
    /// # Errors
    /// `permanent` when the database does not know the name.
    pub fn zone(&self) -> Result<TimeZone, Failure> {
        zone(&self.time_zone)
    }

    /// How many decimals a currency's amounts have: the host's word for the hotel's own, ISO 4217 for others.
    #[must_use]
    pub fn exponent(&self, currency: &str) -> u8 {
        if currency == self.currency.code {
            self.currency.exponent
        } else {
            iso_exponent(currency)
        }
    }

    /// An amount as money, rounded half away from zero where the channel sends more decimals than the currency has.
    ///
    /// # Errors
    /// `permanent` when the amount does not fit.
    pub fn money(&self, amount: Decimal, currency: &str) -> Result<Money, Failure> {
        let minor = amount
            .round_to_minor(self.exponent(currency))
            .ok_or_else(|| Failure::Permanent(format!("an amount in {currency} is too large")))?;
        Ok(Money {
            minor,
            currency: currency.to_owned(),
        })
    }

    /// Money as a decimal number, for the wire.
    #[must_use]
    pub fn decimal(&self, money: &Money) -> Decimal {
        Decimal::from_minor(money.minor, self.exponent(&money.currency))
    }
}

/// A time zone by its IANA name.
///
/// # Errors
/// `permanent` when the built-in database does not know the name.
pub(crate) fn zone(name: &str) -> Result<TimeZone, Failure> {
    TimeZone::get(name).map_err(|_| Failure::Permanent(format!("no time zone is called `{name}`")))
}

/// `YYYY-MM-DD` and nothing else; jiff's own parser takes more forms and would weigh on every component.
pub(crate) fn parse_date(text: &str) -> Result<Date, Failure> {
    let date = || {
        let (year, rest) = text.split_once('-')?;
        let (month, day) = rest.split_once('-')?;
        let plain = [(year, 4), (month, 2), (day, 2)]
            .iter()
            .all(|(part, length)| {
                part.len() == *length && part.bytes().all(|byte| byte.is_ascii_digit())
            });
        let date = || Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok();
        plain.then(date).flatten()
    };
    date().ok_or_else(|| Failure::Permanent(format!("the host's date `{text}` is not YYYY-MM-DD")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_one_form_only() {
        let leap_day = parse_date("2028-02-29").expect("a leap day");
        assert_eq!(leap_day.to_string(), "2028-02-29");
        for text in [
            "",
            "2027-02-29",
            "2026-13-01",
            "2026-1-01",
            "+026-01-01",
            "2026-01-01T00:00",
            "20260101",
            "2026-01-0é",
        ] {
            assert!(parse_date(text).is_err(), "{text}");
        }
    }
}
