//! Applying a configuration: the store's connections, the plugins' grants, the schedules; all or nothing.

use std::collections::HashMap;

use crate::app::connections::{self, ActiveConnection, Applied, ApplyError};
use crate::boot::{Context, chain};
use crate::config::{self, Config};
use crate::domain::connection::ConnectionKind;
use crate::domain::ids::{ConnectionId, HotelId};
use crate::jobs::ConnectionSchedules;
use crate::plugin::manifest::Kind;
use crate::plugin::{ConnectionGrant, GrantError, GrantErrors};

/// Why a configuration was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionsError {
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error(transparent)]
    Grants(#[from] GrantErrors),
}

impl Context {
    pub(super) async fn apply(&self, config: &Config) -> Result<(), ConnectionsError> {
        let examine = |hotel, connection: &config::Connection| {
            let told = |errors: Vec<GrantError>| -> Vec<String> {
                errors.iter().map(|error| chain(error)).collect()
            };
            let kind = self
                .plugins
                .check(&grant(hotel, connection))
                .map_err(told)?;
            Ok(match kind {
                Kind::Channel => ConnectionKind::Channel,
                Kind::Email => ConnectionKind::Email,
            })
        };
        let now = self.app.clock.now();
        let applied = connections::apply(&self.app.store, &config.hotels, &examine, now).await?;
        self.plugins.set_grants(&grants(&applied))?;
        self.app.senders.replace(&applied.senders);
        self.schedules
            .replace(applied.connections.iter().map(schedules).collect());
        self.app.wake.ring();
        Ok(())
    }
}

fn grants(applied: &Applied) -> HashMap<ConnectionId, ConnectionGrant> {
    applied
        .connections
        .iter()
        .map(|active| (active.id, grant(active.hotel, &active.configured)))
        .collect()
}

fn grant(hotel: HotelId, connection: &config::Connection) -> ConnectionGrant {
    ConnectionGrant {
        hotel,
        plugin: connection.connector.clone(),
        settings: connection.settings.clone(),
        secrets: connection.secrets.clone().into_iter().collect(),
    }
}

fn schedules(active: &ActiveConnection) -> ConnectionSchedules {
    ConnectionSchedules {
        connection: active.id,
        hotel: active.hotel,
        time_zone: active.time_zone.clone(),
        schedules: active.configured.schedules.clone(),
    }
}
