//! What a command needs to ask a channel as the running program does: the plugins, and what one connection is given.

use std::collections::HashMap;
use std::sync::Arc;

use crate::app::quotes::QuoteKeys;
use crate::app::{App, Senders, Wake};
use crate::boot::{BootError, ConnectionsError, Opened, gateway, load_plugins, of_a_command};
use crate::config::{Config, Environment};
use crate::domain::ids::ConnectionId;
use crate::plugin::ConnectionGrant;

/// Loads the plugins for calls of one connection. The configuration is not applied, and nothing works in the background.
pub async fn asking(
    config: &Config,
    environment: &Environment,
    opened: &Opened,
    (connection, grant): (ConnectionId, ConnectionGrant),
) -> Result<App, BootError> {
    let start = of_a_command(config, environment)?;
    let plugins = Arc::new(load_plugins(&start, opened).await?);
    plugins
        .set_grants(&HashMap::from([(connection, grant)]))
        .map_err(ConnectionsError::from)?;
    // Nobody is quoted anything by a command, so nobody has to know its key.
    let unknown = hex::encode(start.random.bytes::<32>());
    Ok(App {
        store: opened.store.clone(),
        clock: start.clock.clone(),
        connectors: plugins.clone(),
        email_providers: plugins,
        gateway: Arc::new(gateway(&config.gateway, QuoteKeys::from(unknown.as_str()))),
        senders: Senders::default(),
        wake: Wake::default(),
    })
}
