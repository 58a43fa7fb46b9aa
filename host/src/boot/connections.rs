//! Applying a configuration: the store's connections, the plugins' grants, the schedules; all or nothing.

use std::collections::HashMap;

use crate::app::connections::{self, ActiveConnection, Applied, ApplyError};
use crate::boot::{Context, chain};
use crate::config::{self, Config};
use crate::domain::connection::ConnectionKind;
use crate::domain::ids::{ConnectionId, HotelId};
use crate::jobs::ConnectionSchedules;
use crate::plugin::manifest::{Ability, Kind, Manifest};
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
    /// Applies a changed configuration. It comes back where the database was not there for it, to be tried again.
    pub(super) async fn apply_changed(&self, config: Config) -> Option<Config> {
        match self.apply(&config).await {
            Ok(()) => {
                tracing::info!("Applied the changed configuration");
                None
            }
            Err(error @ ConnectionsError::Apply(ApplyError::Store(_))) => {
                let error = chain(&error);
                tracing::warn!(error, "The changed configuration could not be applied yet");
                Some(config)
            }
            Err(error) => {
                tracing::error!(
                    error = %chain(&error),
                    "The changed configuration is refused: the one before stays in force"
                );
                None
            }
        }
    }

    pub(super) async fn apply(&self, config: &Config) -> Result<(), ConnectionsError> {
        let examine = |hotel, connection: &config::Connection| {
            let told = |errors: Vec<GrantError>| -> Vec<String> {
                errors.iter().map(|error| chain(error)).collect()
            };
            let kind = self
                .plugins
                .check(&grant(hotel, connection))
                .map_err(told)?;
            if let Some(manifest) = self.plugins.manifest(&connection.connector) {
                let problems = contradictions(&manifest, connection);
                if !problems.is_empty() {
                    return Err(problems);
                }
            }
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
        // Last, because it waits for a file that is just being loaded.
        self.plugins.approve(&config.plugins.approvals).await;
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

/// What the configuration gives a connection of a hotel.
pub fn grant(hotel: HotelId, connection: &config::Connection) -> ConnectionGrant {
    ConnectionGrant {
        hotel,
        plugin: connection.connector.clone(),
        settings: connection.settings.clone(),
        secrets: connection.secrets.clone().into_iter().collect(),
        record: connection.record,
    }
}

/// What a connection is asked to do and its plugin cannot.
pub fn contradictions(manifest: &Manifest, connection: &config::Connection) -> Vec<String> {
    let plugin = &manifest.id;
    let schedules = &connection.schedules;
    let can = |ability| manifest.abilities.contains(&ability);
    let mut problems = Vec::new();
    let mut refuse = |wrong: bool, problem: String| problems.extend(wrong.then_some(problem));
    if manifest.kind == Kind::Email {
        let scheduled = [
            &schedules.pull,
            &schedules.messages,
            &schedules.parity,
            &schedules.full_sync,
        ];
        let any = scheduled.iter().any(|schedule| schedule.is_some());
        refuse(any, format!("`{plugin}` sends mail and has no schedules"));
        refuse(
            !connection.mappings.rows.is_empty(),
            format!("`{plugin}` sends mail and has no mappings"),
        );
        return problems;
    }
    refuse(
        schedules.pull.is_some() && !can(Ability::ReservationSource),
        format!("schedules.pull: `{plugin}` cannot be asked for reservations"),
    );
    refuse(
        schedules.messages.is_some() && !can(Ability::GuestMessages),
        format!("schedules.messages: `{plugin}` cannot be asked for messages"),
    );
    refuse(
        schedules.parity.is_some() && !can(Ability::AriReader),
        format!("schedules.parity: `{plugin}` cannot read what its channel shows"),
    );
    refuse(
        connection.repair_drift && !can(Ability::AriReader),
        format!(
            "repair_drift: `{plugin}` cannot read what its channel shows, so no drift is found"
        ),
    );
    problems
}

fn schedules(active: &ActiveConnection) -> ConnectionSchedules {
    ConnectionSchedules {
        connection: active.id,
        hotel: active.hotel,
        time_zone: active.time_zone.clone(),
        schedules: active.configured.schedules.clone(),
    }
}
