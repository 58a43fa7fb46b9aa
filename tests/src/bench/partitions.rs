//! `cargo xtask bench partitions`: the same acts on partitioned and on plain tables, in turn, so that both meet the same
//! weather.

use std::sync::Arc;
use std::time::Duration;

use jiff::ToSpan;
use serde_json::Value;

use crate::bench::booking::{CALLERS, book, finish, look, quotes};
use crate::bench::drive::{median, rate};
use crate::bench::grand::{Grand, Size, Tables};
use crate::bench::options::Options;
use crate::bench::pgbench::ROUNDS;
use crate::bench::report::{Figure, Report};
use crate::bench::{loader, tables};
use crate::harness::Client;

/// What an act needs of one of the two databases.
#[derive(Clone)]
struct Side {
    hotel: Client,
    size: Size,
    quotes: Arc<Vec<Value>>,
}

async fn open(size: Size, tables: Tables) -> (Grand, Side) {
    eprintln!("    {tables:?} tables");
    let grand = Grand::open(size, tables).await;
    tables::add_reservations(&grand.world).await;
    loader::settle(&grand.world).await;
    let side = Side {
        hotel: grand.hotel(0),
        size,
        quotes: quotes(&grand).await,
    };
    (grand, side)
}

/// How often a second on partitioned tables, and how often on plain ones.
async fn both<F: Future<Output = ()> + Send>(
    sides: [&Side; 2],
    span: Duration,
    act: impl Fn(Side, usize) -> F + Clone + Send + 'static,
) -> [f64; 2] {
    let mut rounds = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (side, rounds) in sides.into_iter().zip(&mut rounds) {
            let (side, act) = (side.clone(), act.clone());
            let done = rate(CALLERS, span, move |number| act(side.clone(), number)).await;
            rounds.push(done);
        }
    }
    rounds.map(median)
}

fn figure(what: &str, [partitioned, plain]: [f64; 2]) -> Figure {
    Figure::new(what, partitioned, "/s").against("plain", Some(plain))
}

/// A page of what the desk sees of ten weeks.
async fn desk_page(side: Side, number: usize) {
    let from = side.size.arrival(number);
    let until = from + 70.days();
    let path = format!("reservations?stay_from={from}&stay_to={until}&limit=100");
    look(side.hotel, path).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: cargo xtask bench partitions"]
async fn partitioned_tables_against_plain_ones() {
    let options = Options::read(200, 5);
    let size = Size {
        hotels: options.hotels,
        nights: 365,
    };
    let (partitioned, of_partitioned) = open(size, Tables::Partitioned).await;
    let (plain, of_plain) = open(size, Tables::Plain).await;
    let (sides, span) = ([&of_partitioned, &of_plain], options.span);
    let how = format!(
        "{} hotels × 365 nights, 100,000 reservations at one, medians of {ROUNDS} × {} s",
        size.hotels,
        span.as_secs()
    );
    let mut report = Report::new("partitions", how);

    let offers = |side: Side, number| look(side.hotel, side.size.offers(number, 14));
    report.add(figure(
        "offers, 40 products × 14 nights",
        both(sides, span, offers).await,
    ));
    let search = |side: Side, number| {
        let path = side.size.search(number, Some(number));
        look(side.hotel, path)
    };
    report.add(figure("search of a place", both(sides, span, search).await));
    let booking = |side: Side, number| book(side.hotel, side.quotes, number);
    report.add(figure(
        "hold + reservation",
        both(sides, span, booking).await,
    ));
    report.add(figure(
        "the desk's page of ten weeks",
        both(sides, span, desk_page).await,
    ));

    finish(partitioned, 1).await;
    finish(plain, 1).await;
    report.print(&options);
}
