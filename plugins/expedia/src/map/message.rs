//! What one message may hold: at most 5,000 updates, counted by night and by what is said of it.

use roomwire_plugin_sdk::{Date, ToSpan};

use crate::wire::update::{Entry, MOST_UPDATES, Says};

/// An entry on its way, and the place of the update that it carries.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) update: usize,
    pub(crate) entry: Entry,
}

/// The entries of one update: several where its nights are too many for one message.
pub(crate) fn values(
    update: usize,
    room: &str,
    (first, last): (Date, Date),
    says: &Says,
) -> Vec<Value> {
    let most = i64::try_from(MOST_UPDATES / says.weight().max(1))
        .unwrap_or(1)
        .max(1);
    let mut values = Vec::new();
    let mut from = first;
    while from <= last {
        let to = from.saturating_add((most - 1).days()).min(last);
        values.push(Value {
            update,
            entry: Entry {
                first: from,
                last: to,
                room: room.to_owned(),
                says: says.clone(),
            },
        });
        match to.tomorrow() {
            Ok(next) => from = next,
            Err(_) => break,
        }
    }
    values
}

/// The values of each message, in their order.
pub(crate) fn messages(values: &[Value]) -> Vec<&[Value]> {
    let mut messages = Vec::new();
    let (mut begin, mut weight) = (0, 0);
    for (place, value) in values.iter().enumerate() {
        let more = value.entry.weight();
        if weight + more > MOST_UPDATES && place > begin {
            messages.push(&values[begin..place]);
            (begin, weight) = (place, 0);
        }
        weight += more;
    }
    if begin < values.len() {
        messages.push(&values[begin..]);
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::update::RatePlan;

    fn date(text: &str) -> Date {
        text.parse().expect("a date")
    }

    /// Four things said of each night.
    fn four() -> Says {
        Says::Rate(RatePlan {
            closed: Some(false),
            closed_to_arrival: Some(false),
            min_stay: Some(1),
            max_stay: Some(28),
            ..RatePlan::default()
        })
    }

    fn nights(value: &Value) -> (String, String) {
        (value.entry.first.to_string(), value.entry.last.to_string())
    }

    #[test]
    fn a_range_that_says_too_much_for_one_message_is_parted() {
        let range = (date("2027-01-01"), date("2030-12-31"));
        let values = values(7, "1", range, &four());
        assert_eq!(values.len(), 2);
        assert_eq!(values[0].entry.weight(), 5_000);
        let (begin, end) = (nights(&values[0]), nights(&values[1]));
        assert_eq!(
            (begin.0.as_str(), end.1.as_str()),
            ("2027-01-01", "2030-12-31")
        );
        assert_eq!(
            values[0].entry.last.tomorrow().ok(),
            Some(values[1].entry.first)
        );
        assert!(values.iter().all(|value| value.update == 7));
    }

    #[test]
    fn a_message_is_as_full_as_may_be() {
        let thousand = (date("2027-01-01"), date("2029-09-26"));
        let each = values(0, "1", thousand, &Says::Inventory(1));
        assert_eq!(each[0].entry.weight(), 1_000);
        let six = vec![each[0].clone(); 6];
        let lengths: Vec<usize> = messages(&six).into_iter().map(<[Value]>::len).collect();
        assert_eq!(lengths, [5, 1]);
        assert!(messages(&[]).is_empty());
    }
}
