//! The configured connections, made so in the store: first everything is resolved, then everything is written.

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use crate::config::{self, EmailSender};
use crate::domain::connection::{Connection, ConnectionKind, Mapping};
use crate::domain::connector::ProductCode;
use crate::domain::hotel::Hotel;
use crate::domain::ids::{ConnectionId, HotelId, RatePlanId, RoomTypeId};
use crate::store::jobs::{self, NewJob};
use crate::store::{HotelTx, Store, StoreError, catalogue, connections, hotels};

/// What the configuration came to.
#[derive(Debug)]
pub struct Applied {
    /// Every enabled connection.
    pub connections: Vec<ActiveConnection>,
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

/// How a hotel writes to its guests.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sender {
    pub hotel: HotelId,
    pub connection: ConnectionId,
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

/// Tells what a connection's plugin is for, or everything that it has against the connection's settings and secrets.
pub type Examine<'a> = &'a (dyn Fn(HotelId, &config::Connection) -> Result<ConnectionKind, Vec<String>> + Sync);

/// One hotel's part of the configuration, with codes turned into ids.
struct Resolved<'a> {
    hotel: Hotel,
    email: Option<&'a EmailSender>,
    connections: Vec<ResolvedConnection<'a>>,
}

struct ResolvedConnection<'a> {
    configured: &'a config::Connection,
    kind: ConnectionKind,
    mappings: Vec<Mapping>,
}

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
        senders: Vec::new(),
    };
    for hotel in &resolved {
        write(store, hotel, now, &mut applied).await?;
    }
    Ok(applied)
}

async fn resolve<'a>(
    store: &Store,
    configured: &'a [config::Hotel],
    examine: Examine<'_>,
) -> Result<Vec<Resolved<'a>>, ApplyError> {
    let known = hotels::list(store).await?;
    let slugs: BTreeSet<&str> = known.iter().map(|hotel| hotel.slug.as_str()).collect();
    let mut problems: Vec<String> = configured
        .iter()
        .filter(|hotel| !slugs.contains(hotel.slug.as_str()))
        .map(|hotel| format!("there is no hotel `{}`: its slug in the configuration is wrong, or it is not added yet", hotel.slug))
        .collect();
    let mut resolved = Vec::with_capacity(known.len());
    for hotel in known {
        // A hotel that is not configured at all has no connections.
        let section = configured.iter().find(|section| section.slug == hotel.slug);
        let connections = match section {
            Some(section) => {
                let products = product_ids(store, hotel.id).await?;
                resolve_hotel(section, (hotel.id, &products), examine, &mut problems)
            }
            None => Vec::new(),
        };
        resolved.push(Resolved {
            email: section.and_then(|section| section.email.as_ref()),
            hotel,
            connections,
        });
    }
    if problems.is_empty() {
        Ok(resolved)
    } else {
        Err(ApplyError::Refused(problems))
    }
}

type ProductIds = HashMap<(String, String), (RoomTypeId, RatePlanId)>;

async fn product_ids(store: &Store, hotel: HotelId) -> Result<ProductIds, StoreError> {
    let mut tx = store.begin(hotel).await?;
    let products = catalogue::products(&mut tx).await?;
    Ok(products
        .into_iter()
        .map(|product| {
            (
                (product.room_type.code, product.rate_plan.code),
                (product.room_type.id, product.rate_plan.id),
            )
        })
        .collect())
}

fn resolve_hotel<'a>(
    section: &'a config::Hotel,
    (hotel, products): (HotelId, &ProductIds),
    examine: Examine<'_>,
    problems: &mut Vec<String>,
) -> Vec<ResolvedConnection<'a>> {
    let mut resolved = Vec::new();
    for configured in section.connections.iter().filter(|one| one.enabled) {
        let place = format!("hotel `{}`, connection `{}`", section.slug, configured.name);
        let kind = match examine(hotel, configured) {
            Ok(kind) => kind,
            Err(refusals) => {
                problems.extend(refusals.iter().map(|refusal| format!("{place}: {refusal}")));
                continue;
            }
        };
        if kind == ConnectionKind::Email && !configured.mappings.rows.is_empty() {
            problems.push(format!(
                "{place}: `{}` sends mail and has no mappings",
                configured.connector
            ));
        }
        resolved.push(ResolvedConnection {
            configured,
            kind,
            mappings: resolve_mappings(&configured.mappings, products, problems),
        });
    }
    if let Some(email) = &section.email {
        let sends = |one: &ResolvedConnection<'_>| {
            one.configured.name == email.connection && one.kind == ConnectionKind::Email
        };
        if !resolved.iter().any(sends) {
            problems.push(format!(
                "hotel `{}`: its email goes through `{}`, which is no enabled connection of a plugin that sends mail",
                section.slug, email.connection
            ));
        }
    }
    resolved
}

fn resolve_mappings(
    mappings: &config::Mappings,
    products: &ProductIds,
    problems: &mut Vec<String>,
) -> Vec<Mapping> {
    let mut resolved: Vec<Mapping> = mappings
        .rows
        .iter()
        .filter_map(|row| {
            let product = products.get(&(row.room_type.clone(), row.rate_plan.clone()));
            if product.is_none() {
                problems.push(format!(
                    "{}:{}: the hotel does not sell the room type `{}` under the rate plan `{}`",
                    mappings.file, row.line, row.room_type, row.rate_plan
                ));
            }
            let (room_type, rate_plan) = *product?;
            Some(Mapping {
                room_type,
                rate_plan,
                code: ProductCode {
                    room: row.external_room.clone(),
                    rate: row.external_rate.clone(),
                },
            })
        })
        .collect();
    resolved.sort();
    resolved
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
    // Channels that show nothing of ours yet, or something else; in the order in which jobs are locked.
    let mut full_syncs = BTreeSet::new();
    for ResolvedConnection {
        configured,
        kind,
        mappings,
    } in &resolved.connections
    {
        let wanted = Connection {
            id: ConnectionId::new(now),
            name: configured.name.clone(),
            kind: *kind,
            connector: configured.connector.clone(),
            enabled: true,
            repair_drift: configured.repair_drift,
            pulled_until: None,
        };
        let before = connections::upsert(&mut tx, &wanted).await?;
        let remapped = connections::mappings(&mut tx, before.id).await? != *mappings;
        if remapped {
            connections::replace_mappings(&mut tx, before.id, mappings).await?;
        }
        let token = configured.webhook_token.as_ref();
        let token_hash = token.map(|token| token_hash(token.expose_secret()));
        connections::replace_endpoint(&mut tx, before.id, token_hash).await?;

        let shows_ours = before.enabled && before.connector == wanted.connector && !remapped;
        if *kind == ConnectionKind::Channel && !shows_ours {
            full_syncs.insert(before.id);
        }
        kept.push(before.id);
        applied.connections.push(ActiveConnection {
            id: before.id,
            hotel: hotel.id,
            kind: *kind,
            configured: (*configured).clone(),
            time_zone: hotel.time_zone.clone(),
        });
    }
    let disabled = connections::disable_others(&mut tx, &kept).await?;
    for connection in full_syncs {
        enqueue_full_sync(&mut tx, connection).await?;
    }
    tx.commit().await?;
    if disabled > 0 {
        tracing::info!(hotel.id = %hotel.id, disabled, "Connections are no longer configured and were disabled");
    }
    applied.senders.extend(
        resolved
            .email
            .and_then(|email| sender(hotel, email, &applied.connections)),
    );
    Ok(())
}

async fn enqueue_full_sync(tx: &mut HotelTx, connection: ConnectionId) -> Result<(), StoreError> {
    let key = format!("full_sync:{connection}");
    let hotel = tx.hotel();
    let job = NewJob {
        kind: "full_sync",
        key: Some(key.clone()),
        ordering: Some(key),
        hotel: Some(hotel),
        payload: serde_json::json!({"connection_id": connection.0}),
        priority: 0,
        delay: std::time::Duration::ZERO,
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
