//! What stored webhooks mean, and what follows from them.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use crate::app::calls::{self, CallError};
use crate::app::reach::{Reached, log, reach};
use crate::app::revisions::Landed;
use crate::app::{App, AppError, emails, messages, pull, revisions};
use crate::domain::connection::{Connection, ConnectionKind};
use crate::domain::connector::{
    ChannelEvent, ConnectorFailure, ReservationOutcome, Revision, VerifiedWebhook,
};
use crate::domain::email::EmailEvent;
use crate::domain::ids::{ConnectionId, DeliveryId, HotelId};
use crate::domain::reservation;
use crate::store::inbox;
use crate::store::jobs::{self, NewJob};
use crate::store::{HotelTx, StoreError, connections};

/// Whether a revision in a webhook is believed, or asked for where it can be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Belief {
    /// As the connector's manifest says of its webhooks.
    Usual,
    /// Its channel takes our answer for a confirmation of what the webhook says.
    Answered,
}

/// Works off a stored webhook, once: its events lead to jobs, and full revisions that are believed are applied.
pub async fn work_off(
    app: &App,
    hotel: HotelId,
    delivery: DeliveryId,
    belief: Belief,
) -> Result<(), CallError> {
    let mut tx = app.store.begin(hotel).await?;
    let delivery = inbox::find(&mut tx, delivery).await?;
    let Some(delivery) = delivery.filter(|delivery| !delivery.processed) else {
        return Ok(());
    };
    let connection = connections::find(&mut tx, delivery.connection).await?;
    tx.commit().await?;
    let mut follow = match connection.filter(|connection| connection.enabled) {
        Some(connection) if connection.kind == ConnectionKind::Email => {
            let events = read_email(app, hotel, &connection, &delivery.webhook).await?;
            Follow {
                events,
                ..Follow::default()
            }
        }
        Some(_) => {
            let channel = (hotel, delivery.connection);
            read_channel(app, channel, &delivery.webhook, belief).await?
        }
        None => Follow::default(),
    };
    if let Some(error) = follow.failed.take() {
        return Err(error.into());
    }
    finish(app, hotel, (delivery.id, delivery.connection), &follow).await
}

/// Works off a webhook whose channel waits, and tells what became of its revisions. One that was stored before is read
/// again, and what follows from it is left to its job.
pub(super) async fn work_off_at_once(
    app: &App,
    (hotel, connection): (HotelId, ConnectionId),
    delivery: Option<DeliveryId>,
    webhook: &VerifiedWebhook,
) -> Result<Vec<ReservationOutcome>, CallError> {
    let follow = read_channel(app, (hotel, connection), webhook, Belief::Answered).await?;
    if let Some(id) = delivery.filter(|_| follow.failed.is_none()) {
        finish(app, hotel, (id, connection), &follow).await?;
    }
    Ok(follow.landed)
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
    /// What became of the revisions that were believed.
    landed: Vec<ReservationOutcome>,
    /// Why the first of them that is not stored is not.
    failed: Option<AppError>,
}

async fn read_channel(
    app: &App,
    (hotel, connection): (HotelId, ConnectionId),
    webhook: &VerifiedWebhook,
    belief: Belief,
) -> Result<Follow, CallError> {
    let mut follow = Follow::default();
    let Some(reached) = reach(app, hotel, connection).await? else {
        return match belief {
            Belief::Usual => Ok(follow),
            // Nobody may be told that this is stored.
            Belief::Answered => {
                let disabled = "its connection is disabled".to_owned();
                Err(ConnectorFailure::Retry(disabled).into())
            }
        };
    };
    let profile = reached.connector.profile();
    let can_be_asked = profile.abilities.reservation_source;
    let is_hint = belief == Belief::Usual && profile.webhooks_are_hints;
    for event in parse(app, &reached, webhook).await? {
        match event {
            ChannelEvent::Reservation(_) if can_be_asked && profile.webhooks_pull => {
                follow.pull = true;
            }
            ChannelEvent::Reservation(reservation) if can_be_asked => {
                follow.fetches.insert(reservation);
            }
            ChannelEvent::Revision(revision) if can_be_asked && is_hint => {
                follow.fetches.insert(revision.reservation);
            }
            ChannelEvent::Revision(revision) => {
                let landed =
                    revisions::apply(app, &reached.hotel, &reached.connection, &revision).await;
                follow.landed.push(became(&revision, &landed));
                // Those behind it are landed all the same.
                follow.failed = follow.failed.or(landed.err());
            }
            ChannelEvent::Calendar => follow.look_at_calendar |= profile.abilities.ari_reader,
            ChannelEvent::Message => follow.pull_messages |= profile.abilities.guest_messages,
            ChannelEvent::Reservation(_) => tracing::error!(
                hotel.id = %hotel,
                connection.id = %connection,
                "A webhook names a reservation, but its connector cannot be asked for it"
            ),
            ChannelEvent::Ignored(why) => tracing::debug!(
                hotel.id = %hotel,
                connection.id = %connection,
                why,
                "A webhook tells nothing that concerns us"
            ),
        }
    }
    Ok(follow)
}

/// What the channel may hear of it: neither the database's words nor another guest's name.
fn became(revision: &Revision, landed: &Result<Landed, AppError>) -> ReservationOutcome {
    let verdict = match landed {
        Ok(landed) => Ok(landed.reservation.map(reservation::number)),
        Err(AppError::Refused(refusal)) => Err(ConnectorFailure::Invalid {
            item: revision.reservation.clone(),
            field: String::new(),
            message: refusal.to_string(),
        }),
        Err(AppError::Store(StoreError::Inconsistent { .. })) => {
            let broken = "what is stored of it makes no sense, and waits for a person".to_owned();
            Err(ConnectorFailure::Permanent(broken))
        }
        Err(AppError::Store(_)) => {
            let busy = "it could not be stored at this moment".to_owned();
            Err(ConnectorFailure::Retry(busy))
        }
    };
    ReservationOutcome {
        reservation: revision.reservation.clone(),
        revision: revision.revision.clone(),
        verdict,
    }
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
    (delivery, connection): (DeliveryId, ConnectionId),
    follow: &Follow,
) -> Result<(), CallError> {
    let mut tx = app.store.begin(hotel).await?;
    inbox::mark_processed(&mut tx, delivery, app.clock.now()).await?;
    for event in &follow.events {
        if !emails::apply_event(&mut tx, connection, event).await? {
            let early = "it tells of a mail whose sending is not finished here";
            return Err(ConnectorFailure::Retry(early.to_owned()).into());
        }
    }
    for reservation in &follow.fetches {
        pull::enqueue_fetch(&mut tx, connection, reservation).await?;
    }
    if follow.look_at_calendar {
        enqueue_parity(&mut tx, connection).await?;
    }
    if follow.pull {
        pull::enqueue(&mut tx, connection).await?;
    }
    if follow.pull_messages {
        messages::enqueue_pull(&mut tx, connection).await?;
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
