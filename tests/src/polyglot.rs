//! Connectors that are not written in Rust, in the real sandbox and against a simulated channel.
//! `cargo xtask polyglot` makes them of `tests/polyglot/` and runs this; their tools come from the network, so the suite does not.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use roomwire::domain::clock::Clock;
use roomwire::domain::connector::{
    AriUpdate, CallCost, Caller, ChannelConnector, ConnectorFailure, Connectors, ItemOutcome,
    ItemResult, NumberChange, ProductCode,
};
use roomwire::domain::ids::{ConnectionId, HotelId};
use roomwire::domain::key_value::InMemoryKeyValues;
use roomwire::domain::money::Money;
use roomwire::domain::random::Random;
use roomwire::plugin::egress::{Egress, EgressPolicy, PublicResolver};
use roomwire::plugin::{Admission, ConnectionGrant, Limits, PluginOptions, Plugins};
use roomwire_simulators::channex::{self, Channex, Night, Property, RatePlan, RoomType};
use roomwire_simulators::faults::Failure;
use serde_json::json;
use uuid::Uuid;

const KEY: &str = "simulated-channex-key";

/// How often a call is made whose cost is told.
const CALLS: usize = 40;

/// How many updates one such call sends.
const MANY: i32 = 400;

/// One connector, loaded by itself, and its channel.
struct Stage {
    connector: Arc<dyn ChannelConnector>,
    caller: Caller,
    channex: Channex,
}

impl Stage {
    async fn with(file: &Path) -> Self {
        let channex = channex::start(channex::Options {
            messages_per_minute: 1_000,
            ..channex::Options::default()
        })
        .await
        .expect("the simulator starts");
        assert!(channex.add_room_type(RoomType::default()));
        assert!(channex.add_rate_plan(RatePlan::default()));
        let started = Instant::now();
        let plugins = Plugins::load(&[file.to_owned()], options(channex.address()))
            .await
            .expect("the plugin loads");
        tell("load", started.elapsed());
        let id = plugins.manifests().next().expect("the plugin").id.clone();
        let caller = caller(&id);
        let grants = HashMap::from([(caller.connection, grant(&caller))]);
        plugins.set_grants(&grants).expect("the grant is sound");
        Self {
            connector: plugins.channel(&id).expect("a connector"),
            caller,
            channex,
        }
    }

    /// A night that is not in the past, wherever the property is.
    fn night(&self, days: i32) -> Date {
        self.caller.now.to_zoned(TimeZone::UTC).date() + days.days()
    }

    fn update(&self, target: ProductCode, days: i32) -> AriUpdate {
        AriUpdate {
            id: format!("{}:{days}", target.room),
            target,
            first_night: self.night(days),
            last_night: self.night(days + 1),
            availability: None,
            price: None,
            min_stay_arrival: NumberChange::Unchanged,
            min_stay_through: NumberChange::Unchanged,
            max_stay: NumberChange::Unchanged,
            cut_off_days: NumberChange::Unchanged,
            closed_to_arrival: None,
            closed_to_departure: None,
            stop_sell: None,
        }
    }

    fn units(&self, room: &str, days: i32, units: u32) -> AriUpdate {
        AriUpdate {
            availability: Some(units),
            ..self.update(room_code(room), days)
        }
    }

    fn price(&self, days: i32, minor: i64) -> AriUpdate {
        AriUpdate {
            price: Some(Money::new(minor, self.caller.currency)),
            ..self.update(rate_code(), days)
        }
    }

    async fn push(&self, updates: &[AriUpdate]) -> Result<Vec<ItemResult>, ConnectorFailure> {
        self.connector.push_ari(&self.caller, updates).await.result
    }

    /// What becomes of one update while the channel fails once.
    async fn push_under(&self, failure: Failure) -> ConnectorFailure {
        self.channex.fail_next(failure, 1, "/api/v1/availability");
        let update = self.units(&RoomType::default().id, 3, 1);
        self.push(&[update]).await.expect_err("a failed call")
    }
}

#[tokio::test]
#[ignore = "its connectors are made by tools of other languages: cargo xtask polyglot"]
async fn connectors_in_other_languages_do_what_the_contract_says() {
    let files = files();
    assert!(!files.is_empty(), "there is no plugin to try");
    for file in files {
        println!("\n{}", file.display());
        let stage = Stage::with(&file).await;
        the_property_is_reached_and_its_products_are_listed(&stage).await;
        what_is_pushed_is_shown(&stage).await;
        what_is_shown_is_read_back_and_taken_back(&stage).await;
        what_cannot_be_taken_is_refused_item_by_item(&stage).await;
        failures_have_the_class_that_says_what_is_next(&stage).await;
        costs(&stage).await;
    }
}

async fn the_property_is_reached_and_its_products_are_listed(stage: &Stage) {
    let sentence = stage.connector.check(&stage.caller).await.result;
    let property = Property::default();
    assert_eq!(
        sentence.as_deref(),
        Ok(&*format!(
            "reached property {} ({})",
            property.id, property.title
        ))
    );
    let listed = stage.connector.list_products(&stage.caller).await.result;
    let listed = listed.expect("products");
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(listed[0].code, rate_code());
    assert_eq!(listed[0].room_name, RoomType::default().title);
    assert_eq!(listed[0].rate_name, Some(RatePlan::default().title));
    assert_eq!(listed[0].max_occupancy, Some(2));
    assert_eq!(listed[0].currency.as_deref(), Some("EUR"));
}

async fn what_is_pushed_is_shown(stage: &Stage) {
    let room = RoomType::default().id;
    let restricted = AriUpdate {
        min_stay_arrival: NumberChange::Set(3),
        max_stay: NumberChange::Set(14),
        closed_to_departure: Some(true),
        ..stage.price(5, 12_005)
    };
    let updates = [stage.units(&room, 5, 7), restricted];
    let results = stage.push(&updates).await.expect("results");
    for (update, result) in updates.iter().zip(&results) {
        assert_eq!(update.id, result.id);
        assert!(
            matches!(&result.outcome, ItemOutcome::Accepted(task) if !task.is_empty()),
            "{result:?}"
        );
    }
    let shown = Night {
        rate: Some(12_005),
        min_stay_arrival: 3,
        max_stay: 14,
        closed_to_departure: true,
        ..Night::default()
    };
    for days in [5, 6] {
        let night = stage.night(days);
        assert_eq!(stage.channex.units(&room, night), Some(7));
        assert_eq!(
            stage.channex.night(&rate_code_id(), night),
            Some(shown.clone())
        );
    }
}

/// After [`what_is_pushed_is_shown`], whose nights these are.
async fn what_is_shown_is_read_back_and_taken_back(stage: &Stage) {
    let room = RoomType::default().id;
    let (first, last) = (stage.night(6), stage.night(7));
    let codes = [room_code(&room), rate_code()];
    let read = stage.connector.read_ari(&stage.caller, &codes, first, last);
    let read = read.await.result.expect("nights");
    assert_eq!(read.len(), 4, "{read:?}");
    let of = |code: &ProductCode, night| {
        let found = read
            .iter()
            .find(|one| one.product == *code && one.night == night);
        found.expect("a night that was asked for")
    };
    assert_eq!(of(&codes[0], first).availability, Some(7));
    assert_eq!(of(&codes[0], last).availability, Some(0));
    let money = Money::new(12_005, stage.caller.currency);
    let rate = of(&codes[1], first);
    assert_eq!(rate.price, Some(money));
    assert_eq!((rate.min_stay_arrival, rate.max_stay), (Some(3), Some(14)));
    assert_eq!(rate.closed_to_departure, Some(true));
    let cleared = AriUpdate {
        min_stay_arrival: NumberChange::Clear,
        max_stay: NumberChange::Clear,
        closed_to_departure: Some(false),
        ..stage.update(rate_code(), 5)
    };
    stage.push(&[cleared]).await.expect("results");
    let open = Night {
        rate: Some(12_005),
        ..Night::default()
    };
    assert_eq!(stage.channex.night(&rate_code_id(), first), Some(open));
}

async fn what_cannot_be_taken_is_refused_item_by_item(stage: &Stage) {
    let room = RoomType::default().id;
    let updates = [
        stage.units("no-such-room", 8, 2),
        stage.units(&room, 8, 2),
        stage.price(9, 0),
        AriUpdate {
            stop_sell: Some(true),
            ..stage.update(room_code(&room), 10)
        },
    ];
    let results = stage.push(&updates).await.expect("results");
    let became: Vec<&str> = results
        .iter()
        .map(|result| match &result.outcome {
            ItemOutcome::Rejected(failure) => failure.class(),
            ItemOutcome::Applied | ItemOutcome::Accepted(_) => "taken",
        })
        .collect();
    assert_eq!(
        became,
        ["mapping-missing", "taken", "invalid", "mapping-missing"]
    );
    assert_eq!(stage.channex.units(&room, stage.night(8)), Some(2));
}

async fn failures_have_the_class_that_says_what_is_next(stage: &Stage) {
    let limited = Failure::TooManyRequests {
        retry_after: Some(7),
    };
    assert_eq!(
        stage.push_under(limited).await,
        ConnectorFailure::RateLimited {
            after_seconds: Some(7),
            scope: "property".to_owned()
        }
    );
    for (failure, class) in [
        (Failure::ExpiredToken, "auth-revoked"),
        (Failure::ServerError, "retry"),
        (Failure::CloseAfterApplying, "outcome-unknown"),
    ] {
        assert_eq!(stage.push_under(failure).await.class(), class);
    }
    // A read that was not answered did no harm.
    stage
        .channex
        .fail_next(Failure::CloseAfterApplying, 1, "/api/v1/properties");
    let unread = stage.connector.check(&stage.caller).await.result;
    assert_eq!(unread.expect_err("a failed call").class(), "retry");
}

/// Tells what calls cost: the whole time with the simulator's part in it, and the guest's own computing.
async fn costs(stage: &Stage) {
    let mut checks = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let called = stage.connector.check(&stage.caller).await;
        called.result.expect("a call");
        checks.push(called.cost);
    }
    tell_median("check", &checks);
    let updates: Vec<AriUpdate> = (0..MANY).map(|day| stage.price(day, 10_000)).collect();
    let mut pushes = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let called = stage.connector.push_ari(&stage.caller, &updates).await;
        called.result.expect("a call");
        pushes.push(called.cost);
    }
    tell_median(&format!("push of {MANY} updates"), &pushes);
}

fn tell_median(what: &str, costs: &[CallCost]) {
    let median = |part: fn(&CallCost) -> Duration| {
        let mut times: Vec<Duration> = costs.iter().map(part).collect();
        times.sort();
        times[times.len() / 2]
    };
    tell(&format!("{what}, median"), median(|cost| cost.duration));
    tell(&format!("{what}, computing"), median(|cost| cost.cpu));
}

fn tell(what: &str, time: Duration) {
    println!("  {what:<32} {:>9.2} ms", time.as_secs_f64() * 1e3);
}

fn files() -> Vec<PathBuf> {
    let folder = std::env::var_os("ROOMWIRE_POLYGLOT").expect("ROOMWIRE_POLYGLOT names a folder");
    let entries = std::fs::read_dir(folder).expect("the folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|file| file.extension() == Some(OsStr::new("wasm")));
    files.sort();
    files
}

fn options(simulator: SocketAddr) -> PluginOptions {
    let hosts = HashMap::from([("app.channex.io".to_owned(), simulator)]);
    let policy = EgressPolicy::with_development_hosts(hosts).expect("a loopback address");
    PluginOptions {
        limits: Limits::default(),
        admission: Admission::default(),
        egress: Egress::new(policy, PublicResolver::system()),
        key_values: Arc::new(InMemoryKeyValues::default()),
        clock: Clock::system(),
        random: Random::seeded(1),
    }
}

fn grant(caller: &Caller) -> ConnectionGrant {
    ConnectionGrant {
        hotel: caller.hotel,
        plugin: caller.connector.clone(),
        settings: json!({ "property": Property::default().id }),
        secrets: HashMap::from([("api_key".to_owned(), KEY.into())]),
    }
}

fn caller(connector: &str) -> Caller {
    Caller {
        hotel: HotelId(Uuid::from_u128(1)),
        connection: ConnectionId(Uuid::from_u128(2)),
        connector: connector.to_owned(),
        time_zone: TimeZone::get("Europe/Rome").expect("a known zone"),
        currency: "EUR".parse().expect("a known currency"),
        now: Clock::system().now(),
    }
}

fn room_code(room: &str) -> ProductCode {
    ProductCode {
        room: room.to_owned(),
        rate: None,
    }
}

fn rate_code() -> ProductCode {
    ProductCode {
        room: RoomType::default().id,
        rate: Some(rate_code_id()),
    }
}

fn rate_code_id() -> String {
    RatePlan::default().id
}
