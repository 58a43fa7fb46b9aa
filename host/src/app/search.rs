//! Search: hotels that have a room for every party, with the cheapest offers.

use jiff::civil::Date;

use crate::app::offers::Offer;
use crate::app::{App, AppError, Refusal, promos};
use crate::domain::choice::{self, Choice};
use crate::domain::money::Money;
use crate::domain::night::{self, Stay};
use crate::domain::offer::{Asked, Market, Party, Shelf};
use crate::domain::pricing;
use crate::domain::promo::{PromoEntry, Unusable};
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
    /// Prices are with it where a hotel takes it.
    pub promo_code: Option<String>,
    /// At most so many hotels.
    pub limit: usize,
}

/// A hotel with a room for every party.
#[derive(Clone, Debug)]
pub struct Found {
    pub hotel: Candidate,
    /// The code that takes something off at this hotel, as the hotel writes it.
    pub promo_code: Option<String>,
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
/// types and nights there are; each hotel that is looked at is asked for a promo code. A code that none of the hotels
/// takes is refused, where all of them were looked at.
pub async fn search(app: &App, wanted: &Wanted) -> Result<Page, AppError> {
    let hotels = candidates(&app.store, &wanted.places, EXAMINED).await?;
    let ids: Vec<_> = hotels.iter().map(|hotel| hotel.id).collect();
    let nights = (wanted.stay.check_in(), wanted.stay.check_out());
    let markets = market::search(&app.store, &ids, nights).await?;

    let now = app.clock.now();
    let examined = hotels.len();
    let mut said = Said::default();
    let mut page = Page {
        found: Vec::new(),
        next: None,
    };
    for (number, hotel) in hotels.into_iter().enumerate() {
        let slug = hotel.slug.clone();
        let today = night::today(now, &hotel.time_zone);
        let code = code_of(app, &hotel, today, wanted.promo_code.as_deref()).await?;
        let promo = code.as_ref().ok().and_then(Option::as_ref);
        let market = markets.get(&hotel.id);
        let rooms = market.map(|market| priced(wanted, market, (today, promo)));
        let reduced = rooms.as_deref().and_then(reduces);
        let promo = promo.filter(|_| reduced == Some(true));
        let found = rooms.and_then(|rooms| found(wanted, (hotel, promo), rooms));
        page.found.extend(found);
        match code {
            Ok(Some(_)) if reduced == Some(false) => said.refuse(Unusable::Elsewhere.into()),
            Ok(_) => said.yes = true,
            Err(refusal) => said.refuse(refusal),
        }
        let full = page.found.len() == wanted.limit;
        let last = number + 1 == examined;
        if full || last {
            let more = !last || i64::try_from(examined).is_ok_and(|count| count == EXAMINED);
            page.next = more.then_some(slug);
            break;
        }
    }
    match said.no {
        Some(refusal) if !said.yes && wanted.places.after.is_none() && page.next.is_none() => {
            Err(refusal.into())
        }
        _ => Ok(page),
    }
}

/// What hotels say to the code that is asked with.
#[derive(Debug, Default)]
struct Said {
    /// One of them takes it.
    yes: bool,
    /// Why the first that has it does not take it, or that none has it.
    no: Option<Refusal>,
}

impl Said {
    fn refuse(&mut self, refusal: Refusal) {
        let unknown = Refusal::from(Unusable::Unknown);
        if self.no.as_ref().is_none_or(|said| *said == unknown) {
            self.no = Some(refusal);
        }
    }
}

/// The code as a hotel has it, or why the hotel does not take it.
async fn code_of(
    app: &App,
    hotel: &Candidate,
    today: Date,
    code: Option<&str>,
) -> Result<Result<Option<PromoEntry>, Refusal>, AppError> {
    if code.is_none() {
        return Ok(Ok(None));
    }
    let mut tx = app.store.begin(hotel.id).await?;
    let usable = match promos::usable(&mut tx, today, code).await {
        Err(AppError::Refused(refusal)) => Err(refusal),
        usable => Ok(usable?),
    };
    tx.commit().await?;
    Ok(usable)
}

/// What each party may take.
type Rooms = Vec<Vec<(Choice, Offer)>>;

/// Whether the code took something off anything that is for sale; `None` where nothing is.
fn reduces(rooms: &[Vec<(Choice, Offer)>]) -> Option<bool> {
    let mut offers = rooms.iter().flatten().peekable();
    offers.peek()?;
    let reduced = |(_, offer): &(Choice, Offer)| {
        let sellable = offer.verdict.as_ref();
        sellable.is_ok_and(|sellable| sellable.discount > 0)
    };
    Some(offers.any(reduced))
}

/// What every party may take at a hotel, at its prices of today.
fn priced(wanted: &Wanted, market: &Market, (today, promo): (Date, Option<&PromoEntry>)) -> Rooms {
    let parties = wanted.parties.iter();
    let asked = parties.map(|party| Asked {
        stay: wanted.stay,
        party,
        accessible: wanted.accessible,
        today,
        promo,
    });
    asked
        .map(|asked| sellable(wanted, market, &asked))
        .collect()
}

/// The hotel with its offers, if every party finds a room within the price.
fn found(
    wanted: &Wanted,
    (hotel, promo): (Candidate, Option<&PromoEntry>),
    rooms: Rooms,
) -> Option<Found> {
    let choices: Vec<Vec<Choice>> = rooms
        .iter()
        .map(|offers| offers.iter().map(|(choice, _)| *choice).collect())
        .collect();
    let (chosen, total) = choice::choose(&choices)?;
    if wanted.max_total.is_some_and(|most| total > most) {
        return None;
    }
    let rooms = rooms.into_iter().zip(chosen);
    Some(Found {
        total: Money::new(total, hotel.currency),
        hotel,
        promo_code: promo.map(|promo| promo.code.clone()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_first_hotel_that_has_the_code_says_is_told_before_that_others_have_none() {
        let mut said = Said::default();
        for refusal in [
            Refusal::from(Unusable::Unknown),
            Refusal::PromoCodeUsedUp,
            Refusal::from(Unusable::Unknown),
            Refusal::from(Unusable::Over),
        ] {
            said.refuse(refusal);
        }
        assert_eq!(said.no, Some(Refusal::PromoCodeUsedUp));
    }
}
