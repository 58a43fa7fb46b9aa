//! Offers: every product of a hotel for a stay, with its price or the reasons why it is not for sale.

use crate::app::{App, AppError};
use crate::domain::hotel::{Hotel, Room};
use crate::domain::night::{self, Stay};
use crate::domain::offer::{Asked, Party, Product, Reason, Sellable};
use crate::store::{catalogue, market};

/// One product and the verdict on it.
#[derive(Clone, Debug)]
pub struct Offer {
    pub product: Product,
    pub verdict: Result<Sellable, Vec<Reason>>,
}

/// Every product of the hotel for a party of one room, sellable or not. With `accessible` no room is held back.
pub async fn offers(
    app: &App,
    hotel: &Hotel,
    stay: Stay,
    party: &Party,
    accessible: bool,
) -> Result<Vec<Offer>, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    let market = market::read(&mut tx, stay.check_in(), stay.check_out()).await?;
    tx.commit().await?;

    let asked = Asked {
        stay,
        party,
        accessible,
        today: night::today(app.clock.now(), &hotel.time_zone),
    };
    Ok(market
        .shelves
        .iter()
        .map(|shelf| Offer {
            product: shelf.product.clone(),
            verdict: market.verdict(shelf, &asked),
        })
        .collect())
}

/// What the hotel sells, and its physical rooms.
pub async fn catalogue(app: &App, hotel: &Hotel) -> Result<(Vec<Product>, Vec<Room>), AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    Ok((
        catalogue::products(&mut tx).await?,
        catalogue::rooms(&mut tx).await?,
    ))
}
