//! What is loaded and granted at one moment, exchanged as a whole: a call takes its plugin and its grant from one
//! generation, and keeps both to its end.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::failure::sandbox;
use super::grants::{ActiveGrant, ConnectionGrant};
use super::loader::LoadedPlugin;
use super::manifest::webhook::WebhookRules;
use crate::domain::connector::{Caller, ConnectorFailure, SandboxFailure};
use crate::domain::ids::{ConnectionId, HotelId};

/// One moment's plugins by id, and grants.
#[derive(Clone, Default)]
pub(super) struct Generation {
    pub(super) plugins: BTreeMap<String, Entry>,
    pub(super) grants: HashMap<ConnectionId, Arc<ActiveGrant>>,
    /// What connections are given that only a version which waits can use. Until it is in service they keep what they have.
    pub(super) ahead: HashMap<ConnectionId, ConnectionGrant>,
    /// The calls that each hotel may have under way. One that stays keeps its own, with those that are.
    pub(super) hotels: HashMap<HotelId, Arc<Semaphore>>,
}

/// What a call runs, with which grant, and where it waits for its turn.
pub(super) struct Found {
    pub(super) plugin: Arc<LoadedPlugin>,
    pub(super) grant: Arc<ActiveGrant>,
    pub(super) hotel: Arc<Semaphore>,
}

/// A plugin in service.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) plugin: Arc<LoadedPlugin>,
    /// The version that it replaced, and when.
    pub(super) before: Option<(Arc<LoadedPlugin>, Timestamp)>,
    /// Why it may not serve by what the operator grants now. It serves nobody then.
    pub(super) withdrawn: Option<String>,
}

impl Generation {
    /// What a call of this plugin for a connection runs.
    pub(super) fn of(&self, plugin: &str, caller: &Caller) -> Result<Found, ConnectorFailure> {
        let entry = self.plugins.get(plugin);
        let entry = entry.ok_or_else(|| ConnectorFailure::Sandbox {
            kind: SandboxFailure::Unavailable,
            message: format!("no plugin `{plugin}` is loaded"),
        })?;
        let loaded = &entry.plugin;
        if let Some(reason) = &entry.withdrawn {
            let message = format!("it is out of service: {reason}");
            let kind = SandboxFailure::Quarantined;
            return Err(sandbox(&loaded.manifest, kind, &message));
        }
        let grant = self.grants.get(&caller.connection);
        let own = grant.filter(|grant| grant.hotel == caller.hotel && grant.plugin == plugin);
        let granted = own.zip(self.hotels.get(&caller.hotel));
        let (grant, hotel) = granted.ok_or_else(|| {
            let message = format!("connection {} is not configured for it", caller.connection);
            sandbox(&loaded.manifest, SandboxFailure::Unavailable, &message)
        })?;
        Ok(Found {
            plugin: Arc::clone(loaded),
            grant: Arc::clone(grant),
            hotel: Arc::clone(hotel),
        })
    }

    /// What a connection was granted, and how webhooks for it are verified, while its plugin serves.
    pub(super) fn webhooks_of(
        &self,
        connection: ConnectionId,
    ) -> Option<(&ActiveGrant, &WebhookRules)> {
        let grant = self.grants.get(&connection)?;
        let entry = self.plugins.get(&grant.plugin)?;
        let rules = entry.plugin.manifest.webhook.as_ref()?;
        entry.withdrawn.is_none().then_some((&**grant, rules))
    }

    /// The places of all hotels that have one of these grants.
    pub(super) fn places(
        &self,
        grants: &HashMap<ConnectionId, Arc<ActiveGrant>>,
        calls_of_one_hotel: usize,
    ) -> HashMap<HotelId, Arc<Semaphore>> {
        let place = |grant: &Arc<ActiveGrant>| {
            let kept = self.hotels.get(&grant.hotel).cloned();
            let places = kept.unwrap_or_else(|| Arc::new(Semaphore::new(calls_of_one_hotel)));
            (grant.hotel, places)
        };
        grants.values().map(place).collect()
    }
}

/// The present generation.
#[derive(Default)]
pub(super) struct Current(ArcSwap<Generation>);

impl Current {
    pub(super) fn load(&self) -> Arc<Generation> {
        self.0.load_full()
    }

    /// New calls take this one; those under way end with theirs.
    pub(super) fn replace(&self, next: Generation) {
        self.0.store(Arc::new(next));
    }
}
