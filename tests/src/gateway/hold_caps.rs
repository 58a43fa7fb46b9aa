//! Caps of live holds: of a key, and of a guest's session at the key's web site.

use std::time::Duration;

use roomwire::app::access;
use roomwire::domain::random::Random;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Answer, Client, Line, Setup, World, start_instant};

const KEY_FULL: &str = "429 too_many_holds: this API key has as many live holds as it may, 1: book or release one of \
    them, or wait until one lapses";
const SESSION_FULL: &str = "429 too_many_holds: this guest's session has as many live holds as it may, 1: book or \
    release one of them, or wait until one lapses";

async fn capped(per_key: u32, per_session: u32) -> World {
    World::with(Setup::gateway().hold_caps(per_key, per_session)).await
}

async fn hold(client: &Client) -> Answer {
    client.holding(&[Line::default()]).await.await
}

/// The same for a guest in this session.
async fn hold_in(client: &Client, session: &str) -> Answer {
    let holding = client.holding(&[Line::default()]).await;
    holding.header("guest-session", session).await
}

fn id(hold: &Value) -> &str {
    hold["id"].as_str().expect("an id")
}

/// In how many seconds the caller is told to come again.
fn wait(answer: &Answer) -> u32 {
    let seconds = answer.header("retry-after").expect("it says when");
    seconds.parse().expect("whole seconds")
}

async fn lapses_in(world: &World, hold: &str, seconds: u32) {
    world
        .execute(&format!(
            "UPDATE holds SET expires_at = clock_timestamp() + interval '{seconds} s' WHERE id = '{hold}'"
        ))
        .await;
}

#[tokio::test]
async fn a_key_has_as_many_live_holds_as_it_may_and_keeps_no_other_key_from_holding() {
    let world = capped(1, 1).await;
    let (guest, staff) = (world.guest().await, world.staff().await);
    hold(&guest).await.expect(201);
    // Whoever names sessions has no more than who does not.
    for refused in [hold(&guest).await, hold_in(&guest, "ada").await] {
        assert_eq!(refused.problem(), KEY_FULL);
        let problem = refused.json();
        assert_eq!(problem["errors"][0]["pointer"], "Authorization");
        assert_eq!(problem["retryable"], true);
    }
    hold(&staff).await.expect(201);
    assert_eq!(hold(&staff).await.problem(), KEY_FULL);
    assert_eq!(world.number("SELECT count(*) FROM holds").await, 2);
}

#[tokio::test]
async fn a_guests_session_has_as_many_live_holds_as_it_may_and_keeps_no_other_from_holding() {
    let world = capped(10, 1).await;
    let guest = world.guest().await;
    hold_in(&guest, "ada").await.expect(201);
    let refused = hold_in(&guest, "ada").await;
    assert_eq!(refused.problem(), SESSION_FULL);
    let problem = refused.json();
    assert_eq!(problem["errors"][0]["pointer"], "Guest-Session");
    hold_in(&guest, "grace").await.expect(201);
    hold(&guest).await.expect(201);
    hold(&guest).await.expect(201);
    // What another web site calls its guests is its own affair.
    hold_in(&world.staff().await, "ada").await.expect(201);
}

#[tokio::test]
async fn of_a_session_only_a_hash_is_kept() {
    let world = capped(10, 1).await;
    let made = hold_in(&world.guest().await, "ada-lovelace").await;
    assert!(!made.expect(201).to_string().contains("ada-lovelace"));
    let hashed = "SELECT count(*) FROM holds h WHERE length(guest_session) = 32 AND h::text NOT LIKE '%ada-lovelace%'
        AND position('ada-lovelace'::bytea IN guest_session) = 0";
    assert_eq!(world.number(hashed).await, 1);
}

#[tokio::test]
async fn what_was_released_lapsed_or_booked_is_free_at_once() {
    let world = capped(1, 1).await;
    let guest = world.guest().await;
    let released = hold_in(&guest, "ada").await.expect(201);
    assert_eq!(hold_in(&guest, "ada").await.problem(), KEY_FULL);
    let path = format!("holds/{}", id(&released));
    guest.delete(&path).await.expect(200);

    let lapsed = hold_in(&guest, "ada").await.expect(201);
    assert_eq!(hold_in(&guest, "ada").await.problem(), KEY_FULL);
    lapses_in(&world, id(&lapsed), 0).await;

    let booked = hold_in(&guest, "ada").await.expect(201);
    assert_eq!(hold_in(&guest, "ada").await.problem(), KEY_FULL);
    guest.reserving(id(&booked)).await.expect(201);
    hold_in(&guest, "ada").await.expect(201);
}

#[tokio::test]
async fn what_is_booked_at_once_is_no_live_hold() {
    let world = capped(1, 1).await;
    let guest = world.guest().await;
    hold(&guest).await.expect(201);
    let quote = guest.quote(&[Line::default()]).await;
    let lines = json!({"lines": [Line::default().json()]});
    for mut body in [json!({"quote": quote}), lines] {
        body["booker"] =
            json!({"first_name": "Ada", "last_name": "Lovelace", "email": "ada@guest.example"});
        guest.post("reservations", &body).await.expect(201);
    }
    assert_eq!(hold(&guest).await.problem(), KEY_FULL);
}

#[tokio::test]
async fn whoever_is_refused_is_told_when_the_first_hold_in_the_way_lapses() {
    let world = capped(3, 1).await;
    let guest = world.guest().await;
    let of_session = hold_in(&guest, "ada").await.expect(201);
    let soonest = hold(&guest).await.expect(201);
    lapses_in(&world, id(&of_session), 300).await;
    lapses_in(&world, id(&soonest), 100).await;
    // The session is not helped by a hold that is not its own.
    let session = hold_in(&guest, "ada").await;
    assert_eq!(session.code(), "too_many_holds");
    assert!((250..=300).contains(&wait(&session)), "{}", wait(&session));

    hold(&guest).await.expect(201);
    let key = hold(&guest).await;
    assert_eq!(key.code(), "too_many_holds");
    assert!((50..=100).contains(&wait(&key)), "{}", wait(&key));
}

#[tokio::test]
async fn a_session_that_is_none_is_refused_with_the_name_of_its_header() {
    let world = World::start().await;
    let guest = world.guest().await;
    let body = json!({"quote": guest.quote(&[Line::default()]).await});
    let holding = |session: &str| guest.post("holds", &body).header("guest-session", session);
    for session in ["", "ada lovelace", &"s".repeat(129), "ad\u{e4}", "a\tb"] {
        let refused = holding(session).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (400, "guest_session_malformed"),
            "{session:?}"
        );
        let problem = refused.json();
        assert_eq!(problem["errors"][0]["pointer"], "Guest-Session");
    }
    let twice = holding("ada").header_again("guest-session", "ada").await;
    assert_eq!(twice.code(), "guest_session_malformed");
    assert_eq!(world.number("SELECT count(*) FROM holds").await, 0);
    holding(&"~".repeat(128)).await.expect(201);
}

#[tokio::test]
async fn a_refusal_is_not_kept_under_its_idempotency_key_and_an_answer_is_repeated_at_the_cap() {
    let world = capped(1, 1).await;
    let guest = world.guest().await;
    let body = json!({"quote": guest.quote(&[Line::default()]).await});
    let first = guest.post("holds", &body).idempotency_key("first").await;
    let second = || guest.post("holds", &body).idempotency_key("second");
    assert_eq!(second().await.problem(), KEY_FULL);
    let again = guest.post("holds", &body).idempotency_key("first").await;
    assert_eq!((again.status, &again.body), (201, &first.body));

    let path = format!("holds/{}", id(&first.expect(201)));
    guest.delete(&path).await.expect(200);
    let granted = second().await;
    assert_eq!(
        (granted.status, granted.header("idempotent-replayed")),
        (201, None)
    );
}

#[tokio::test]
async fn a_key_and_its_successor_have_one_cap() {
    let world = capped(1, 1).await;
    let before = world.guest().await;
    hold(&before).await.expect(201);
    let store = world.database.store(1).await;
    let key = before.key().expect("a guest has a key");
    let prefix = key.split('_').nth(2).expect("a prefix");
    let random = Random::system();
    let hour = Duration::from_secs(3600);
    let rotated = access::rotate(&store, start_instant(), &random, prefix, hour).await;
    store.close().await;
    let after = world.client("aurora-rome", Some(rotated.expect("a key").text));
    assert_eq!(hold(&after).await.problem(), KEY_FULL);
}

#[tokio::test]
async fn an_operators_key_has_its_cap_in_each_hotel() {
    let world = capped(1, 1).await;
    let operator = world.operator().await;
    hold(&operator).await.expect(201);
    assert_eq!(hold(&operator).await.problem(), KEY_FULL);
    let tatami = Line {
        room_type: "TATAMI",
        rate_plan: "HALF",
        ..Line::default()
    };
    operator.at("sakura-kyoto").hold(&[tatami]).await;
}

#[tokio::test]
async fn near_the_cap_what_is_sold_out_is_told_as_such_and_lapsed_holds_are_units_that_are_free() {
    let world = capped(2, 2).await;
    let guest = world.guest().await;
    let late = guest.holding(&[Line::default()]).await;
    let all = Line {
        units: 8,
        ..Line::default()
    };
    let taken = guest.hold(std::slice::from_ref(&all)).await;
    let late = late.await;
    assert_eq!(late.code(), "sold_out");
    assert_eq!(late.json()["conflict"]["room_type"], "DBL");
    lapses_in(&world, &taken, 0).await;
    guest.hold(&[all]).await;
}

#[tokio::test]
async fn of_many_at_the_caps_last_places_as_many_hold_as_there_are_places() {
    let world = capped(5, 3).await;
    let guest = world.guest().await;
    let body = json!({"quote": guest.quote(&[Line::default()]).await});
    let mut callers = JoinSet::new();
    for number in 0..32 {
        // Half of them are one guest, in as many windows.
        let in_session = number % 2 == 0;
        let mut holding = guest.post("holds", &body);
        if in_session {
            holding = holding.header("guest-session", "ada");
        }
        callers.spawn(async move { (in_session, holding.await) });
    }
    let (mut held, mut of_session) = (0, 0);
    for (in_session, answer) in callers.join_all().await {
        if answer.status == 201 {
            held += 1;
            of_session += u32::from(in_session);
        } else {
            assert_eq!(answer.code(), "too_many_holds");
        }
    }
    assert_eq!(held, 5);
    assert!(of_session <= 3, "{of_session}");
    let live = "SELECT count(*) FROM holds WHERE state = 'held'";
    assert_eq!(world.number(live).await, 5);
}
