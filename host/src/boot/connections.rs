//! Applying a configuration: the store's connections, the plugins' grants, the schedules; all or nothing.

use std::collections::HashMap;

use crate::app::calls::CallError;
use crate::app::connections::{self, ActiveConnection, Applied, ApplyError};
use crate::app::push;
use crate::boot::Context;
use crate::config::Config;
use crate::domain::connection::ConnectionKind;
use crate::domain::ids::ConnectionId;
use crate::jobs::ConnectionSchedules;
use crate::plugin::manifest::Kind;
use crate::plugin::{ConnectionGrant, GrantErrors};

/// Why a configuration was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionsError {
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error(transparent)]
    Grants(#[from] GrantErrors),
    #[error("the channels could not be marked for a full sync")]
    Sync(#[from] CallError),
}

impl Context {
    pub(super) async fn apply(&self, config: &Config) -> Result<(), ConnectionsError> {
        let kind_of = |plugin: &str| {
            self.plugins
                .manifest(plugin)
                .map(|manifest| match manifest.kind {
                    Kind::Channel => ConnectionKind::Channel,
                    Kind::Email => ConnectionKind::Email,
                })
        };
        let now = self.app.clock.now();
        let applied = connections::apply(&self.app.store, &config.hotels, &kind_of, now).await?;
        self.plugins.set_grants(&grants(&applied))?;
        self.app.senders.replace(&applied.senders);
        self.schedules
            .replace(applied.connections.iter().map(schedules).collect());
        for (hotel, connection) in applied.full_syncs {
            push::full_sync(&self.app, hotel, connection).await?;
        }
        Ok(())
    }
}

fn grants(applied: &Applied) -> HashMap<ConnectionId, ConnectionGrant> {
    let grant = |active: &ActiveConnection| ConnectionGrant {
        hotel: active.hotel,
        plugin: active.connector.clone(),
        settings: active.settings.clone(),
        secrets: active.secrets.clone().into_iter().collect(),
    };
    applied
        .connections
        .iter()
        .map(|active| (active.id, grant(active)))
        .collect()
}

fn schedules(active: &ActiveConnection) -> ConnectionSchedules {
    ConnectionSchedules {
        connection: active.id,
        hotel: active.hotel,
        time_zone: active.time_zone.clone(),
        schedules: active.schedules.clone(),
    }
}
