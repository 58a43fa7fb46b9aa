//! The contract of an email provider.

mod exported;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::bindings::email::roomwire::email::types::{Address, EventKind, Message, Receipt};
pub use crate::bindings::email_batch::exports::roomwire::email::email_batch::Batch;
pub use exported::Exported;

use crate::{Context, Extensions, Failure, Webhook};

/// Sends email.
pub trait EmailProvider {
    /// The hotel's settings of this provider; the manifest's schema describes the same shape.
    type Settings: DeserializeOwned;

    /// Hands one message to the provider. The same idempotency key must never send twice, where the provider can
    /// promise it.
    fn send(context: &Context<Self::Settings>, message: &Message) -> Result<Receipt, Failure>;
}

/// Sends several messages in one request.
pub trait EmailBatch: EmailProvider {
    /// Hands the messages over under the batch's key: under the same key always come the same messages.
    /// One result for each message. A failure is about all of them: nothing was taken, or with
    /// [`Failure::OutcomeUnknown`] it may have been; [`Failure::Invalid`] has the host send each by itself.
    fn send_batch(
        context: &Context<Self::Settings>,
        batch: &Batch,
    ) -> Result<Vec<MessageResult>, Failure>;
}

/// Understands the provider's webhooks, which the host has verified.
pub trait EmailEvents: EmailProvider {
    /// Several events may come in one webhook.
    fn parse(
        context: &Context<Self::Settings>,
        webhook: &Webhook,
    ) -> Result<Vec<EmailEvent>, Failure>;
}

/// What became of one message of a batch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MessageResult {
    /// The message's own.
    pub idempotency_key: String,
    pub outcome: Result<Receipt, Failure>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Extensions,
}

impl MessageResult {
    /// The message was taken, or why it was not.
    #[must_use]
    pub fn new(message: &Message, outcome: Result<Receipt, Failure>) -> Self {
        Self {
            idempotency_key: message.idempotency_key.clone(),
            outcome,
            extensions: Vec::new(),
        }
    }
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EmailEvent {
    /// The provider's id of the event, for deduplication.
    pub id: String,
    pub message_id: String,
    pub kind: EventKind,
    pub at: Timestamp,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Extensions,
}

impl Receipt {
    /// The provider took the message under this id.
    pub fn new(message_id: impl Into<String>) -> Self {
        Self {
            message_id: message_id.into(),
            extensions: Vec::new(),
        }
    }
}
