//! The mappings of a channel: what the channel sells, beside what is mapped to it.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use crate::app::App;
use crate::app::calls::CallError;
use crate::app::channels::discovered;
use crate::domain::connection::Mapping;
use crate::domain::connector::{AvailabilityOn, ChannelProduct, ProductCode};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{ConnectionId, HotelId, RatePlanId, RoomTypeId};
use crate::domain::mapping::{self, Problem, Sides, Suggestions};
use crate::domain::offer::Product;
use crate::store::{Store, StoreError, catalogue, connections};

/// What both sides sell at this moment, and which of it is mapped.
#[derive(Clone, Debug)]
pub struct Discovery {
    pub hotel: Hotel,
    pub availability_on: AvailabilityOn,
    /// Inactive ones too.
    pub ours: Vec<Product>,
    active: HashSet<(RoomTypeId, RatePlanId)>,
    pub theirs: Vec<ChannelProduct>,
    /// Those in force, in the order of our codes.
    pub mappings: Vec<Mapping>,
}

/// Asks the channel what it sells for the hotel, and reads what is mapped.
pub async fn discover(
    app: &App,
    hotel: HotelId,
    connection: ConnectionId,
) -> Result<Discovery, CallError> {
    let (hotel, profile, theirs) = discovered(app, hotel, connection).await?;
    let mut tx = app.store.begin(hotel.id).await?;
    let ours = catalogue::products(&mut tx).await?;
    let entries = catalogue::products::list(&mut tx).await?;
    let mapped = connections::mappings(&mut tx, connection).await?;
    tx.commit().await?;
    let mappings = in_order(&ours, &mapped).map(|(_, mapping)| mapping.clone());
    Ok(Discovery {
        mappings: mappings.collect(),
        hotel,
        availability_on: profile.availability_on,
        ours,
        active: entries
            .into_iter()
            .filter(|(_, entry)| entry.active)
            .map(|(id, _)| id)
            .collect(),
        theirs,
    })
}

/// The mappings in force, each with our product; the channel is not asked.
pub async fn in_force(
    store: &Store,
    hotel: HotelId,
    connection: ConnectionId,
) -> Result<Vec<(Product, Mapping)>, StoreError> {
    let mut tx = store.begin(hotel).await?;
    let products = catalogue::products(&mut tx).await?;
    let mappings = connections::mappings(&mut tx, connection).await?;
    tx.commit().await?;
    let paired = in_order(&products, &mappings);
    Ok(paired
        .map(|(product, mapping)| (product.clone(), mapping.clone()))
        .collect())
}

/// Mappings in the order of codes, which is that of the products.
fn in_order<'a>(
    products: &'a [Product],
    mappings: &'a [Mapping],
) -> impl Iterator<Item = (&'a Product, &'a Mapping)> {
    products.iter().filter_map(move |product| {
        let ids = (product.room_type.id, product.rate_plan.id);
        let of_product = |one: &&Mapping| (one.room_type, one.rate_plan) == ids;
        Some((product, mappings.iter().find(of_product)?))
    })
}

impl Discovery {
    /// The problems of each of these mappings, in their order.
    pub fn problems(&self, mappings: &[Mapping]) -> Vec<Vec<Problem>> {
        mapping::problems(self.sides(&self.ours), mappings)
    }

    /// Mappings for what is neither mapped nor inactive.
    pub fn suggestions(&self) -> Suggestions {
        let for_sale = |product: &&Product| {
            self.active
                .contains(&(product.room_type.id, product.rate_plan.id))
        };
        let ours: Vec<Product> = self.ours.iter().filter(for_sale).cloned().collect();
        mapping::suggest(self.sides(&ours), &self.mappings)
    }

    /// Our product.
    pub fn product(&self, room_type: RoomTypeId, rate_plan: RatePlanId) -> Option<&Product> {
        self.ours
            .iter()
            .find(|one| (one.room_type.id, one.rate_plan.id) == (room_type, rate_plan))
    }

    /// The channel's product.
    pub fn channel_product(&self, code: &ProductCode) -> Option<&ChannelProduct> {
        self.theirs.iter().find(|one| one.code == *code)
    }

    fn sides<'a>(&'a self, ours: &'a [Product]) -> Sides<'a> {
        Sides {
            currency: self.hotel.currency,
            availability_on: self.availability_on,
            ours,
            theirs: &self.theirs,
        }
    }
}
