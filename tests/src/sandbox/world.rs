//! One host with the hostile guest, one hotel's connection to it, and its remote.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use roomwire::config::Approvals;
use roomwire::domain::clock::Clock;
use roomwire::domain::connection::Record;
use roomwire::domain::connector::{
    Called, Caller, ChannelConnector, ConnectorFailure, Connectors, SandboxFailure,
};
use roomwire::domain::ids::{ConnectionId, HotelId};
use roomwire::domain::key_value::InMemoryKeyValues;
use roomwire::domain::random::Random;
use roomwire::plugin::egress::{Egress, EgressPolicy, PublicResolver};
use roomwire::plugin::{Admission, Compiler, ConnectionGrant, Limits, PluginOptions, Plugins};
use serde_json::json;
use uuid::Uuid;

use super::build;
use super::remote::Remote;

/// What the hotel gives its connection: nothing of it may ever be seen by a guest.
pub(crate) const SECRETS: [(&str, &str); 4] = [
    ("api_key", "api-key/with+signs&8c1d"),
    ("query_key", "query key \"quoted\" 52e0"),
    ("client_secret", "shared=phrase/a97b"),
    ("signing_key", "signing-key-04fd"),
];

pub(crate) struct World {
    pub(crate) plugins: Plugins,
    pub(crate) remote: Remote,
    names: Arc<Mutex<Vec<String>>>,
    folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Limits::default(), Admission::default()).await
    }

    pub(crate) async fn with_limits(limits: Limits) -> Self {
        Self::with(limits, Admission::default()).await
    }

    pub(crate) async fn with(limits: Limits, admission: Admission) -> Self {
        Self::set_up(limits, |options| options.admission = admission).await
    }

    /// A world whose host lives with other options.
    pub(crate) async fn set_up(limits: Limits, change: impl FnOnce(&mut PluginOptions)) -> Self {
        let remote = Remote::start().await;
        let names = Arc::default();
        let mut options = options(limits, &remote, &names);
        change(&mut options);
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("hostile.wasm"), build::hostile()).expect("written");
        let plugins = Plugins::load_directory(folder.path(), options)
            .await
            .expect("the guest loads");
        Self {
            plugins,
            remote,
            names,
            folder,
        }
    }

    /// Puts a file into the folder of plugins, and looks until it stands still.
    pub(crate) async fn install(&self, name: &str, file: &[u8]) {
        self.put(name, file);
        self.plugins.look().await;
        self.plugins.look().await;
    }

    /// Puts a file into the folder of plugins, at which nobody looks yet.
    pub(crate) fn put(&self, name: &str, file: &[u8]) {
        std::fs::write(self.folder.path().join(name), file).expect("written");
    }

    /// Why a file of the folder is not in service.
    pub(crate) async fn refusal(&self, name: &str) -> Option<String> {
        let path = self.folder.path().join(name);
        self.plugins.refused().await.get(&path).cloned()
    }

    /// The connector of a connection whose settings ask for this behaviour.
    pub(crate) fn connector(&self, behaviour: &str) -> Arc<dyn ChannelConnector> {
        let grants = HashMap::from([(caller().connection, grant(behaviour))]);
        self.plugins
            .set_grants(&grants)
            .expect("the grant is sound");
        self.plugins.channel("hostile").expect("the connector")
    }

    /// Gives several connections what each of them may use.
    pub(crate) fn give(&self, grants: impl IntoIterator<Item = (Caller, ConnectionGrant)>) {
        let by_connection = |(caller, grant): (Caller, ConnectionGrant)| (caller.connection, grant);
        let grants = grants.into_iter().map(by_connection).collect();
        self.plugins
            .set_grants(&grants)
            .expect("the grants are sound");
    }

    pub(crate) async fn check(&self, behaviour: &str) -> Called<String> {
        self.connector(behaviour).check(&caller()).await
    }

    /// The names that were looked up.
    pub(crate) fn names(&self) -> Vec<String> {
        self.names.lock().expect("no test panics here").clone()
    }

    /// Fails unless an honest call still works.
    pub(crate) async fn still_works(&self) {
        let sentence = self.check("quiet").await.result.expect("an honest call");
        assert_eq!(sentence, caller().now.as_millisecond().to_string());
    }
}

pub(crate) fn options(
    limits: Limits,
    remote: &Remote,
    names: &Arc<Mutex<Vec<String>>>,
) -> PluginOptions {
    let simulators = HashMap::from([("reflect.example.com".to_owned(), remote.address)]);
    let policy = EgressPolicy::with_development_hosts(simulators).expect("a loopback address");
    let names = Arc::clone(names);
    let resolver = PublicResolver::with(move |name| {
        names.lock().expect("no test panics here").push(name);
        Box::pin(async { Ok(vec![IpAddr::from([127, 0, 0, 1])]) })
    });
    PluginOptions {
        limits,
        admission: Admission::default(),
        egress: Egress::new(policy, resolver),
        key_values: Arc::new(InMemoryKeyValues::default()),
        shared_tokens: None,
        clock: Clock::system(),
        random: Random::seeded(1),
        compiler: Compiler::InThisProcess,
        cache: None,
        approvals: Approvals::default(),
    }
}

pub(crate) fn grant(behaviour: &str) -> ConnectionGrant {
    ConnectionGrant {
        hotel: caller().hotel,
        plugin: "hostile".to_owned(),
        settings: json!({ "behaviour": behaviour }),
        secrets: SECRETS
            .iter()
            .map(|(name, secret)| ((*name).to_owned(), (*secret).into()))
            .collect(),
        endpoint: None,
        record: Record::default(),
    }
}

pub(crate) fn caller() -> Caller {
    Caller {
        hotel: HotelId(Uuid::from_u128(1)),
        connection: ConnectionId(Uuid::from_u128(2)),
        connector: "hostile".to_owned(),
        time_zone: jiff::tz::TimeZone::get("Europe/Rome").expect("a known zone"),
        currency: "EUR".parse().expect("a known currency"),
        now: Timestamp::from_millisecond(1_795_000_000_000).expect("an instant"),
    }
}

/// Another connection of the same hotel.
pub(crate) fn numbered(connection: u128) -> Caller {
    Caller {
        connection: ConnectionId(Uuid::from_u128(connection)),
        ..caller()
    }
}

/// The sandbox's failure, with its sentence.
pub(crate) fn stopped(called: &Called<String>) -> (SandboxFailure, &str) {
    match &called.result {
        Err(ConnectorFailure::Sandbox { kind, message }) => (*kind, message),
        other => panic!("not stopped by the sandbox: {other:?}"),
    }
}
