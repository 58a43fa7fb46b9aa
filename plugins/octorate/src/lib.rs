//! Speaks to Octorate Connect, a channel manager.
//!
//! What Octorate calls a `room` is a product: one rate of a room, with an availability of its own.
//! So a product's id is our code's `room`, and there is no `rate`.

mod client;
mod map;
mod pages;
mod wire;

use roomwire_plugin_sdk::channel::{
    AriNight, AriReader, AriUpdate, ChannelEvent, ChannelManagerProvider, ItemResult, Product,
    ProductCode, ReservationSource, Revision, RevisionPage, WebhookRegistrar, WebhookSource,
};
use roomwire_plugin_sdk::{Context, Date, Failure, Timestamp, Webhook, export_channel};
use serde::Deserialize;

use crate::client::Client;

/// The connector.
#[derive(Debug)]
pub struct Octorate;

/// The hotel's settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The accommodation's id at Octorate.
    pub accommodation: String,
}

impl ChannelManagerProvider for Octorate {
    type Settings = Settings;

    fn check(context: &Context<Settings>) -> Result<String, Failure> {
        let accommodations = Client::new(context).accommodations()?;
        map::accommodation::describe(context, &accommodations)
    }

    fn list_products(context: &Context<Settings>) -> Result<Vec<Product>, Failure> {
        let mut products = Vec::new();
        Client::new(context).calendar(context.today, context.today, |calendar| {
            products.push(map::ari::product(calendar));
            Ok(())
        })?;
        Ok(products)
    }

    fn push_ari(
        context: &Context<Settings>,
        updates: &[AriUpdate],
    ) -> Result<Vec<ItemResult>, Failure> {
        map::push::push(context, updates)
    }
}

impl AriReader for Octorate {
    fn read_ari(
        context: &Context<Settings>,
        products: &[ProductCode],
        first_night: Date,
        last_night: Date,
    ) -> Result<Vec<AriNight>, Failure> {
        let client = Client::new(context);
        let mut nights = Vec::new();
        for (first, last) in map::ari::windows(first_night, last_night) {
            client.calendar(first, last, |calendar| {
                map::ari::nights(context, products, calendar, &mut nights)
            })?;
        }
        Ok(nights)
    }
}

impl ReservationSource for Octorate {
    fn pull(
        context: &Context<Settings>,
        since: Timestamp,
        page: Option<&str>,
    ) -> Result<RevisionPage, Failure> {
        map::pull::pull(context, since, page)
    }

    fn fetch(context: &Context<Settings>, reservation: &str) -> Result<Revision, Failure> {
        map::reservation::revision(context, &Client::new(context).reservation(reservation)?)
    }
}

impl WebhookSource for Octorate {
    fn parse(context: &Context<Settings>, webhook: &Webhook) -> Result<Vec<ChannelEvent>, Failure> {
        map::webhook::events(&context.settings.accommodation, &webhook.body)
    }
}

impl WebhookRegistrar for Octorate {
    fn subscribe(context: &Context<Settings>, url: &str) -> Result<Vec<String>, Failure> {
        map::subscription::subscribe(&Client::new(context), url)
    }

    fn unsubscribe(context: &Context<Settings>, url: &str) -> Result<(), Failure> {
        map::subscription::unsubscribe(&Client::new(context), url)
    }
}

export_channel!(Octorate: AriReader, ReservationSource, WebhookSource, WebhookRegistrar);
