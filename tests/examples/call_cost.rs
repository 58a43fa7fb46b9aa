//! What a fresh call of a plugin costs: one instance, one host call, one result.
//! `cargo run --release -p roomwire-tests --example call_cost -- target/guests/hostile.wasm`

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use roomwire::config::Approvals;
use roomwire::domain::clock::Clock;
use roomwire::domain::connection::Record;
use roomwire::domain::connector::{Caller, ChannelConnector, Connectors};
use roomwire::domain::ids::{ConnectionId, HotelId};
use roomwire::domain::key_value::InMemoryKeyValues;
use roomwire::domain::random::Random;
use roomwire::plugin::egress::{Egress, EgressPolicy, PublicResolver};
use roomwire::plugin::{Admission, Compiler, ConnectionGrant, Limits, PluginOptions, Plugins};
use uuid::Uuid;

const CALLS: usize = 20_000;

#[tokio::main]
async fn main() {
    let file = PathBuf::from(std::env::args().nth(1).expect("the hostile guest's file"));
    let started = Instant::now();
    let plugins = Plugins::load(&[file], options())
        .await
        .expect("the plugin loads");
    println!(
        "load                     {:>9.1} ms",
        started.elapsed().as_secs_f64() * 1e3
    );
    plugins
        .set_grants(&HashMap::from([(caller().connection, grant())]))
        .expect("the grant");
    let connector = plugins.channel("hostile").expect("the connector");
    let mut times = one_by_one(connector.as_ref()).await;
    times.sort();
    let native = native();
    println!(
        "fresh call, median       {:>9.1} us",
        times[CALLS / 2].as_secs_f64() * 1e6
    );
    println!(
        "fresh call, 99th         {:>9.1} us",
        times[CALLS * 99 / 100].as_secs_f64() * 1e6
    );
    println!(
        "the same, native         {:>9.3} us",
        native.as_secs_f64() * 1e6
    );
    println!(
        "calls/s, 8 tasks         {:>9.0}",
        together(&connector).await
    );
}

/// The same work without a sandbox: the settings are read and an instant is printed.
fn native() -> Duration {
    let started = Instant::now();
    for _ in 0..CALLS {
        let settings: serde_json::Value =
            serde_json::from_str(r#"{"behaviour":"quiet"}"#).expect("JSON");
        std::hint::black_box((settings, Clock::system().now().as_millisecond().to_string()));
    }
    started.elapsed() / u32::try_from(CALLS).expect("a small number")
}

async fn one_by_one(connector: &dyn ChannelConnector) -> Vec<Duration> {
    let caller = caller();
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let started = Instant::now();
        connector
            .check(&caller)
            .await
            .result
            .expect("an honest call");
        times.push(started.elapsed());
    }
    times
}

async fn together(connector: &Arc<dyn ChannelConnector>) -> f64 {
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let connector = Arc::clone(connector);
        tasks.spawn(async move { one_by_one(connector.as_ref()).await.len() });
    }
    let calls: usize = tasks.join_all().await.into_iter().sum();
    f64::from(u32::try_from(calls).expect("a small number")) / started.elapsed().as_secs_f64()
}

fn options() -> PluginOptions {
    PluginOptions {
        limits: Limits::default(),
        admission: Admission::default(),
        egress: Egress::new(EgressPolicy::default(), PublicResolver::system()),
        key_values: Arc::new(InMemoryKeyValues::default()),
        shared_tokens: None,
        clock: Clock::system(),
        random: Random::system(),
        compiler: Compiler::InThisProcess,
        cache: None,
        approvals: Approvals::default(),
    }
}

fn grant() -> ConnectionGrant {
    let names = ["api_key", "query_key", "client_secret", "signing_key"];
    ConnectionGrant {
        hotel: caller().hotel,
        plugin: "hostile".to_owned(),
        settings: serde_json::json!({ "behaviour": "quiet" }),
        secrets: names
            .map(|name| (name.to_owned(), "not a secret".into()))
            .into(),
        endpoint: None,
        // What a connection has unless its operator says otherwise.
        record: Record::default(),
    }
}

fn caller() -> Caller {
    Caller {
        hotel: HotelId(Uuid::from_u128(1)),
        connection: ConnectionId(Uuid::from_u128(2)),
        connector: "hostile".to_owned(),
        time_zone: TimeZone::UTC,
        currency: "EUR".parse().expect("a known currency"),
        now: Timestamp::UNIX_EPOCH,
    }
}
