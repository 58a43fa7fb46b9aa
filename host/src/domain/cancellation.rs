//! What the end of a reservation costs its guest, by the terms that it was booked under. Told, never charged.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::domain::money::{Currency, Money};
use crate::domain::reservation::{Reservation, ReservedRoom};

/// What is owed once cancelling is no longer free. Of the room's price: nothing else.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Penalty {
    None,
    FirstNight,
    /// Hundredths of the stay's price, 1 to 100.
    Percent(u8),
    WholeStay,
}

/// A cancellation policy as it was at the time of booking: what the hotel changes later does not bind its guests.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Terms {
    pub code: String,
    pub name: String,
    /// Hours before the arrival day begins at the hotel until which cancelling is free; `None`: it never is.
    pub free_until_hours: Option<u32>,
    pub penalty: Penalty,
}

impl Terms {
    /// The instant before which cancelling costs nothing, or `None` where it always costs.
    pub fn free_until(&self, room: &ReservedRoom, time_zone: &TimeZone) -> Option<Timestamp> {
        let hours = SignedDuration::from_hours(i64::from(self.free_until_hours?));
        // A day begins when its date does, which need not be at midnight where clocks change.
        let begins = room.stay.check_in().to_zoned(time_zone.clone()).ok()?;
        begins.timestamp().checked_sub(hours).ok()
    }

    /// What ending one line now costs, minor units; `None` past `i64`.
    fn owed(&self, room: &ReservedRoom, now: Timestamp, time_zone: &TimeZone) -> Option<i64> {
        if self
            .free_until(room, time_zone)
            .is_some_and(|until| now < until)
        {
            return Some(0);
        }
        let nights = match self.penalty {
            Penalty::None => return Some(0),
            Penalty::FirstNight => &room.prices[..room.prices.len().min(1)],
            Penalty::Percent(_) | Penalty::WholeStay => &room.prices,
        };
        let stay: i128 = nights.iter().map(|price| i128::from(*price)).sum();
        let price = stay.checked_mul(i128::from(room.units))?;
        let owed = match self.penalty {
            Penalty::Percent(percent) => (price * i128::from(percent) + 50) / 100,
            _ => price,
        };
        i64::try_from(owed).ok()
    }
}

/// What ending a reservation now costs. `None` where none of its lines was booked under terms.
pub fn owed(reservation: &Reservation, now: Timestamp, time_zone: &TimeZone) -> Option<Money> {
    let currency: Currency = reservation.total.currency;
    let lines: Vec<i64> = reservation
        .rooms
        .iter()
        .filter_map(|room| Some((room, room.cancellation.as_ref()?)))
        .map(|(room, terms)| terms.owed(room, now, time_zone))
        .collect::<Option<_>>()?;
    if lines.is_empty() {
        return None;
    }
    Money::sum(
        currency,
        lines.into_iter().map(|minor| Money::new(minor, currency)),
    )
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::ids::{RatePlanId, RoomTypeId};
    use crate::domain::night::Stay;

    fn terms(free_until_hours: Option<u32>, penalty: Penalty) -> Terms {
        Terms {
            code: "FLEX".to_owned(),
            name: "Flexible".to_owned(),
            free_until_hours,
            penalty,
        }
    }

    fn room() -> ReservedRoom {
        ReservedRoom {
            product: Some((
                RoomTypeId(uuid::Uuid::from_u128(1)),
                RatePlanId(uuid::Uuid::from_u128(2)),
            )),
            stay: Stay::new(date(2026, 3, 29), date(2026, 3, 31)).expect("two nights"),
            units: 3,
            prices: vec![10_001, 20_000],
            ..ReservedRoom::of_stay(
                Stay::new(date(2026, 3, 29), date(2026, 3, 31)).expect("two nights"),
            )
        }
    }

    fn rome() -> TimeZone {
        TimeZone::get("Europe/Rome").expect("a known zone")
    }

    fn instant(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn cancelling_is_free_until_so_many_hours_before_the_arrival_day_begins_at_the_hotel() {
        let terms = terms(Some(24), Penalty::WholeStay);
        // Midnight in Rome on 29 March is 23:00 UTC the day before.
        let last_moment = instant("2026-03-27T22:59:59Z");
        assert_eq!(terms.owed(&room(), last_moment, &rome()), Some(0));
        let moment_after = instant("2026-03-27T23:00:00Z");
        assert_eq!(terms.owed(&room(), moment_after, &rome()), Some(90_003));
    }

    #[test]
    fn each_penalty_is_of_the_price_of_all_units() {
        let late = instant("2026-03-29T12:00:00Z");
        for (penalty, expected) in [
            (Penalty::None, 0),
            (Penalty::FirstNight, 30_003),
            (Penalty::Percent(50), 45_002),
            (Penalty::WholeStay, 90_003),
        ] {
            let owed = terms(Some(0), penalty).owed(&room(), late, &rome());
            assert_eq!(owed, Some(expected), "{penalty:?}");
        }
    }

    #[test]
    fn what_is_never_free_costs_long_before() {
        let early = instant("2025-01-01T00:00:00Z");
        let owed = terms(None, Penalty::FirstNight).owed(&room(), early, &rome());
        assert_eq!(owed, Some(30_003));
    }

    #[test]
    fn a_channels_room_without_prices_owes_nothing_and_a_sum_beyond_every_amount_is_none() {
        let late = instant("2026-03-29T12:00:00Z");
        let unpriced = ReservedRoom {
            prices: vec![],
            ..room()
        };
        let whole = terms(None, Penalty::WholeStay);
        assert_eq!(whole.owed(&unpriced, late, &rome()), Some(0));
        let endless = ReservedRoom {
            prices: vec![i64::MAX, i64::MAX],
            ..room()
        };
        assert_eq!(whole.owed(&endless, late, &rome()), None);
    }
}
