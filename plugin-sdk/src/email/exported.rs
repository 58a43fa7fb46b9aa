//! Between the generated exports and the traits of email providers.

use std::marker::PhantomData;

use crate::bindings::channel::roomwire::types::common;
use crate::bindings::email::roomwire::email::types as wire;
use crate::bindings::email_batch::exports::roomwire::email::email_batch as batch;
use crate::bindings::{email, email_batch, email_events};
use crate::{Context, Failure, Webhook};

use super::{Batch, EmailBatch, EmailEvent, EmailEvents, EmailProvider, MessageResult};

/// What [`crate::export_email!`] exports in the provider's name.
#[derive(Debug)]
pub struct Exported<Provider>(PhantomData<Provider>);

impl<P: EmailProvider> email::exports::roomwire::email::email_provider::Guest for Exported<P> {
    fn send(
        context: common::CallContext,
        message: wire::Message,
    ) -> Result<wire::Receipt, Failure> {
        P::send(&Context::parse(context)?, &message)
    }
}

impl<P: EmailBatch> email_batch::exports::roomwire::email::email_batch::Guest for Exported<P> {
    fn send_batch(
        context: common::CallContext,
        batch: Batch,
    ) -> Result<Vec<batch::MessageResult>, Failure> {
        let results = P::send_batch(&Context::parse(context)?, &batch)?;
        Ok(results.into_iter().map(Into::into).collect())
    }
}

impl<P: EmailEvents> email_events::exports::roomwire::email::email_events::Guest for Exported<P> {
    fn parse(
        context: common::CallContext,
        webhook: common::Webhook,
    ) -> Result<Vec<wire::EmailEvent>, Failure> {
        let events = P::parse(&Context::parse(context)?, &Webhook::parse(webhook)?)?;
        Ok(events.into_iter().map(Into::into).collect())
    }
}

impl From<MessageResult> for batch::MessageResult {
    fn from(result: MessageResult) -> Self {
        Self {
            idempotency_key: result.idempotency_key,
            outcome: match result.outcome {
                Ok(receipt) => batch::MessageOutcome::Sent(receipt),
                Err(failure) => batch::MessageOutcome::Rejected(failure),
            },
            extensions: result.extensions,
        }
    }
}

impl From<EmailEvent> for wire::EmailEvent {
    fn from(event: EmailEvent) -> Self {
        Self {
            id: event.id,
            message_id: event.message_id,
            kind: event.kind,
            at: event.at.as_millisecond(),
            extensions: event.extensions,
        }
    }
}
