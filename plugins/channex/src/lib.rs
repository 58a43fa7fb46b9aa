//! Speaks to Channex, a channel manager.
//!
//! Availability belongs to a room type and goes in messages of its own; prices and restrictions belong to a rate plan.
//! So a code's `room` is a room type's id and its `rate` a rate plan's.

mod client;
mod map;
mod pace;
mod pages;
mod wire;

use roomwire_plugin_sdk::channel::{
    AriNight, AriReader, AriUpdate, ChannelEvent, ChannelManagerProvider, GuestMessages,
    ItemResult, MessagePage, Product, ProductCode, Reply, ReservationSource, Revision,
    RevisionPage, WebhookSource,
};
use roomwire_plugin_sdk::{Context, Date, Failure, Timestamp, Webhook, export_channel};
use serde::Deserialize;

use crate::client::Client;

/// The connector.
#[derive(Debug)]
pub struct Channex;

/// The hotel's settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The property's id at Channex.
    pub property: String,
    #[serde(default)]
    pub environment: Environment,
    /// The id of the Channex user whose key is used.
    pub user: Option<String>,
    /// The ids of the rate plans that are sold per person.
    #[serde(default)]
    pub per_person: Vec<String>,
}

impl Settings {
    /// Whether a product's rate plan is sold per person.
    pub(crate) fn is_per_person(&self, code: &ProductCode) -> bool {
        let rate = code.rate.as_ref();
        rate.is_some_and(|rate| self.per_person.contains(rate))
    }
}

/// Where the property is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    #[default]
    Production,
    Staging,
}

impl ChannelManagerProvider for Channex {
    type Settings = Settings;

    fn check(context: &Context<Settings>) -> Result<String, Failure> {
        let property = Client::new(context).property()?;
        Ok(map::property::describe(context, &property))
    }

    fn list_products(context: &Context<Settings>) -> Result<Vec<Product>, Failure> {
        let client = Client::new(context);
        Ok(map::products::products(
            client.room_types()?,
            client.rate_plans()?,
        ))
    }

    fn push_ari(
        context: &Context<Settings>,
        updates: &[AriUpdate],
    ) -> Result<Vec<ItemResult>, Failure> {
        map::push::push(context, updates)
    }
}

impl AriReader for Channex {
    fn read_ari(
        context: &Context<Settings>,
        products: &[ProductCode],
        first_night: Date,
        last_night: Date,
    ) -> Result<Vec<AriNight>, Failure> {
        map::read::nights(context, products, first_night, last_night)
    }
}

impl ReservationSource for Channex {
    fn pull(
        context: &Context<Settings>,
        since: Timestamp,
        page: Option<&str>,
    ) -> Result<RevisionPage, Failure> {
        map::pull::pull(context, since, page)
    }

    fn fetch(context: &Context<Settings>, reservation: &str) -> Result<Revision, Failure> {
        map::pull::fetch(context, reservation)
    }

    fn acknowledge(
        context: &Context<Settings>,
        acknowledgements: &[String],
    ) -> Result<(), Failure> {
        map::acknowledge::acknowledge(context, acknowledgements)
    }
}

impl WebhookSource for Channex {
    fn parse(context: &Context<Settings>, webhook: &Webhook) -> Result<Vec<ChannelEvent>, Failure> {
        map::webhook::events(&context.settings, &webhook.body)
    }
}

impl GuestMessages for Channex {
    fn pull_messages(
        context: &Context<Settings>,
        since: Timestamp,
        page: Option<&str>,
    ) -> Result<MessagePage, Failure> {
        map::guest_messages::pull(context, since, page)
    }

    fn send_reply(context: &Context<Settings>, reply: &Reply) -> Result<String, Failure> {
        map::guest_messages::send(context, reply)
    }
}

export_channel!(Channex: AriReader, ReservationSource, WebhookSource, GuestMessages);
