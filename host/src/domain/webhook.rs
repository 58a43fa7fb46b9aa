//! The port that tells authentic webhooks from others, on their raw bytes.

use http::HeaderMap;
use jiff::Timestamp;

use crate::domain::connector::VerifiedWebhook;
use crate::domain::ids::ConnectionId;

/// A webhook that is authentic, and the id by which repetitions are recognised.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuthenticWebhook {
    pub event_id: String,
    pub webhook: VerifiedWebhook,
}

/// Why a webhook is refused. The reason is for the operator: the sender learns only whether its clock may be wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WebhookRefusal {
    #[error("the plugin takes no webhooks")]
    NotTaken,
    #[error("the connection has no secret to verify webhooks with")]
    NoSecret,
    #[error("the id, timestamp or signature header is missing, repeated or malformed")]
    MalformedHeaders,
    #[error("the timestamp is more than five minutes away")]
    Stale,
    #[error("no signature is right")]
    WrongSignature,
    #[error("the event has no id where the manifest says")]
    NoEventId,
}

/// Verifies webhooks by what the connector declares.
pub trait WebhookVerifier: Send + Sync {
    /// The webhook, or why it is refused. The endpoint's token, which led to the connection, has been compared before.
    fn verify(
        &self,
        connector: &str,
        connection: ConnectionId,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<AuthenticWebhook, WebhookRefusal>;
}
