//! Speaks to Booking.com, an online travel agency, in OTA XML. Not certified with the vendor.
//!
//! Rooms to sell belong to a room, prices and restrictions to a rate of that room.
//! So a code's `room` is a room's id and its `rate` a rate plan's.

mod client;
mod map;
mod wire;

use roomwire_plugin_sdk::channel::{
    AriUpdate, ChannelEvent, ChannelManagerProvider, ItemResult, Product, ReservationSource,
    Revision, RevisionPage, WebhookSource,
};
use roomwire_plugin_sdk::{Context, Failure, Timestamp, Webhook, export_channel};
use serde::Deserialize;

use crate::client::Client;

/// The connector.
#[derive(Debug)]
pub struct BookingCom;

/// The hotel's settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The property's id at Booking.com.
    pub property: String,
    #[serde(default)]
    pub pricing: Pricing,
}

/// The property's pricing type: a price of another one is refused.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Pricing {
    #[default]
    Standard,
    PerOccupancy,
}

impl ChannelManagerProvider for BookingCom {
    type Settings = Settings;

    fn check(context: &Context<Settings>) -> Result<String, Failure> {
        let sold = Client::new(context).room_rates()?;
        Ok(map::products::describe(&context.settings, &sold))
    }

    fn list_products(context: &Context<Settings>) -> Result<Vec<Product>, Failure> {
        let sold = Client::new(context).room_rates()?;
        Ok(map::products::products(&context.settings, &sold))
    }

    fn push_ari(
        context: &Context<Settings>,
        updates: &[AriUpdate],
    ) -> Result<Vec<ItemResult>, Failure> {
        map::push::push(context, updates)
    }
}

impl ReservationSource for BookingCom {
    /// The queues hold what was not acknowledged, however old it is: the instant says nothing to them.
    fn pull(
        context: &Context<Settings>,
        _since: Timestamp,
        page: Option<&str>,
    ) -> Result<RevisionPage, Failure> {
        map::pull::pull(context, page)
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

impl WebhookSource for BookingCom {
    fn parse(context: &Context<Settings>, webhook: &Webhook) -> Result<Vec<ChannelEvent>, Failure> {
        map::notification::events(&context.settings.property, &webhook.body)
    }
}

export_channel!(BookingCom: ReservationSource, WebhookSource);
