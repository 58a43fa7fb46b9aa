//! Nights and stays: local calendar dates in the hotel's time zone.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The longest stay that the gateway sells.
pub const MAX_NIGHTS: u16 = 90;

/// The longest stay that is believed at all: channels sell longer ones than we do, and ten years are a mistake.
const MAX_CONTRACT: u16 = 3650;

/// `[check_in, check_out)` with at least one night.
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
    #[error("a stay has at most {most} nights, and this one has {nights}")]
    TooLong { nights: i32, most: u16 },
}

impl Stay {
    /// A stay that the gateway may sell, of at most [`MAX_NIGHTS`], or why these dates are none.
    pub fn new(check_in: Date, check_out: Date) -> Result<Self, InvalidStay> {
        Self::within(check_in, check_out, MAX_NIGHTS)
    }

    /// A stay that was sold already, by us or by a channel, whose stays may be longer than ours.
    pub fn contracted(check_in: Date, check_out: Date) -> Result<Self, InvalidStay> {
        Self::within(check_in, check_out, MAX_CONTRACT)
    }

    fn within(check_in: Date, check_out: Date, most: u16) -> Result<Self, InvalidStay> {
        if check_out <= check_in {
            return Err(InvalidStay::NotAfter {
                check_in,
                check_out,
            });
        }
        let nights = nights_between(check_in, check_out);
        if nights > i32::from(most) {
            return Err(InvalidStay::TooLong { nights, most });
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
        u16::try_from(nights_between(self.check_in, self.check_out)).unwrap_or(MAX_CONTRACT)
    }

    /// Every night, in order.
    pub fn nights(&self) -> impl Iterator<Item = Date> + use<> {
        nights(self.check_in, self.check_out)
    }
}

/// The nights of `[from, until)`, in order.
pub fn nights(from: Date, until: Date) -> impl Iterator<Item = Date> {
    onwards(from).take_while(move |night| *night < until)
}

/// The nights of `[first, last]`, in order.
pub fn nights_through(first: Date, last: Date) -> impl Iterator<Item = Date> {
    onwards(first).take_while(move |night| *night <= last)
}

fn onwards(from: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(from), |night| night.tomorrow().ok())
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
    use jiff::{SignedDuration, ToSpan};

    use super::*;
    use crate::domain::reservation::Transition;

    /// Zones, the day on which their clocks changed, and how many minutes that day had.
    const CHANGES: [(&str, Date, i64); 8] = [
        ("Europe/Rome", date(2026, 3, 29), 23 * 60),
        ("Europe/Rome", date(2026, 10, 25), 25 * 60),
        ("America/New_York", date(2026, 3, 8), 23 * 60),
        ("America/New_York", date(2026, 11, 1), 25 * 60),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24 * 60 + 30),
        ("Australia/Lord_Howe", date(2025, 10, 5), 24 * 60 - 30),
        // Here the change takes midnight away, or gives it twice.
        ("America/Havana", date(2025, 3, 9), 23 * 60),
        ("America/Havana", date(2025, 11, 2), 25 * 60),
    ];

    /// The first instant of a day in a zone, and the zone.
    fn begin(day: Date, zone: &str) -> (Timestamp, TimeZone) {
        let zone = TimeZone::get(zone).expect("a known zone");
        let begin = day.to_zoned(zone.clone()).expect("every day begins");
        (begin.timestamp(), zone)
    }

    #[test]
    fn a_day_on_which_clocks_change_lasts_from_its_own_beginning_to_the_next() {
        for (zone, day, minutes) in CHANGES {
            let (begins, time_zone) = begin(day, zone);
            let ends = begins + SignedDuration::from_mins(minutes);
            let moment = SignedDuration::from_micros(1);
            for (instant, expected) in [
                (begins - moment, -1),
                (begins, 0),
                (ends - moment, 0),
                (ends, 1),
            ] {
                let is = today(instant, &time_zone);
                assert_eq!(is, day + expected.days(), "{zone} {day} {instant}");
            }
            let stay = Stay::new(day - 1.day(), day + 2.days()).expect("three nights");
            assert_eq!((stay.length(), stay.nights().count()), (3, 3), "{zone}");
        }
    }

    #[test]
    fn who_arrives_on_such_a_day_is_let_in_from_its_first_moment() {
        for (zone, day, _) in CHANGES {
            let (begins, time_zone) = begin(day, zone);
            let stay = (day, day + 1.day());
            for transition in [Transition::CheckIn, Transition::NoShow] {
                let at = |instant| transition.on(today(instant, &time_zone), stay);
                let early = begins - SignedDuration::from_micros(1);
                assert!(at(early).is_err(), "{zone} {day} {transition:?}");
                assert!(at(begins).is_ok(), "{zone} {day} {transition:?}");
            }
        }
    }

    #[test]
    fn a_stay_over_the_end_of_a_year_has_the_nights_of_both() {
        let stay = Stay::new(date(2027, 12, 31), date(2028, 1, 2)).expect("two nights");
        let nights: Vec<Date> = stay.nights().collect();
        assert_eq!(nights, [date(2027, 12, 31), date(2028, 1, 1)]);
    }

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
            Err(InvalidStay::TooLong {
                nights: 400,
                most: MAX_NIGHTS
            })
        );
    }

    #[test]
    fn a_stay_that_was_sold_may_be_longer_than_those_we_sell() {
        let day = date(2026, 12, 1);
        let sold = Stay::contracted(day, date(2028, 1, 5)).expect("400 nights");
        assert_eq!((sold.length(), sold.nights().count()), (400, 400));
        assert!(matches!(
            Stay::contracted(day, date(2126, 12, 1)),
            Err(InvalidStay::TooLong { .. })
        ));
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
