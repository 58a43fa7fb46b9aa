//! Applying a configuration: the store's connections, the plugins' grants, the schedules; all or nothing.

use std::collections::{BTreeMap, HashMap};

use crate::app::connections::{self, ActiveConnection, Applied, ApplyError, Examined};
use crate::app::subscriptions;
use crate::boot::{Context, chain};
use crate::config::{self, Config};
use crate::domain::connection::ConnectionKind;
use crate::domain::ids::{ConnectionId, HotelId};
use crate::domain::webhook::SubscriptionDigest;
use crate::jobs::ConnectionSchedules;
use crate::plugin::manifest::{Ability, Kind, Manifest};
use crate::plugin::{ConnectionGrant, GrantError, GrantErrors, WebhookEndpoint};

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
        let mut active = self.active.lock().await;
        // Before they are asked: what changes meanwhile is seen at the next look.
        let versions = self.plugins.versions();
        let public_url = config.server.public_url.clone();
        let examine = |hotel, connection: &config::Connection| {
            self.examine(hotel, connection, public_url.as_deref())
        };
        let now = self.app.clock.now();
        let applied = connections::apply(&self.app.store, &config.hotels, &examine, now).await?;
        let (grants, kept) = self.grants(&applied, public_url.as_deref());
        self.plugins.set_grants_and_keep(&grants, &kept)?;
        self.app.senders.replace(&applied.senders);
        self.schedules
            .replace(applied.connections.iter().map(schedules).collect());
        self.app.wake.ring();
        *active = Active {
            connections: applied.connections,
            public_url,
            versions,
        };
        drop(active);
        // Last, because it waits for a file that is just being loaded.
        self.plugins.approve(&config.plugins.approvals).await;
        Ok(())
    }

    /// Asks a connection's plugin what it is for, what it has against its settings, and what it can have sent here.
    fn examine(
        &self,
        hotel: HotelId,
        connection: &config::Connection,
        public_url: Option<&str>,
    ) -> Result<Examined, Vec<String>> {
        let told = |errors: Vec<GrantError>| -> Vec<String> {
            errors.iter().map(|error| chain(error)).collect()
        };
        let given = grant(hotel, connection, public_url);
        let kind = self.plugins.check(&given).map_err(told)?;
        if let Some(manifest) = self.plugins.manifest(&connection.connector) {
            let problems = contradictions(&manifest, connection);
            if !problems.is_empty() {
                return Err(problems);
            }
        }
        Ok(Examined {
            kind: match kind {
                Kind::Channel => ConnectionKind::Channel,
                Kind::Email => ConnectionKind::Email,
            },
            subscription: self.subscription(connection, &given),
        })
    }

    fn subscription(
        &self,
        connection: &config::Connection,
        given: &ConnectionGrant,
    ) -> Option<SubscriptionDigest> {
        let wanted = connection.subscribe_webhooks;
        wanted.then(|| self.plugins.subscription(given)).flatten()
    }

    /// What connections are given, those too whose channels are still to stop; and those of these that keep what they had,
    /// as the configuration gives them nothing any more, or nothing that is right.
    fn grants(
        &self,
        applied: &Applied,
        public_url: Option<&str>,
    ) -> (HashMap<ConnectionId, ConnectionGrant>, Vec<ConnectionId>) {
        let mut grants: HashMap<ConnectionId, ConnectionGrant> = applied
            .connections
            .iter()
            .map(|active| {
                (
                    active.id,
                    grant(active.hotel, &active.configured, public_url),
                )
            })
            .collect();
        let mut kept = Vec::new();
        for leaving in &applied.leaving {
            let given = leaving
                .configured
                .as_ref()
                .map(|configured| grant(leaving.hotel, configured, public_url))
                .filter(|given| self.plugins.check(given).is_ok());
            match given {
                Some(given) => drop(grants.insert(leaving.id, given)),
                None => kept.push(leaving.id),
            }
        }
        (grants, kept)
    }

    /// Has channels asked anew where another version of a plugin came into service.
    pub(super) async fn renew_subscriptions(&self) {
        let mut active = self.active.lock().await;
        let versions = self.plugins.versions();
        if versions == active.versions {
            return;
        }
        let mut hotels: BTreeMap<HotelId, Vec<(ConnectionId, Option<SubscriptionDigest>)>> =
            BTreeMap::new();
        for one in &active.connections {
            let given = grant(one.hotel, &one.configured, active.public_url.as_deref());
            let wanted = self.subscription(&one.configured, &given);
            hotels.entry(one.hotel).or_default().push((one.id, wanted));
        }
        for (hotel, wanted) in &hotels {
            if let Err(error) = subscriptions::renew(&self.app.store, *hotel, wanted).await {
                let error = chain(&error);
                tracing::warn!(hotel.id = %hotel, error, "Webhooks could not be looked after yet");
                return;
            }
        }
        self.app.wake.ring();
        active.versions = versions;
    }
}

/// What was applied last.
#[derive(Debug, Default)]
pub(super) struct Active {
    connections: Vec<ActiveConnection>,
    public_url: Option<String>,
    /// Of the plugins, as they were asked then.
    versions: BTreeMap<String, String>,
}

/// What the configuration gives a connection of a hotel. Without an address of the gateway, its channel can be told none,
/// and the token is kept from the guest all the same.
pub fn grant(
    hotel: HotelId,
    connection: &config::Connection,
    public_url: Option<&str>,
) -> ConnectionGrant {
    ConnectionGrant {
        hotel,
        plugin: connection.connector.clone(),
        settings: connection.settings.clone(),
        secrets: connection.secrets.clone().into_iter().collect(),
        endpoint: connection
            .webhook_token
            .clone()
            .map(|token| WebhookEndpoint::new(public_url, token)),
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
