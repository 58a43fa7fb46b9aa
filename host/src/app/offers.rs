//! Offers: every product of a hotel for a stay, with its price or the reasons why it is not for sale.

use crate::app::{App, AppError};
use crate::domain::hotel::Hotel;
use crate::domain::night::{self, Stay};
use crate::domain::offer::{self, Party, Product, Reason, Sellable};
use crate::store::catalogue;

/// One product and the verdict on it.
#[derive(Clone, Debug)]
pub struct Offer {
    pub product: Product,
    pub verdict: Result<Sellable, Vec<Reason>>,
}

/// Every product of the hotel, sellable or not.
pub async fn offers(
    app: &App,
    hotel: &Hotel,
    stay: Stay,
    party: &Party,
) -> Result<Vec<Offer>, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    let products = catalogue::products(&mut tx).await?;
    let nights = catalogue::product_nights(&mut tx, stay.check_in(), stay.check_out()).await?;
    tx.commit().await?;

    let today = night::today(app.clock.now(), &hotel.time_zone);
    Ok(products
        .into_iter()
        .map(|product| {
            let key = (product.room_type.id, product.rate_plan.id);
            let nights = nights.get(&key).map_or(&[][..], Vec::as_slice);
            let verdict = offer::decide(stay, party, &product.room_type, nights, today);
            Offer { product, verdict }
        })
        .collect())
}
