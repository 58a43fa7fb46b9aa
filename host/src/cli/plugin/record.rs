//! `roomwire plugin record`: one call of a connector against its channel or a simulator of it, kept as a recording.

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use uuid::Uuid;

use crate::config::Approvals;
use crate::domain::clock::Clock;
use crate::domain::connection::Record as Recorded;
use crate::domain::connector::{CallCost, Called, Caller, ConnectorFailure, Connectors as _};
use crate::domain::ids::{ConnectionId, HotelId};
use crate::domain::key_value::InMemoryKeyValues;
use crate::domain::random::Random;
use crate::plugin::egress::{Egress, EgressPolicy, PublicResolver};
use crate::plugin::{Admission, Compiler, ConnectionGrant, Limits, PluginOptions, Plugins};

/// How far back a pull asks.
const PULLED: SignedDuration = SignedDuration::from_hours(24);

/// Needs no database: the connector's memory begins empty and ends with the call.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Record {
    /// A plugin file of a channel.
    file: PathBuf,
    /// What is called.
    #[arg(long, value_enum)]
    operation: Operation,
    /// The connection's settings, as JSON.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    settings: String,
    /// A TOML file of the connection's secrets, each as `name = "value"`: others can read a command line.
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// A simulator on this machine in the place of one of the plugin's hosts.
    #[arg(long, value_name = "HOST=ADDRESS", value_parser = simulated)]
    simulated: Vec<(String, SocketAddr)>,
    /// The hotel's IANA time zone.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    time_zone: String,
    /// The hotel's currency.
    #[arg(long, value_name = "CODE", default_value = "EUR")]
    currency: String,
    /// Where the recording goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Operation {
    Check,
    ListProducts,
    /// The first page of what changed in the last 24 hours.
    Pull,
}

impl Record {
    /// What is to be printed. A call that fails is recorded like one that succeeds.
    pub(super) async fn run(self) -> anyhow::Result<String> {
        let plugin = super::inspect::read(&self.file)?.manifest.id;
        let plugins = self.load().await?;
        let caller = self.caller(&plugin)?;
        let grant = self.grant(&plugin, caller.hotel)?;
        plugins.set_grants(&HashMap::from([(caller.connection, grant)]))?;
        let connector = plugins
            .channel(&plugin)
            .with_context(|| format!("`{plugin}` is no connector of a channel"))?;
        let (failure, cost) = match self.operation {
            Operation::Check => outcome(connector.check(&caller).await),
            Operation::ListProducts => outcome(connector.list_products(&caller).await),
            Operation::Pull => {
                let since = since(caller.now);
                outcome(connector.pull(&caller, since, None).await)
            }
        };
        let told = match &failure {
            None => "the call succeeded".to_owned(),
            Some(failure) => format!("the call failed: {failure}"),
        };
        let recording = cost.recording.ok_or_else(|| {
            let log = cost.log.join("\n");
            anyhow!("nothing was recorded ({told})\n{log}")
        })?;
        fs::write(&self.out, recording)
            .with_context(|| format!("{} cannot be written", self.out.display()))?;
        Ok(format!("{told}; its recording is {}", self.out.display()))
    }

    async fn load(&self) -> anyhow::Result<Plugins> {
        let simulated = self.simulated.iter().cloned().collect();
        let policy = EgressPolicy::with_development_hosts(simulated)?;
        let options = PluginOptions {
            limits: Limits::default(),
            admission: Admission::default(),
            egress: Egress::new(policy, PublicResolver::system()),
            key_values: Arc::new(InMemoryKeyValues::default()),
            shared_tokens: None,
            clock: Clock::system(),
            random: Random::system(),
            compiler: Compiler::of_this_program()?,
            cache: None,
            approvals: Approvals::default(),
        };
        Ok(Plugins::load(std::slice::from_ref(&self.file), options).await?)
    }

    fn caller(&self, plugin: &str) -> anyhow::Result<Caller> {
        Ok(Caller {
            hotel: HotelId(Uuid::nil()),
            connection: ConnectionId(Uuid::nil()),
            connector: plugin.to_owned(),
            time_zone: jiff::tz::TimeZone::get(&self.time_zone)
                .with_context(|| format!("`{}` is no time zone", self.time_zone))?,
            currency: self
                .currency
                .parse()
                .map_err(|_| anyhow!("`{}` is no currency", self.currency))?,
            now: Clock::system().now(),
        })
    }

    fn grant(&self, plugin: &str, hotel: HotelId) -> anyhow::Result<ConnectionGrant> {
        let settings = serde_json::from_str(&self.settings).context("the settings are no JSON")?;
        let secrets = match &self.secrets {
            Some(path) => secrets(path)?,
            None => HashMap::new(),
        };
        Ok(ConnectionGrant {
            hotel,
            plugin: plugin.to_owned(),
            settings,
            secrets,
            endpoint: None,
            record: Recorded::All,
        })
    }
}

fn outcome<T>(called: Called<T>) -> (Option<ConnectorFailure>, CallCost) {
    (called.result.err(), called.cost)
}

fn since(now: Timestamp) -> Timestamp {
    now.checked_sub(PULLED).unwrap_or(now)
}

/// The secrets of a file. What is wrong with one is not shown, for it may be a secret.
fn secrets(path: &Path) -> anyhow::Result<HashMap<String, SecretString>> {
    let text =
        fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let secrets: HashMap<String, String> = toml::from_str(&text)
        .map_err(|_| anyhow!("{} has not only lines `name = \"value\"`", path.display()))?;
    Ok(secrets
        .into_iter()
        .map(|(name, secret)| (name, secret.into()))
        .collect())
}

fn simulated(text: &str) -> Result<(String, SocketAddr), String> {
    let (host, address) = text
        .split_once('=')
        .ok_or_else(|| "not of the form api.example.com=127.0.0.1:9101".to_owned())?;
    let address = address
        .parse()
        .map_err(|_| format!("`{address}` is no address such as 127.0.0.1:9101"))?;
    Ok((host.to_owned(), address))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_file_of_secrets_is_read_and_a_bad_one_shows_nothing_of_itself() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secrets.toml");
        fs::write(&path, "client_id = \"an-id\"\n").expect("written");
        let read = secrets(&path).expect("secrets");
        assert_eq!(read["client_id"].expose_secret(), "an-id");
        fs::write(&path, "client_id = hunter2\n").expect("written");
        let refused = secrets(&path).expect_err("no TOML");
        assert!(!format!("{refused:#}").contains("hunter2"), "{refused:#}");
    }

    #[test]
    fn a_simulator_is_named_by_its_host_and_address() {
        let address = "127.0.0.1:9101".parse().expect("an address");
        assert_eq!(
            simulated("api.example.com=127.0.0.1:9101"),
            Ok(("api.example.com".to_owned(), address))
        );
        assert!(simulated("api.example.com").is_err());
        assert!(simulated("api.example.com=localhost").is_err());
    }
}
