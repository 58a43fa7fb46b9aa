//! The port that tells authentic webhooks from others, on their raw bytes.

use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::domain::connector::VerifiedWebhook;
use crate::domain::ids::ConnectionId;

/// A webhook as it came in.
#[derive(Clone, Copy)]
pub struct Arrived<'a> {
    /// The secret part of the address, which led to the connection and has been compared before.
    pub endpoint_token: &'a str,
    pub headers: &'a HeaderMap,
    /// Byte for byte.
    pub body: &'a [u8],
}

impl fmt::Debug for Arrived<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Arrived").finish_non_exhaustive()
    }
}

/// A webhook that is authentic, and the id by which repetitions are recognised.
/// Nothing in it tells the endpoint's token or another secret of the connection, even where its sender repeats them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuthenticWebhook {
    pub event_id: String,
    pub webhook: VerifiedWebhook,
    /// Whether it only says what to ask for: then its body may differ each time that it is sent.
    pub hint: bool,
    /// How long its channel waits for the connector's answer, where that is the hotel's confirmation.
    pub answer_within: Option<Duration>,
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
    #[error("the user or the password is missing or wrong")]
    WrongLogin,
    #[error(
        "the token is missing, malformed, of another algorithm, or signed by nobody whom we know"
    )]
    WrongToken,
    #[error("the token is another issuer's, for somebody else, expired or not good yet")]
    ForeignToken,
    #[error("the event has no id where the manifest says")]
    NoEventId,
    #[error("what must be left out of the body cannot be found: it is no whole XML in UTF-8")]
    Unreadable,
}

/// A token of ours that lets its bearer send webhooks to one connection.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    pub token: SecretString,
    pub lives_seconds: u32,
}

/// Why no token is issued. The asker learns less: neither what is configured nor what was wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotIssued {
    #[error("the connection's webhooks are not verified by a token of ours")]
    NotOffered,
    #[error("the connection has no login that a token could be issued to")]
    NoSecret,
    #[error("the client's id or its secret is wrong")]
    WrongLogin,
}

/// What a channel is asked to send to a connection's address, as a digest: another one wants another subscription.
/// It tells neither the address nor any secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SubscriptionDigest(pub [u8; 32]);

/// Verifies webhooks by what a connection's plugin declares.
pub trait WebhookVerifier: Send + Sync {
    /// Whether nothing of this connection's webhooks is read: whatever comes only has the channel asked.
    fn is_nudged(&self, connection: ConnectionId) -> bool;

    /// Whether this body may be stored. What may not only has the channel asked, once it is verified.
    fn is_kept(&self, connection: ConnectionId, body: &[u8]) -> bool;

    /// The webhook, or why it is refused.
    fn verify(
        &self,
        connection: ConnectionId,
        arrived: Arrived<'_>,
        now: Timestamp,
    ) -> Result<AuthenticWebhook, WebhookRefusal>;

    /// A token for the connection's webhooks, where one of the given texts is its `client_id:client_secret`. They are the
    /// readings of one login.
    fn issue_token(
        &self,
        connection: ConnectionId,
        given: &[SecretString],
        now: Timestamp,
    ) -> Result<IssuedToken, NotIssued>;
}
