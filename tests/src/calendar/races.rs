//! Many at once: edits against each other, and against holds. With the locks taken out, each load fails.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::calendar::{bar, doubles};
use crate::harness::{Client, Line, World, night};

const ROUNDS: usize = 12;

/// Locks nothing of the calendar, and inventory in an order of each session's own.
const DISORDER: &str = "
    CREATE OR REPLACE FUNCTION lock_calendar(p_hotel uuid) RETURNS void LANGUAGE sql AS 'SELECT';
    CREATE OR REPLACE FUNCTION lock_inventory(p_hotel uuid, p_cells jsonb) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        v_cell record;
    BEGIN
        FOR v_cell IN
            SELECT c.room_type_id, c.night FROM jsonb_to_recordset(p_cells) AS c (room_type_id uuid, night date)
            ORDER BY md5(c.night || txid_current()::text)
        LOOP
            PERFORM 1 FROM room_availability a
            WHERE a.hotel_id = p_hotel AND a.room_type_id = v_cell.room_type_id AND a.night = v_cell.night FOR UPDATE;
            PERFORM pg_sleep(0.001);
        END LOOP;
    END $$";

/// Locks nothing at all, and lets anything be written.
const NO_GUARD: &str = "
    CREATE OR REPLACE FUNCTION lock_calendar(p_hotel uuid) RETURNS void LANGUAGE sql AS 'SELECT';
    CREATE OR REPLACE FUNCTION lock_inventory(p_hotel uuid, p_cells jsonb) RETURNS void LANGUAGE sql AS 'SELECT pg_sleep(0.002)';
    ALTER TABLE room_availability DROP CONSTRAINT never_oversold";

const GUARD: &str = "ALTER TABLE room_availability
    ADD CONSTRAINT never_oversold CHECK (sold + held <= allotment + overbooking + overbooked)";

/// Both edits set the same ten nights, in opposite orders.
fn edit(value: i32, backwards: bool) -> Vec<Value> {
    let mut updates: Vec<Value> = (0..10)
        .flat_map(|day| {
            [
                doubles(day, day, json!({"allotment": value})),
                bar(day, day, json!({"price": value * 100})),
            ]
        })
        .collect();
    if backwards {
        updates.reverse();
    }
    updates
}

/// Two edits at once, again and again. How many did not succeed, and whether every end was one of the two states.
async fn collide(world: &World, staff: &Client) -> (usize, bool) {
    let (mut failed, mut whole) = (0, true);
    for _ in 0..ROUNDS {
        let mut edits = JoinSet::new();
        edits.spawn(staff.edit(&edit(20, false)).into_future());
        edits.spawn(staff.edit(&edit(30, true)).into_future());
        failed += edits
            .join_all()
            .await
            .iter()
            .filter(|answer| answer.status != 200)
            .count();
        let states = world
            .number(&format!(
                "SELECT count(DISTINCT (a.allotment, r.price_minor / 100)) FROM room_availability a
                 JOIN room_types t ON t.id = a.room_type_id AND t.code = 'DBL'
                 JOIN rate_plans p ON p.hotel_id = a.hotel_id AND p.code = 'BAR'
                 JOIN rates r ON r.room_type_id = a.room_type_id AND r.rate_plan_id = p.id AND r.night = a.night
                 WHERE a.night BETWEEN '{}' AND '{}'",
                night(0),
                night(9)
            ))
            .await;
        whole &= states == 1;
    }
    (failed, whole)
}

async fn deadlocks(world: &World) -> i64 {
    world
        .number("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_edits_of_the_same_nights_in_opposite_orders_end_in_one_of_two_states() {
    let world = World::start().await;
    let staff = world.staff().await;
    assert_eq!(collide(&world, &staff).await, (0, true));
    assert_eq!(deadlocks(&world).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_locks_the_same_edits_collide() {
    let world = World::start().await;
    world.execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''20ms''', current_database()); END $$").await;
    world.execute(DISORDER).await;
    let staff = world.staff().await;
    let mut seen = false;
    for _ in 0..5 {
        let (failed, whole) = collide(&world, &staff).await;
        seen |= failed > 0 || !whole || deadlocks(&world).await > 0;
        if seen {
            break;
        }
    }
    assert!(seen, "the load would not notice that the locks are missing");
}

/// Guests hold while staff closes and opens the night. How many edits were made, and whether more was ever held than
/// there was.
async fn contend(world: &World) -> (usize, bool) {
    let (guest, staff) = (world.guest().await, world.staff().await);
    let line = Line {
        nights: 1,
        ..Line::default()
    };
    let quote = guest.quote(&[line]).await;
    let (mut edits, mut oversold) = (0, false);
    for _ in 0..ROUNDS {
        let mut calls = JoinSet::new();
        for round in 0..6 {
            calls.spawn(guest.post("holds", &json!({"quote": quote})).into_future());
            let allotment = json!({"allotment": round % 2});
            calls.spawn(staff.edit(&[doubles(0, 0, allotment)]).into_future());
        }
        let answers = calls.join_all().await;
        edits += answers.iter().filter(|answer| answer.status == 200).count();
        let over = "SELECT count(*) FROM room_availability WHERE sold + held > allotment + overbooking + overbooked";
        oversold |= world.number(over).await > 0;
        for hold in answers.iter().filter(|answer| answer.status == 201) {
            let id = hold.json()["id"].as_str().expect("an id").to_owned();
            guest.delete(&format!("holds/{id}")).await.expect(200);
        }
        staff
            .edit(&[doubles(0, 0, json!({"allotment": 4}))])
            .await
            .expect(200);
    }
    (edits, oversold)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn allotments_that_change_against_holds_never_oversell() {
    let world = World::start().await;
    let (edits, oversold) = contend(&world).await;
    assert!(edits > 0, "some edits are made between the holds");
    assert!(!oversold);
    assert_eq!(deadlocks(&world).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_locks_allotments_fall_below_what_is_held() {
    let world = World::start().await;
    world.execute(NO_GUARD).await;
    let mut oversold = false;
    for _ in 0..5 {
        oversold |= contend(&world).await.1;
        if oversold {
            break;
        }
    }
    // Every hold was released, so the world ends as one that keeps its rules.
    world.execute(GUARD).await;
    assert!(
        oversold,
        "the load would not notice that the locks are missing"
    );
}
