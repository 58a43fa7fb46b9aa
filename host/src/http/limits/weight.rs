//! What a search costs: hotels × rooms × nights, in fortnights of one room of one hotel.

use axum::http::Uri;
use jiff::civil::Date;

/// Nights of one room of one hotel that cost one.
const UNIT: u64 = 14;
/// What a search over all hotels may look at, where it names none.
const HOTELS: u64 = 20;
/// Numbers of a query are not believed beyond this: a handler refuses them.
const MOST: u64 = 1_000;

/// The cost of a search by its address. `whole`: it is over many hotels. What cannot be read is refused by the handler.
pub(in crate::http) fn search_weight(uri: &Uri, whole: bool) -> u32 {
    let query = uri.query().unwrap_or_default();
    let values = |name: &'static str| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .filter(move |(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    let date = |name| {
        values(name)
            .next()
            .and_then(|value| value.parse::<Date>().ok())
    };
    let nights = match (date("check_in"), date("check_out")) {
        (Some(check_in), Some(check_out)) => check_in
            .until(check_out)
            .map_or(1, |span| u64::try_from(span.get_days()).unwrap_or(1)),
        _ => 1,
    };
    let number = |name| {
        values(name)
            .next()
            .and_then(|value| value.parse::<u64>().ok())
            .map(|number| number.clamp(1, MOST))
    };
    let rooms = count(values("room"), &[]).max(1);
    let hotels = if whole {
        let named = count(values("hotels"), &[',']);
        if named > 0 {
            named
        } else {
            number("limit").unwrap_or(HOTELS)
        }
    } else {
        1
    };
    let cost = (hotels.min(MOST) * rooms.min(MOST) * nights.clamp(1, MOST)).div_ceil(UNIT);
    u32::try_from(cost).unwrap_or(u32::MAX)
}

/// How many things a repeated or separated parameter names.
fn count<'query>(values: impl Iterator<Item = &'query str>, separators: &[char]) -> u64 {
    let things = values.flat_map(|value| value.split(separators).filter(|thing| !thing.is_empty()));
    u64::try_from(things.count()).unwrap_or(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(query: &str, whole: bool) -> u32 {
        search_weight(
            &format!("/v1/search?{query}").parse().expect("an address"),
            whole,
        )
    }

    #[test]
    fn a_search_costs_hotels_times_rooms_times_nights() {
        let fortnight = "check_in=2027-06-01&check_out=2027-06-15";
        assert_eq!(weight(fortnight, false), 1);
        assert_eq!(weight("check_in=2027-06-01&check_out=2027-06-16", false), 2);
        assert_eq!(
            weight(&format!("{fortnight}&room=2&room=1&room=2-4,11"), false),
            3
        );
        assert_eq!(weight(&format!("{fortnight}&hotels=a,b,c,d"), true), 4);
        assert_eq!(weight(&format!("{fortnight}&limit=100"), true), 100);
        assert_eq!(weight(fortnight, true), 20);
        assert_eq!(
            weight(&format!("{fortnight}&limit=100&room=2&room=1"), true),
            200
        );
    }

    #[test]
    fn nonsense_costs_something_and_overflows_nothing() {
        for query in [
            "",
            "check_in=x",
            "check_in=2027-06-02&check_out=2027-06-01",
            "room=",
        ] {
            assert_eq!(weight(query, false), 1, "{query}");
        }
        let most = format!(
            "check_in=0001-01-01&check_out=9999-01-01&limit=99999999999{}",
            "&room=1".repeat(20)
        );
        assert!(weight(&most, true) > 1_000_000);
    }
}
