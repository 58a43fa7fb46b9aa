//! The port to email providers.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::connector::{Called, Caller, ConnectorFailure, VerifiedWebhook};

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Address {
    pub email: String,
    pub name: Option<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EmailMessage {
    pub sender: Address,
    pub to: Address,
    pub reply_to: Option<Address>,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    /// Derived from the business event, so that a repeated send is recognised.
    pub idempotency_key: String,
}

/// Messages that go in one request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EmailBatch {
    /// The request's own: under the same key always go the same messages.
    pub idempotency_key: String,
    pub messages: Vec<EmailMessage>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EmailEventKind {
    Sent,
    Delivered,
    Delayed(String),
    BouncedHard(String),
    BouncedSoft(String),
    Suppressed(String),
    Complained,
    Opened,
    Clicked,
    Unknown(String),
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EmailEvent {
    /// The provider's id of the event.
    pub id: String,
    pub message_id: String,
    /// The key that the message was sent under, where the provider repeats it.
    pub idempotency_key: Option<String>,
    pub kind: EmailEventKind,
    pub at: Timestamp,
}

/// An email provider.
#[async_trait]
pub trait EmailProvider: Send + Sync {
    /// Whether it sends a message once however often it comes under its key.
    /// If not, one that may have been sent is not handed over again.
    fn recognises_repeats(&self) -> bool;

    /// How many messages it takes in one request, where it takes several.
    fn most_in_batch(&self) -> Option<usize>;

    /// The provider's id of the message.
    async fn send(&self, caller: &Caller, message: &EmailMessage) -> Called<String>;

    /// For each message, in their order, the provider's id of it, or why it alone was not taken; whatever the plugin
    /// returned: those it left out count as unknown.
    async fn send_batch(
        &self,
        caller: &Caller,
        batch: &EmailBatch,
    ) -> Called<Vec<Result<String, ConnectorFailure>>>;

    async fn parse_events(
        &self,
        caller: &Caller,
        webhook: &VerifiedWebhook,
    ) -> Called<Vec<EmailEvent>>;
}

/// Finds an email provider by its id.
pub trait EmailProviders: Send + Sync {
    fn email(&self, provider: &str) -> Option<Arc<dyn EmailProvider>>;
}
