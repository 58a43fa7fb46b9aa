//! Operations of an email provider.

use async_trait::async_trait;

use super::{CallError, Guest, Operation};
use crate::domain::connector::VerifiedWebhook;
use crate::domain::email::{EmailEvent, EmailMessage};
use crate::plugin::v1::bindings::channel::roomwire::types::common::CallContext;
use crate::plugin::v1::context::webhook as written;
use crate::plugin::v1::email;
use crate::plugin::v1::exports::{EmailExports, Exports};

pub(in crate::plugin) struct Send<'a> {
    pub(in crate::plugin) message: &'a EmailMessage,
}

pub(in crate::plugin) struct ParseEvents<'a> {
    pub(in crate::plugin) webhook: &'a VerifiedWebhook,
}

#[async_trait]
impl Operation for Send<'_> {
    type Output = String;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let provider = guest
            .email()?
            .provider
            .load(&mut *guest.store, &guest.instance)?;
        let provider = provider.roomwire_email_email_provider();
        let given = provider
            .call_send(&mut *guest.store, context, &email::message(self.message))
            .await??;
        Ok(email::receipt(given)?)
    }
}

#[async_trait]
impl Operation for ParseEvents<'_> {
    type Output = Vec<EmailEvent>;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let indices = guest
            .email()?
            .events
            .as_ref()
            .ok_or(CallError::NoAbility("email-events"))?;
        let events = indices.load(&mut *guest.store, &guest.instance)?;
        let events = events.roomwire_email_email_events();
        let given = events
            .call_parse(&mut *guest.store, context, &written(self.webhook))
            .await??;
        Ok(email::events(given)?)
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
