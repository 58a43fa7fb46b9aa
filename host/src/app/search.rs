//! Search: hotels that have a room for every party, with the cheapest offers.

use crate::app::offers::Offer;
use crate::app::{App, AppError};
use crate::domain::choice::{self, Choice};
use crate::domain::money::Money;
use crate::domain::night::{self, Stay};
use crate::domain::offer::{Asked, Market, Party, Shelf};
use crate::domain::pricing;
use crate::store::directory::{Candidate, Where, candidates};
use crate::store::market;

/// What is searched for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub places: Where,
    pub stay: Stay,
    /// One for each room.
    pub parties: Vec<Party>,
    /// Minor units of the hotel's currency, for all rooms.
    pub max_total: Option<i64>,
    pub meal_plan: Option<String>,
    /// Only accessible rooms.
    pub accessible: bool,
    /// At most so many hotels.
    pub limit: usize,
}

/// A hotel with a room for every party.
#[derive(Clone, Debug)]
pub struct Found {
    pub hotel: Candidate,
    /// What the first offer of each room costs, together.
    pub total: Money,
    /// For each party its part of the cheapest choice, then its next cheapest offers.
    pub rooms: Vec<Vec<Offer>>,
}

/// A page of hotels by slug.
#[derive(Clone, Debug)]
pub struct Page {
    pub found: Vec<Found>,
    /// The slug after which to go on, while there may be more.
    pub next: Option<String>,
}

/// A page looks at so many hotels at most, so that its work is bounded where few of them have a room.
const EXAMINED: i64 = 50;
/// Offers for each room beside the chosen one.
const ALTERNATIVES: usize = 2;

/// Hotels with a room for every party. Two queries, and one more for a place, however many hotels, room
/// types and nights there are.
pub async fn search(app: &App, wanted: &Wanted) -> Result<Page, AppError> {
    let mut reads = app.store.reads().await?;
    let hotels = candidates(&mut reads, &wanted.places, EXAMINED).await?;
    let ids: Vec<_> = hotels.iter().map(|hotel| hotel.id).collect();
    let nights = (wanted.stay.check_in(), wanted.stay.check_out());
    let markets = market::search(&mut reads, &ids, nights).await?;
    // Others can use the connection while prices are compared.
    drop(reads);

    let now = app.clock.now();
    let examined = hotels.len();
    let mut page = Page {
        found: Vec::new(),
        next: None,
    };
    for (number, hotel) in hotels.into_iter().enumerate() {
        let slug = hotel.slug.clone();
        let today = night::today(now, &hotel.time_zone);
        if let Some(market) = markets.get(&hotel.id) {
            page.found.extend(look(wanted, hotel, market, today));
        }
        let full = page.found.len() == wanted.limit;
        let last = number + 1 == examined;
        if full || last {
            let more = !last || i64::try_from(examined).is_ok_and(|count| count == EXAMINED);
            page.next = more.then_some(slug);
            break;
        }
    }
    Ok(page)
}

/// The hotel with its offers, if every party finds a room within the price.
fn look(
    wanted: &Wanted,
    hotel: Candidate,
    market: &Market,
    today: jiff::civil::Date,
) -> Option<Found> {
    let priced: Vec<Vec<(Choice, Offer)>> = wanted
        .parties
        .iter()
        .map(|party| {
            let asked = Asked {
                stay: wanted.stay,
                party,
                accessible: wanted.accessible,
                today,
                promo: None,
            };
            sellable(wanted, market, &asked)
        })
        .collect();
    let choices: Vec<Vec<Choice>> = priced
        .iter()
        .map(|offers| offers.iter().map(|(choice, _)| *choice).collect())
        .collect();
    let (chosen, total) = choice::choose(&choices)?;
    if wanted.max_total.is_some_and(|most| total > most) {
        return None;
    }
    let rooms = priced.into_iter().zip(chosen);
    Some(Found {
        total: Money::new(total, hotel.currency),
        hotel,
        rooms: rooms
            .map(|(mut offers, place)| {
                let chosen = offers.remove(place);
                let others = offers.into_iter().take(ALTERNATIVES);
                std::iter::once(chosen)
                    .chain(others)
                    .map(|(_, offer)| offer)
                    .collect()
            })
            .collect(),
    })
}

/// What a party may take, from the cheapest on.
fn sellable(wanted: &Wanted, market: &Market, asked: &Asked<'_>) -> Vec<(Choice, Offer)> {
    let meant = |shelf: &&Shelf| {
        let product = &shelf.product;
        let meal_plan = wanted.meal_plan.as_deref();
        (!wanted.accessible || product.room_type.accessible)
            && meal_plan.is_none_or(|meal_plan| meal_plan == product.rate_plan.meal_plan)
    };
    let mut offers: Vec<_> = market
        .shelves
        .iter()
        .filter(meant)
        .filter_map(|shelf| {
            let sellable = market.verdict(shelf, asked).ok()?;
            let choice = Choice {
                room_type: shelf.product.room_type.id,
                units: sellable.units,
                total: pricing::bill([sellable.billed()])?.total,
            };
            let product = shelf.product.clone();
            let verdict = Ok(sellable);
            Some((choice, Offer { product, verdict }))
        })
        .collect();
    offers.sort_by_key(|(choice, _)| choice.total);
    offers
}
