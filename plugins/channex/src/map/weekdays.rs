//! Ranges that say the same, told in fewer: nights of some days of the week are one value.

use std::collections::BTreeSet;

use roomwire_plugin_sdk::{Date, ToSpan};

use crate::wire::ari::Nights;

/// Channex's days, from Monday.
const DAYS: [&str; 7] = ["mo", "tu", "we", "th", "fr", "sa", "su"];

/// More nights than any range of ours has; a longer one is told as it is.
const MAX_NIGHTS: usize = 2_000;

/// One value for ranges that say the same, where their nights are exactly those of some days of the week between the
/// first and the last of them.
pub(crate) fn merged(ranges: &[(Date, Date)]) -> Option<Nights> {
    if ranges.len() < 2 {
        return None;
    }
    let first = ranges.iter().map(|range| range.0).min()?;
    let last = ranges.iter().map(|range| range.1).max()?;
    let mut nights = BTreeSet::new();
    for range in ranges {
        for night in between(range.0, range.1) {
            if nights.len() > MAX_NIGHTS || !nights.insert(night) {
                return None;
            }
        }
    }
    let days: BTreeSet<usize> = nights.iter().map(|night| day(*night)).collect();
    let expected = between(first, last).filter(|night| days.contains(&day(*night)));
    let exactly = expected.take(MAX_NIGHTS + 1).eq(nights.iter().copied());
    exactly.then(|| Nights::Range {
        date_from: first,
        date_to: last,
        days: match days.len() {
            7 => Vec::new(),
            _ => days.into_iter().map(|day| DAYS[day]).collect(),
        },
    })
}

fn between(first: Date, last: Date) -> impl Iterator<Item = Date> {
    first
        .series(1.day())
        .take_while(move |night| *night <= last)
}

/// 0 is Monday.
fn day(night: Date) -> usize {
    usize::try_from(night.weekday().to_monday_zero_offset()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().expect("a date")
    }

    fn ranges(texts: &[(&str, &str)]) -> Vec<(Date, Date)> {
        let range = |(first, last): &(&str, &str)| (date(first), date(last));
        texts.iter().map(range).collect()
    }

    fn told(texts: &[(&str, &str)]) -> Option<(String, String, Vec<&'static str>)> {
        match merged(&ranges(texts))? {
            Nights::One { .. } => panic!("several ranges are no single night"),
            Nights::Range {
                date_from,
                date_to,
                days,
            } => Some((date_from.to_string(), date_to.to_string(), days)),
        }
    }

    // The first of December 2026 is a Tuesday.
    #[test]
    fn weekends_between_two_dates_are_one_value() {
        assert_eq!(
            told(&[("2026-12-04", "2026-12-05"), ("2026-12-11", "2026-12-12")]),
            Some((
                "2026-12-04".to_owned(),
                "2026-12-12".to_owned(),
                vec!["fr", "sa"]
            ))
        );
    }

    #[test]
    fn the_other_days_of_several_weeks_are_one_value() {
        assert_eq!(
            told(&[
                ("2026-12-01", "2026-12-03"),
                ("2026-12-06", "2026-12-10"),
                ("2026-12-13", "2026-12-14")
            ]),
            Some((
                "2026-12-01".to_owned(),
                "2026-12-14".to_owned(),
                vec!["mo", "tu", "we", "th", "su"]
            ))
        );
    }

    #[test]
    fn adjacent_ranges_of_all_days_are_one_range() {
        assert_eq!(
            told(&[("2026-12-01", "2026-12-06"), ("2026-12-07", "2026-12-14")]),
            Some(("2026-12-01".to_owned(), "2026-12-14".to_owned(), vec![]))
        );
    }

    #[test]
    fn a_weekend_that_is_left_out_or_a_day_too_many_keeps_the_ranges() {
        assert_eq!(
            told(&[("2026-12-04", "2026-12-05"), ("2026-12-18", "2026-12-19")]),
            None
        );
        assert_eq!(
            told(&[("2026-12-04", "2026-12-05"), ("2026-12-11", "2026-12-13")]),
            None
        );
        assert_eq!(told(&[("2026-12-04", "2026-12-05")]), None);
    }

    #[test]
    fn ranges_that_overlap_or_never_end_are_told_as_they_are() {
        assert_eq!(
            told(&[("2026-12-01", "2026-12-05"), ("2026-12-05", "2026-12-09")]),
            None
        );
        let endless = [
            (date("2026-12-01"), Date::MAX),
            (date("2026-12-01"), Date::MAX),
        ];
        assert_eq!(merged(&endless), None);
    }
}
