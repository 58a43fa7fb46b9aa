//! What stored webhooks mean, and what follows from them.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use crate::app::calls::{self, CallError};
use crate::app::reach::{Reached, log, reach};
use crate::app::{App, emails, messages, pull, revisions};
use crate::domain::connection::{Connection, ConnectionKind};
use crate::domain::connector::{ChannelEvent, ConnectorFailure, VerifiedWebhook};
use crate::domain::email::EmailEvent;
use crate::domain::ids::{ConnectionId, DeliveryId, HotelId};
use crate::store::inbox::{self, Delivery};
use crate::store::jobs::{self, NewJob};
use crate::store::{HotelTx, StoreError, connections};

/// Works off a stored webhook, once: its events lead to jobs, and full revisions that cannot be asked for are applied.
pub async fn process(app: &App, hotel: HotelId, delivery: DeliveryId) -> Result<(), CallError> {
    let mut tx = app.store.begin(hotel).await?;
    let delivery = inbox::find(&mut tx, delivery).await?;
    let Some(delivery) = delivery.filter(|delivery| !delivery.processed) else {
        return Ok(());
    };
    let connection = connections::find(&mut tx, delivery.connection).await?;
    tx.commit().await?;
    let follow = match connection.filter(|connection| connection.enabled) {
        Some(connection) if connection.kind == ConnectionKind::Email => {
            let events = read_email(app, hotel, &connection, &delivery.webhook).await?;
            Follow {
                events,
                ..Follow::default()
            }
        }
        Some(_) => read_channel(app, hotel, &delivery).await?,
        None => Follow::default(),
    };
    finish(app, hotel, &delivery, &follow).await
}

/// What a webhook leads to.
#[derive(Default)]
struct Follow {
    /// Sorted, because jobs are locked in the order of their keys.
    fetches: BTreeSet<String>,
    pull: bool,
    pull_messages: bool,
    look_at_calendar: bool,
    /// What became of emails.
    events: Vec<EmailEvent>,
}

async fn read_channel(app: &App, hotel: HotelId, delivery: &Delivery) -> Result<Follow, CallError> {
    let mut follow = Follow::default();
    let Some(reached) = reach(app, hotel, delivery.connection).await? else {
        return Ok(follow);
    };
    let profile = reached.connector.profile();
    let can_be_asked = profile.abilities.reservation_source;
    for event in parse(app, &reached, &delivery.webhook).await? {
        match event {
            ChannelEvent::Reservation(_) if can_be_asked && profile.webhooks_pull => {
                follow.pull = true;
            }
            ChannelEvent::Reservation(reservation) if can_be_asked => {
                follow.fetches.insert(reservation);
            }
            ChannelEvent::Revision(revision) if can_be_asked && profile.webhooks_are_hints => {
                follow.fetches.insert(revision.reservation);
            }
            ChannelEvent::Revision(revision) => {
                revisions::apply(app, &reached.hotel, &reached.connection, &revision).await?;
            }
            ChannelEvent::Calendar => follow.look_at_calendar |= profile.abilities.ari_reader,
            ChannelEvent::Message => follow.pull_messages |= profile.abilities.guest_messages,
            ChannelEvent::Reservation(_) => tracing::error!(
                hotel.id = %hotel,
                connection.id = %delivery.connection,
                "A webhook names a reservation, but its connector cannot be asked for it"
            ),
            ChannelEvent::Ignored(why) => tracing::debug!(
                hotel.id = %hotel,
                connection.id = %delivery.connection,
                why,
                "A webhook tells nothing that concerns us"
            ),
        }
    }
    Ok(follow)
}

async fn parse(
    app: &App,
    reached: &Reached,
    webhook: &VerifiedWebhook,
) -> Result<Vec<ChannelEvent>, CallError> {
    // Understanding what has arrived asks nothing of the channel: its pace does not count.
    let caller = calls::caller(app, &reached.hotel, &reached.connection);
    let called = reached.connector.parse_webhook(&caller, webhook).await;
    let items = called.result.as_ref().map_or(0, Vec::len);
    log(
        app,
        &reached.hotel,
        &reached.connection,
        "parse_webhook",
        (items, &called),
    )
    .await?;
    Ok(called.result?)
}

async fn read_email(
    app: &App,
    id: HotelId,
    connection: &Connection,
    webhook: &VerifiedWebhook,
) -> Result<Vec<EmailEvent>, CallError> {
    let hotel = calls::hotel(app, id).await?;
    let provider = app
        .email_providers
        .email(&connection.connector)
        .ok_or_else(|| calls::unavailable(&connection.connector))?;
    let called = provider
        .parse_events(&calls::caller(app, &hotel, connection), webhook)
        .await;
    let items = called.result.as_ref().map_or(0, Vec::len);
    log(app, &hotel, connection, "parse_events", (items, &called)).await?;
    Ok(called.result?)
}

async fn finish(
    app: &App,
    hotel: HotelId,
    delivery: &Delivery,
    follow: &Follow,
) -> Result<(), CallError> {
    let mut tx = app.store.begin(hotel).await?;
    inbox::mark_processed(&mut tx, delivery.id, app.clock.now()).await?;
    for event in &follow.events {
        if !emails::apply_event(&mut tx, delivery.connection, event).await? {
            let early = "it tells of a mail whose sending is not finished here";
            return Err(ConnectorFailure::Retry(early.to_owned()).into());
        }
    }
    for reservation in &follow.fetches {
        pull::enqueue_fetch(&mut tx, delivery.connection, reservation).await?;
    }
    if follow.look_at_calendar {
        enqueue_parity(&mut tx, delivery.connection).await?;
    }
    if follow.pull {
        pull::enqueue(&mut tx, delivery.connection).await?;
    }
    if follow.pull_messages {
        messages::enqueue_pull(&mut tx, delivery.connection).await?;
    }
    tx.commit().await?;
    app.wake.ring();
    Ok(())
}

/// The calendar was edited at the channel: parity looks soon, when the editing may be over.
async fn enqueue_parity(tx: &mut HotelTx, connection: ConnectionId) -> Result<(), StoreError> {
    let key = format!("parity:{connection}");
    let hotel = tx.hotel();
    let job = NewJob {
        kind: "parity",
        key: Some(key.clone()),
        ordering: Some(key),
        hotel: Some(hotel),
        payload: serde_json::json!({"connection_id": connection.0}),
        priority: 0,
        delay: Duration::from_secs(60),
    };
    jobs::enqueue(tx, job).await
}
