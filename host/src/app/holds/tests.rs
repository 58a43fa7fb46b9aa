//! What a hold answers while another transaction is ending the lapsed ones in its way.

use std::time::Duration;

use jiff::ToSpan;

use crate::app::test_world::World;
use crate::domain::ids::{HoldId, new_uuid};
use crate::domain::night::Stay;
use crate::domain::offer::Party;
use crate::domain::quote::QuotedLine;
use crate::store::holds::{Placed, Wanted, expire, place};
use crate::store::{HotelTx, StoreError};

const MINUTE: Duration = Duration::from_secs(60);

async fn place_all(world: &World, tx: &mut HotelTx, ttl: Duration) -> Result<Placed, StoreError> {
    let first = world.night(3);
    let line = QuotedLine {
        room_type: world.room_type,
        rate_plan: world.rate_plan,
        stay: Stay::new(first, first.saturating_add(2.days())).expect("two nights"),
        units: 3,
        party: Party {
            adults: 2,
            children_ages: Vec::new(),
        },
        prices: vec![10_000, 10_000],
        extras: Vec::new(),
        charges: Vec::new(),
        discount: 0,
    };
    let hold = HoldId(new_uuid(world.app.clock.now()));
    let wanted = Wanted {
        lines: &[line],
        ttl,
        longest: MINUTE,
        holder: None,
    };
    place(tx, hold, wanted).await
}

async fn begin(world: &World) -> HotelTx {
    let begun = world.app.store.begin(world.hotel.id).await;
    begun.expect("a transaction")
}

#[tokio::test]
async fn units_that_another_transaction_is_just_freeing_are_not_sold_out() {
    let world = World::new().await;
    let mut tx = begin(&world).await;
    let lapsed = place_all(&world, &mut tx, Duration::ZERO).await;
    assert!(matches!(lapsed, Ok(Placed::Held { .. })));
    tx.commit().await.expect("a commit");

    let mut sweeper = begin(&world).await;
    assert_eq!(expire(&mut sweeper, 10).await.expect("a sweep"), 1);
    let mut tx = begin(&world).await;
    let meanwhile = place_all(&world, &mut tx, MINUTE).await;
    assert!(
        matches!(meanwhile, Err(StoreError::Contended(_))),
        "{meanwhile:?}"
    );
    drop(tx);

    sweeper.commit().await.expect("a commit");
    let mut tx = begin(&world).await;
    let afterwards = place_all(&world, &mut tx, MINUTE).await;
    assert!(matches!(afterwards, Ok(Placed::Held { .. })));
    tx.commit().await.expect("a commit");

    let mut tx = begin(&world).await;
    let taken = place_all(&world, &mut tx, MINUTE).await;
    assert!(matches!(taken, Ok(Placed::SoldOut { .. })), "{taken:?}");
}

/// All units, in a transaction of its own. What is only contended may be tried again, and takes nothing.
async fn placed(world: &World) -> Result<Placed, StoreError> {
    let mut tx = begin(world).await;
    let placed = place_all(world, &mut tx, MINUTE).await;
    match placed {
        Ok(placed) => tx.commit().await.map(|()| placed),
        Err(failure) => {
            tx.abandon().await;
            Err(failure)
        }
    }
}

#[tokio::test]
async fn a_lapsed_hold_that_many_end_at_once_is_given_back_once() {
    let world = World::new().await;
    for round in 0..5_i64 {
        let mut tx = begin(&world).await;
        let lapsed = place_all(&world, &mut tx, Duration::ZERO).await;
        assert!(matches!(lapsed, Ok(Placed::Held { .. })), "{lapsed:?}");
        tx.commit().await.expect("a commit");

        let sweep = async {
            let mut tx = begin(&world).await;
            let ended = expire(&mut tx, 10).await;
            tx.commit().await.expect("a commit");
            ended.expect("a sweep")
        };
        let (one, other, third, _) =
            tokio::join!(placed(&world), placed(&world), placed(&world), sweep);
        let all = [one, other, third];
        let held = |placed: &&Result<Placed, StoreError>| matches!(placed, Ok(Placed::Held { .. }));
        let got = all.iter().filter(held).count();
        assert!(got <= 1, "{all:?}");
        let units = "SELECT max(held)::bigint FROM room_availability";
        let of_them = i64::try_from(got).expect("small") * 3;
        assert_eq!(world.number(units).await, of_them, "{all:?}");
        let ended = "SELECT count(*) FROM holds WHERE state = 'expired'";
        assert_eq!(
            world.number(ended).await,
            round + 1,
            "the lapsed one is over"
        );
        let everybody_else = "UPDATE holds SET state = 'released', ended_at = clock_timestamp() WHERE state = 'held';
            UPDATE room_availability SET held = 0";
        world.alter(everybody_else).await;
    }
}
