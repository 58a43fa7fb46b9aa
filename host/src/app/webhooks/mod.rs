//! Webhooks in: verified, stored once with their job, and answered; understood later.

mod answer;
#[cfg(test)]
mod tests;

use std::time::Duration;

use http::HeaderMap;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use self::answer::Waiting;
use crate::app::calls::CallError;
use crate::app::connections::token_hash;
use crate::app::{App, pull};
use crate::domain::connector::WebhookAnswer;
use crate::domain::ids::{ConnectionId, DeliveryId, HotelId};
use crate::domain::webhook::{
    Arrived, AuthenticWebhook, IssuedToken, NotIssued, WebhookRefusal, WebhookVerifier,
};
use crate::store::inbox::{self, Inserted};
use crate::store::jobs::{self, NewJob};
use crate::store::{HotelTx, StoreError, connections};

/// The largest body that is taken, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

/// How long a webhook's job waits beyond the time in which its channel is answered: this process may have died meanwhile.
const GRACE: Duration = Duration::from_secs(5);

/// What came of a webhook that was taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Received {
    /// It, or the job that it leads to, is stored, and will be worked off.
    Stored,
    /// It was stored before.
    Duplicate,
    /// An empty call, by which some channels try whether anybody listens.
    Ping,
    /// It is stored, and its channel takes this for the hotel's word.
    Answered(WebhookAnswer),
}

/// Why a webhook was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotReceived {
    #[error("no connection has this endpoint")]
    UnknownEndpoint,
    #[error("the body has more than {MAX_BODY} bytes")]
    TooLarge,
    #[error("the webhook is not authentic: {0}")]
    Refused(#[from] WebhookRefusal),
    /// It is stored, and will be worked off; its channel should ask again.
    #[error("the webhook is stored, and was not answered")]
    Unanswered(#[source] CallError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why no token was issued.
#[derive(Debug, thiserror::Error)]
pub enum NoToken {
    #[error("no connection has this endpoint")]
    UnknownEndpoint,
    #[error("no token is issued: {0}")]
    Refused(#[from] NotIssued),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Issues a token for the webhooks of the endpoint's connection to who knows its login.
pub async fn issue_token(
    app: &App,
    verifier: &dyn WebhookVerifier,
    endpoint_token: &str,
    given: &[SecretString],
) -> Result<(ConnectionId, IssuedToken), NoToken> {
    let (hotel, connection) = connections::find_endpoint(&app.store, token_hash(endpoint_token))
        .await?
        .ok_or(NoToken::UnknownEndpoint)?;
    let issued = verifier
        .issue_token(connection, given, app.clock.now())
        .inspect_err(|refusal| {
            let reason = tracing::field::display(refusal);
            tracing::warn!(hotel.id = %hotel, connection.id = %connection, reason, "A token for webhooks was refused");
            metrics::counter!("roomwire_webhook_tokens_total", "outcome" => "refused").increment(1);
        })?;
    metrics::counter!("roomwire_webhook_tokens_total", "outcome" => "issued").increment(1);
    Ok((connection, issued))
}

/// Takes a webhook: its bytes are verified, then it is stored once, with a job, in one transaction.
pub async fn receive(
    app: &App,
    verifier: &dyn WebhookVerifier,
    endpoint_token: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Received, NotReceived> {
    let since = Instant::now();
    if body.len() > MAX_BODY {
        return Err(NotReceived::TooLarge);
    }
    let (hotel, connection) = connections::find_endpoint(&app.store, token_hash(endpoint_token))
        .await?
        .ok_or(NotReceived::UnknownEndpoint)?;
    if verifier.is_nudged(connection) {
        return Ok(knock(app, hotel, connection).await?);
    }
    if body.is_empty() {
        return Ok(Received::Ping);
    }
    let arrived = Arrived {
        endpoint_token,
        headers,
        body,
    };
    let authentic = verifier
        .verify(connection, arrived, app.clock.now())
        .inspect_err(|refusal| {
            let reason = tracing::field::display(refusal);
            tracing::warn!(hotel.id = %hotel, connection.id = %connection, reason, "A webhook was refused");
            count("refused");
        })?;
    if !verifier.is_kept(connection, body) {
        return Ok(nudge(app, hotel, connection).await?);
    }
    let mut tx = app.store.begin(hotel).await?;
    let id = DeliveryId::new(app.clock.now());
    let inserted = store(&mut tx, (connection, id), &authentic).await?;
    tx.commit().await?;
    let inserted = meaning(inserted, authentic.hint);
    let received = tell(app, hotel, connection, inserted);
    let Some(within) = authentic.answer_within else {
        return Ok(received);
    };
    let waiting = Waiting {
        hotel,
        connection,
        delivery: (inserted == Inserted::New).then_some(id),
        webhook: &authentic.webhook,
        since,
        within,
    };
    let answered = answer::answer(app, &waiting).await;
    answered
        .map(Received::Answered)
        .map_err(NotReceived::Unanswered)
}

/// Has the channel asked for what is new. Nothing that came is read or stored, so whoever sent it can cause no more.
async fn nudge(
    app: &App,
    hotel: HotelId,
    connection: ConnectionId,
) -> Result<Received, StoreError> {
    let mut tx = app.store.begin(hotel).await?;
    pull::enqueue(&mut tx, connection).await?;
    nudged(app, tx).await
}

/// The same for a call that nothing proves: however often it comes, the channel is asked in its time.
async fn knock(
    app: &App,
    hotel: HotelId,
    connection: ConnectionId,
) -> Result<Received, StoreError> {
    let mut tx = app.store.begin(hotel).await?;
    pull::enqueue_rested(app, &mut tx, connection).await?;
    nudged(app, tx).await
}

async fn nudged(app: &App, tx: HotelTx) -> Result<Received, StoreError> {
    tx.commit().await?;
    app.wake.ring();
    count("stored");
    Ok(Received::Stored)
}

/// A hint only says what to ask for: a sender that counts its attempts in the body repeats it all the same.
fn meaning(inserted: Inserted, hint: bool) -> Inserted {
    match inserted {
        Inserted::Reused if hint => Inserted::Repeated,
        inserted => inserted,
    }
}

async fn store(
    tx: &mut HotelTx,
    (connection, id): (ConnectionId, DeliveryId),
    authentic: &AuthenticWebhook,
) -> Result<Inserted, StoreError> {
    let body_hash = Sha256::digest(&authentic.webhook.body).into();
    let inserted = inbox::insert(tx, id, connection, authentic, body_hash).await?;
    if let Some(within) = authentic
        .answer_within
        .filter(|_| inserted == Inserted::New)
    {
        answer::enqueue(tx, (connection, id), within + GRACE).await?;
    } else if inserted == Inserted::New {
        let hotel = tx.hotel();
        let job = NewJob {
            kind: "process_webhook",
            key: None,
            ordering: Some(format!("inbox:{connection}")),
            hotel: Some(hotel),
            payload: serde_json::json!({"delivery_id": id.0}),
            priority: 0,
            delay: std::time::Duration::ZERO,
        };
        jobs::enqueue(tx, job).await?;
    }
    Ok(inserted)
}

fn tell(app: &App, hotel: HotelId, connection: ConnectionId, inserted: Inserted) -> Received {
    match inserted {
        Inserted::New => {
            app.wake.ring();
            count("stored");
            Received::Stored
        }
        Inserted::Repeated => {
            count("duplicate");
            Received::Duplicate
        }
        Inserted::Reused => {
            tracing::warn!(
                security = true,
                hotel.id = %hotel,
                connection.id = %connection,
                "A webhook came under the id of an earlier one with another body, and was not stored: \
                 its sender makes ids twice, or somebody replays them"
            );
            count("reused");
            Received::Duplicate
        }
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("roomwire_webhooks_total", "outcome" => outcome).increment(1);
}
