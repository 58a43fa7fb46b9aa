//! How a history ends: what the database and the offers show, and what the model says of them.

use proptest::test_runner::TestCaseError;
use roomwire::store::invariants;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Row};

use crate::histories::model::{OPEN, ROOM_TYPES};
use crate::histories::play::{Play, day};

impl Play<'_> {
    async fn list(&mut self, query: &str) -> Vec<String> {
        let query = query.replace("$hotel", &format!("'{}'", self.hotel));
        let rows = sqlx::raw_sql(AssertSqlSafe(query.clone()))
            .fetch_all(&mut self.stage.owner)
            .await
            .unwrap_or_else(|error| panic!("{error}: {query}"));
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Compares what both hold, asks every invariant, and looks at what is offered.
    pub(super) async fn compare(&mut self) -> Result<(), TestCaseError> {
        let counters = self
            .list(
                "SELECT concat_ws(' ', t.code, a.night, 'sold', a.sold, 'held', a.held)
                 FROM room_availability a JOIN room_types t ON t.hotel_id = a.hotel_id AND t.id = a.room_type_id
                 WHERE a.hotel_id = $hotel ORDER BY t.code, a.night",
            )
            .await;
        same("counters", &counters, &self.counters())?;
        let states = self
            .list("SELECT state FROM holds WHERE hotel_id = $hotel ORDER BY created_at")
            .await;
        let expected: Vec<String> = self
            .model
            .holds
            .iter()
            .map(|hold| hold.state.to_owned())
            .collect();
        // A desk's booking and one from lines hold what they take for a moment; those are beside the model.
        let others = states.len() - expected.len();
        let confirmed = states.iter().filter(|state| *state == "confirmed").count();
        let before = expected
            .iter()
            .filter(|state| *state == "confirmed")
            .count();
        same("confirmed holds", &confirmed, &(before + others))?;
        let mut tx = self
            .stage
            .store
            .begin(self.hotel)
            .await
            .expect("the database answers");
        let broken = invariants::of_hotel(&mut tx)
            .await
            .expect("they can be asked");
        same("invariants", &broken, &Vec::new())?;
        self.offers().await
    }

    fn counters(&self) -> Vec<String> {
        let mut counters = Vec::new();
        for (room_type, (code, ..)) in ROOM_TYPES.into_iter().enumerate() {
            for night in 0..OPEN {
                let cell = (room_type, night);
                let (sold, held) = (self.model.sold(cell), self.model.held(cell, true));
                counters.push(format!("{code} {} sold {sold} held {held}", day(night)));
            }
        }
        counters
    }

    /// Each night that may still be booked is offered with the units that are free.
    async fn offers(&self) -> Result<(), TestCaseError> {
        for night in (self.model.today..OPEN).step_by(3) {
            let path = format!(
                "offers?check_in={}&check_out={}&adults=1",
                day(night),
                day(night + 1)
            );
            let offers = self.client.get(&path).await.expect(200);
            for (room_type, (code, ..)) in ROOM_TYPES.into_iter().enumerate() {
                let of_type = |offer: &&Value| offer["room_type"]["code"] == code;
                let offers = offers["offers"].as_array().expect("a list").iter();
                let units = offers
                    .filter(of_type)
                    .map(|offer| offer["units"].as_i64().unwrap_or(0));
                let free = i64::from(self.model.free((room_type, night)));
                same(
                    &format!("offers of {code} on day {night}"),
                    &units.sum::<i64>(),
                    &free,
                )?;
            }
        }
        Ok(())
    }
}

fn same<T: std::fmt::Debug + PartialEq>(
    what: &str,
    is: &T,
    expected: &T,
) -> Result<(), TestCaseError> {
    if is == expected {
        Ok(())
    } else {
        Err(TestCaseError::fail(format!(
            "{what}: {is:?} instead of {expected:?}"
        )))
    }
}
