//! `cargo xtask bench sandbox`: every harm of the hostile guest a hundred times. How late it is stopped, what memory is
//! left behind, and what another plugin notices of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use roomwire::domain::connector::{Caller, ChannelConnector, Connectors as _};
use roomwire::plugin::{ConnectionGrant, Limits};
use tokio::task::JoinSet;

use crate::bench::drive::percentile;
use crate::bench::options::Options;
use crate::bench::report::{Figure, Report, Target};
use crate::sandbox::build::{hostile_manifest, hostile_with};
use crate::sandbox::harms::{HARMS, Harm};
use crate::sandbox::world::{World, caller, grant, numbered};

const RUNS: usize = 100;

/// A guest's time is short, so that three thousand of them come to their end; a request needs some of it for itself.
const WALL: Duration = Duration::from_millis(30);
const WALL_OF_NETWORK: Duration = Duration::from_millis(150);

/// So often the neighbour is measured alone, and beside the hostile guest.
const ROUNDS: usize = 3;

/// The same guest under other names: one does all harms in turn, and the other is called meanwhile.
const VILLAIN: &str = "villain";
const NEIGHBOUR: &str = "neighbour";

/// The connection of the neighbour, an honest one of the villain, and the first of those that do harm.
const HONEST: u128 = 3;
const SOUND: u128 = 4;
const HARMFUL: u128 = 100;

/// Resident memory of this process in MiB, as the kernel tells it.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells of processes");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kibibytes.expect("a number of kB") / 1024.0
}

/// What the calls of hostile guests came to.
#[derive(Default)]
struct Toll {
    /// From the deadline to the caller's answer; nothing for what ended before.
    late: Vec<Duration>,
    /// The most that was resident after a call.
    resident: f64,
}

impl Toll {
    /// Does each of these harms so often, in a world whose calls take so long at most.
    async fn take(&mut self, world: &World, wall: Duration, harms: &[Harm], runs: usize) {
        let connector = world.plugins.channel("hostile").expect("the connector");
        let (hostile, honest) = (caller(), numbered(HONEST));
        for harm in harms {
            world.give([
                (hostile.clone(), grant(harm.behaviour)),
                (honest.clone(), grant("quiet")),
            ]);
            for _ in 0..runs {
                let started = Instant::now();
                let called = connector.check(&hostile).await;
                self.late.push(started.elapsed().saturating_sub(wall));
                harm.was_ended(&called);
                self.resident = self.resident.max(resident());
                // Keeps the plugin out of quarantine, and shows that it was not hurt.
                let sound = connector.check(&honest).await;
                sound.result.expect("an honest call");
            }
        }
    }
}

/// A world in which only the wall clock ends what computes for ever: it is what is measured.
async fn world(wall: Duration) -> World {
    World::with_limits(Limits {
        cpu: Duration::from_secs(60),
        wall,
        ..Limits::default()
    })
    .await
}

async fn all_harms(report: &mut Report) {
    let (network, others): (Vec<_>, Vec<_>) = HARMS.into_iter().partition(Harm::needs_network);
    let (quick, patient) = (world(WALL).await, world(WALL_OF_NETWORK).await);
    // Once each, so that what is kept for the next call is there.
    let mut first = Toll::default();
    first.take(&quick, WALL, &others, 1).await;
    first.take(&patient, WALL_OF_NETWORK, &network, 1).await;
    let before = resident();
    let mut toll = Toll::default();
    toll.take(&quick, WALL, &others, RUNS).await;
    toll.take(&patient, WALL_OF_NETWORK, &network, RUNS).await;

    let calls = u32::try_from(toll.late.len()).expect("a small number");
    let calls = Figure::new("calls of hostile guests", f64::from(calls), "");
    report.add(calls.target(Target::AtLeast(2_000.0)));
    for (what, percent) in [("99th", 99), ("latest", 100)] {
        let late = percentile(&mut toll.late, percent);
        let late = Figure::new(format!("stopped after the deadline, {what}"), late, "ms");
        report.add(late.target(Target::Below(100.0)));
    }
    report.add(Figure::new("resident memory before them", before, "MiB"));
    let more = Figure::new("the most more after one", toll.resident - before, "MiB");
    report.add(more.target(Target::Below(64.0)));
}

/// A world with the villain, whose calls are short, and its neighbour.
async fn shared_world() -> World {
    let world = World::new().await;
    let named =
        |id: &str| hostile_manifest().replace("id = \"hostile\"", &format!("id = \"{id}\""));
    let short = format!(
        "[limits]\nwall_ms = {}\n\n[channel]",
        WALL_OF_NETWORK.as_millis()
    );
    let villain = named(VILLAIN).replace("[channel]", &short);
    world.install("villain.wasm", &hostile_with(&villain)).await;
    let neighbour = hostile_with(&named(NEIGHBOUR));
    world.install("neighbour.wasm", &neighbour).await;
    world
}

/// Gives the neighbour this behaviour, and the villain a connection for each harm and an honest one.
fn share(world: &World, behaviour: &str) {
    let of = |plugin: &str, behaviour: &str| ConnectionGrant {
        plugin: plugin.to_owned(),
        ..grant(behaviour)
    };
    let harmful = HARMS.iter().zip(HARMFUL..);
    let harmful = harmful.map(|(harm, number)| (numbered(number), of(VILLAIN, harm.behaviour)));
    let honest = [
        (numbered(HONEST), of(NEIGHBOUR, behaviour)),
        (numbered(SOUND), of(VILLAIN, "quiet")),
    ];
    world.give(harmful.chain(honest));
}

/// One call of the neighbour after the other, and how long each took.
async fn calls(
    connector: Arc<dyn ChannelConnector>,
    span: Duration,
    expected: &'static str,
) -> Vec<Duration> {
    let (begin, caller) = (Instant::now(), numbered(HONEST));
    let mut times = Vec::new();
    while begin.elapsed() < span {
        let started = Instant::now();
        let called = connector.check(&caller).await;
        times.push(started.elapsed());
        assert_eq!(called.result.as_deref(), Ok(expected));
    }
    times
}

/// All harms in turn, with a sound call after each that keeps the plugin out of quarantine, until it is enough.
async fn villainy(connector: Arc<dyn ChannelConnector>, enough: Arc<AtomicBool>) {
    let harmful: Vec<Caller> = (HARMFUL..).map(numbered).take(HARMS.len()).collect();
    for caller in harmful.iter().cycle() {
        if enough.load(Ordering::Relaxed) {
            return;
        }
        // How it ended was looked at before; on a machine that is busy with it, time may be up first.
        drop(connector.check(caller).await);
        let sound = connector.check(&numbered(SOUND)).await;
        sound.result.expect("an honest call");
    }
}

/// What the neighbour's calls take, alone and beside the villain's.
async fn neighbour(world: &World, span: Duration, expected: &'static str) -> [Vec<Duration>; 2] {
    let channel = |id: &str| world.plugins.channel(id).expect("the connector");
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (beside, times) in [false, true].into_iter().zip(&mut times) {
            let enough = Arc::new(AtomicBool::new(false));
            let (mut honest, mut hostile) = (JoinSet::new(), JoinSet::new());
            if beside {
                hostile.spawn(villainy(channel(VILLAIN), enough.clone()));
            }
            honest.spawn(calls(channel(NEIGHBOUR), span, expected));
            times.extend(honest.join_all().await.concat());
            enough.store(true, Ordering::Relaxed);
            hostile.join_all().await;
        }
    }
    times
}

async fn neighbours(report: &mut Report, span: Duration) {
    let world = shared_world().await;
    let now: &'static str = caller().now.as_millisecond().to_string().leak();
    for (what, behaviour, expected) in [
        ("a neighbour that computes", "quiet", now),
        ("a neighbour that sends a request", "redirect", "302"),
    ] {
        share(&world, behaviour);
        let [mut alone, mut beside] = neighbour(&world, span, expected).await;
        let [before, after] = [&mut alone, &mut beside].map(|times| percentile(times, 99) * 1e3);
        report.times(&format!("{what}, alone"), alone, 0);
        report.times(&format!("{what}, beside harm"), beside, 0);
        let figure = Figure::new(format!("{what}, 99th"), after, "us");
        let figure = figure.against("alone", Some(before));
        report.add(figure.ratio_target(Target::Below(1.2)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: cargo xtask bench sandbox"]
async fn hostile_guests_are_stopped_in_time_and_their_neighbours_do_not_notice() {
    let options = Options::read(0, 2);
    let how = format!(
        "{} harms × {RUNS} calls of {} or {} ms; a neighbour {ROUNDS} × {} s at 2 tasks",
        HARMS.len(),
        WALL.as_millis(),
        WALL_OF_NETWORK.as_millis(),
        options.span.as_secs()
    );
    let mut report = Report::new("sandbox", how);
    all_harms(&mut report).await;
    neighbours(&mut report, options.span).await;
    report.print(&options);
}
