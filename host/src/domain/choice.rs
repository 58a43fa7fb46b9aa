//! Rooms for a group: which offer each party takes, so that together they are cheapest and no unit is taken twice.

use std::collections::HashMap;

use crate::domain::ids::RoomTypeId;

/// An offer that a party may take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Choice {
    pub room_type: RoomTypeId,
    /// Units left of the room type for the stay.
    pub units: i32,
    /// Minor units, with taxes and fees.
    pub total: i64,
}

/// How many steps a choice is sought for. What is found by then is taken, which may not be the very cheapest where
/// many parties compete for few units; without competition the first step finds it.
const STEPS: u32 = 20_000;

/// The place of each party's choice in its list, each list from the cheapest on, and what all cost together; `None`
/// where not every party finds a unit.
pub fn choose(parties: &[Vec<Choice>]) -> Option<(Vec<usize>, i64)> {
    let mut least = vec![0_i64; parties.len() + 1];
    for (number, choices) in parties.iter().enumerate().rev() {
        least[number] = least[number + 1].checked_add(choices.first()?.total)?;
    }
    let mut search = Search {
        parties,
        least,
        taken: HashMap::new(),
        path: Vec::with_capacity(parties.len()),
        best: None,
        steps: STEPS,
    };
    search.descend(0);
    search.best
}

struct Search<'a> {
    parties: &'a [Vec<Choice>],
    /// What the parties from this one on cost at least.
    least: Vec<i64>,
    taken: HashMap<RoomTypeId, i32>,
    path: Vec<usize>,
    best: Option<(Vec<usize>, i64)>,
    steps: u32,
}

impl Search<'_> {
    fn descend(&mut self, cost: i64) {
        let number = self.path.len();
        let Some(choices) = self.parties.get(number) else {
            self.best = Some((self.path.clone(), cost));
            return;
        };
        for (place, choice) in choices.iter().enumerate() {
            let Some(remaining) = self.steps.checked_sub(1) else {
                return;
            };
            self.steps = remaining;
            let Some(sum) = cost.checked_add(choice.total) else {
                return;
            };
            let bound = sum.saturating_add(self.least[number + 1]);
            if (self.best.as_ref()).is_some_and(|(_, best)| bound >= *best) {
                return;
            }
            // Of a room type's choices the first is the cheapest: the others take the same unit for more.
            let of_type = |earlier: &Choice| earlier.room_type == choice.room_type;
            if choices[..place].iter().any(of_type) {
                continue;
            }
            let taken = self.taken.entry(choice.room_type).or_default();
            if *taken >= choice.units {
                continue;
            }
            *taken += 1;
            self.path.push(place);
            self.descend(sum);
            self.path.pop();
            self.taken
                .entry(choice.room_type)
                .and_modify(|units| *units -= 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(room_type: u128, units: i32, total: i64) -> Choice {
        Choice {
            room_type: RoomTypeId(uuid::Uuid::from_u128(room_type)),
            units,
            total,
        }
    }

    #[test]
    fn each_party_takes_its_cheapest_while_units_last() {
        let list = vec![choice(1, 2, 100), choice(2, 9, 150)];
        let parties = vec![list; 3];
        assert_eq!(choose(&parties), Some((vec![0, 0, 1], 350)));
    }

    #[test]
    fn a_party_gives_way_where_that_is_cheaper_together() {
        // Both prefer the one unit of the first type; the second would pay far more elsewhere.
        let first = vec![choice(1, 1, 100), choice(2, 5, 110)];
        let second = vec![choice(1, 1, 100), choice(3, 5, 500)];
        assert_eq!(choose(&[first, second]), Some((vec![1, 0], 210)));
    }

    #[test]
    fn a_group_that_does_not_fit_finds_nothing() {
        let list = vec![choice(1, 1, 100)];
        assert_eq!(choose(&[list.clone(), list]), None);
        assert_eq!(choose(&[vec![]]), None);
    }

    #[test]
    fn many_parties_for_few_units_are_bounded_in_work() {
        let list: Vec<Choice> = (0..20).map(|number| choice(number, 1, 100)).collect();
        let (places, total) = choose(&vec![list; 9]).expect("there is room");
        assert_eq!((places.len(), total), (9, 900));
    }

    #[test]
    fn sums_past_every_integer_find_nothing() {
        let list = vec![choice(1, 9, i64::MAX)];
        assert_eq!(choose(&[list.clone(), list]), None);
    }
}
