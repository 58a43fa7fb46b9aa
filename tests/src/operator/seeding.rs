//! Hotels from files, added again with something else in them.

use roomwire::app::seed::{SeedError, seed};

use crate::harness::{TestDatabase, start_instant};

const HOTEL: &str = include_str!("../../fixtures/aurora-rome.toml");

#[tokio::test]
async fn a_hotel_that_is_there_keeps_its_currency() {
    let database = TestDatabase::seeded().await;
    let store = database.store(2).await;
    seed(&store, start_instant(), HOTEL)
        .await
        .expect("what is there stays");
    let other = HOTEL.replace("\"EUR\"", "\"USD\"");
    let refused = seed(&store, start_instant(), &other).await;
    assert!(
        matches!(&refused, Err(SeedError::Value { field: "currency", message }) if message.contains("EUR")),
        "{refused:?}"
    );
    store.close().await;
}
