//! Operations of a connector.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{CallError, Guest, Operation};
use crate::domain::connector::{
    AriNight, AriUpdate, ChannelEvent, ChannelProduct, ItemResult, ProductCode, Revision,
    RevisionPage, VerifiedWebhook,
};
use crate::plugin::v1::bindings::channel::roomwire::types::common::CallContext;
use crate::plugin::v1::bindings::{ari_reader, channel, reservation_source, webhook_source};
use crate::plugin::v1::context::webhook as written;
use crate::plugin::v1::exports::{ChannelExports, Exports};
use crate::plugin::v1::{ari, products, reservation, text};

pub(in crate::plugin) struct Check;

pub(in crate::plugin) struct ListProducts;

pub(in crate::plugin) struct PushAri<'a> {
    pub(in crate::plugin) updates: &'a [AriUpdate],
}

/// Both nights are included.
pub(in crate::plugin) struct ReadAri<'a> {
    pub(in crate::plugin) products: &'a [ProductCode],
    pub(in crate::plugin) first_night: Date,
    pub(in crate::plugin) last_night: Date,
}

pub(in crate::plugin) struct Pull<'a> {
    pub(in crate::plugin) since: Timestamp,
    pub(in crate::plugin) page: Option<&'a str>,
}

pub(in crate::plugin) struct Fetch<'a> {
    pub(in crate::plugin) reservation: &'a str,
}

pub(in crate::plugin) struct Acknowledge<'a> {
    pub(in crate::plugin) acknowledgements: &'a [String],
}

pub(in crate::plugin) struct ParseWebhook<'a> {
    pub(in crate::plugin) webhook: &'a VerifiedWebhook,
}

#[async_trait]
impl Operation for Check {
    type Output = String;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let provider = guest.provider()?;
        let provider = provider.roomwire_channel_channel_manager_provider();
        let sentence = provider.call_check(&mut *guest.store, context).await??;
        // The one sentence that a person reads as it is.
        Ok(text::line(&guest.store.data().scrub(&sentence), 2_000))
    }
}

#[async_trait]
impl Operation for ListProducts {
    type Output = Vec<ChannelProduct>;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let provider = guest.provider()?;
        let provider = provider.roomwire_channel_channel_manager_provider();
        let given = provider
            .call_list_products(&mut *guest.store, context)
            .await??;
        Ok(products::products(given)?)
    }
}

#[async_trait]
impl Operation for PushAri<'_> {
    type Output = Vec<ItemResult>;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let provider = guest.provider()?;
        let provider = provider.roomwire_channel_channel_manager_provider();
        let updates: Vec<_> = self.updates.iter().map(ari::update).collect();
        let given = provider
            .call_push_ari(&mut *guest.store, context, &updates)
            .await??;
        let state = guest.store.data_mut();
        let (results, strangers) = ari::results(self.updates, given, |text| state.scrub(text));
        if strangers > 0 {
            state.note(&format!(
                "{strangers} results were for no update of this call"
            ));
        }
        Ok(results)
    }
}

#[async_trait]
impl Operation for ReadAri<'_> {
    type Output = Vec<AriNight>;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let reader = guest.ari_reader()?;
        let reader = reader.roomwire_channel_ari_reader();
        let codes: Vec<_> = self.products.iter().map(products::wit_code).collect();
        let (first, last) = (self.first_night.to_string(), self.last_night.to_string());
        let given = reader
            .call_read_ari(&mut *guest.store, context, &codes, &first, &last)
            .await??;
        Ok(ari::nights(
            given,
            self.products,
            self.first_night,
            self.last_night,
        )?)
    }
}

#[async_trait]
impl Operation for Pull<'_> {
    type Output = RevisionPage;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let source = guest.reservation_source()?;
        let source = source.roomwire_channel_reservation_source();
        let since = self.since.as_millisecond();
        let given = source
            .call_pull(&mut *guest.store, context, since, self.page)
            .await??;
        let state = guest.store.data_mut();
        let page = reservation::page(given, state.now)?;
        for refused in &page.refused {
            let reservation = refused.reservation.as_deref().unwrap_or("unknown");
            let remark = format!(
                "the revision of reservation {reservation} is refused: {}",
                refused.reason
            );
            state.note(&state.scrub(&remark));
        }
        Ok(page)
    }
}

#[async_trait]
impl Operation for Fetch<'_> {
    type Output = Revision;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let source = guest.reservation_source()?;
        let source = source.roomwire_channel_reservation_source();
        let given = source
            .call_fetch(&mut *guest.store, context, self.reservation)
            .await??;
        let now = guest.store.data().now;
        Ok(reservation::revision(given, now)?)
    }
}

#[async_trait]
impl Operation for Acknowledge<'_> {
    type Output = ();

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let source = guest.reservation_source()?;
        let source = source.roomwire_channel_reservation_source();
        source
            .call_acknowledge(&mut *guest.store, context, self.acknowledgements)
            .await??;
        Ok(())
    }
}

#[async_trait]
impl Operation for ParseWebhook<'_> {
    type Output = Vec<ChannelEvent>;

    async fn run(
        &self,
        guest: &mut Guest<'_>,
        context: &CallContext,
    ) -> Result<Self::Output, CallError> {
        let source = guest.webhook_source()?;
        let source = source.roomwire_channel_webhook_source();
        let given = source
            .call_parse(&mut *guest.store, context, &written(self.webhook))
            .await??;
        let now = guest.store.data().now;
        Ok(reservation::events(given, now)?)
    }
}

impl<'a> Guest<'a> {
    fn channel(&self) -> Result<&'a ChannelExports, CallError> {
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
}
