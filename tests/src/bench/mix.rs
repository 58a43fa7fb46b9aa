//! `cargo xtask bench mix`: what a busy hour asks, at a steady rate that waits for nobody.
//!
//! A request is due at its instant whether or not those before it were answered, and its time counts from then: a server
//! that stalls is not asked less, and so does not look better than it is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use roomwire::domain::random::Random;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::bench::grand::{Grand, arrival, line, offers};
use crate::bench::tables;
use crate::harness::{Answer, Call, Client};

const A_SECOND: u32 = 340;
const SECONDS: u32 = 60;
const HOTELS: usize = 50;

/// What is asked, and how often in a thousand. Search by place does not exist yet: it counts as a short list of offers.
const MIX: [(&str, u32); 12] = [
    ("search", 450),
    ("offers", 300),
    ("quote", 80),
    ("hold", 20),
    ("hold extend, release", 6),
    ("booking", 4),
    ("manage", 25),
    ("desk list", 40),
    ("desk step", 7),
    ("webhook", 30),
    ("feed", 31),
    ("bad request", 7),
];

/// One hotel with what was made there before.
struct Place {
    client: Client,
    quote: Value,
    holds: Vec<String>,
    reservations: Vec<Value>,
}

impl Place {
    /// As many holds and reservations as steps may be tried on.
    async fn furnish(client: Client) -> Self {
        let quote = client
            .post("quotes", &json!({"lines": [line(3, 2)]}))
            .await
            .expect(201);
        let quote = json!({"quote": quote["quote"]});
        let (mut holds, mut reservations) = (Vec::new(), Vec::new());
        for _ in 0..10 {
            let hold = client.post("holds", &quote).await.expect(201);
            holds.push(hold["id"].as_str().expect("an id").to_owned());
            let hold = client.post("holds", &quote).await.expect(201);
            let hold = hold["id"].as_str().expect("an id");
            reservations.push(client.reserving(hold).await.expect(201));
        }
        Self {
            client,
            quote,
            holds,
            reservations,
        }
    }

    fn call(&self, kind: &str, number: usize) -> Call {
        let client = &self.client;
        let hold = || format!("holds/{}", self.holds[number % self.holds.len()]);
        let made = &self.reservations[number % self.reservations.len()];
        let reservation = || format!("reservations/{}", made["id"].as_str().expect("an id"));
        let booker =
            json!({"first_name": "Ada", "last_name": "Lovelace", "email": "ada@guest.example"});
        let from = arrival(number);
        match kind {
            "search" => client.get(&offers(number, 2)),
            "offers" => client.get(&offers(number, 14)),
            "quote" => client.post("quotes", &json!({"lines": [line(number, 3)]})),
            "hold" => client.post("holds", &self.quote),
            "hold extend, release" if number.is_multiple_of(2) => client.delete(&hold()),
            "hold extend, release" => client.patch(&hold()),
            "booking" => client.post(
                "reservations",
                &json!({"lines": [line(number, 2)], "booker": booker}),
            ),
            "manage" if number.is_multiple_of(4) => client
                .patch(&reservation())
                .header("if-match", "*")
                .json(&json!({"notes": format!("note {number}")})),
            "manage" => client.get(&reservation()),
            "desk list" => {
                let until = from + jiff::ToSpan::days(75);
                client.get(&format!(
                    "reservations?stay_from={from}&stay_to={until}&limit=100"
                ))
            }
            "desk step" => client.step(made, "confirm"),
            "webhook" => client.post(
                "/v1/webhooks/nobody-awaits-this-token-of-a-channel",
                &json!({}),
            ),
            "feed" => client.get(&format!("{}/events", reservation())),
            _ => client.post("quotes", &json!({"lines": [{"room_type": "NONE"}]})),
        }
    }
}

/// Which kind a number below a thousand is.
fn kind(mut number: u32) -> &'static str {
    for (kind, share) in MIX {
        if number < share {
            return kind;
        }
        number -= share;
    }
    unreachable!("the shares are a thousand together")
}

/// Zipf: the first hotel is asked most, and the tenth a tenth as often.
fn hotel(random: f64) -> usize {
    let weights: Vec<f64> = (1..=HOTELS)
        .map(|rank| 1.0 / f64::from(u32::try_from(rank).expect("small")))
        .collect();
    let mut left = random * weights.iter().sum::<f64>();
    for (place, weight) in weights.iter().enumerate() {
        left -= weight;
        if left <= 0.0 {
            return place;
        }
    }
    HOTELS - 1
}

fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let place = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted[place].as_secs_f64() * 1e3
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: cargo xtask bench mix"]
async fn a_busy_hour_at_a_steady_rate() {
    assert_eq!(MIX.iter().map(|(_, share)| share).sum::<u32>(), 1_000);
    let Grand { world, hotels } = Grand::open(HOTELS).await;
    let mut places = Vec::new();
    for client in hotels {
        places.push(Arc::new(Place::furnish(client).await));
    }
    let random = Random::seeded(7);
    let draw = |below: u32| u32::try_from(random.below(below.into())).expect("below a small bound");
    let begin = Instant::now() + Duration::from_millis(100);
    let mut asked: JoinSet<(&str, Duration, Answer)> = JoinSet::new();
    for number in 0..A_SECOND * SECONDS {
        let due = begin + Duration::from_secs(1) * number / A_SECOND;
        let (what, place) = (kind(draw(1_000)), hotel(f64::from(draw(1_000_000)) / 1e6));
        let place = places[place].clone();
        asked.spawn(async move {
            tokio::time::sleep_until(due.into()).await;
            let call = place.call(what, usize::try_from(number).expect("small"));
            let answer = call.await;
            (what, due.elapsed(), answer)
        });
    }
    let mut times: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    let mut failed = Vec::new();
    while let Some(answered) = asked.join_next().await {
        let (what, took, answer) = answered.expect("no caller panics");
        times.entry(what).or_default().push(took);
        if answer.status >= 500 {
            failed.push(format!("{what}: {} {}", answer.status, answer.text()));
        }
    }
    println!(
        "{A_SECOND} requests/s for {SECONDS} s; milliseconds from the instant at which each was due"
    );
    println!(
        "{:<22}{:>8}{:>9}{:>9}{:>9}",
        "", "requests", "p50", "p95", "p99"
    );
    for (what, times) in &mut times {
        times.sort();
        let [p50, p95, p99] = [50, 95, 99].map(|percent| percentile(times, percent));
        println!("{what:<22}{:>8}{p50:>9.1}{p95:>9.1}{p99:>9.1}", times.len());
    }
    assert_eq!(failed, Vec::<String>::new());
    tables::verify(world.into_database().await).await;
}
