//! Has channels send their webhooks here while their connections are enabled, and stop afterwards.

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::json;

use crate::app::App;
use crate::app::calls::CallError;
use crate::app::reach::reach_any;
use crate::domain::ids::{ConnectionId, HotelId};
use crate::domain::webhook::SubscriptionDigest;
use crate::store::jobs::{self, NewJob};
use crate::store::subscriptions::{self, Unsettled};
use crate::store::{HotelTx, Store, StoreError};

/// The job that does it.
const KIND: &str = "webhook_subscription";

/// Asks a connection's channel for what is wanted of it, where it was not asked yet. No transaction is open meanwhile.
pub async fn settle(app: &App, hotel: HotelId, connection: ConnectionId) -> Result<(), CallError> {
    let mut tx = app.store.begin(hotel).await?;
    let found = subscriptions::find(&mut tx, connection).await?;
    tx.commit().await?;
    let Some(found) = found.filter(|found| !found.is_settled()) else {
        return Ok(());
    };
    let asked = match found.wanted {
        Some(wanted) => subscribe(app, hotel, connection, wanted).await,
        None => unsubscribe(app, hotel, connection).await,
    };
    if let Err(CallError::Connector(failure)) = &asked {
        let mut tx = app.store.begin(hotel).await?;
        subscriptions::fail(&mut tx, connection, &failure.to_string()).await?;
        tx.commit().await?;
    }
    asked
}

async fn subscribe(
    app: &App,
    hotel: HotelId,
    connection: ConnectionId,
    wanted: SubscriptionDigest,
) -> Result<(), CallError> {
    let reached = reach_any(app, hotel, connection).await?;
    let caller = reached.caller(app).await?;
    let called = reached.connector.subscribe(&caller, wanted).await;
    let events = reached.logged(app, "subscribe", 1, called).await?;
    let mut tx = app.store.begin(hotel).await?;
    subscriptions::hold(&mut tx, connection, wanted, &events).await?;
    tx.commit().await?;
    Ok(())
}

async fn unsubscribe(app: &App, hotel: HotelId, connection: ConnectionId) -> Result<(), CallError> {
    let reached = reach_any(app, hotel, connection).await?;
    let caller = reached.caller(app).await?;
    let called = reached.connector.unsubscribe(&caller).await;
    reached.logged(app, "unsubscribe", 1, called).await?;
    let mut tx = app.store.begin(hotel).await?;
    subscriptions::end(&mut tx, connection).await?;
    subscriptions::doubt_others(&mut tx, connection).await?;
    enqueue_unsettled(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Writes down what the channels of some of a hotel's connections are to send now, as where a plugin's version changed.
pub async fn renew(
    store: &Store,
    hotel: HotelId,
    wanted: &[(ConnectionId, Option<SubscriptionDigest>)],
) -> Result<(), StoreError> {
    let mut tx = store.begin(hotel).await?;
    for (connection, wanted) in wanted {
        subscriptions::want(&mut tx, *connection, *wanted).await?;
    }
    enqueue_unsettled(&mut tx).await?;
    tx.commit().await
}

/// Enqueues a job for each channel of the hotel that is still to be asked something, and tells which.
/// Those to one system run one after the other, so that an end and a beginning at one account do not overtake each other.
pub(super) async fn enqueue_unsettled(tx: &mut HotelTx) -> Result<Vec<Unsettled>, StoreError> {
    let hotel = tx.hotel();
    let unsettled = subscriptions::unsettled(tx).await?;
    for one in &unsettled {
        let job = NewJob {
            kind: KIND,
            key: Some(format!("{KIND}:{}", one.connection)),
            ordering: Some(format!("{KIND}:{hotel}:{}", one.connector)),
            hotel: Some(hotel),
            payload: json!({"connection_id": one.connection.0}),
            priority: 0,
            delay: Duration::ZERO,
        };
        jobs::enqueue(tx, job).await?;
    }
    Ok(unsettled)
}
