//! Many who cancel at once and many who serve those that wait: nobody is offered twice, nothing is sold twice.

use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::{Call, Line, Setup, World, violations};
use crate::inventory::company;

const WAITING: i32 = 24;
const UNITS: i64 = 8;

/// Looks at no lock and asks no second time, but waits until another has chosen too: nobody has offered anything yet, so
/// both have chosen the same guest.
const CARELESS: &str = "
    CREATE OR REPLACE FUNCTION lock_waitlist(p_hotel uuid) RETURNS void LANGUAGE sql AS 'SELECT';
    CREATE OR REPLACE FUNCTION claim_waitlist_entry(p_hotel uuid, p_entry uuid) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM wait_for_company();
        RETURN true;
    END $$;";

const OFFERED: &str = "SELECT count(*) FROM waitlist_entries WHERE state = 'offered'";

/// All doubles are one guest's each, and three times as many guests wait; and the calls that cancel them.
async fn crowded() -> (World, Vec<Call>) {
    let world = World::with(Setup::working()).await;
    world
        .execute("UPDATE hotels SET waitlist_hold_minutes = 30")
        .await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    let mut made = Vec::new();
    for _ in 0..UNITS {
        made.push(guest.reserve(&[Line::default()]).await);
    }
    for number in 0..WAITING {
        let wish = Line::default().waiting(&format!("Ada{number}"));
        guest.post("waitlist", &wish).await.expect(201);
    }
    let cancel = |reservation| staff.step(reservation, "cancel");
    let calls = made.iter().map(cancel).collect();
    (world, calls)
}

fn at_once(calls: Vec<Call>) -> JoinSet<u16> {
    let mut cancelling = JoinSet::new();
    for call in calls {
        cancelling.spawn(async move { call.await.status });
    }
    cancelling
}

/// Jobs without a key or an ordering, so that several run at the same moment.
async fn many_serve(world: &World) {
    world
        .execute(
            "INSERT INTO jobs (kind, hotel_id)
             SELECT 'waitlist', id FROM hotels, generate_series(1, 8) WHERE slug = 'aurora-rome'",
        )
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_came_first_is_offered_once_however_many_cancel_and_serve() {
    let (world, calls) = crowded().await;
    let cancelling = at_once(calls);
    many_serve(&world).await;
    assert!(
        cancelling
            .join_all()
            .await
            .iter()
            .all(|status| *status == 200)
    );
    many_serve(&world).await;
    world.until(OFFERED, json!(UNITS)).await;
    let first = format!(
        "SELECT count(*) FROM (SELECT state FROM waitlist_entries ORDER BY created_at, id LIMIT {UNITS}) AS first
         WHERE state = 'offered'"
    );
    assert_eq!(world.number(&first).await, UNITS);
    let live = "SELECT count(*) FROM holds WHERE state = 'held'";
    assert_eq!(world.number(live).await, UNITS);
    // The invariants are asked where the world ends: nobody was offered twice, and nothing is oversold.
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_lock_and_second_look_a_guest_is_offered_twice_and_the_invariants_say_so() {
    let (world, calls) = crowded().await;
    world.execute(&company::of(2)).await;
    world.execute(CARELESS).await;
    at_once(calls).join_all().await;
    many_serve(&world).await;
    let live = "SELECT count(*) FROM holds WHERE state = 'held'";
    world.until(live, json!(UNITS)).await;
    let database = world.into_database().await;
    let broken = violations(&database.owner()).await;
    let twice = |line: &String| line.starts_with("I26 ") && line.contains("was offered");
    assert!(broken.iter().any(twice), "{broken:#?}");
}
