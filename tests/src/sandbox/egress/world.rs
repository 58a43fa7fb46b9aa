//! One host with the hostile guest, and everything that its requests could reach: two remotes, and a canary on every
//! address of this machine that must stay silent.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use roomwire::domain::connector::{Called, Caller, Connectors};
use roomwire::domain::ids::ConnectionId;
use roomwire::plugin::egress::{Egress, EgressPolicy, PublicResolver};
use roomwire::plugin::{ConnectionGrant, Limits, PluginOptions, Plugins};
use serde_json::Value;
use tempfile::TempDir;

use super::super::build;
use super::super::remote::Remote;
use super::super::world::{caller, grant, options};
use super::rude::{Answer, Rude};

/// Reflects requests, and gets the hotel's secrets.
pub(super) const REFLECT: &str = "reflect.example.com";

/// Answers as it was told, and gets a secret with GET.
pub(super) const RUDE: &str = "rude.example.com";

/// Leads to the canary by the operator's own word.
pub(super) const CANARY: &str = "canary.example.com";

/// What a world is made of.
pub(super) struct Setup {
    /// What each name means, look-up by look-up; the last answer stays.
    pub(super) names: HashMap<String, Vec<Vec<IpAddr>>>,
    /// What the rude remote answers, by path.
    pub(super) answers: HashMap<String, Answer>,
    pub(super) limits: Limits,
    /// The ids under which the hostile guest is loaded.
    pub(super) plugins: Vec<&'static str>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            names: HashMap::new(),
            answers: HashMap::new(),
            limits: Limits::default(),
            plugins: vec!["hostile"],
        }
    }
}

pub(super) struct EgressWorld {
    pub(super) plugins: Plugins,
    pub(super) remote: Remote,
    pub(super) rude: Rude,
    pub(super) canary: Rude,
    looked_up: Arc<Mutex<Vec<String>>>,
}

impl EgressWorld {
    pub(super) async fn start(setup: Setup) -> Self {
        let remote = Remote::start().await;
        let rude = Rude::start(setup.answers).await;
        let canary = Rude::everywhere().await;
        let canary_here = SocketAddr::from(([127, 0, 0, 1], canary.address.port()));
        let simulators = [
            (REFLECT, remote.address),
            (RUDE, rude.address),
            (CANARY, canary_here),
        ]
        .map(|(host, address)| (host.to_owned(), address));
        let policy = EgressPolicy::with_development_hosts(HashMap::from(simulators))
            .expect("loopback addresses");
        let looked_up = Arc::default();
        let options = PluginOptions {
            egress: Egress::new(policy, resolver(setup.names, Arc::clone(&looked_up))),
            ..options(setup.limits, &remote, &Arc::default())
        };
        let folder = files(&setup.plugins, canary.address.port());
        let plugins = Plugins::load_directory(folder.path(), options)
            .await
            .expect("the guests load");
        Self {
            plugins,
            remote,
            rude,
            canary,
            looked_up,
        }
    }

    /// Gives the hotel's connection these requests, of which each call sends one.
    pub(super) fn tell(&self, requests: Vec<Value>) {
        let behaviour = format!("send-next {}", Value::from(requests));
        self.grant(&HashMap::from([(caller().connection, grant(&behaviour))]));
    }

    /// Has the guest send the next of them.
    pub(super) async fn next(&self) -> Called<String> {
        self.call(&caller()).await
    }

    pub(super) fn grant(&self, grants: &HashMap<ConnectionId, ConnectionGrant>) {
        self.plugins
            .set_grants(grants)
            .expect("the grants are sound");
    }

    pub(super) async fn call(&self, caller: &Caller) -> Called<String> {
        let connector = self.plugins.channel(&caller.connector);
        connector.expect("the connector").check(caller).await
    }

    /// How many names were looked up.
    pub(super) fn look_ups(&self) -> usize {
        self.looked_up.lock().expect("no test panics here").len()
    }
}

/// Tells what each name means this time, and remembers that it was asked.
fn resolver(
    names: HashMap<String, Vec<Vec<IpAddr>>>,
    looked_up: Arc<Mutex<Vec<String>>>,
) -> PublicResolver {
    PublicResolver::with(move |name| {
        let mut asked = looked_up.lock().expect("no test panics here");
        let earlier = asked.iter().filter(|other| **other == name).count();
        let found = match names.get(&name) {
            Some(answers) => Ok(answers[earlier.min(answers.len() - 1)].clone()),
            None => Err(io::Error::new(io::ErrorKind::NotFound, "no such name")),
        };
        asked.push(name);
        Box::pin(async move { found })
    })
}

/// The hostile guest under each of these ids. Its manifest also names a domain whose port is the canary's.
fn files(ids: &[&str], port: u16) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let hosts = format!(r#"hosts = ["{REFLECT}", "{RUDE}", "{CANARY}", "*.example.net:{port}"]"#);
    for id in ids {
        let mut manifest = build::hostile_manifest();
        for (from, to) in [
            (r#"id = "hostile""#, format!(r#"id = "{id}""#)),
            (
                r#"hosts = ["reflect.example.com", "private.example.com"]"#,
                hosts.clone(),
            ),
            (
                "hosts = [\"reflect.example.com\"]\nmethods = [\"GET\"]\n",
                format!("hosts = [\"{REFLECT}\", \"{RUDE}\"]\nmethods = [\"GET\"]\n"),
            ),
        ] {
            assert_eq!(manifest.matches(from).count(), 1, "{from}");
            manifest = manifest.replace(from, &to);
        }
        let file = folder.path().join(format!("{id}.wasm"));
        std::fs::write(file, build::hostile_with(&manifest)).expect("written");
    }
    folder
}
