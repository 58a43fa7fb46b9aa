//! Nights and stays: local calendar dates in the hotel's time zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// The longest stay that can be sold.
pub const MAX_NIGHTS: u16 = 90;

/// `[check_in, check_out)` with 1 to [`MAX_NIGHTS`] nights.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Stay {
    check_in: Date,
    check_out: Date,
}

/// Why two dates are no stay.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidStay {
    #[error("check_out {check_out} must be after check_in {check_in}")]
    NotAfter { check_in: Date, check_out: Date },
    #[error("a stay has at most {MAX_NIGHTS} nights, and this one has {nights}")]
    TooLong { nights: i32 },
}

impl Stay {
    /// A stay, or why these dates are none.
    pub fn new(check_in: Date, check_out: Date) -> Result<Self, InvalidStay> {
        if check_out <= check_in {
            return Err(InvalidStay::NotAfter {
                check_in,
                check_out,
            });
        }
        let nights = nights_between(check_in, check_out);
        if nights > i32::from(MAX_NIGHTS) {
            return Err(InvalidStay::TooLong { nights });
        }
        Ok(Self {
            check_in,
            check_out,
        })
    }

    pub fn check_in(&self) -> Date {
        self.check_in
    }

    /// The day of departure: the night before it is the last.
    pub fn check_out(&self) -> Date {
        self.check_out
    }

    /// How many nights.
    pub fn length(&self) -> u16 {
        u16::try_from(nights_between(self.check_in, self.check_out)).unwrap_or(MAX_NIGHTS)
    }

    /// Every night, in order.
    pub fn nights(&self) -> impl Iterator<Item = Date> + use<> {
        nights(self.check_in, self.check_out)
    }
}

/// The nights of `[from, until)`, in order.
pub fn nights(from: Date, until: Date) -> impl Iterator<Item = Date> {
    from.series(1.day()).take_while(move |night| *night < until)
}

/// The difference of two calendar dates in days.
pub fn nights_between(from: Date, until: Date) -> i32 {
    from.until(until).map_or(i32::MAX, |span| span.get_days())
}

/// Today in a hotel's time zone.
pub fn today(now: Timestamp, time_zone: &TimeZone) -> Date {
    time_zone.to_datetime(now).date()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_stay_spans_both_changes_of_the_clock_by_calendar_days() {
        let spring = Stay::new(date(2026, 3, 28), date(2026, 3, 30)).expect("two nights");
        assert_eq!(spring.length(), 2);
        let leap = Stay::new(date(2028, 2, 28), date(2028, 3, 1)).expect("two nights");
        assert_eq!(
            leap.nights().collect::<Vec<_>>(),
            [date(2028, 2, 28), date(2028, 2, 29)]
        );
    }

    #[test]
    fn reversed_empty_and_endless_stays_are_refused() {
        let day = date(2026, 12, 1);
        assert!(matches!(
            Stay::new(day, day),
            Err(InvalidStay::NotAfter { .. })
        ));
        assert!(matches!(
            Stay::new(day, date(2026, 11, 30)),
            Err(InvalidStay::NotAfter { .. })
        ));
        assert_eq!(
            Stay::new(day, date(2028, 1, 5)),
            Err(InvalidStay::TooLong { nights: 400 })
        );
    }

    #[test]
    fn today_is_the_hotels_date_not_utcs() {
        let late = "2026-06-30T23:30:00Z".parse().expect("an instant");
        let rome = TimeZone::get("Europe/Rome").expect("a known zone");
        let new_york = TimeZone::get("America/New_York").expect("a known zone");
        assert_eq!(today(late, &rome), date(2026, 7, 1));
        assert_eq!(today(late, &new_york), date(2026, 6, 30));
    }
}
