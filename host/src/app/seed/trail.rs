//! The audit trail's lines of what a file adds, in its transaction, as those of what is set up over HTTP.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::Value;

use crate::app::catalogue::trail::{self, Signature};
use crate::app::catalogue::{Entry, PRODUCT};
use crate::app::{AppError, hotels};
use crate::domain::catalogue::{HotelEntry, RatePlanEntry, Reference, RoomEntry, RoomTypeEntry};
use crate::store::catalogue::Catalogue;
use crate::store::catalogue::products::{self, ProductId};
use crate::store::{HotelTx, StoreError, hotel_settings};

/// Who adds it.
const ACTOR: &str = "command:seed";

/// What there was before that is told apart by nothing else.
pub(super) struct Before {
    hotel: Option<HotelEntry>,
    products: HashSet<ProductId>,
}

impl Before {
    pub(super) async fn read(tx: &mut HotelTx) -> Result<Self, AppError> {
        let hotel = hotel_settings::find(tx).await?;
        let products = products::list(tx).await?.into_iter();
        Ok(Self {
            hotel,
            products: products.map(|(id, _)| id).collect(),
        })
    }

    /// Writes a line for each thing that the file added or changed.
    pub(super) async fn record(
        &self,
        tx: &mut HotelTx,
        file: &Catalogue,
        now: Timestamp,
    ) -> Result<(), AppError> {
        let signature = Signature { actor: ACTOR, now };
        let after = hotel_settings::find(tx).await?;
        let of = (hotels::NOUN, tx.hotel().0);
        trail::record(tx, of, (self.hotel.as_ref(), after.as_ref()), signature).await?;
        added::<RoomTypeEntry>(tx, &file.room_types, signature).await?;
        added::<RatePlanEntry>(tx, &file.rate_plans, signature).await?;
        added::<RoomEntry>(tx, &file.rooms, signature).await?;
        for (id, product) in products::list(tx).await? {
            if !self.products.contains(&id) {
                let of = (PRODUCT, id.0.0);
                trail::record(tx, of, (None, Some(&product)), signature).await?;
            }
        }
        Ok(())
    }
}

/// Writes a line for each entry that was not there: only such a one has the id that it was given for this.
async fn added<E: Entry>(
    tx: &mut HotelTx,
    given: &Value,
    signature: Signature<'_>,
) -> Result<(), StoreError> {
    let records = given.as_array().into_iter().flatten();
    let ids: HashSet<&str> = records.filter_map(|record| record["id"].as_str()).collect();
    for entry in E::list(tx, &Reference::default()).await? {
        if ids.contains(entry.id().to_string().as_str()) {
            trail::record(tx, (E::NOUN, entry.id()), (None, Some(&entry)), signature).await?;
        }
    }
    Ok(())
}
