//! Many who give the same few rooms away at once: no room is two guests' on one night.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Line, World, violations};
use crate::inventory::company;

const GUESTS: i32 = 40;

/// Stays begin on one of so many days.
const ARRIVALS: i32 = 3;

/// Of one more than there are days, two want a room for the same nights.
const COMPANY: usize = ARRIVALS as usize + 1;

/// A function that looks for a room, waits until others have looked, and then takes it without asking again: what they do
/// at once, all of them believe.
const CARELESS: &str = "
    CREATE OR REPLACE FUNCTION give_room(
        p_hotel uuid, p_assignment jsonb, p_room_type uuid, p_from date, p_until date, p_split boolean
    ) RETURNS date LANGUAGE plpgsql AS $$
    DECLARE
        v_room uuid;
    BEGIN
        SELECT f.room_id INTO v_room FROM free_rooms(p_hotel, p_room_type, p_from, p_until) AS f
        JOIN rooms r ON r.hotel_id = p_hotel AND r.id = f.room_id
        WHERE f.until_night = p_until ORDER BY f.gap, r.number LIMIT 1;
        IF v_room IS NULL THEN
            RETURN NULL;
        END IF;
        PERFORM wait_for_company();
        INSERT INTO room_assignments (hotel_id, id, reservation_id, line, unit, room_id, from_night, until_night)
        SELECT p_hotel, n.id, n.reservation_id, n.line, n.unit, v_room, p_from, p_until
        FROM jsonb_to_record(p_assignment) AS n (id uuid, reservation_id uuid, line smallint, unit integer);
        RETURN p_until;
    END $$;";

/// Two-night stays on a few days, more than there are rooms for.
async fn booked(world: &World) -> Vec<Value> {
    world
        .execute("UPDATE room_availability SET allotment = 100")
        .await;
    let guest = world.guest().await;
    let mut made = Vec::new();
    for number in 0..GUESTS {
        let line = Line {
            arrival: number % ARRIVALS,
            ..Line::default()
        };
        made.push(guest.reserve(&[line]).await);
    }
    made
}

/// Everybody's room is looked for at once, and every second guest is also moved into the same room.
async fn all_at_once(world: &World, made: &[Value]) -> Vec<(u16, String)> {
    let mut calls = JoinSet::new();
    for (number, reservation) in made.iter().enumerate() {
        let path = format!(
            "reservations/{}/rooms",
            reservation["id"].as_str().expect("an id")
        );
        let staff = world.staff().await;
        let auto = staff.post(&format!("{path}/auto"), &json!({}));
        let moved = staff.post(&format!("{path}/move"), &json!({"line": 0, "room": "101"}));
        calls.spawn(async move { vec![auto.await] });
        if number % 2 == 0 {
            calls.spawn(async move { vec![moved.await] });
        }
    }
    let answers = calls.join_all().await.into_iter().flatten();
    let told = |status: u16, answer: &Value| {
        let code = answer["code"].as_str().unwrap_or_default();
        (status, code.to_owned())
    };
    answers
        .map(|answer| told(answer.status, &answer.json()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rooms_that_everybody_wants_at_once_are_given_away_once_and_all_of_them() {
    let world = World::start().await;
    let made = booked(&world).await;
    for (status, code) in all_at_once(&world, &made).await {
        let decided = status == 200 || code == "room_taken";
        assert!(decided, "{status} {code}");
    }
    // Nights 0 and 3 lie at the ends: every one of the eight doubles has somebody on the night in the middle.
    let middle = format!(
        "SELECT count(DISTINCT a.room_id) FROM room_assignments a
         WHERE a.from_night <= '{night}' AND a.until_night > '{night}'",
        night = crate::harness::night(1)
    );
    assert_eq!(world.number(&middle).await, 8);
    let unassigned = world
        .number("SELECT count(*) FROM reservations r WHERE NOT EXISTS (SELECT FROM room_assignments a WHERE a.reservation_id = r.id)")
        .await;
    assert!(unassigned > 0, "there are more guests than rooms");
    // The invariants are asked where the world ends.
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_constraint_alone_keeps_a_room_from_being_given_twice() {
    let world = World::start().await;
    let made = booked(&world).await;
    world.execute(&company::of(COMPANY)).await;
    world.execute(CARELESS).await;
    let told = all_at_once(&world, &made).await;
    assert!(
        told.iter()
            .all(|(status, _)| [200, 409, 503].contains(status)),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_lock_and_constraint_a_room_is_two_guests_and_the_invariants_say_so() {
    let world = World::start().await;
    let made = booked(&world).await;
    world.execute(&company::of(COMPANY)).await;
    world.execute(CARELESS).await;
    world
        .execute("ALTER TABLE room_assignments DROP CONSTRAINT one_unit_a_room")
        .await;
    all_at_once(&world, &made).await;
    let database = world.into_database().await;
    let broken = violations(&database.owner()).await;
    let twice = |line: &String| line.starts_with("I25 ") && line.contains("is given twice");
    assert!(broken.iter().any(twice), "{broken:#?}");
}
