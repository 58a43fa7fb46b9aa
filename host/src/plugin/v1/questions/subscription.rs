//! Questions to a connector that has its channel send webhooks here.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Question;
use crate::plugin::manifest::Ability;
use crate::plugin::v1::bindings::channel::roomwire::types::common::{CallContext, Failure};
use crate::plugin::v1::bindings::webhook_registrar::WithWebhookRegistrar;
use crate::plugin::v1::bindings::webhook_registrar::exports::roomwire::channel::webhook_registrar as wit;
use crate::plugin::v1::operations::{CallError, Guest};

#[derive(Deserialize, Serialize)]
pub(in crate::plugin) struct Subscribe {
    /// As the guest is told it: its secret part is masked.
    pub(in crate::plugin) url: String,
}

#[derive(Deserialize, Serialize)]
pub(in crate::plugin) struct Unsubscribe {
    /// Likewise.
    pub(in crate::plugin) url: String,
}

#[async_trait]
impl Question for Subscribe {
    const NAME: &'static str = "subscribe";
    type Answer = wit::Subscription;

    async fn put(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Result<Self::Answer, Failure>, CallError> {
        let registrar = guest.webhook_registrar()?;
        let registrar = registrar.roomwire_channel_webhook_registrar();
        Ok(registrar
            .call_subscribe(&mut *guest.store, context, &endpoint(&self.url))
            .await?)
    }
}

#[async_trait]
impl Question for Unsubscribe {
    const NAME: &'static str = "unsubscribe";
    type Answer = ();

    async fn put(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Result<Self::Answer, Failure>, CallError> {
        let registrar = guest.webhook_registrar()?;
        let registrar = registrar.roomwire_channel_webhook_registrar();
        Ok(registrar
            .call_unsubscribe(&mut *guest.store, context, &endpoint(&self.url))
            .await?)
    }
}

fn endpoint(url: &str) -> wit::Endpoint {
    wit::Endpoint {
        url: url.to_owned(),
        extensions: Vec::new(),
    }
}

impl Guest<'_> {
    fn webhook_registrar(&mut self) -> Result<WithWebhookRegistrar, CallError> {
        let ability = Ability::WebhookRegistrar.name();
        let indices = self
            .channel()?
            .webhook_registrar
            .as_ref()
            .ok_or(CallError::NoAbility(ability))?;
        Ok(indices.load(&mut *self.store, &self.instance)?)
    }
}
