//! Products: which room type is sold under which rate plan.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::entries::exists;
use super::{CatalogueRefusal, Desk, in_use, trail};
use crate::app::{App, AppError, Refusal, Verb, ari};
use crate::domain::catalogue::{ProductEntry, RatePlanEntry, RoomTypeEntry};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{RatePlanId, RoomTypeId};
use crate::domain::pricing::Adjustment;
use crate::store::catalogue::products::{self as store, ProductId};
use crate::store::{HotelTx, StoreError, calendar, cells};

pub(in crate::app) const NOUN: &str = "product";

/// Every product, by code.
pub async fn products(app: &App, hotel: &Hotel) -> Result<Vec<ProductEntry>, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    let found = store::list(&mut tx).await?;
    Ok(found.into_iter().map(|(_, entry)| entry).collect())
}

/// The product of these codes.
pub async fn find_product(
    app: &App,
    hotel: &Hotel,
    codes: (&str, &str),
) -> Result<ProductEntry, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    Ok(found(&mut tx, codes).await?.1)
}

async fn found(
    tx: &mut HotelTx,
    (room_type, rate_plan): (&str, &str),
) -> Result<(ProductId, ProductEntry), AppError> {
    let found = store::list(tx).await?.into_iter();
    let mut same =
        found.filter(|(_, entry)| entry.room_type == room_type && entry.rate_plan == rate_plan);
    Ok(same.next().ok_or(Refusal::NotFound { noun: NOUN })?)
}

/// Writes what becomes of a product into the audit trail, as a line about its room type.
async fn record(
    tx: &mut HotelTx,
    (room_type, _): ProductId,
    change: (Option<&ProductEntry>, Option<&ProductEntry>),
    (desk, app): (&Desk<'_>, &App),
) -> Result<(), StoreError> {
    trail::record(tx, (NOUN, room_type.0), change, desk.signature(app)).await
}

/// Sells a room type under a rate plan. Under a derived one it has the prices of its parent at once.
#[derive(Debug)]
pub struct CreateProduct<'a> {
    pub desk: Desk<'a>,
    pub entry: ProductEntry,
}

#[async_trait]
impl Verb for CreateProduct<'_> {
    type Output = ProductEntry;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<ProductEntry, AppError> {
        let entry = &self.entry;
        calendar::lock(tx).await?;
        let room_type: RoomTypeEntry = exists(tx, &entry.room_type, "/room_type").await?;
        let rate_plan: RatePlanEntry = exists(tx, &entry.rate_plan, "/rate_plan").await?;
        let id = (RoomTypeId(room_type.id), RatePlanId(rate_plan.id));
        let sold = calendar::sold(tx).await?;
        if sold.plans.products.contains(&id) {
            let code = format!("{}/{}", entry.room_type, entry.rate_plan);
            return Err(CatalogueRefusal::CodeTaken { noun: NOUN, code }.into());
        }
        if let Some(derived) = sold.plans.derived.get(&id.1)
            && !sold.plans.products.contains(&(id.0, derived.parent))
        {
            let parent = sold
                .rate_plans
                .get(&derived.parent)
                .cloned()
                .unwrap_or_default();
            let room_type = entry.room_type.clone();
            return Err(CatalogueRefusal::ParentNotSold { room_type, parent }.into());
        }
        store::save(tx, id, entry).await?;
        record(tx, id, (None, Some(entry)), (&self.desk, app)).await?;
        ari::settle(app, self.desk.hotel, tx, (&[id], &self.desk.actor)).await?;
        Ok(entry.clone())
    }
}

/// Changes a product's prices by occupancy, or whether it is sold.
pub struct ChangeProduct<'a> {
    pub desk: Desk<'a>,
    pub codes: (String, String),
    /// Makes the product what is wanted of what it is.
    pub change: &'a (dyn Fn(&ProductEntry) -> Result<ProductEntry, Refusal> + Send + Sync),
}

impl std::fmt::Debug for ChangeProduct<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ChangeProduct")
            .field("codes", &self.codes)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Verb for ChangeProduct<'_> {
    type Output = ProductEntry;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<ProductEntry, AppError> {
        calendar::lock(tx).await?;
        let (id, before) = found(tx, (&self.codes.0, &self.codes.1)).await?;
        let entry = (self.change)(&before)?;
        for (pointer, same) in [
            ("/room_type", entry.room_type == before.room_type),
            ("/rate_plan", entry.rate_plan == before.rate_plan),
        ] {
            if !same {
                return Err(Refusal::Invalid {
                    pointer: pointer.to_owned(),
                    message: "names the product and stays: add another product instead".to_owned(),
                }
                .into());
            }
        }
        store::save(tx, id, &entry).await?;
        let changed = (Some(&before), Some(&entry));
        record(tx, id, changed, (&self.desk, app)).await?;
        let today = self.desk.today(app);
        if before.active != entry.active {
            calendar::mark_sold(tx, Some(id.0), Some(id.1), today).await?;
        }
        if by_adults(&before) != by_adults(&entry) {
            cells::mark_prices(tx, id.0, Some(id.1), today).await?;
        }
        Ok(entry)
    }
}

/// Prices by occupancy, whatever the order in which they were named.
fn by_adults(product: &ProductEntry) -> BTreeMap<i16, Adjustment> {
    let prices = product.occupancy_prices.iter();
    prices.map(|each| (each.adults, each.price)).collect()
}

/// Deletes a product that was never booked and that nothing refers to.
#[derive(Debug)]
pub struct RemoveProduct<'a> {
    pub desk: Desk<'a>,
    pub codes: (String, String),
}

#[async_trait]
impl Verb for RemoveProduct<'_> {
    type Output = ProductEntry;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<ProductEntry, AppError> {
        calendar::lock(tx).await?;
        let (id, entry) = found(tx, (&self.codes.0, &self.codes.1)).await?;
        let refuse = |by: &str| CatalogueRefusal::InUse {
            noun: NOUN,
            by: by.to_owned(),
        };
        if store::is_booked(tx, id).await? {
            return Err(refuse("reservations").into());
        }
        let sold = calendar::sold(tx).await?;
        if sold.plans.family(id.0, id.1).len() > 1 {
            return Err(refuse("products of derived rate plans").into());
        }
        store::remove(tx, id)
            .await
            .map_err(|failure| in_use(NOUN, failure))?;
        record(tx, id, (Some(&entry), None), (&self.desk, app)).await?;
        Ok(entry)
    }
}
