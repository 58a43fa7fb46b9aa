//! Octorate's instants: Java's zoned form, and often the midnight at which a local day begins.

use roomwire_plugin_sdk::{Date, Failure, TimeZone, Timestamp};

/// `2026-12-01T23:00:00Z[UTC]`, which RFC 3339 does not know.
pub(crate) fn parse(text: &str) -> Result<Timestamp, Failure> {
    let instant = text.split_once('[').map_or(text, |(instant, _)| instant);
    instant
        .parse()
        .map_err(|_| Failure::Permanent(format!("`{text}` is no instant")))
}

/// The local day on which an instant falls. Cutting the text instead would give the day before.
/// What is already a date stays.
pub(crate) fn local_day(text: &str, zone: &TimeZone) -> Result<Date, Failure> {
    if text.len() == "2026-12-01".len() {
        return text
            .parse()
            .map_err(|_| Failure::Permanent(format!("`{text}` is no date")));
    }
    Ok(parse(text)?.to_zoned(zone.clone()).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str, zone: &str) -> String {
        let zone = TimeZone::get(zone).expect("a known zone");
        local_day(text, &zone).expect("a day").to_string()
    }

    #[test]
    fn the_zone_annotation_is_no_obstacle() {
        for text in [
            "2026-11-23T10:00:00Z[UTC]",
            "2026-11-23T10:00:00Z",
            "2026-11-23T10:00Z[UTC]",
            "2026-11-23T11:00:00+01:00[Europe/Rome]",
        ] {
            assert_eq!(
                parse(text).expect("an instant").to_string(),
                "2026-11-23T10:00:00Z",
                "{text}"
            );
        }
        assert!(parse("yesterday").is_err());
    }

    #[test]
    fn local_midnight_is_the_day_that_begins() {
        assert_eq!(
            day("2026-12-01T23:00:00Z[UTC]", "Europe/Rome"),
            "2026-12-02"
        );
        assert_eq!(
            day("2026-07-31T22:00:00Z[UTC]", "Europe/Rome"),
            "2026-08-01",
            "in summer the offset is another"
        );
        assert_eq!(
            day("2026-12-01T17:00:00Z[UTC]", "Asia/Bangkok"),
            "2026-12-02"
        );
        assert_eq!(
            day("2026-12-02T05:00:00Z[UTC]", "America/New_York"),
            "2026-12-02",
            "west of Greenwich the day is the same"
        );
    }

    #[test]
    fn a_day_without_a_midnight_is_still_a_day() {
        assert_eq!(
            day("2026-03-28T22:00:00Z[UTC]", "Asia/Beirut"),
            "2026-03-29"
        );
    }

    #[test]
    fn a_date_needs_no_zone() {
        assert_eq!(day("2026-12-02", "America/New_York"), "2026-12-02");
    }
}
