//! Plugins of every published version of the contract, as they were built then: this host loads and runs them all.

mod channel;
mod email;
mod messages;
mod reservations;
mod subscriptions;
mod versions;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use roomwire::domain::connection::Record;
use roomwire::domain::connector::{Caller, ChannelConnector, Connectors};
use roomwire::domain::email::{EmailProvider, EmailProviders};
use roomwire::domain::ids::ConnectionId;
use roomwire::domain::money::Money;
use roomwire::plugin::manifest::{CONTRACT, LOWEST_CONTRACT};
use roomwire::plugin::{ConnectionGrant, Limits, Plugins, WebhookEndpoint};
use serde_json::json;
use uuid::Uuid;

use super::remote::Remote;
use super::world::{caller, options};

const CHANNEL: &str = "frozen-channel";
const EMAIL: &str = "frozen-email";

/// The secret part of the address at which webhooks come in. No guest sees it.
const ENDPOINT_TOKEN: &str = "endpoint-0123456789abcdef0123456789abcdef";

/// What the guests read as their settings.
const SETTINGS: &str = r#"{"word":"frozen"}"#;

/// A host with the plugins of one version, each with a connection, and their remote.
struct Frozen {
    version: String,
    plugins: Plugins,
    remote: Remote,
}

impl Frozen {
    /// A host for each published version, one after the other.
    async fn every() -> Vec<Self> {
        let mut every = Vec::new();
        for folder in folders() {
            every.push(Self::start(&folder).await);
        }
        every
    }

    async fn start(folder: &Path) -> Self {
        let version = name(folder);
        let remote = Remote::start().await;
        let options = options(Limits::default(), &remote, &Arc::default());
        let plugins = Plugins::load_directory(folder, options)
            .await
            .unwrap_or_else(|error| panic!("plugins of {version} do not load: {error:?}"));
        let grants = [CHANNEL, EMAIL].map(|plugin| (caller_of(plugin).connection, grant(plugin)));
        plugins
            .set_grants(&HashMap::from(grants))
            .expect("the grants are sound");
        Self {
            version,
            plugins,
            remote,
        }
    }

    /// Whether the version has what came with 1.`minor`.0.
    fn has_what_came_with(&self, minor: u64) -> bool {
        let numbers = self.version.split('.');
        let numbers: Vec<u64> = numbers
            .map(|number| number.parse().expect("a number"))
            .collect();
        numbers >= vec![1, minor, 0]
    }

    fn connector(&self) -> Arc<dyn ChannelConnector> {
        self.plugins.channel(CHANNEL).expect("the connector")
    }

    fn provider(&self) -> Arc<dyn EmailProvider> {
        self.plugins.email(EMAIL).expect("the email provider")
    }
}

/// Folders of the published versions. Both ends of what this host promises must be there.
fn folders() -> Vec<PathBuf> {
    let parent = Path::new(env!("CARGO_MANIFEST_DIR")).join("frozen");
    for version in [LOWEST_CONTRACT, CONTRACT] {
        assert!(
            parent.join(version.to_string()).is_dir(),
            "the contract {version} is not frozen: run `cargo xtask freeze` and commit tests/frozen/{version}"
        );
    }
    let entries = std::fs::read_dir(&parent).expect("the folder of versions");
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a folder").path())
        .filter(|folder| !name(folder).starts_with('.'))
        .collect();
    folders.sort();
    folders
}

fn name(folder: &Path) -> String {
    let name = folder.file_name().expect("a folder's name");
    name.to_string_lossy().into_owned()
}

fn caller_of(plugin: &str) -> Caller {
    let number = if plugin == CHANNEL { 2 } else { 3 };
    Caller {
        connection: ConnectionId(Uuid::from_u128(number)),
        connector: plugin.to_owned(),
        ..caller()
    }
}

fn grant(plugin: &str) -> ConnectionGrant {
    let secrets = if plugin == CHANNEL {
        HashMap::from([("signing_key".to_owned(), "signing-key-04fd".into())])
    } else {
        HashMap::new()
    };
    ConnectionGrant {
        hotel: caller().hotel,
        plugin: plugin.to_owned(),
        settings: json!({ "word": "frozen" }),
        secrets,
        endpoint: Some(WebhookEndpoint::new(
            Some("https://gateway.example"),
            ENDPOINT_TOKEN.into(),
        )),
        record: Record::default(),
    }
}

fn euros(minor: i64) -> Money {
    Money::new(minor, caller().currency)
}
