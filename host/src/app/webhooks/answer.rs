//! Webhooks whose channel takes the answer for the hotel's confirmation: they are worked off while it waits.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::app::calls::{self, CallError};
use crate::app::reach::{log, reach};
use crate::app::{App, AppError, inbox};
use crate::domain::connector::{ConnectorFailure, VerifiedWebhook, WebhookAnswer, WebhookOutcome};
use crate::domain::ids::{ConnectionId, DeliveryId, HotelId};
use crate::domain::retry::{Advice, advice};
use crate::store::jobs::{self, NewJob};
use crate::store::{HotelTx, StoreError};

/// A webhook that is stored, and whose channel waits.
pub(super) struct Waiting<'a> {
    pub(super) hotel: HotelId,
    pub(super) connection: ConnectionId,
    /// Absent where it was stored before, under another one.
    pub(super) delivery: Option<DeliveryId>,
    pub(super) webhook: &'a VerifiedWebhook,
    /// When it arrived: what storing it took is its channel's time too.
    pub(super) since: Instant,
    pub(super) within: Duration,
}

/// Works it off, and has the connector say in the channel's own form what became of it. What is not done in time, or
/// fails, is left to the webhook's job; the channel hears that.
pub(super) async fn answer(app: &App, waiting: &Waiting<'_>) -> Result<WebhookAnswer, CallError> {
    let worked = inbox::work_off_at_once(
        app,
        (waiting.hotel, waiting.connection),
        waiting.delivery,
        waiting.webhook,
    );
    // The rest of the time is the answer's own.
    let landed_by = waiting.since + waiting.within * 3 / 4;
    let outcome = match timeout_at(landed_by, worked).await {
        Ok(Ok(outcomes)) => Ok(outcomes),
        Ok(Err(error)) => Err(failure(error)),
        Err(_) => Err(ConnectorFailure::Retry(
            "it is stored, and takes longer than its channel waits".to_owned(),
        )),
    };
    tell(waiting, &outcome);
    let until = waiting.since + waiting.within;
    let (answered, brought) = tokio::join!(
        timeout_at(until, ask(app, waiting, &outcome)),
        timeout_at(until, bring_forward(app, waiting)),
    );
    // What is confirmed is confirmed: without this, the job runs at its time.
    if !matches!(brought, Ok(Ok(()))) {
        tracing::warn!(
            hotel.id = %waiting.hotel,
            connection.id = %waiting.connection,
            "The job of a webhook could not be brought forward: it runs later"
        );
    }
    match answered {
        Ok(answer) => answer,
        Err(_) => {
            let slow = "the connector gave no answer while the channel waited".to_owned();
            Err(ConnectorFailure::Retry(slow).into())
        }
    }
}

/// What is left of it is done now, and not after the time in which this process may have died.
async fn bring_forward(app: &App, waiting: &Waiting<'_>) -> Result<(), StoreError> {
    let Some(delivery) = waiting.delivery else {
        return Ok(());
    };
    let mut tx = app.store.begin(waiting.hotel).await?;
    enqueue(&mut tx, (waiting.connection, delivery), Duration::ZERO).await?;
    tx.commit().await?;
    app.wake.ring();
    Ok(())
}

/// Its job, which does nothing where the webhook is worked off by then. A second one is merged with one that waits, and
/// has it run as early as the earlier of both.
pub(super) async fn enqueue(
    tx: &mut HotelTx,
    (connection, delivery): (ConnectionId, DeliveryId),
    delay: Duration,
) -> Result<(), StoreError> {
    let hotel = tx.hotel();
    let job = NewJob {
        kind: "process_webhook",
        key: Some(format!("webhook:{delivery}")),
        ordering: Some(format!("inbox:{connection}")),
        hotel: Some(hotel),
        payload: serde_json::json!({"delivery_id": delivery.0, "answered": true}),
        priority: 0,
        delay,
    };
    jobs::enqueue(tx, job).await
}

async fn ask(
    app: &App,
    waiting: &Waiting<'_>,
    outcome: &WebhookOutcome,
) -> Result<WebhookAnswer, CallError> {
    let reached = reach(app, waiting.hotel, waiting.connection).await?;
    let reached = reached
        .ok_or_else(|| ConnectorFailure::Permanent("the connection is disabled".to_owned()))?;
    let caller = calls::caller(app, &reached.hotel, &reached.connection);
    let called = reached
        .connector
        .answer_webhook(&caller, waiting.webhook, outcome)
        .await;
    let items = outcome.as_ref().map_or(0, Vec::len);
    log(
        app,
        &reached.hotel,
        &reached.connection,
        "answer_webhook",
        (items, &called),
    )
    .await?;
    Ok(called.result?)
}

/// Why nothing of it is known to be stored, as far as the channel may hear of it.
fn failure(error: CallError) -> ConnectorFailure {
    let later = || ConnectorFailure::Retry("it could not be worked off at this moment".to_owned());
    match error {
        CallError::Connector(failure) => match advice(&failure) {
            Advice::Again | Advice::After(_) => later(),
            Advice::Park | Advice::Stop => failure,
        },
        CallError::App(AppError::Refused(refusal)) => {
            ConnectorFailure::Permanent(refusal.to_string())
        }
        CallError::App(AppError::Store(_)) | CallError::Paced { .. } => later(),
    }
}

/// The figures of what channels heard.
fn tell(waiting: &Waiting<'_>, outcome: &WebhookOutcome) {
    let accepted = outcome
        .as_ref()
        .is_ok_and(|outcomes| outcomes.iter().all(|one| one.verdict.is_ok()));
    let heard = if accepted { "accepted" } else { "refused" };
    metrics::counter!("roomwire_webhook_answers_total", "outcome" => heard).increment(1);
    if !accepted {
        let reason = match outcome {
            Err(failure) => failure.to_string(),
            Ok(outcomes) => outcomes
                .iter()
                .filter_map(|one| one.verdict.as_ref().err())
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("; "),
        };
        tracing::warn!(
            hotel.id = %waiting.hotel,
            connection.id = %waiting.connection,
            reason,
            "A webhook was not worked off while its channel waited for the confirmation"
        );
    }
}
