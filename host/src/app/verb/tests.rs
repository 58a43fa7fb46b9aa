//! What a repetition meets.

mod at_once;

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;

use super::*;
use crate::app::test_world::World;
use crate::store::HotelTx;

#[derive(Debug)]
/// Contended at the first try, and done at the second.
struct Contended(AtomicU32);

#[async_trait]
impl Verb for Contended {
    type Output = ();

    async fn perform(&self, _: &App, _: &mut HotelTx) -> Result<(), AppError> {
        match self.0.fetch_add(1, Ordering::SeqCst) {
            0 => Err(StoreError::contended().into()),
            _ => Ok(()),
        }
    }
}

#[tokio::test]
async fn neither_a_second_try_nor_a_repetition_meets_the_lock_of_the_one_before() {
    let world = World::new().await;
    for number in 0..30 {
        let scope = Scope {
            credential: uuid::Uuid::nil(),
            key: format!("key {number}"),
            fingerprint: [0; 32],
        };
        let answer = |_| StoredAnswer {
            status: 200,
            content_type: "application/json".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let verb = Contended(AtomicU32::new(0));
        let outcome = once(&world.app, world.hotel.id, &scope, &verb, answer).await;
        assert!(matches!(outcome, Ok(Idempotent::Fresh(_))), "{outcome:?}");
        for _ in 0..2 {
            let repeated = once(&world.app, world.hotel.id, &scope, &verb, answer).await;
            assert!(
                matches!(repeated, Ok(Idempotent::Replayed(_))),
                "{repeated:?}"
            );
        }
    }
}
