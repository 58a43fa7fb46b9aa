//! Offers: every product of a hotel for a stay, with its price or the reasons why it is not for sale.

use crate::app::{App, AppError, Refusal, promos};
use crate::domain::hotel::{Hotel, Room};
use crate::domain::night::{self, Stay};
use crate::domain::offer::{Asked, Party, Product, Reason, Sellable};
use crate::domain::promo::Unusable;
use crate::store::{catalogue, market};

/// One product and the verdict on it.
#[derive(Clone, Debug)]
pub struct Offer {
    pub product: Product,
    pub verdict: Result<Sellable, Vec<Reason>>,
}

/// What is asked of one hotel.
#[derive(Clone, Copy, Debug)]
pub struct WantedOffers<'a> {
    pub stay: Stay,
    /// Of one room.
    pub party: &'a Party,
    /// An accessible room is needed, so none is held back.
    pub accessible: bool,
    pub promo_code: Option<&'a str>,
}

/// What one hotel offers.
#[derive(Clone, Debug)]
pub struct Offers {
    pub offers: Vec<Offer>,
    /// The code that prices are with, as the hotel writes it.
    pub promo_code: Option<String>,
}

/// Every product of the hotel for a party of one room, sellable or not. A promo code that cannot be used is refused, and
/// so is one that takes nothing off anything that is for sale.
pub async fn offers(
    app: &App,
    hotel: &Hotel,
    wanted: &WantedOffers<'_>,
) -> Result<Offers, AppError> {
    let stay = wanted.stay;
    let mut tx = app.store.begin(hotel.id).await?;
    let today = night::today(app.clock.now(), &hotel.time_zone);
    let promo = promos::usable(&mut tx, today, wanted.promo_code).await?;
    let market = market::read(&mut tx, stay.check_in(), stay.check_out()).await?;
    tx.commit().await?;

    let asked = Asked {
        stay,
        party: wanted.party,
        accessible: wanted.accessible,
        today,
        promo: promo.as_ref(),
    };
    let shelves = market.shelves.iter();
    let offers: Vec<Offer> = shelves
        .map(|shelf| Offer {
            product: shelf.product.clone(),
            verdict: market.verdict(shelf, &asked),
        })
        .collect();
    let for_sale = offers
        .iter()
        .filter_map(|offer| offer.verdict.as_ref().ok());
    let discounts: Vec<i64> = for_sale.map(|sellable| sellable.discount).collect();
    if promo.is_some() && !discounts.is_empty() && discounts.iter().all(|off| *off == 0) {
        return Err(Refusal::from(Unusable::Elsewhere).into());
    }
    Ok(Offers {
        offers,
        promo_code: promo.map(|promo| promo.code),
    })
}

/// What the hotel sells, and its physical rooms.
pub async fn catalogue(app: &App, hotel: &Hotel) -> Result<(Vec<Product>, Vec<Room>), AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    Ok((
        catalogue::products(&mut tx).await?,
        catalogue::rooms(&mut tx).await?,
    ))
}
