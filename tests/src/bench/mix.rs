//! `cargo xtask bench mix`: searches over many hotels, and what a busy hour asks at a steady rate that waits for nobody.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use roomwire::domain::random::Random;

use crate::bench::booking::{finish, look};
use crate::bench::desk::Desk;
use crate::bench::drive::{arrivals, percentile};
use crate::bench::grand::{A_PLACE, Grand, Size, Tables, slug};
use crate::bench::options::Options;
use crate::bench::report::{Figure, Report, Target};
use crate::harness::{Answer, Client};

const A_SECOND: u32 = 340;
/// Hotels at which is booked; offers are asked of all, and searches find all.
const BUSY: usize = 50;

/// What is asked, and how often in a thousand.
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

/// Zipf: the first is drawn most, and the tenth a tenth as often.
struct Ranks(Vec<f64>);

impl Ranks {
    fn new(number: usize) -> Self {
        let mut sum = 0.0;
        let ranks = (1..=number).map(|rank| {
            sum += 1.0 / f64::from(u32::try_from(rank).expect("a small number"));
            sum
        });
        Self(ranks.collect())
    }

    /// Which one a number in `[0, 1)` draws.
    fn draw(&self, number: f64) -> usize {
        let wanted = number * self.0.last().expect("there are some");
        self.0.partition_point(|sum| *sum <= wanted)
    }
}

/// One request of the hour.
struct Request {
    kind: &'static str,
    hotel: usize,
    busy: usize,
}

fn hour(hotels: usize, number: u32) -> Vec<Request> {
    let random = Random::seeded(7);
    let part = || {
        let million = u32::try_from(random.below(1_000_000)).expect("below a million");
        f64::from(million) / 1e6
    };
    let (all, busy) = (Ranks::new(hotels), Ranks::new(hotels.min(BUSY)));
    (0..number)
        .map(|_| Request {
            kind: kind(u32::try_from(random.below(1_000)).expect("below a thousand")),
            hotel: all.draw(part()),
            busy: busy.draw(part()),
        })
        .collect()
}

async fn ask(operator: Client, size: Size, desk: Arc<Desk>, request: (u32, &Request)) -> Answer {
    let (number, Request { kind, hotel, .. }) = request;
    let number = usize::try_from(number).expect("a small number");
    match *kind {
        "search" => {
            operator
                .get(&size.search(number, Some(hotel / A_PLACE)))
                .await
        }
        "offers" => {
            let hotel = operator.at(&slug(*hotel));
            hotel.get(&size.offers(number, 14)).await
        }
        kind => desk.call(kind, number).await,
    }
}

/// What came of the requests of one kind.
#[derive(Default)]
struct Outcome {
    times: Vec<Duration>,
    refused: usize,
    /// Answers of our fault, and what the first of them said.
    failed: u32,
    first: Option<String>,
}

impl Outcome {
    fn add(&mut self, answer: &Answer, took: Duration) {
        self.times.push(took);
        if answer.status >= 500 {
            self.failed += 1;
            self.first
                .get_or_insert_with(|| format!("{} {}", answer.status, answer.text()));
        } else if answer.status >= 300 {
            self.refused += 1;
        }
    }

    /// Whether the gateway is to blame for any.
    fn blame(&self, kind: &str) -> Figure {
        let failed = Figure::new(format!("{kind}: 5xx"), self.failed.into(), "");
        let failed = failed.target(Target::Exactly(0.0));
        match &self.first {
            Some(first) => failed.note(format!("the first: {first}")),
            None => failed,
        }
    }
}

/// The hour, and what came of each kind of request.
async fn busy_hour(grand: &Grand, seconds: u32) -> BTreeMap<&'static str, Outcome> {
    let mut desks = Vec::new();
    for number in 0..grand.size.hotels.min(BUSY) {
        desks.push(Arc::new(Desk::furnish(grand, number).await));
    }
    let requests = A_SECOND * seconds;
    let hour = Arc::new(hour(grand.size.hotels, requests));
    let (operator, size, desks) = (grand.operator.clone(), grand.size, Arc::new(desks));
    let act = move |number: u32| {
        let (operator, hour, desks) = (operator.clone(), hour.clone(), desks.clone());
        async move {
            let request = &hour[usize::try_from(number).expect("a small number")];
            let desk = desks[request.busy].clone();
            (
                request.kind,
                ask(operator, size, desk, (number, request)).await,
            )
        }
    };
    let mut kinds: BTreeMap<&str, Outcome> = BTreeMap::new();
    for ((kind, answer), took) in arrivals(A_SECOND, requests, act).await {
        kinds.entry(kind).or_default().add(&answer, took);
    }
    kinds
}

/// How long one caller alone waits.
async fn alone(span: Duration, operator: &Client, path: impl Fn(usize) -> String) -> Vec<Duration> {
    let (mut times, begin) = (Vec::new(), Instant::now());
    while begin.elapsed() < span {
        let asked = Instant::now();
        look(operator.clone(), path(times.len())).await;
        times.push(asked.elapsed());
    }
    times
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: cargo xtask bench mix"]
async fn searches_over_many_hotels_and_a_busy_hour() {
    let options = Options::read(2_000, 30);
    let size = Size {
        hotels: options.hotels,
        nights: 100,
    };
    let grand = Grand::open(size, Tables::Partitioned).await;
    let seconds = u32::try_from(options.span.as_secs()).expect("a small number");
    let how = format!(
        "{} hotels, {} cells; {A_SECOND} requests/s for {seconds} s, each timed from its instant",
        size.hotels,
        size.cells()
    );
    let mut report = Report::new("mix", how);
    let (client, span) = (grand.hotel(0), options.span.min(Duration::from_secs(5)));
    let place = alone(span, &client, |number| size.search(number, Some(number))).await;
    report.times("alone: search of a place, 10 hotels", place, 0);
    let page = alone(span, &client, |number| size.search(number, None)).await;
    report.times("alone: search of all, a page of 50", page, 0);
    let offers = alone(span, &client, |number| size.offers(number, 14)).await;
    report.times("alone: offers, 40 products × 14 nights", offers, 0);

    let targets = [
        ("search", 95, 300.0),
        ("hold", 99, 500.0),
        ("booking", 99, 1_000.0),
    ];
    for (kind, mut outcome) in busy_hour(&grand, seconds).await {
        for (_, percent, bound) in targets.iter().filter(|(name, ..)| *name == kind) {
            let figure = percentile(&mut outcome.times, *percent);
            let figure = Figure::new(format!("{kind} p{percent}"), figure, "ms");
            report.add(figure.target(Target::Below(*bound)));
        }
        report.add(outcome.blame(kind));
        report.times(kind, outcome.times, outcome.refused);
    }
    finish(grand, size.hotels.min(BUSY)).await;
    report.print(&options);
}

#[test]
fn an_answer_of_our_fault_is_a_missed_figure_with_its_text() {
    let answer = |status, body: &'static str| Answer {
        status,
        headers: http::HeaderMap::new(),
        body: body.into(),
    };
    let mut outcome = Outcome::default();
    for (status, body) in [(200, "{}"), (409, "sold out"), (503, "busy"), (500, "oh")] {
        outcome.add(&answer(status, body), Duration::from_millis(1));
    }
    assert_eq!(
        (outcome.times.len(), outcome.refused, outcome.failed),
        (4, 1, 2)
    );
    let line = outcome.blame("hold").line();
    assert!(line.starts_with("hold: 5xx"), "{line}");
    assert!(line.ends_with("MISSED  the first: 503 busy"), "{line}");
    let line = Outcome::default().blame("hold").line();
    assert!(!line.contains("MISSED"), "{line}");
}

#[test]
fn the_shares_are_a_thousand_and_ranks_are_drawn_by_zipf() {
    assert_eq!(MIX.iter().map(|(_, share)| share).sum::<u32>(), 1_000);
    assert_eq!(
        (kind(0), kind(449), kind(450), kind(999)),
        ("search", "search", "offers", "bad request")
    );
    let ranks = Ranks::new(2);
    assert_eq!(
        [0.0, 0.66, 0.67, 0.99].map(|number| ranks.draw(number)),
        [0, 0, 1, 1]
    );
}
