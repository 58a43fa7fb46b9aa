//! What both sides sell, beside what is mapped.

use super::*;
use crate::app::test_world::{FakeChannel, World};

/// The channel sells what the hotel does, under the same codes.
async fn world() -> World {
    let product = |rate: &str| ChannelProduct {
        code: ProductCode {
            room: "DBL".to_owned(),
            rate: Some(rate.to_owned()),
        },
        room_name: "Double".to_owned(),
        rate_name: Some(rate.to_owned()),
        max_occupancy: None,
        currency: Some("EUR".to_owned()),
        active: true,
        parent_rate: None,
    };
    let products = vec![product("BAR"), product("BB")];
    World::with_channel(FakeChannel::selling(products)).await
}

async fn found(world: &World) -> Discovery {
    let found = discover(&world.app, world.hotel.id, world.connection.id).await;
    found.expect("the channel answers")
}

#[tokio::test]
async fn what_is_mapped_is_judged_by_what_the_channel_sells_and_not_suggested_again() {
    let world = world().await;
    let all = found(&world).await;
    assert_eq!(all.mappings.len(), 2);
    assert!(all.problems(&all.mappings).iter().all(Vec::is_empty));
    assert_eq!(all.suggestions(), Suggestions::default());
    let stored = in_force(&world.app.store, world.hotel.id, world.connection.id).await;
    let stored = stored.expect("a read").into_iter();
    let stored: Vec<Mapping> = stored.map(|(_, mapping)| mapping).collect();
    assert_eq!(stored, all.mappings);
}

#[tokio::test]
async fn a_product_that_is_not_for_sale_is_not_suggested() {
    let world = world().await;
    world.alter("DELETE FROM mappings").await;
    let both = found(&world).await.suggestions();
    assert_eq!(both.rows.len(), 2);
    world
        .alter(
            "UPDATE products SET active = false
             WHERE rate_plan_id = (SELECT id FROM rate_plans WHERE code = 'BB')",
        )
        .await;
    let one = found(&world).await.suggestions();
    let [row] = one.rows.as_slice() else {
        panic!("one suggestion")
    };
    assert_eq!(row.mapping.rate_plan, world.rate_plan);
    assert!(one.ours.is_empty());
    assert_eq!(one.theirs[0].code.rate.as_deref(), Some("BB"));
}
