//! Questions to a connector.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Question;
use crate::plugin::recording::Bytes;
use crate::plugin::v1::bindings::channel::roomwire::channel::types as wit;
use crate::plugin::v1::bindings::channel::roomwire::types::common::{self, CallContext, Failure};
use crate::plugin::v1::bindings::webhook_answer::exports::roomwire::channel::webhook_answer as answered;
use crate::plugin::v1::bindings::{
    ari_reader, channel, reservation_source, webhook_answer, webhook_source,
};
use crate::plugin::v1::exports::{ChannelExports, Exports};
use crate::plugin::v1::operations::{CallError, Guest};

#[derive(Deserialize, Serialize)]
pub(in crate::plugin) struct Check {}

#[derive(Deserialize, Serialize)]
pub(in crate::plugin) struct ListProducts {}

#[derive(Deserialize, Serialize)]
pub(in crate::plugin) struct PushAri {
    pub(in crate::plugin) updates: Vec<wit::AriUpdate>,
}

/// Both nights are included.
#[derive(Deserialize, Serialize)]
pub(in crate::plugin) struct ReadAri {
    pub(in crate::plugin) products: Vec<wit::ProductCode>,
    pub(in crate::plugin) first_night: String,
    pub(in crate::plugin) last_night: String,
}

#[derive(Deserialize, Serialize)]
pub(in crate::plugin) struct Pull {
    /// Milliseconds since 1970.
    pub(in crate::plugin) since: i64,
    pub(in crate::plugin) page: Option<String>,
}

#[derive(Deserialize, Serialize)]
pub(in crate::plugin) struct Fetch {
    pub(in crate::plugin) reservation: String,
}

#[derive(Deserialize, Serialize)]
pub(in crate::plugin) struct Acknowledge {
    pub(in crate::plugin) acknowledgements: Vec<String>,
}

#[derive(Deserialize, Serialize)]
pub(in crate::plugin) struct ParseWebhook {
    pub(in crate::plugin) webhook: Webhook,
}

#[derive(Deserialize, Serialize)]
pub(in crate::plugin) struct AnswerWebhook {
    pub(in crate::plugin) webhook: Webhook,
    pub(in crate::plugin) outcome: answered::WebhookOutcome,
}

/// A webhook whose body can be read where it is written down.
#[derive(Deserialize, Serialize)]
pub(in crate::plugin) struct Webhook {
    headers: Vec<(String, String)>,
    body: Bytes,
    received_at: i64,
}

impl From<common::Webhook> for Webhook {
    fn from(webhook: common::Webhook) -> Self {
        Self {
            headers: webhook.headers,
            body: Bytes(webhook.body),
            received_at: webhook.received_at,
        }
    }
}

impl Webhook {
    /// As the contract has it.
    pub(super) fn as_given(&self) -> common::Webhook {
        common::Webhook {
            headers: self.headers.clone(),
            body: self.body.0.clone(),
            received_at: self.received_at,
            extensions: Vec::new(),
        }
    }
}

#[async_trait]
impl Question for Check {
    const NAME: &'static str = "check";
    type Answer = String;

    async fn put(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Result<Self::Answer, Failure>, CallError> {
        let provider = guest.provider()?;
        let provider = provider.roomwire_channel_channel_manager_provider();
        Ok(provider.call_check(&mut *guest.store, context).await?)
    }
}

#[async_trait]
impl Question for ListProducts {
    const NAME: &'static str = "list_products";
    type Answer = Vec<wit::Product>;

    async fn put(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Result<Self::Answer, Failure>, CallError> {
        let provider = guest.provider()?;
        let provider = provider.roomwire_channel_channel_manager_provider();
        Ok(provider
            .call_list_products(&mut *guest.store, context)
            .await?)
    }
}

#[async_trait]
impl Question for PushAri {
    const NAME: &'static str = "push_ari";
    type Answer = Vec<wit::ItemResult>;

    async fn put(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Result<Self::Answer, Failure>, CallError> {
        let provider = guest.provider()?;
        let provider = provider.roomwire_channel_channel_manager_provider();
        Ok(provider
            .call_push_ari(&mut *guest.store, context, &self.updates)
            .await?)
    }
}

#[async_trait]
impl Question for ReadAri {
    const NAME: &'static str = "read_ari";
    type Answer = Vec<wit::AriNight>;

    async fn put(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Result<Self::Answer, Failure>, CallError> {
        let reader = guest.ari_reader()?;
        let reader = reader.roomwire_channel_ari_reader();
        let (first, last) = (&self.first_night, &self.last_night);
        Ok(reader
            .call_read_ari(&mut *guest.store, context, &self.products, first, last)
            .await?)
    }
}

#[async_trait]
impl Question for Pull {
    const NAME: &'static str = "pull";
    type Answer = wit::RevisionPage;

    async fn put(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Result<Self::Answer, Failure>, CallError> {
        let source = guest.reservation_source()?;
        let source = source.roomwire_channel_reservation_source();
        Ok(source
            .call_pull(&mut *guest.store, context, self.since, self.page.as_deref())
            .await?)
    }
}

#[async_trait]
impl Question for Fetch {
    const NAME: &'static str = "fetch";
    type Answer = wit::Revision;

    async fn put(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Result<Self::Answer, Failure>, CallError> {
        let source = guest.reservation_source()?;
        let source = source.roomwire_channel_reservation_source();
        Ok(source
            .call_fetch(&mut *guest.store, context, &self.reservation)
            .await?)
    }
}

#[async_trait]
impl Question for Acknowledge {
    const NAME: &'static str = "acknowledge";
    type Answer = ();

    async fn put(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Result<Self::Answer, Failure>, CallError> {
        let source = guest.reservation_source()?;
        let source = source.roomwire_channel_reservation_source();
        Ok(source
            .call_acknowledge(&mut *guest.store, context, &self.acknowledgements)
            .await?)
    }
}

#[async_trait]
impl Question for ParseWebhook {
    const NAME: &'static str = "parse_webhook";
    type Answer = Vec<wit::ChannelEvent>;

    async fn put(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Result<Self::Answer, Failure>, CallError> {
        let source = guest.webhook_source()?;
        let source = source.roomwire_channel_webhook_source();
        Ok(source
            .call_parse(&mut *guest.store, context, &self.webhook.as_given())
            .await?)
    }
}

#[async_trait]
impl Question for AnswerWebhook {
    const NAME: &'static str = "answer_webhook";
    type Answer = answered::WebhookResponse;

    async fn put(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Result<Self::Answer, Failure>, CallError> {
        let answerer = guest.webhook_answer()?;
        let answerer = answerer.roomwire_channel_webhook_answer();
        let webhook = self.webhook.as_given();
        Ok(answerer
            .call_answer(&mut *guest.store, context, &webhook, &self.outcome)
            .await?)
    }
}

impl<'a> Guest<'a> {
    pub(super) fn channel(&self) -> Result<&'a ChannelExports, CallError> {
        match self.exports {
            Exports::Channel(exports) => Ok(exports),
            Exports::Email(_) => Err(CallError::NoAbility("channel-manager-provider")),
        }
    }

    fn provider(&mut self) -> Result<channel::Provider, CallError> {
        Ok(self
            .channel()?
            .provider
            .load(&mut *self.store, &self.instance)?)
    }

    fn ari_reader(&mut self) -> Result<ari_reader::WithAriReader, CallError> {
        let indices = self
            .channel()?
            .ari_reader
            .as_ref()
            .ok_or(CallError::NoAbility("ari-reader"))?;
        Ok(indices.load(&mut *self.store, &self.instance)?)
    }

    fn reservation_source(
        &mut self,
    ) -> Result<reservation_source::WithReservationSource, CallError> {
        let indices = self
            .channel()?
            .reservation_source
            .as_ref()
            .ok_or(CallError::NoAbility("reservation-source"))?;
        Ok(indices.load(&mut *self.store, &self.instance)?)
    }

    fn webhook_source(&mut self) -> Result<webhook_source::WithWebhookSource, CallError> {
        let indices = self
            .channel()?
            .webhook_source
            .as_ref()
            .ok_or(CallError::NoAbility("webhook-source"))?;
        Ok(indices.load(&mut *self.store, &self.instance)?)
    }

    fn webhook_answer(&mut self) -> Result<webhook_answer::WithWebhookAnswer, CallError> {
        let indices = self
            .channel()?
            .webhook_answer
            .as_ref()
            .ok_or(CallError::NoAbility("webhook-answer"))?;
        Ok(indices.load(&mut *self.store, &self.instance)?)
    }
}
