//! A loaded plugin as the domain's connector.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use super::call::Calls;
use super::loader::LoadedPlugin;
use super::manifest::{Ability, AvailabilityLevel, ChannelTraits, Manifest, Semantics};
use super::v1::operations::{self, Operation};
use crate::domain::connector::{
    Abilities, AriNight, AriUpdate, AvailabilityOn, Called, Caller, ChannelConnector, ChannelEvent,
    ChannelProduct, ConnectorProfile, ItemResult, ProductCode, Revision, RevisionPage,
    UpdateSemantics, VerifiedWebhook, WebhookAnswer, WebhookOutcome,
};
use crate::domain::guest_message::{MessagePage, Reply};
use crate::domain::webhook::SubscriptionDigest;

/// A plugin of kind `channel`, whichever version of it is in service when it is called.
pub(super) struct PluginConnector {
    profile: ConnectorProfile,
    calls: Arc<Calls>,
}

impl PluginConnector {
    /// The connector, where the plugin is one.
    pub(super) fn new(plugin: &LoadedPlugin, calls: &Arc<Calls>) -> Option<Self> {
        let profile = profile(&plugin.manifest, plugin.manifest.channel.as_ref()?);
        Some(Self {
            profile,
            calls: Arc::clone(calls),
        })
    }

    async fn call<O: Operation>(&self, caller: &Caller, operation: O) -> Called<O::Output> {
        self.calls.call(&self.profile.id, caller, &operation).await
    }
}

fn profile(manifest: &Manifest, traits: &ChannelTraits) -> ConnectorProfile {
    ConnectorProfile {
        id: manifest.id.clone(),
        abilities: Abilities {
            ari_reader: manifest.has(Ability::AriReader),
            reservation_source: manifest.has(Ability::ReservationSource),
            webhook_source: manifest.has(Ability::WebhookSource),
            webhook_registrar: manifest.has(Ability::WebhookRegistrar),
            guest_messages: manifest.has(Ability::GuestMessages),
            webhook_answer: manifest.has(Ability::WebhookAnswer),
        },
        availability_on: match traits.availability_on {
            AvailabilityLevel::Room => AvailabilityOn::Room,
            AvailabilityLevel::Rate => AvailabilityOn::Rate,
        },
        update_semantics: match traits.update_semantics {
            Semantics::Merge => UpdateSemantics::Merge,
            Semantics::Replace => UpdateSemantics::Replace,
        },
        horizon_nights: traits.horizon_nights,
        max_updates_per_call: usize::from(traits.max_updates_per_call),
        requests_per_minute: traits.requests_per_minute,
        webhooks_are_hints: manifest.webhook.as_ref().is_none_or(|rules| rules.hint),
        occupancy_prices: traits.occupancy_prices,
        webhooks_pull: manifest.webhook.as_ref().is_some_and(|rules| rules.pull),
    }
}

#[async_trait]
impl ChannelConnector for PluginConnector {
    fn profile(&self) -> &ConnectorProfile {
        &self.profile
    }

    async fn check(&self, caller: &Caller) -> Called<String> {
        self.call(caller, operations::Check).await
    }

    async fn list_products(&self, caller: &Caller) -> Called<Vec<ChannelProduct>> {
        self.call(caller, operations::ListProducts).await
    }

    async fn push_ari(&self, caller: &Caller, updates: &[AriUpdate]) -> Called<Vec<ItemResult>> {
        self.call(caller, operations::PushAri { updates }).await
    }

    async fn read_ari(
        &self,
        caller: &Caller,
        products: &[ProductCode],
        first_night: Date,
        last_night: Date,
    ) -> Called<Vec<AriNight>> {
        self.call(
            caller,
            operations::ReadAri {
                products,
                first_night,
                last_night,
            },
        )
        .await
    }

    async fn pull(
        &self,
        caller: &Caller,
        since: Timestamp,
        page: Option<&str>,
    ) -> Called<RevisionPage> {
        self.call(caller, operations::Pull { since, page }).await
    }

    async fn fetch(&self, caller: &Caller, reservation: &str) -> Called<Revision> {
        self.call(caller, operations::Fetch { reservation }).await
    }

    async fn acknowledge(&self, caller: &Caller, acknowledgements: &[String]) -> Called<()> {
        self.call(caller, operations::Acknowledge { acknowledgements })
            .await
    }

    async fn parse_webhook(
        &self,
        caller: &Caller,
        webhook: &VerifiedWebhook,
    ) -> Called<Vec<ChannelEvent>> {
        self.call(caller, operations::ParseWebhook { webhook })
            .await
    }

    async fn subscribe(&self, caller: &Caller, wanted: SubscriptionDigest) -> Called<Vec<String>> {
        self.call(caller, operations::Subscribe { wanted }).await
    }

    async fn unsubscribe(&self, caller: &Caller) -> Called<()> {
        self.call(caller, operations::Unsubscribe).await
    }

    async fn pull_messages(
        &self,
        caller: &Caller,
        since: Timestamp,
        page: Option<&str>,
    ) -> Called<MessagePage> {
        self.call(caller, operations::PullMessages { since, page })
            .await
    }

    async fn send_reply(&self, caller: &Caller, reply: &Reply) -> Called<String> {
        self.call(caller, operations::SendReply { reply }).await
    }

    async fn answer_webhook(
        &self,
        caller: &Caller,
        webhook: &VerifiedWebhook,
        outcome: &WebhookOutcome,
    ) -> Called<WebhookAnswer> {
        self.call(caller, operations::AnswerWebhook { webhook, outcome })
            .await
    }
}
