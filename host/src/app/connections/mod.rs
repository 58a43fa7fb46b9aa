//! The configured connections, made so in the store: first everything is resolved, then everything is written.

mod resolve;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use crate::app::connections::resolve::{Resolved, ResolvedConnection, resolve};
use crate::app::subscriptions::enqueue_unsettled;
use crate::config::{self, EmailSender};
use crate::domain::connection::{Connection, ConnectionKind};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{ConnectionId, HotelId};
use crate::domain::webhook::SubscriptionDigest;
use crate::store::jobs::{self, NewJob};
use crate::store::subscriptions::Unsettled;
use crate::store::{HotelTx, Store, StoreError, cells, connections, subscriptions};

pub use resolve::{ProductIds, product_ids, resolve_row};

/// A reservation's landing takes no longer.
const REMAP_DELAY: Duration = Duration::from_secs(5);

/// What the configuration came to.
#[derive(Debug)]
pub struct Applied {
    /// Every enabled connection.
    pub connections: Vec<ActiveConnection>,
    /// Those whose channels are still to stop sending webhooks.
    pub leaving: Vec<LeavingConnection>,
    pub senders: Vec<Sender>,
}

/// An enabled connection.
#[derive(Clone, Debug)]
pub struct ActiveConnection {
    pub id: ConnectionId,
    pub hotel: HotelId,
    pub kind: ConnectionKind,
    /// Its connector, settings, secrets and schedules.
    pub configured: config::Connection,
    /// Of the hotel: schedules are in it.
    pub time_zone: TimeZone,
}

/// A connection that is no longer in use, with what is still to be ended at its channel.
#[derive(Clone, Debug)]
pub struct LeavingConnection {
    pub id: ConnectionId,
    pub hotel: HotelId,
    /// As the configuration has it, disabled; none: it was removed.
    pub configured: Option<config::Connection>,
}

/// How a hotel writes to its guests.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sender {
    pub hotel: HotelId,
    pub connection: ConnectionId,
    /// The plugin that sends.
    pub connector: String,
    pub address: String,
    pub name: String,
}

/// Why the configuration was not applied; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Every contradiction with the store and the plugins, one a line.
    #[error("{}", .0.join("\n"))]
    Refused(Vec<String>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a connection's plugin says of what it is given.
#[derive(Clone, Copy, Debug)]
pub struct Examined {
    /// What it is for.
    pub kind: ConnectionKind,
    /// What its channel is asked to send here; none: nothing is asked.
    pub subscription: Option<SubscriptionDigest>,
}

/// Asks a connection's plugin, or tells everything that it has against the connection's settings and secrets.
pub type Examine<'a> =
    &'a (dyn Fn(HotelId, &config::Connection) -> Result<Examined, Vec<String>> + Sync);

/// Makes the store's connections what the configuration says. Those that it no longer names are disabled, never deleted.
/// A channel that is newly enabled, or has other mappings, gets a full sync.
pub async fn apply(
    store: &Store,
    configured: &[config::Hotel],
    examine: Examine<'_>,
    now: Timestamp,
) -> Result<Applied, ApplyError> {
    let resolved = resolve(store, configured, examine).await?;
    let mut applied = Applied {
        connections: Vec::new(),
        leaving: Vec::new(),
        senders: Vec::new(),
    };
    for hotel in &resolved {
        write(store, hotel, now, &mut applied).await?;
    }
    Ok(applied)
}

async fn write(
    store: &Store,
    resolved: &Resolved<'_>,
    now: Timestamp,
    applied: &mut Applied,
) -> Result<(), StoreError> {
    let hotel = &resolved.hotel;
    let mut tx = store.begin(hotel.id).await?;
    let mut kept = Vec::with_capacity(resolved.connections.len());
    // In the order in which jobs are locked.
    let (mut full_syncs, mut pushes) = (BTreeSet::new(), BTreeSet::new());
    for connection in &resolved.connections {
        let (id, shows_ours) = write_connection(&mut tx, connection, now).await?;
        match connection.kind {
            ConnectionKind::Channel if shows_ours => pushes.insert(id),
            ConnectionKind::Channel => full_syncs.insert(id),
            ConnectionKind::Email => false,
        };
        kept.push(id);
        applied.connections.push(ActiveConnection {
            id,
            hotel: hotel.id,
            kind: connection.kind,
            configured: connection.configured.clone(),
            time_zone: hotel.time_zone.clone(),
        });
    }
    let disabled = connections::disable_others(&mut tx, &kept).await?;
    subscriptions::end_others(&mut tx, &kept).await?;
    for connection in &full_syncs {
        enqueue(&mut tx, "full_sync", *connection, Duration::ZERO).await?;
    }
    // What was set aside may have been for want of this very change.
    for connection in pushes {
        cells::enqueue_push(&mut tx, connection).await?;
    }
    // After those that land at this moment, by the mappings of before.
    for connection in full_syncs {
        enqueue(&mut tx, "remap", connection, REMAP_DELAY).await?;
    }
    let unsettled = enqueue_unsettled(&mut tx).await?;
    tx.commit().await?;
    applied.leaving.extend(leaving(resolved, &kept, &unsettled));
    if disabled > 0 {
        tracing::info!(hotel.id = %hotel.id, disabled, "Connections are no longer configured and were disabled");
    }
    let sender = resolved
        .email
        .and_then(|email| sender(hotel, email, &applied.connections));
    applied.senders.extend(sender);
    Ok(())
}

/// Writes one connection and answers its id, and whether the channel can show what is ours already: it was enabled
/// before, with the same mappings.
async fn write_connection(
    tx: &mut HotelTx,
    resolved: &ResolvedConnection<'_>,
    now: Timestamp,
) -> Result<(ConnectionId, bool), StoreError> {
    let configured = resolved.configured;
    let wanted = Connection {
        id: ConnectionId::new(now),
        name: configured.name.clone(),
        kind: resolved.kind,
        connector: configured.connector.clone(),
        enabled: true,
        repair_drift: configured.repair_drift,
        pulled_until: None,
    };
    let before = connections::upsert(tx, &wanted).await?;
    let remapped = connections::mappings(tx, before.id).await? != resolved.mappings;
    if remapped {
        connections::replace_mappings(tx, before.id, &resolved.mappings).await?;
    }
    let token = configured.webhook_token.as_ref();
    let token_hash = token.map(|token| token_hash(token.expose_secret()));
    connections::replace_endpoint(tx, before.id, token_hash).await?;
    subscriptions::want(tx, before.id, resolved.subscription).await?;
    let shows_ours = before.enabled && before.connector == wanted.connector && !remapped;
    Ok((before.id, shows_ours))
}

/// Those connections that are in use no more, and whose channels are still to stop.
fn leaving(
    resolved: &Resolved<'_>,
    kept: &[ConnectionId],
    unsettled: &[Unsettled],
) -> Vec<LeavingConnection> {
    let gone = unsettled
        .iter()
        .filter(|one| one.ends && !kept.contains(&one.connection));
    gone.map(|one| {
        let mut sections = resolved.section.iter().flat_map(|hotel| &hotel.connections);
        LeavingConnection {
            id: one.connection,
            hotel: resolved.hotel.id,
            configured: sections.find(|section| section.name == one.name).cloned(),
        }
    })
    .collect()
}

async fn enqueue(
    tx: &mut HotelTx,
    kind: &'static str,
    connection: ConnectionId,
    delay: Duration,
) -> Result<(), StoreError> {
    let key = format!("{kind}:{connection}");
    let hotel = tx.hotel();
    let job = NewJob {
        kind,
        key: Some(key.clone()),
        ordering: Some(key),
        hotel: Some(hotel),
        payload: serde_json::json!({"connection_id": connection.0}),
        priority: 0,
        delay,
    };
    jobs::enqueue(tx, job).await
}

fn sender(hotel: &Hotel, email: &EmailSender, connections: &[ActiveConnection]) -> Option<Sender> {
    let connection = connections
        .iter()
        .find(|one| one.hotel == hotel.id && one.configured.name == email.connection)?;
    Some(Sender {
        hotel: hotel.id,
        connection: connection.id,
        connector: connection.configured.connector.clone(),
        address: email.sender.clone(),
        name: email
            .sender_name
            .clone()
            .unwrap_or_else(|| hotel.name.clone()),
    })
}

/// What is stored in the place of a webhook token.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
