//! Questions to an email provider.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Question, Webhook};
use crate::plugin::v1::bindings::channel::roomwire::types::common::{CallContext, Failure};
use crate::plugin::v1::bindings::email::roomwire::email::types as wit;
use crate::plugin::v1::bindings::email_batch::exports::roomwire::email::email_batch as wit_batch;
use crate::plugin::v1::exports::{EmailExports, Exports};
use crate::plugin::v1::operations::{CallError, Guest};

#[derive(Deserialize, Serialize)]
pub(in crate::plugin) struct Send {
    pub(in crate::plugin) message: wit::Message,
}

#[derive(Deserialize, Serialize)]
pub(in crate::plugin) struct SendBatch {
    pub(in crate::plugin) batch: wit_batch::Batch,
}

#[derive(Deserialize, Serialize)]
pub(in crate::plugin) struct ParseEvents {
    pub(in crate::plugin) webhook: Webhook,
}

#[async_trait]
impl Question for Send {
    const NAME: &'static str = "send";
    type Answer = wit::Receipt;

    async fn put(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Result<Self::Answer, Failure>, CallError> {
        let provider = guest
            .email()?
            .provider
            .load(&mut *guest.store, &guest.instance)?;
        let provider = provider.roomwire_email_email_provider();
        Ok(provider
            .call_send(&mut *guest.store, context, &self.message)
            .await?)
    }
}

#[async_trait]
impl Question for SendBatch {
    const NAME: &'static str = "send_batch";
    type Answer = Vec<wit_batch::MessageResult>;

    async fn put(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Result<Self::Answer, Failure>, CallError> {
        let indices = guest
            .email()?
            .batch
            .as_ref()
            .ok_or(CallError::NoAbility("email-batch"))?;
        let exports = indices.load(&mut *guest.store, &guest.instance)?;
        let exports = exports.roomwire_email_email_batch();
        Ok(exports
            .call_send_batch(&mut *guest.store, context, &self.batch)
            .await?)
    }
}

#[async_trait]
impl Question for ParseEvents {
    const NAME: &'static str = "parse_events";
    type Answer = Vec<wit::EmailEvent>;

    async fn put(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Result<Self::Answer, Failure>, CallError> {
        let indices = guest
            .email()?
            .events
            .as_ref()
            .ok_or(CallError::NoAbility("email-events"))?;
        let events = indices.load(&mut *guest.store, &guest.instance)?;
        let events = events.roomwire_email_email_events();
        Ok(events
            .call_parse(&mut *guest.store, context, &self.webhook.as_given())
            .await?)
    }
}

impl<'a> Guest<'a> {
    fn email(&self) -> Result<&'a EmailExports, CallError> {
        match self.exports {
            Exports::Email(exports) => Ok(exports),
            Exports::Channel(_) => Err(CallError::NoAbility("email-provider")),
        }
    }
}
