//! `cargo xtask bench booking`: reservations and offers a second through HTTP, empty and with 100,000 reservations.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::bench::grand::{Grand, line, offers};
use crate::bench::tables;
use crate::harness::Client;

const CLIENTS: usize = 32;
const FOR: Duration = Duration::from_secs(15);
const QUOTES: usize = 120;

/// How often a second the clients together do something, each one after the other.
async fn rate<F: Future<Output = ()> + Send>(
    act: impl Fn(usize) -> F + Clone + Send + 'static,
) -> f64 {
    let (next, begin) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (next, act) = (next.clone(), act.clone());
        clients.spawn(async move {
            while begin.elapsed() < FOR {
                act(next.fetch_add(1, Ordering::Relaxed)).await;
            }
        });
    }
    clients.join_all().await;
    let done = u32::try_from(next.load(Ordering::Relaxed)).expect("a small number");
    f64::from(done) / begin.elapsed().as_secs_f64()
}

async fn quotes(hotel: &Client) -> Arc<Vec<Value>> {
    let mut quotes = Vec::new();
    for number in 0..QUOTES {
        let quote = hotel
            .post("quotes", &json!({"lines": [line(number, 3)]}))
            .await
            .expect(201);
        quotes.push(json!({"quote": quote["quote"]}));
    }
    Arc::new(quotes)
}

async fn reservations(hotel: &Client) -> f64 {
    let (hotel, quotes) = (hotel.clone(), quotes(hotel).await);
    rate(move |number| {
        let (hotel, quotes) = (hotel.clone(), quotes.clone());
        async move {
            let hold = hotel
                .post("holds", &quotes[number % QUOTES])
                .await
                .expect(201);
            let hold = hold["id"].as_str().expect("an id");
            hotel.reserving(hold).await.expect(201);
        }
    })
    .await
}

async fn offered(hotel: &Client) -> f64 {
    let hotel = hotel.clone();
    rate(move |number| {
        let answer = hotel.get(&offers(number, 14)).into_future();
        async move {
            answer.await.expect(200);
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: cargo xtask bench booking"]
async fn reservations_and_offers_of_one_hotel_empty_and_full() {
    let grand = Grand::open(1).await;
    let hotel = &grand.hotels[0];
    println!("clients                     {CLIENTS:>10}");
    println!(
        "offers, 40 products × 14    {:>10.0} /s",
        offered(hotel).await
    );
    println!(
        "hold + reservation          {:>10.0} /s",
        reservations(hotel).await
    );
    tables::load(&grand.world).await;
    println!("with 100,000 reservations");
    println!(
        "offers, 40 products × 14    {:>10.0} /s",
        offered(hotel).await
    );
    println!(
        "hold + reservation          {:>10.0} /s",
        reservations(hotel).await
    );
    let Grand { world, .. } = grand;
    let database = world.into_database().await;
    assert_eq!(database.deadlocks().await, 0);
    tables::verify(database).await;
}
