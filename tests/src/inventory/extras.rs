//! The last dinner: many want it with a room, on a day that has no row yet.

use roomwire::domain::extra::{BookedExtra, Use, UsedOn};
use roomwire::domain::ids::ExtraId;
use roomwire::domain::pricing::Basis;
use tokio::task::JoinSet;

use crate::harness::violations;
use crate::inventory::controls::NO_GUARD;
use crate::inventory::load::{CALLERS, Scarce, Tally, place};

/// Dinners a day; there are rooms for everybody.
const DINNERS: i64 = 15;
const DINNER: uuid::Uuid = uuid::Uuid::from_u128(0xd122e2);

async fn dinners() -> Scarce {
    let scarce = Scarce::new().await;
    let hotel = scarce.hotel;
    scarce
        .alter(&format!(
            "UPDATE room_availability SET allotment = 1000;
             INSERT INTO extras (hotel_id, id, code, name, price_minor, basis, daily_capacity)
                VALUES ('{hotel}', '{DINNER}', 'DINNER', 'Dinner', 4500, 'stay', {DINNERS})"
        ))
        .await;
    scarce
}

/// Everybody holds a room for three nights with a dinner on the first of them.
async fn everybody_dines(scarce: &Scarce) -> Tally {
    let store = scarce.open(32).await;
    let mut lines = scarce.stay(0);
    for line in &mut lines {
        let dinner = BookedExtra {
            id: ExtraId(DINNER),
            code: "DINNER".to_owned(),
            name: "Dinner".to_owned(),
            package: None,
            basis: Basis::Stay,
            used_on: UsedOn::Arrival,
            quantity: 1,
            price: 4_500,
            counted: true,
            units: 0,
            days: Vec::new(),
            amount: 0,
        };
        let with = Use {
            stay: line.stay,
            party: &line.party,
            rooms: line.units,
        };
        line.extras = vec![dinner.with(with).expect("a small sum")];
    }
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (store, hotel, lines) = (store.clone(), scarce.hotel, lines.clone());
        callers.spawn(async move { place(&store, hotel, &lines).await });
    }
    let mut tally = Tally::default();
    for placed in callers.join_all().await {
        tally.count(&placed);
    }
    store.close().await;
    tally
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_callers_for_the_last_dinners_get_exactly_as_many_as_there_are() {
    let scarce = dinners().await;
    let tally = everybody_dines(&scarce).await;
    assert_eq!((tally.held, tally.failed), (DINNERS, 0), "{tally:?}");
    assert_eq!(tally.sold_out, i64::from(CALLERS) - DINNERS);
    // Who got no dinner got no room either.
    let held = scarce.held().await;
    assert!(held.iter().all(|(_, held)| *held == DINNERS), "{held:?}");
    assert_eq!(
        violations(&scarce.database.owner()).await,
        Vec::<String>::new()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_guard_too_many_dine_and_the_invariants_say_so() {
    let scarce = dinners().await;
    scarce.alter(NO_GUARD).await;
    let tally = everybody_dines(&scarce).await;
    assert!(
        tally.held > DINNERS,
        "the load would not notice a guard that is missing: {tally:?}"
    );
    let broken = violations(&scarce.database.owner()).await;
    let dinner = format!("extra {DINNER}");
    assert!(
        broken
            .iter()
            .any(|line| line.starts_with("I1 ") && line.contains(&dinner)),
        "{broken:?}"
    );
}
