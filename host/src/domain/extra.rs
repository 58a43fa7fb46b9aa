//! Extras: what is sold with a room, on which days it is used, how many units of it, and what it costs.

use jiff::civil::Date;

use crate::domain::ids::ExtraId;
use crate::domain::night::Stay;
use crate::domain::offer::Party;
use crate::domain::pricing::Basis;

/// On which day an extra is used that is used once a stay.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UsedOn {
    Arrival,
    Departure,
}

impl UsedOn {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arrival => "arrival",
            Self::Departure => "departure",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Arrival, Self::Departure]
            .into_iter()
            .find(|day| day.as_str() == name)
    }
}

/// An extra as a caller asks for it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WantedExtra {
    pub code: String,
    /// For each unit of its basis, in each room.
    pub quantity: u32,
}

/// What an extra is booked with: a line's stay, who sleeps in each of its rooms, and how many rooms.
#[derive(Clone, Copy, Debug)]
pub struct Use<'a> {
    pub stay: Stay,
    pub party: &'a Party,
    pub rooms: u32,
}

/// An extra of a line as it was quoted or booked: what the hotel changes later does not change it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BookedExtra {
    /// The extra's; or the package's, for the price of a package that has its own.
    pub id: ExtraId,
    pub code: String,
    pub name: String,
    /// The package that it came with.
    pub package: Option<String>,
    pub basis: Basis,
    pub used_on: UsedOn,
    /// For each unit of its basis, in each room.
    pub quantity: u32,
    /// Of one unit, minor units.
    pub price: i64,
    /// Whether the hotel has only so many a day.
    pub counted: bool,
    /// How many are used on each of its days, by all rooms.
    pub units: u32,
    pub days: Vec<Date>,
    /// What all of them cost, minor units.
    pub amount: i64,
}

impl BookedExtra {
    /// The same extra with another line, or `None` past every number.
    pub fn with(self, line: Use<'_>) -> Option<Self> {
        let persons = match self.basis {
            Basis::Person | Basis::PersonNight => u32::try_from(line.party.size()).ok()?,
            Basis::Stay | Basis::Night | Basis::Percent => 1,
        };
        let units = self
            .quantity
            .checked_mul(persons)?
            .checked_mul(line.rooms)?;
        let days: Vec<Date> = match (self.basis, self.used_on) {
            (Basis::Night | Basis::PersonNight, _) => line.stay.nights().collect(),
            (_, UsedOn::Arrival) => vec![line.stay.check_in()],
            (_, UsedOn::Departure) => vec![line.stay.check_out()],
        };
        let amount = self
            .price
            .checked_mul(i64::from(units))?
            .checked_mul(i64::try_from(days.len()).ok()?)?;
        Some(Self {
            units,
            days,
            amount,
            ..self
        })
    }

    /// The days on which its units are taken: none where it is not counted, and none from the night on from which the
    /// room was given back.
    pub fn taken_days(&self, freed_from: Option<Date>) -> impl Iterator<Item = Date> {
        let days = self.days.iter().copied().filter(|_| self.counted);
        days.filter(move |day| freed_from.is_none_or(|from| *day < from))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;

    fn dinner(basis: Basis, used_on: UsedOn) -> BookedExtra {
        BookedExtra {
            id: ExtraId(Uuid::from_u128(1)),
            code: "DINNER".to_owned(),
            name: "Dinner".to_owned(),
            package: None,
            basis,
            used_on,
            quantity: 2,
            price: 3_000,
            counted: true,
            units: 0,
            days: Vec::new(),
            amount: 0,
        }
    }

    fn with(extra: BookedExtra) -> (u32, Vec<i8>, i64) {
        let party = Party {
            adults: 2,
            children_ages: vec![4],
        };
        let stay = Stay::new(date(2026, 12, 1), date(2026, 12, 4)).expect("three nights");
        let line = Use {
            stay,
            party: &party,
            rooms: 5,
        };
        let extra = extra.with(line).expect("a small sum");
        let days = extra.days.iter().map(|day| day.day()).collect();
        (extra.units, days, extra.amount)
    }

    #[test]
    fn each_basis_counts_rooms_persons_and_days() {
        let of = |basis| with(dinner(basis, UsedOn::Arrival));
        assert_eq!(of(Basis::Stay), (10, vec![1], 30_000));
        assert_eq!(of(Basis::Night), (10, vec![1, 2, 3], 90_000));
        assert_eq!(of(Basis::Person), (30, vec![1], 90_000));
        assert_eq!(of(Basis::PersonNight), (30, vec![1, 2, 3], 270_000));
    }

    #[test]
    fn what_is_used_once_on_departure_is_used_on_the_day_after_the_last_night() {
        let of = |basis| with(dinner(basis, UsedOn::Departure)).1;
        assert_eq!(of(Basis::Person), [4]);
        assert_eq!(of(Basis::Night), [1, 2, 3]);
    }

    #[test]
    fn a_price_past_every_number_is_none() {
        let party = Party {
            adults: 2,
            children_ages: Vec::new(),
        };
        let stay = Stay::new(date(2026, 12, 1), date(2026, 12, 4)).expect("three nights");
        let extra = BookedExtra {
            price: i64::MAX / 2,
            ..dinner(Basis::Night, UsedOn::Arrival)
        };
        let line = Use {
            stay,
            party: &party,
            rooms: 1,
        };
        assert_eq!(extra.with(line), None);
    }

    #[test]
    fn days_from_which_the_room_was_given_back_are_not_taken() {
        let extra = BookedExtra {
            days: vec![date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3)],
            ..dinner(Basis::Night, UsedOn::Arrival)
        };
        assert_eq!(extra.taken_days(None).count(), 3);
        assert_eq!(extra.taken_days(Some(date(2026, 12, 2))).count(), 1);
        let uncounted = BookedExtra {
            counted: false,
            ..extra
        };
        assert_eq!(uncounted.taken_days(None).count(), 0);
    }
}
