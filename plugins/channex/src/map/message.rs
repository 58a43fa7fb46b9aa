//! The values of one message, and which updates each of them carries.

use std::collections::BTreeMap;

use roomwire_plugin_sdk::Date;

use crate::map::weekdays::merged;
use crate::wire::ari::{Entry, Nights, Says, Target};

/// What one update puts into a message.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The update's place in the call.
    pub(crate) update: usize,
    pub(crate) target: Target,
    pub(crate) first: Date,
    pub(crate) last: Date,
    pub(crate) says: Says,
}

/// A value on its way, with the places of the updates that it carries.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) entry: Entry,
    pub(crate) updates: Vec<usize>,
}

/// The values of a property's message: one for each update, or one for several that say the same.
pub(crate) fn values(property: &str, parts: &[Part]) -> Vec<Value> {
    let mut by_target: BTreeMap<&Target, Vec<&Part>> = BTreeMap::new();
    for part in parts {
        by_target.entry(&part.target).or_default().push(part);
    }
    let mut values = Vec::new();
    for parts in by_target.values() {
        if overlap(parts) {
            // The later one wins, so they stay as they came.
            values.extend(parts.iter().map(|part| value(property, &[part])));
            continue;
        }
        for same in alike(parts) {
            let ranges: Vec<_> = same.iter().map(|part| (part.first, part.last)).collect();
            match merged(&ranges) {
                Some(nights) => values.push(told(property, &same, nights)),
                None => values.extend(same.iter().map(|part| value(property, &[part]))),
            }
        }
    }
    values
}

fn value(property: &str, parts: &[&Part]) -> Value {
    let nights = Nights::range(parts[0].first, parts[0].last);
    told(property, parts, nights)
}

/// Parts that say the same become one value of these nights.
fn told(property: &str, parts: &[&Part], nights: Nights) -> Value {
    Value {
        entry: Entry {
            property_id: property.to_owned(),
            target: parts[0].target.clone(),
            nights,
            says: parts[0].says.clone(),
        },
        updates: parts.iter().map(|part| part.update).collect(),
    }
}

/// Whether two parts of one target are about the same night.
fn overlap(parts: &[&Part]) -> bool {
    let mut ranges: Vec<_> = parts.iter().map(|part| (part.first, part.last)).collect();
    ranges.sort_unstable();
    ranges.windows(2).any(|pair| pair[1].0 <= pair[0].1)
}

/// The parts of a target, gathered by what they say, in the order in which that is first said.
fn alike<'a>(parts: &[&'a Part]) -> Vec<Vec<&'a Part>> {
    let mut gathered: Vec<Vec<&Part>> = Vec::new();
    for part in parts {
        match gathered.iter_mut().find(|same| same[0].says == part.says) {
            Some(same) => same.push(part),
            None => gathered.push(vec![part]),
        }
    }
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(update: usize, nights: (&str, &str), units: u32) -> Part {
        let date = |text: &str| text.parse().expect("a date");
        Part {
            update,
            target: Target::RoomType("twin".to_owned()),
            first: date(nights.0),
            last: date(nights.1),
            says: Says {
                availability: Some(units),
                ..Says::default()
            },
        }
    }

    fn carried(parts: &[Part]) -> Vec<Vec<usize>> {
        let values = values("p", parts);
        values.into_iter().map(|value| value.updates).collect()
    }

    #[test]
    fn updates_that_say_the_same_on_the_same_days_are_one_value() {
        let parts = [
            part(0, ("2026-12-01", "2026-12-03"), 8),
            part(1, ("2026-12-04", "2026-12-05"), 3),
            part(2, ("2026-12-06", "2026-12-10"), 8),
            part(3, ("2026-12-11", "2026-12-12"), 3),
        ];
        assert_eq!(carried(&parts), [vec![0, 2], vec![1, 3]]);
    }

    #[test]
    fn updates_of_one_night_stay_in_their_order() {
        let parts = [
            part(0, ("2026-12-04", "2026-12-05"), 3),
            part(1, ("2026-12-05", "2026-12-08"), 1),
            part(2, ("2026-12-11", "2026-12-12"), 3),
        ];
        assert_eq!(carried(&parts), [vec![0], vec![1], vec![2]]);
    }
}
