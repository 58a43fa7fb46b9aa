//! Reservations from a channel: pulled by the clock, fetched on a hint, and acknowledged when they are stored.

#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::app::calls::CallError;
use crate::app::reach::{Reached, reach};
use crate::app::{App, AppError, revisions};
use crate::domain::connector::{
    ConnectorFailure, RefusedRevision, Revision, RevisionPage, SandboxFailure,
};
use crate::domain::ids::{ConnectionId, HotelId};
use crate::domain::retry::{Advice, advice};
use crate::store::jobs::{self, NewJob};
use crate::store::revisions::{Unacknowledged, mark_acknowledged, unacknowledged};
use crate::store::{HotelTx, StoreError, connections};

/// A pull begins this long before the last one did, since clocks differ and channels are late. Repetitions do no harm.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// How far back the first pull of a connection looks.
const FIRST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The most pages of one pull: beyond, the connector turns in a circle.
const MAX_PAGES: usize = 1000;

/// How long after the last pull began somebody who is not known can have another one made.
const REST: SignedDuration = SignedDuration::from_secs(10);

/// How many acknowledgements are told in one call.
const ACKNOWLEDGEMENTS: u16 = 100;

/// Applies every revision since the last pull, each in a transaction of its own, and remembers how far it came.
pub async fn pull(app: &App, hotel: HotelId, connection: ConnectionId) -> Result<(), CallError> {
    let Some(reached) = reach(app, hotel, connection).await? else {
        return Ok(());
    };
    if !reached.connector.profile().abilities.reservation_source {
        return Ok(());
    }
    let started = app.clock.now();
    let since = match reached.connection.pulled_until {
        Some(until) => until.saturating_sub(OVERLAP),
        None => started.saturating_sub(FIRST),
    };
    let since = since.unwrap_or(Timestamp::MIN);
    let mut page = None;
    for _ in 0..MAX_PAGES {
        let answer = read_page(app, &reached, since, page.as_deref()).await?;
        for revision in &answer.revisions {
            take(app, &reached, revision).await?;
        }
        for refused in &answer.refused {
            pass_over(app, &reached, refused).await?;
        }
        if answer.next.is_none() {
            return Ok(remember(app, &reached, started).await?);
        }
        page = answer.next;
    }
    let message = format!("a pull has more than {MAX_PAGES} pages");
    let kind = SandboxFailure::InvalidOutput;
    Err(ConnectorFailure::Sandbox { kind, message }.into())
}

/// Has the connection pulled soon: before its next time, and once for all who ask meanwhile.
pub(super) async fn enqueue(tx: &mut HotelTx, connection: ConnectionId) -> Result<(), StoreError> {
    enqueue_after(tx, connection, Duration::ZERO).await
}

/// The same for somebody who is not known, but not again at once: who knows no more than an address could use up all the
/// requests that the channel takes, and prices would wait.
pub(super) async fn enqueue_rested(
    app: &App,
    tx: &mut HotelTx,
    connection: ConnectionId,
) -> Result<(), StoreError> {
    let found = connections::find(tx, connection).await?;
    let last = found.and_then(|connection| connection.pulled_until);
    let rest = last.map_or(SignedDuration::ZERO, |last| {
        REST - app.clock.now().duration_since(last)
    });
    // No longer where the clock was set back.
    let rest = Duration::try_from(rest.min(REST)).unwrap_or_default();
    enqueue_after(tx, connection, rest).await
}

async fn enqueue_after(
    tx: &mut HotelTx,
    connection: ConnectionId,
    delay: Duration,
) -> Result<(), StoreError> {
    let key = format!("pull:{connection}");
    let hotel = tx.hotel();
    let job = NewJob {
        kind: "pull",
        key: Some(key.clone()),
        ordering: Some(key),
        hotel: Some(hotel),
        payload: serde_json::json!({"connection_id": connection.0}),
        priority: 0,
        delay,
    };
    jobs::enqueue(tx, job).await
}

async fn read_page(
    app: &App,
    reached: &Reached,
    since: Timestamp,
    page: Option<&str>,
) -> Result<RevisionPage, CallError> {
    let caller = reached.caller(app).await?;
    let called = reached.connector.pull(&caller, since, page).await;
    let items = called
        .result
        .as_ref()
        .map_or(0, |page| page.revisions.len() + page.refused.len());
    reached.logged(app, "pull", items, called).await
}

/// Applies one of many revisions. One that cannot be a reservation must not hold up the others: it is fetched by a job
/// of its own, which ends as a dead letter if it still cannot.
async fn take(app: &App, reached: &Reached, revision: &Revision) -> Result<(), CallError> {
    let Reached {
        hotel, connection, ..
    } = reached;
    match revisions::apply(app, hotel, connection, revision).await {
        Ok(_) => Ok(()),
        Err(AppError::Refused(refusal)) => {
            tracing::error!(
                hotel.id = %hotel.id,
                connection.id = %connection.id,
                reason = %refusal,
                "A pulled revision cannot be a reservation, and is fetched once more"
            );
            let mut tx = app.store.begin(hotel.id).await?;
            enqueue_fetch(&mut tx, connection.id, &revision.reservation).await?;
            tx.commit().await?;
            Ok(())
        }
        Err(AppError::Store(error)) => Err(error.into()),
    }
}

/// Asks once more for a revision that says what cannot be, by a job of its own: where it still does, a person is told.
async fn pass_over(
    app: &App,
    reached: &Reached,
    refused: &RefusedRevision,
) -> Result<(), StoreError> {
    let hotel = reached.hotel.id;
    tracing::warn!(
        hotel.id = %hotel,
        connection.id = %reached.connection.id,
        reservation = refused.reservation.as_deref().unwrap_or("unknown"),
        reason = refused.reason,
        "A pulled revision says what cannot be, and is left out"
    );
    let Some(reservation) = &refused.reservation else {
        return Ok(());
    };
    let mut tx = app.store.begin(hotel).await?;
    enqueue_fetch(&mut tx, reached.connection.id, reservation).await?;
    tx.commit().await
}

async fn remember(app: &App, reached: &Reached, until: Timestamp) -> Result<(), StoreError> {
    let mut tx = app.store.begin(reached.hotel.id).await?;
    connections::set_pulled_until(&mut tx, reached.connection.id, until).await?;
    tx.commit().await
}

/// Applies the current state of one reservation, as the channel tells it when asked.
pub async fn fetch(
    app: &App,
    hotel: HotelId,
    connection: ConnectionId,
    reservation: &str,
) -> Result<(), CallError> {
    let Some(reached) = reach(app, hotel, connection).await? else {
        return Ok(());
    };
    let caller = reached.caller(app).await?;
    let called = reached.connector.fetch(&caller, reservation).await;
    let revision = reached.logged(app, "fetch", 1, called).await?;
    revisions::apply(app, &reached.hotel, &reached.connection, &revision).await?;
    Ok(())
}

/// Enqueues a fetch of one reservation; fetches of the same one run one after another.
pub(super) async fn enqueue_fetch(
    tx: &mut HotelTx,
    connection: ConnectionId,
    reservation: &str,
) -> Result<(), StoreError> {
    let key = format!("fetch:{connection}:{reservation}");
    let hotel = tx.hotel();
    let job = NewJob {
        kind: "fetch_reservation",
        key: Some(key.clone()),
        ordering: Some(key),
        hotel: Some(hotel),
        payload: serde_json::json!({"connection_id": connection.0, "reservation": reservation}),
        priority: 0,
        delay: Duration::ZERO,
    };
    jobs::enqueue(tx, job).await
}

/// Tells the channel of every revision that is stored and that it waits to hear of.
pub async fn acknowledge(
    app: &App,
    hotel: HotelId,
    connection: ConnectionId,
) -> Result<(), CallError> {
    let Some(reached) = reach(app, hotel, connection).await? else {
        return Ok(());
    };
    loop {
        let mut tx = app.store.begin(hotel).await?;
        let waiting = unacknowledged(&mut tx, connection, i64::from(ACKNOWLEDGEMENTS)).await?;
        tx.commit().await?;
        if waiting.is_empty() {
            return Ok(());
        }
        match tell(app, &reached, &waiting).await {
            // One of them is not wanted, and the channel does not say which.
            Err(CallError::Connector(failure)) if advice(&failure) == Advice::Park => {
                tell_singly(app, &reached, &waiting).await?;
            }
            told => told?,
        }
    }
}

async fn tell(app: &App, reached: &Reached, heard: &[Unacknowledged]) -> Result<(), CallError> {
    let caller = reached.caller(app).await?;
    let tokens: Vec<String> = heard
        .iter()
        .map(|one| one.acknowledgement.clone())
        .collect();
    let called = reached.connector.acknowledge(&caller, &tokens).await;
    reached
        .logged(app, "acknowledge", tokens.len(), called)
        .await?;
    Ok(mark(app, reached, heard).await?)
}

/// Tells one after another; what the channel does not know or want counts as told, since it waits for nothing.
async fn tell_singly(
    app: &App,
    reached: &Reached,
    waiting: &[Unacknowledged],
) -> Result<(), CallError> {
    for one in waiting {
        match tell(app, reached, std::slice::from_ref(one)).await {
            Err(CallError::Connector(failure)) if advice(&failure) == Advice::Park => {
                tracing::warn!(
                    hotel.id = %reached.hotel.id,
                    connection.id = %reached.connection.id,
                    reason = %failure,
                    "The channel does not want an acknowledgement"
                );
                mark(app, reached, std::slice::from_ref(one)).await?;
            }
            told => told?,
        }
    }
    Ok(())
}

async fn mark(app: &App, reached: &Reached, heard: &[Unacknowledged]) -> Result<(), StoreError> {
    let mut tx = app.store.begin(reached.hotel.id).await?;
    mark_acknowledged(&mut tx, reached.connection.id, heard, app.clock.now()).await?;
    tx.commit().await
}
