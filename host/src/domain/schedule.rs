//! Cron expressions in a hotel's own time.

use std::fmt;
use std::str::FromStr;

use cron::TimeUnitSpec;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// How far ahead a next run is looked for; an expression without one never runs.
const HORIZON_DAYS: usize = 366 * 8;

/// When something is due: five fields (minute, hour, day of month, month, weekday), with seconds in front where there
/// are six. Weekdays are named, because their numbers mean other days in other programs.
#[derive(Clone, Debug)]
pub struct CronExpression {
    text: String,
    schedule: cron::Schedule,
}

/// Why a text is no cron expression.
#[derive(Debug, thiserror::Error)]
pub enum InvalidCron {
    #[error(
        "`{0}` has {1} fields instead of five: minute, hour, day of month, month, weekday, such as \"*/5 * * * *\""
    )]
    Fields(String, usize),
    #[error("`{0}` numbers its weekdays: name them, such as mon-fri")]
    NumberedWeekday(String),
    #[error("`{0}` is no cron expression")]
    Syntax(String, #[source] cron::error::Error),
}

impl FromStr for CronExpression {
    type Err = InvalidCron;

    fn from_str(text: &str) -> Result<Self, InvalidCron> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let with_seconds = match fields.len() {
            5 => format!("0 {}", fields.join(" ")),
            6 => fields.join(" "),
            other => return Err(InvalidCron::Fields(text.to_owned(), other)),
        };
        if fields[fields.len() - 1].contains(|letter: char| letter.is_ascii_digit()) {
            return Err(InvalidCron::NumberedWeekday(text.to_owned()));
        }
        let schedule = with_seconds
            .parse()
            .map_err(|error| InvalidCron::Syntax(text.to_owned(), error))?;
        Ok(Self {
            text: text.to_owned(),
            schedule,
        })
    }
}

impl CronExpression {
    /// The first run after an instant, by the clock on this time zone's walls. A time that the clock skips is run when
    /// it has skipped it; one that the clock shows twice is run once.
    pub fn next_after(&self, instant: Timestamp, time_zone: &TimeZone) -> Option<Timestamp> {
        let local = time_zone.to_datetime(instant);
        local
            .date()
            .series(1.day())
            .take(HORIZON_DAYS)
            .filter(|date| self.includes(*date))
            .flat_map(|date| {
                self.times()
                    .map(move |time| DateTime::from_parts(date, time))
            })
            .filter(|candidate| *candidate > local || candidate.date() == local.date())
            .filter_map(|candidate| time_zone.to_timestamp(candidate).ok())
            .find(|candidate| *candidate > instant)
    }

    fn includes(&self, date: Date) -> bool {
        let number = |value: i8| u32::try_from(value).unwrap_or(0);
        // The crate counts weekdays from Sunday as 1.
        let weekday = number(date.weekday().to_sunday_zero_offset()) + 1;
        self.schedule.months().includes(number(date.month()))
            && self.schedule.days_of_month().includes(number(date.day()))
            && self.schedule.days_of_week().includes(weekday)
    }

    fn times(&self) -> impl Iterator<Item = Time> {
        self.schedule.hours().iter().flat_map(move |hour| {
            self.schedule.minutes().iter().flat_map(move |minute| {
                self.schedule.seconds().iter().filter_map(move |second| {
                    let part = |value: u32| i8::try_from(value).ok();
                    Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()
                })
            })
        })
    }
}

impl fmt::Display for CronExpression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(expression: &str, after: &str, zone: &str) -> String {
        let expression: CronExpression = expression.parse().expect("a cron expression");
        let zone = TimeZone::get(zone).expect("a known zone");
        expression
            .next_after(after.parse().expect("an instant"), &zone)
            .expect("a next run")
            .to_string()
    }

    #[test]
    fn five_fields_run_at_the_hotels_hour() {
        let after = "2026-06-30T23:30:00Z";
        assert_eq!(
            next("0 3 * * *", after, "Europe/Rome"),
            "2026-07-01T01:00:00Z"
        );
        assert_eq!(
            next("*/5 * * * *", after, "Europe/Rome"),
            "2026-06-30T23:35:00Z"
        );
        assert_eq!(
            next("0 3 * * mon", after, "Europe/Rome"),
            "2026-07-06T01:00:00Z"
        );
        assert_eq!(next("0 0 29 2 *", after, "UTC"), "2028-02-29T00:00:00Z");
    }

    #[test]
    fn six_fields_begin_with_seconds() {
        assert_eq!(
            next("*/10 * * * * *", "2026-01-01T00:00:05Z", "UTC"),
            "2026-01-01T00:00:10Z"
        );
    }

    #[test]
    fn a_skipped_hour_is_run_after_the_gap_and_a_repeated_one_once() {
        let zone = "Europe/Rome";
        assert_eq!(
            next("30 2 * * *", "2026-03-28T12:00:00Z", zone),
            "2026-03-29T01:30:00Z"
        );
        let first = next("30 2 * * *", "2026-10-24T12:00:00Z", zone);
        assert_eq!(first, "2026-10-25T00:30:00Z");
        assert_eq!(next("30 2 * * *", &first, zone), "2026-10-26T01:30:00Z");
    }

    #[test]
    fn other_crons_habits_are_refused_with_advice() {
        let refusal = |text: &str| {
            text.parse::<CronExpression>()
                .expect_err("no cron")
                .to_string()
        };
        assert!(refusal("0 3 * * 1-5").contains("mon-fri"));
        assert!(refusal("@daily").contains("1 fields instead of five"));
        assert!(refusal("61 * * * *").contains("no cron expression"));
    }
}
