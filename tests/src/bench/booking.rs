//! `cargo xtask bench booking`: holds, reservations and offers a second through HTTP, against pgbench, with few and with
//! many reservations; and a sale that everybody wants.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::bench::drive::{arrivals, median, rate};
use crate::bench::grand::{Grand, SPREAD, Size, Tables, hot, one_night, today};
use crate::bench::options::Options;
use crate::bench::pgbench::{Compared, Pgbench, ROUNDS, compare};
use crate::bench::report::{Figure, Report, Target};
use crate::bench::scripts::Names;
use crate::bench::{loader, tables};
use crate::harness::Client;

/// Callers who hold and reserve, or look at offers.
pub(super) const CALLERS: usize = 32;
const HOT_CALLERS: usize = 64;
const PEER: &str = "pgbench";

/// Callers of a sale in five seconds, and what there is of it.
const SALE_CALLERS: u32 = 5_000;
const SALE_SECONDS: u32 = 5;
const SALE_UNITS: u32 = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: cargo xtask bench booking"]
async fn holds_reservations_and_offers_of_one_hotel() {
    let options = Options::read(1, 5);
    let (hotels, nights) = (1, 365);
    let grand = Grand::open(Size { hotels, nights }, Tables::Partitioned).await;
    let pgbench = Pgbench::find(&grand).await;
    let measured = Measured {
        grand: &grand,
        pgbench: pgbench.as_ref(),
        span: options.span,
    };
    let how = format!("medians of {ROUNDS} × {} s", options.span.as_secs());
    let mut report = Report::new("booking", how);
    let few = measured.with_few(&mut report).await;
    tables::add_reservations(&grand.world).await;
    loader::settle(&grand.world).await;
    measured.with_many(&mut report, few).await;

    let held = f64::from(sale(&grand).await);
    let sold = Figure::new("5,000 callers in 5 s for 100 units: held", held, "");
    report.add(sold.target(Target::Exactly(SALE_UNITS.into())));
    finish(grand, 1).await;
    report.print(&options);
}

/// Stops the gateway and looks at what it left at the first hotels.
pub(super) async fn finish(grand: Grand, hotels: usize) {
    let database = grand.world.into_database().await;
    tables::verify(&database, hotels).await;
}

struct Measured<'a> {
    grand: &'a Grand,
    pgbench: Option<&'a Pgbench>,
    span: Duration,
}

/// Of one second.
struct Rates {
    bookings: f64,
    offers: f64,
}

impl Measured<'_> {
    async fn with_few(&self, report: &mut Report) -> Rates {
        let hot = self.hot_holds().await;
        let hold = Figure::new(
            "3 nights held and given back, 64 callers on 8 hot nights",
            hot.ours,
            "/s",
        );
        let hold = hold.target(Target::AtLeast(300.0));
        report.add(hold.against(PEER, hot.pgbench));

        let booked = self.bookings().await;
        let booking = Figure::new("hold + reservation, 32 callers", booked.ours, "/s");
        let booking = booking.target(Target::AtLeast(1_200.0));
        let booking = booking.against(PEER, booked.pgbench);
        report.add(booking.ratio_target(Target::AtLeast(0.7)));

        let offers = self.offers().await;
        let offered = Figure::new("offers, 40 products × 14 nights", offers, "/s");
        report.add(offered.target(Target::AtLeast(2_500.0)));
        Rates {
            bookings: booked.ours,
            offers,
        }
    }

    async fn with_many(&self, report: &mut Report, few: Rates) {
        let booked = self.bookings().await.ours;
        let booking = Figure::new(
            "with 100,000 reservations: hold + reservation",
            booked,
            "/s",
        );
        report.add(booking.against("before", Some(few.bookings)));
        let offers = self.offers().await;
        let offered = Figure::new("with 100,000 reservations: offers", offers, "/s");
        report.add(offered.against("before", Some(few.offers)));
    }

    async fn hot_holds(&self) -> Compared {
        let hotel = self.grand.hotel(0);
        let quotes = quoted(&hotel, (0..6).map(hot)).await;
        let script = Names::read(self.grand).await.hot_hold();
        let hold = move |number: usize| {
            let call = hotel.post("holds", &quotes[number % quotes.len()]);
            let hotel = hotel.clone();
            async move {
                let hold = call.await.expect(201);
                let hold = hold["id"].as_str().expect("an id");
                hotel.delete(&format!("holds/{hold}")).await.expect(200);
            }
        };
        compare((self.pgbench, &script), HOT_CALLERS, self.span, hold).await
    }

    async fn bookings(&self) -> Compared {
        let (hotel, quotes) = (self.grand.hotel(0), quotes(self.grand).await);
        let script = Names::read(self.grand).await.booking();
        let act = move |number| book(hotel.clone(), quotes.clone(), number);
        compare((self.pgbench, &script), CALLERS, self.span, act).await
    }

    async fn offers(&self) -> f64 {
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let (hotel, size) = (self.grand.hotel(0), self.grand.size);
            let read = move |number| look(hotel.clone(), size.offers(number, 14));
            rounds.push(rate(CALLERS, self.span, read).await);
        }
        median(rounds)
    }
}

async fn quoted(hotel: &Client, lines: impl Iterator<Item = Value>) -> Arc<Vec<Value>> {
    let mut quotes = Vec::new();
    for line in lines {
        let quote = hotel.post("quotes", &json!({"lines": [line]})).await;
        quotes.push(json!({"quote": quote.expect(201)["quote"]}));
    }
    Arc::new(quotes)
}

/// Quotes of three nights at the first hotel, for all that is booked there.
pub(super) async fn quotes(grand: &Grand) -> Arc<Vec<Value>> {
    let lines = (0..SPREAD).map(|number| grand.size.line(number, 3));
    quoted(&grand.hotel(0), lines).await
}

/// A hold that becomes a reservation.
pub(super) async fn book(hotel: Client, quotes: Arc<Vec<Value>>, number: usize) {
    let hold = hotel.post("holds", &quotes[number % quotes.len()]).await;
    let hold = hold.expect(201);
    let hold = hold["id"].as_str().expect("an id");
    hotel.reserving(hold).await.expect(201);
}

/// Reads what is there. It is not parsed: that would take as much of the machine as writing it did.
pub(super) async fn look(client: Client, path: String) {
    let answer = client.get(&path).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// How many of those who want the same night got it; all others were told so cleanly.
async fn sale(grand: &Grand) -> u32 {
    let hotel = grand.hotel(0);
    let last = grand.size.nights - 3;
    let scarce = format!(
        "UPDATE room_availability SET allotment = sold + held + {SALE_UNITS}
         WHERE night = date '{}' + {last} AND hotel_id = (SELECT id FROM hotels WHERE slug = 'grand-0000')",
        today()
    );
    grand.world.execute(&scarce).await;
    let quote = quoted(&hotel, std::iter::once(one_night(last))).await;
    let hold = move |_| hotel.post("holds", &quote[0]).into_future();
    let answers = arrivals(SALE_CALLERS / SALE_SECONDS, SALE_CALLERS, hold).await;
    let mut told: BTreeMap<u16, u32> = BTreeMap::new();
    for (answer, _) in answers {
        *told.entry(answer.status).or_default() += 1;
    }
    let held = told.remove(&201).unwrap_or_default();
    let clean = |status: &u16| matches!(status, 409 | 429);
    assert!(told.keys().all(clean), "{told:?}");
    held
}
