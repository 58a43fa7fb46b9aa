//! Speaks to Expedia Group, an OTA. Not certified with the vendor.
//!
//! Availability belongs to a room type, prices and restrictions to a rate plan of it. So a code's `room` is a room type's
//! id and its `rate` a rate plan's, as messages in XML name them.

mod client;
mod map;
mod wire;

use roomwire_plugin_sdk::channel::{
    AriUpdate, ChannelEvent, ChannelManagerProvider, ItemResult, Product, ReservationSource,
    Revision, RevisionPage, WebhookAnswer, WebhookOutcome, WebhookResponse, WebhookSource,
};
use roomwire_plugin_sdk::{Context, Failure, Timestamp, Webhook, export_channel};
use serde::Deserialize;

use crate::client::Client;

/// The connector.
#[derive(Debug)]
pub struct Expedia;

/// The hotel's settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The property's id at Expedia.
    pub property: String,
    #[serde(default)]
    pub pricing: Pricing,
    #[serde(default)]
    pub length_of_stay: LengthOfStay,
}

/// The property's pricing model: a message with the other one is refused as a whole.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Pricing {
    #[default]
    PerDay,
    PerOccupancy,
}

/// Which nights of a stay a minimum counts for, as it is configured in Partner Central.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum LengthOfStay {
    #[default]
    Arrival,
    StayThrough,
}

impl ChannelManagerProvider for Expedia {
    type Settings = Settings;

    fn check(context: &Context<Settings>) -> Result<String, Failure> {
        let property = Client::new(context).property()?;
        Ok(map::products::describe(context, &property))
    }

    fn list_products(context: &Context<Settings>) -> Result<Vec<Product>, Failure> {
        map::products::products(context)
    }

    fn push_ari(
        context: &Context<Settings>,
        updates: &[AriUpdate],
    ) -> Result<Vec<ItemResult>, Failure> {
        map::push::push(context, updates)
    }
}

impl ReservationSource for Expedia {
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
        map::confirm::confirm(context, acknowledgements)
    }
}

impl WebhookSource for Expedia {
    fn parse(context: &Context<Settings>, webhook: &Webhook) -> Result<Vec<ChannelEvent>, Failure> {
        map::webhook::events(context, &webhook.body)
    }
}

impl WebhookAnswer for Expedia {
    fn answer(
        _: &Context<Settings>,
        webhook: &Webhook,
        outcome: &WebhookOutcome,
    ) -> Result<WebhookResponse, Failure> {
        map::answer::answer(webhook, outcome)
    }
}

export_channel!(Expedia: ReservationSource, WebhookSource, WebhookAnswer);
