//! `cargo xtask bench connectors`: what a full sync of forty products costs with each channel, how many reservations each
//! connector maps a second, and how large the plugins are.

use std::time::{Duration, Instant};

use jiff::ToSpan;
use roomwire_simulators::channex;
use serde_json::json;

use crate::bench::connected::{Connected, NIGHTS, Product, growth};
use crate::bench::grand::{RATE_PLANS, ROOM_TYPES, today};
use crate::bench::loader;
use crate::bench::options::Options;
use crate::bench::report::{Figure, Report, Target};
use crate::harness::booking_com::AtBookingCom;
use crate::harness::channex::BehindChannex;
use crate::harness::expedia::AtExpedia;
use crate::harness::{Channels, World, eventually, programs};

const PRODUCTS: usize = ROOM_TYPES * RATE_PLANS;

/// Reservations of one look at a channel, and how often so many are made.
const RESERVATIONS: usize = 100;
const LOOKS: usize = 3;

/// A push waits so long for more changes of the same moment.
const GATHERING: Duration = Duration::from_secs(1);

/// Some channels take only so many requests a minute.
const PATIENCE: Duration = Duration::from_secs(600);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: cargo xtask bench connectors"]
async fn full_syncs_and_reservations_of_each_connector() {
    let options = Options::read(1, 1);
    let how = format!(
        "{PRODUCTS} products; {LOOKS} × {RESERVATIONS} reservations; \
         the channels are simulated on this machine, and their pace is kept"
    );
    let mut report = Report::new("connectors", how);
    sizes(&mut report);
    // The connector keeps its pace by a memory that is emptied here.
    let unhurried = channex::Options {
        messages_per_minute: 1_000,
        ..channex::Options::default()
    };
    measure(&BehindChannex::with(unhurried).await, &mut report).await;
    measure(&Channels::start().await, &mut report).await;
    measure(&AtBookingCom::start().await, &mut report).await;
    measure(&AtExpedia::start().await, &mut report).await;
    report.print(&options);
}

fn sizes(report: &mut Report) {
    let files = std::fs::read_dir(programs::plugins()).expect("the plugins were built");
    let mut files: Vec<_> = files
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|file| file.extension().is_some_and(|kind| kind == "wasm"))
        .collect();
    files.sort();
    for file in files {
        let name = file.file_name().expect("a file has a name");
        let bytes = std::fs::metadata(&file).expect("a readable file").len();
        let kibibytes = u32::try_from(bytes / 1024).expect("a plugin is small");
        let name = name.to_string_lossy().into_owned();
        report.add(Figure::new(name, kibibytes.into(), "KiB"));
    }
}

async fn measure<C: Connected>(hotel: &C, report: &mut Report) {
    let world = hotel.world();
    for number in 0..PRODUCTS {
        hotel.add(&Product::new(number));
    }
    world.execute(&growth::<C>()).await;
    loader::settle(world).await;
    full_sync(hotel, report).await;
    reservations(hotel, report).await;
}

/// What calls of one operation cost together, as the log has it.
struct Cost {
    items: f64,
    messages: f64,
    bytes: f64,
    calls_ms: f64,
    guest_ms: f64,
}

impl Cost {
    async fn of(world: &World, operation: &str) -> Self {
        let sums = format!(
            "SELECT jsonb_build_array(coalesce(sum(items), 0), coalesce(sum(requests), 0),
                coalesce(sum(bytes_sent), 0), coalesce(sum(duration_ms), 0), coalesce(sum(cpu_ms), 0))
             FROM channel_sync_logs WHERE operation = '{operation}'"
        );
        let sums = world.value(&sums).await;
        let sum = |place: usize| sums[place].as_f64().expect("a number");
        Self {
            items: sum(0),
            messages: sum(1),
            bytes: sum(2),
            calls_ms: sum(3),
            guest_ms: sum(4),
        }
    }
}

async fn full_sync<C: Connected>(hotel: &C, report: &mut Report) {
    let world = hotel.world();
    forget(world).await;
    let begin = Instant::now();
    let path = format!("connections/{}/sync", C::NAME);
    let marked = hotel.staff().post(&path, &json!({})).await;
    assert_eq!(marked.status / 100, 2, "{}", marked.text());
    none_left(world, "push").await;
    let all = begin.elapsed().saturating_sub(GATHERING);
    let left = format!(
        "SELECT count(*) FROM dirty_cells WHERE reason IS NOT NULL OR night < current_date + {}",
        C::HORIZON - 1
    );
    assert_eq!(world.number(&left).await, 0, "everything was taken");

    let cost = Cost::of(world, "push_ari").await;
    let sync = format!("{}: {} nights", C::NAME, NIGHTS.min(C::HORIZON));
    let messages = Figure::new(format!("{sync}, messages"), cost.messages, "");
    let in_all = Figure::new(format!("{sync}, in all"), all.as_secs_f64() * 1e3, "ms");
    if C::NAME == "channex" {
        report.add(messages.target(Target::Exactly(2.0)));
        report.add(in_all.target(Target::Below(1_000.0)));
    } else {
        report.add(messages);
        report.add(in_all);
    }
    report.add(Figure::new(
        format!("{sync}, sent"),
        cost.bytes / 1024.0,
        "KiB",
    ));
    report.add(Figure::new(
        format!("{sync}, in calls"),
        cost.calls_ms,
        "ms",
    ));
    report.add(Figure::new(
        format!("{sync}, computing of the guest"),
        cost.guest_ms,
        "ms",
    ));
}

async fn reservations<C: Connected>(hotel: &C, report: &mut Report) {
    let world = hotel.world();
    // From now on there is no outage to make up for.
    look(world, C::NAME).await;
    let (mut mapped, mut computed, mut landed) = (0.0, 0.0, 0.0);
    for round in 0..LOOKS {
        for number in 0..RESERVATIONS {
            let number = round * RESERVATIONS + number;
            let days = i32::try_from(2 + number * 7 % 380).expect("a small number");
            let check_in = today() + days.days();
            hotel.book(&Product::new(number), check_in, check_in + 1.day());
        }
        forget(world).await;
        let begin = Instant::now();
        look(world, C::NAME).await;
        let seconds = begin.elapsed().as_secs_f64();
        let cost = Cost::of(world, "pull").await;
        mapped += cost.items;
        // The log has whole milliseconds.
        computed += cost.guest_ms.max(1.0);
        landed += float(RESERVATIONS) / seconds;
        assert_eq!(
            world.number("SELECT count(*) FROM reservations").await,
            i64::try_from((round + 1) * RESERVATIONS).expect("a small number")
        );
        acknowledged(world).await;
    }
    let name = C::NAME;
    report.add(Figure::new(
        format!("{name}: reservations mapped, computing"),
        mapped / computed * 1e3,
        "/s",
    ));
    report.add(Figure::new(
        format!("{name}: reservations read and stored"),
        landed / float(LOOKS),
        "/s",
    ));
}

fn float(number: usize) -> f64 {
    f64::from(u32::try_from(number).expect("a small number"))
}

/// Empties the log, and with it the memory of the pace.
async fn forget(world: &World) {
    let all = "DELETE FROM channel_sync_logs; DELETE FROM plugin_values WHERE key LIKE 'sent/%'";
    world.execute(all).await;
}

/// Looks at the channel once, and stores what it tells.
async fn look(world: &World, connection: &str) {
    world.ask_for_reservations(connection).await;
    none_left(world, "pull").await;
}

async fn none_left(world: &World, kind: &str) {
    let left = format!("SELECT count(*) FROM jobs WHERE kind = '{kind}' AND state <> 'dead'");
    let what = format!("no job of the kind {kind} is left");
    eventually(&what, PATIENCE, async || {
        (world.number(&left).await == 0).then_some(())
    })
    .await;
}

/// Waits until the channel knows that everything is stored; its pace is no matter of this measurement.
async fn acknowledged(world: &World) {
    let left =
        "SELECT count(*) FROM jobs WHERE kind IN ('acknowledge', 'push') AND state <> 'dead'";
    eventually("all is acknowledged", PATIENCE, async || {
        forget(world).await;
        (world.number(left).await == 0).then_some(())
    })
    .await;
}
