//! Speaks to Quiet Harbour.

mod map;
mod wire;

use roomwire_plugin_sdk::channel::{
    AriUpdate, ChannelManagerProvider, ItemResult, Product, ReservationSource, Revision,
    RevisionPage,
};
use roomwire_plugin_sdk::{Context, Failure, JsonSchema, Timestamp, export_channel, http};
use serde::Deserialize;

const HOST: &str = "api.quiet-harbour.example";

/// The connector.
#[derive(Debug)]
pub struct Connector;

/// What a hotel tells about itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "roomwire_plugin_sdk::schemars")]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The property's id at Quiet Harbour.
    #[schemars(length(min = 1, max = 64))]
    pub property: String,
}

impl ChannelManagerProvider for Connector {
    type Settings = Settings;

    fn check(context: &Context<Settings>) -> Result<String, Failure> {
        let answer = http::get(HOST, path(context, "")).send()?;
        let property: wire::Property = map::success(answer)?.json()?;
        Ok(format!("reached {}", property.name))
    }

    fn list_products(context: &Context<Settings>) -> Result<Vec<Product>, Failure> {
        let answer = http::get(HOST, path(context, "/products")).send()?;
        let found: wire::Products = map::success(answer)?.json()?;
        Ok(found.products.into_iter().map(map::product).collect())
    }

    fn push_ari(
        context: &Context<Settings>,
        updates: &[AriUpdate],
    ) -> Result<Vec<ItemResult>, Failure> {
        let changes = wire::Changes {
            changes: updates
                .iter()
                .map(|update| map::change(context, update))
                .collect(),
        };
        let answer = http::post(HOST, path(context, "/calendar"))
            .json(&changes)?
            .send()?;
        let answer: wire::Results = map::success(answer)?.json()?;
        Ok(map::results(updates, &answer.results))
    }
}

impl ReservationSource for Connector {
    fn pull(
        context: &Context<Settings>,
        since: Timestamp,
        page: Option<&str>,
    ) -> Result<RevisionPage, Failure> {
        let mut request =
            http::get(HOST, path(context, "/bookings")).query("changed_since", since.to_string());
        if let Some(page) = page {
            request = request.query("page", page);
        }
        let found: wire::Bookings = map::success(request.send()?)?.json()?;
        Ok(RevisionPage {
            revisions: map::revisions(context, &found.bookings)?,
            next: found.next,
        })
    }

    fn fetch(context: &Context<Settings>, reservation: &str) -> Result<Revision, Failure> {
        let place = format!("/bookings/{}", http::encode(reservation));
        let answer = http::get(HOST, path(context, &place)).send()?;
        map::revision(context, map::success(answer)?.json()?)
    }
}

fn path(context: &Context<Settings>, place: &str) -> String {
    let property = http::encode(&context.settings.property);
    format!("/v1/properties/{property}{place}")
}

export_channel!(Connector: ReservationSource);
