//! Operations of an email provider.

use async_trait::async_trait;

use super::{CallError, Guest, Operation};
use crate::domain::connector::{ConnectorFailure, VerifiedWebhook};
use crate::domain::email::{EmailBatch, EmailEvent, EmailMessage};
use crate::plugin::v1::bindings::channel::roomwire::types::common::CallContext;
use crate::plugin::v1::context::webhook as written;
use crate::plugin::v1::{email, questions};

pub(in crate::plugin) struct Send<'a> {
    pub(in crate::plugin) message: &'a EmailMessage,
}

pub(in crate::plugin) struct SendBatch<'a> {
    pub(in crate::plugin) batch: &'a EmailBatch,
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
        let message = email::message(self.message);
        let given = guest.ask(context, &questions::Send { message }).await?;
        Ok(email::receipt(given)?)
    }
}

#[async_trait]
impl Operation for SendBatch<'_> {
    type Output = Vec<Result<String, ConnectorFailure>>;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let batch = email::batch(self.batch);
        let given = guest.ask(context, &questions::SendBatch { batch }).await?;
        let state = guest.store.data_mut();
        let messages = &self.batch.messages;
        let (outcomes, strangers) = email::outcomes(messages, given, |text| state.scrub(text));
        if strangers > 0 {
            state.note(&format!(
                "{strangers} results were for no message of this batch"
            ));
        }
        Ok(outcomes)
    }

    fn fell_short(&self, outcomes: &Self::Output) -> bool {
        outcomes.iter().any(Result::is_err)
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
        let webhook = written(self.webhook).into();
        let given = guest
            .ask(context, &questions::ParseEvents { webhook })
            .await?;
        Ok(email::events(given)?)
    }

    fn asks_nothing(&self) -> bool {
        true
    }
}
