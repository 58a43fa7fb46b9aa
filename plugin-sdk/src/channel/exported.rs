//! Between the generated exports and the traits: text becomes dates, settings become the connector's own type.

use std::marker::PhantomData;

use crate::bindings::channel::roomwire::channel::types as wire;
use crate::bindings::channel::roomwire::types::common;
use crate::bindings::guest_messages::exports::roomwire::channel::guest_messages as written;
use crate::bindings::webhook_answer::exports::roomwire::channel::webhook_answer as answered;
use crate::bindings::webhook_registrar::exports::roomwire::channel::webhook_registrar as registrar;
use crate::bindings::{ari_reader, channel, reservation_source, webhook_source};
use crate::context::parse_date;
use crate::webhook::parse_instant;
use crate::{Context, Failure, Webhook};

use super::{
    AriReader, AriUpdate, ChannelManagerProvider, GuestMessages, Reply, ReservationSource,
    WebhookAnswer, WebhookRegistrar, WebhookSource,
};

/// What [`crate::export_channel!`] exports in the connector's name.
#[derive(Debug)]
pub struct Exported<Connector>(PhantomData<Connector>);

impl<C: ChannelManagerProvider> channel::exports::roomwire::channel::channel_manager_provider::Guest
    for Exported<C>
{
    fn check(context: common::CallContext) -> Result<String, Failure> {
        C::check(&Context::parse(context)?)
    }

    fn list_products(context: common::CallContext) -> Result<Vec<wire::Product>, Failure> {
        C::list_products(&Context::parse(context)?)
    }

    fn push_ari(
        context: common::CallContext,
        updates: Vec<wire::AriUpdate>,
    ) -> Result<Vec<wire::ItemResult>, Failure> {
        let updates = updates
            .into_iter()
            .map(AriUpdate::try_from)
            .collect::<Result<Vec<_>, _>>()?;
        C::push_ari(&Context::parse(context)?, &updates)
    }
}

impl<C: AriReader> ari_reader::exports::roomwire::channel::ari_reader::Guest for Exported<C> {
    fn read_ari(
        context: common::CallContext,
        products: Vec<wire::ProductCode>,
        first_night: String,
        last_night: String,
    ) -> Result<Vec<wire::AriNight>, Failure> {
        let (first_night, last_night) = (parse_date(&first_night)?, parse_date(&last_night)?);
        let nights = C::read_ari(
            &Context::parse(context)?,
            &products,
            first_night,
            last_night,
        )?;
        Ok(nights.into_iter().map(Into::into).collect())
    }
}

impl<C: ReservationSource> reservation_source::exports::roomwire::channel::reservation_source::Guest
    for Exported<C>
{
    fn pull(
        context: common::CallContext,
        since: common::Instant,
        page: Option<String>,
    ) -> Result<wire::RevisionPage, Failure> {
        C::pull(
            &Context::parse(context)?,
            parse_instant(since)?,
            page.as_deref(),
        )
        .map(Into::into)
    }

    fn fetch(context: common::CallContext, reservation: String) -> Result<wire::Revision, Failure> {
        C::fetch(&Context::parse(context)?, &reservation).map(Into::into)
    }

    fn acknowledge(
        context: common::CallContext,
        acknowledgements: Vec<String>,
    ) -> Result<(), Failure> {
        C::acknowledge(&Context::parse(context)?, &acknowledgements)
    }
}

impl<C: WebhookSource> webhook_source::exports::roomwire::channel::webhook_source::Guest
    for Exported<C>
{
    fn parse(
        context: common::CallContext,
        webhook: common::Webhook,
    ) -> Result<Vec<wire::ChannelEvent>, Failure> {
        let events = C::parse(&Context::parse(context)?, &Webhook::parse(webhook)?)?;
        Ok(events.into_iter().map(Into::into).collect())
    }
}

impl<C: WebhookRegistrar> registrar::Guest for Exported<C> {
    fn subscribe(
        context: common::CallContext,
        endpoint: registrar::Endpoint,
    ) -> Result<registrar::Subscription, Failure> {
        let events = C::subscribe(&Context::parse(context)?, &endpoint.url)?;
        Ok(registrar::Subscription {
            events,
            extensions: Vec::new(),
        })
    }

    fn unsubscribe(
        context: common::CallContext,
        endpoint: registrar::Endpoint,
    ) -> Result<(), Failure> {
        C::unsubscribe(&Context::parse(context)?, &endpoint.url)
    }
}

impl<C: GuestMessages> written::Guest for Exported<C> {
    fn pull(
        context: common::CallContext,
        since: common::Instant,
        page: Option<String>,
    ) -> Result<written::MessagePage, Failure> {
        C::pull_messages(
            &Context::parse(context)?,
            parse_instant(since)?,
            page.as_deref(),
        )
        .map(Into::into)
    }

    fn send(
        context: common::CallContext,
        reply: written::Reply,
    ) -> Result<written::Receipt, Failure> {
        let id = C::send_reply(&Context::parse(context)?, &Reply::try_from(reply)?)?;
        Ok(written::Receipt {
            id,
            extensions: Vec::new(),
        })
    }
}

impl<C: WebhookAnswer> answered::Guest for Exported<C> {
    fn answer(
        context: common::CallContext,
        webhook: common::Webhook,
        outcome: answered::WebhookOutcome,
    ) -> Result<answered::WebhookResponse, Failure> {
        C::answer(
            &Context::parse(context)?,
            &Webhook::parse(webhook)?,
            &outcome,
        )
    }
}
