//! What must be true of the database at any moment, as SQL that names every violation.
//!
//! The questions are asked with the application's own role, hotel by hotel inside a [`HotelTx`]: no other role sees
//! every hotel in every installation, and so the wall between hotels is in force while it is being examined.
//! Each statement sees one moment, so the answers hold for a running system too.

use crate::store::{HotelTx, SharedTx, StoreError};

/// Every invariant that is checked: its name in the test plan, and what it promises.
pub const PROMISES: [(&str, &str); 18] = [
    (
        "I1",
        "no night is sold beyond its allotment and what the hotel or a channel chose to sell beyond it",
    ),
    (
        "I2",
        "the counters are the recount: held of live holds, sold of reservations that take inventory",
    ),
    (
        "I3",
        "a hold or reservation covers every night of its stay, or none",
    ),
    (
        "I4",
        "a hold ends once, and is confirmed exactly where one reservation came of it",
    ),
    (
        "I5",
        "what was acknowledged under an idempotency key is there",
    ),
    (
        "I6",
        "every reservation was made once, by somebody, and a channel's has one reference",
    ),
    (
        "I7",
        "an idempotency key has its answer: both commit together",
    ),
    (
        "I8",
        "a hold is confirmed while it lives, and expires no sooner than promised",
    ),
    (
        "I9",
        "a lapsed hold gives its units back within seconds of the next sweep",
    ),
    ("I10", "a change commits with the work that follows from it"),
    (
        "I16",
        "no hotel reads or writes another's rows, and every wall stands",
    ),
    (
        "I19",
        "a total is the sum of its nights (less what a promo code took off), taxes, fees and extras, in the hotel's currency, and a stay spans its rooms",
    ),
    (
        "I20",
        "every version of a reservation has one line in the audit trail, by somebody",
    ),
    ("I22", "expiry and leases are by the database's clock"),
    (
        "I23",
        "partitions reach three months ahead, and every row is in the month it belongs to",
    ),
    ("I24", "no job stays with a worker that is gone"),
    (
        "I25",
        "a room is one unit's a night, a unit has one room a night, and only for nights that it takes",
    ),
    (
        "I26",
        "who waits is offered once, an offer ends with its hold, and who was served has a reservation",
    ),
];

/// One violated invariant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    /// Such as `I2`: one of [`PROMISES`].
    pub invariant: String,
    /// Which row, by ids and dates.
    pub place: String,
}

/// What is violated of the transaction's hotel.
pub async fn of_hotel(tx: &mut HotelTx) -> Result<Vec<Violation>, StoreError> {
    let hotel = tx.hotel();
    sqlx::query!("SELECT set_config('statement_timeout', '10min', true)")
        .fetch_one(&mut **tx)
        .await?;
    Ok(
        sqlx::query_file_as!(Violation, "src/store/invariants/hotel.sql", hotel.0)
            .fetch_all(&mut **tx)
            .await?,
    )
}

/// What is violated of the installation as a whole.
pub async fn of_installation(tx: &mut SharedTx) -> Result<Vec<Violation>, StoreError> {
    Ok(
        sqlx::query_file_as!(Violation, "src/store/invariants/installation.sql")
            .fetch_all(&mut **tx)
            .await?,
    )
}

#[cfg(test)]
mod tests {
    use super::PROMISES;

    /// The invariants that a statement names.
    fn named(statement: &str) -> Vec<&str> {
        let named = statement.split("SELECT 'I").skip(1);
        named.filter_map(|rest| rest.split('\'').next()).collect()
    }

    #[test]
    fn every_promise_is_asked_for_and_every_question_has_its_promise() {
        let mut asked = named(include_str!("hotel.sql"));
        asked.extend(named(include_str!("installation.sql")));
        asked.sort_unstable();
        asked.dedup();
        let mut promised: Vec<&str> = PROMISES.iter().map(|(name, _)| &name[1..]).collect();
        promised.sort_unstable();
        assert_eq!(asked, promised);
    }
}
