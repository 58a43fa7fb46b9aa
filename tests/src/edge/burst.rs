//! The sale burst: everybody wants the same night, on a connection of their own, under the limits as they are delivered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::harness::{Line, World, violations};

const CALLERS: u32 = 5_000;
const WITHIN: Duration = Duration::from_secs(5);
const UNITS: i64 = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_five_thousand_callers_in_five_seconds_a_hundred_hold_the_hundred_units() {
    let world = World::start().await;
    world
        .execute(&format!(
            "UPDATE room_availability SET allotment = {UNITS}, overbooking = 0 WHERE night >= current_date"
        ))
        .await;
    let night = Line {
        nights: 1,
        ..Line::default()
    };
    let guest = world.guest().await;
    let body = Arc::new(json!({"quote": guest.quote(&[night]).await}));
    // The gateway has worked before: its connections to the database are open.
    let mut before = JoinSet::new();
    for _ in 0..48 {
        before.spawn(guest.get("/v1/hotels").into_future());
    }
    for answer in before.join_all().await {
        answer.expect(200);
    }
    let key = guest.key().expect("a guest has a key");
    // As many as have a connection at once on a machine with few files.
    let open = Arc::new(Semaphore::new(2_000));
    let begin = Instant::now();
    let mut callers = JoinSet::new();
    for number in 0..CALLERS {
        let client = world.client("aurora-rome", Some(key.clone()));
        let (body, open) = (body.clone(), open.clone());
        callers.spawn(async move {
            tokio::time::sleep_until((begin + WITHIN * number / CALLERS).into()).await;
            let _open = open.acquire().await.expect("never closed");
            let asked = Instant::now();
            let answer = client.post("holds", &body).await;
            let told = if answer.status == 201 {
                "held".to_owned()
            } else {
                answer.code()
            };
            (told, answer.status, asked.elapsed())
        });
    }
    let mut told: BTreeMap<(u16, String), u32> = BTreeMap::new();
    let mut slowest = Duration::ZERO;
    while let Some(answer) = callers.join_next().await {
        let (what, status, took) = answer.expect("no caller panics");
        *told.entry((status, what)).or_default() += 1;
        slowest = slowest.max(took);
    }
    eprintln!("{told:?} in {:?}, the slowest {slowest:?}", begin.elapsed());
    assert_eq!(
        told.remove(&(201, "held".to_owned())),
        Some(100),
        "{told:?}"
    );
    let clean = |(status, code): &(u16, String)| {
        matches!(
            (status, code.as_str()),
            (409, "sold_out" | "quote_changed") | (429, "rate_limited" | "overloaded")
        )
    };
    assert!(told.keys().all(clean), "{told:?}");
    let held = "SELECT sum(held) FROM room_availability WHERE held > 0";
    assert_eq!(world.number(held).await, UNITS);
    let database = world.into_database().await;
    assert_eq!(database.deadlocks().await, 0);
    assert_eq!(violations(&database.owner()).await, Vec::<String>::new());
}
