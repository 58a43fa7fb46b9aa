//! Quotes: signed offers. What was quoted is bookable at that price until it expires, or a refusal names what changed.

pub(super) mod extras;
mod token;

use jiff::civil::Date;

use crate::app::{App, AppError, ProductCell, Refusal, promos};
use crate::domain::extra::WantedExtra;
use crate::domain::hotel::Hotel;
use crate::domain::night::{self, Stay};
use crate::domain::offer::{Asked, Market, Party, Product, Reason, Sellable, Shelf};
use crate::domain::pricing::{self, Charged};
use crate::domain::promo::{Promo, PromoEntry, Unusable};
use crate::domain::quote::{self, Quote, QuotedLine};
use crate::store::{HotelTx, catalogue, market};

pub use token::{QuoteKeys, sign, verify};

/// One line of a quote as a caller asks for it, by codes.
#[derive(Clone, Debug)]
pub struct WantedLine {
    pub room_type: String,
    pub rate_plan: String,
    pub stay: Stay,
    pub units: u32,
    pub party: Party,
    /// An accessible room is needed, so none is held back.
    pub accessible: bool,
    /// Codes of what comes with it.
    pub package: Option<String>,
    pub extras: Vec<WantedExtra>,
}

/// The most lines in one quote.
pub const MAX_LINES: usize = 20;
/// The most units in one line.
pub const MAX_UNITS: u32 = 100;

/// Prices lines that are all for sale, or refuses with the first that is not.
pub async fn quote(
    app: &App,
    hotel: &Hotel,
    wanted: &[WantedLine],
    promo_code: Option<&str>,
) -> Result<Quote, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    let now = catalogue::database_now(&mut tx).await?;
    let today = night::today(app.clock.now(), &hotel.time_zone);
    let promo = promos::usable(&mut tx, today, promo_code).await?;
    let promo_code = promo.as_ref().map(|promo| promo.code.clone());
    let lines = price(app, hotel, &mut tx, wanted, promo).await?;
    tx.commit().await?;
    let expires_at = now.saturating_add(app.gateway.quote_ttl).unwrap_or(now);
    let quote = Quote {
        hotel: hotel.id,
        currency: hotel.currency,
        lines,
        promo_code,
        expires_at,
    };
    Ok(quote)
}

/// Prices lines in the caller's transaction as they are for sale now, or refuses with the first that is not. Whether
/// units are left for all lines together is decided under lock, by whoever takes them.
pub(super) async fn price(
    app: &App,
    hotel: &Hotel,
    tx: &mut HotelTx,
    wanted: &[WantedLine],
    promo: Option<PromoEntry>,
) -> Result<Vec<QuotedLine>, AppError> {
    let stays = wanted.iter().map(|line| line.stay);
    let mut on_sale = OnSale::read(app, hotel, tx, stays).await?;
    on_sale.promo = promo;
    let mut lines = wanted
        .iter()
        .enumerate()
        .map(|(number, line)| on_sale.line(number, line))
        .collect::<Result<Vec<_>, Refusal>>()?;
    if on_sale.promo.is_some() && lines.iter().all(|line| line.discount == 0) {
        return Err(Refusal::from(Unusable::Elsewhere).into());
    }
    extras::add(tx, &wanted.iter().collect::<Vec<_>>(), &mut lines).await?;
    let bill = pricing::bill(lines.iter().map(QuotedLine::billed));
    if bill.is_none() || quote::discount(&lines).is_none() {
        return Err(beyond_every_price("/lines").into());
    }
    Ok(lines)
}

/// Checks in the caller's transaction that a quote still holds: not expired, every price as quoted, nothing closed, a
/// use of its promo code left, which stays locked. Whether units are left is decided under lock, by the hold.
pub async fn check(
    app: &App,
    hotel: &Hotel,
    tx: &mut HotelTx,
    quote: &Quote,
) -> Result<Option<Promo>, AppError> {
    if catalogue::database_now(tx).await? >= quote.expires_at {
        return Err(Refusal::QuoteExpired.into());
    }
    // Locked before anything else of the booking, so that its uses are counted one after the other.
    let today = night::today(app.clock.now(), &hotel.time_zone);
    let promo = promos::locked(tx, today, quote.promo_code.as_deref()).await?;
    let mut on_sale = OnSale::read_quoted(app, hotel, tx, &quote.lines).await?;
    on_sale.promo = promo;
    for line in &quote.lines {
        on_sale.check(line)?;
    }
    extras::check(tx, &on_sale, &quote.lines).await?;
    Ok(on_sale.promo.map(|promo| promo.promo()))
}

/// From the first arrival to the last departure.
fn span(stays: impl Iterator<Item = Stay> + Clone) -> Option<(Date, Date)> {
    let first = stays.clone().map(|stay| stay.check_in()).min();
    let last = stays.map(|stay| stay.check_out()).max();
    first.zip(last)
}

/// A hotel's market on the nights that some stays need, today.
pub(super) struct OnSale {
    pub(super) market: Market,
    pub(super) today: Date,
    /// The code that prices are with.
    promo: Option<PromoEntry>,
}

impl OnSale {
    pub(super) async fn read(
        app: &App,
        hotel: &Hotel,
        tx: &mut HotelTx,
        stays: impl Iterator<Item = Stay> + Clone + Send,
    ) -> Result<Self, AppError> {
        let market = match span(stays) {
            Some((first, last)) => market::read(tx, first, last).await?,
            None => Market::default(),
        };
        Ok(Self::of(app, hotel, market))
    }

    /// What quoted lines are about. Their verdicts need nothing else: no accessible room is held back from them.
    async fn read_quoted(
        app: &App,
        hotel: &Hotel,
        tx: &mut HotelTx,
        lines: &[QuotedLine],
    ) -> Result<Self, AppError> {
        let products: Vec<_> = lines
            .iter()
            .map(|line| (line.room_type, line.rate_plan))
            .collect();
        let market = match span(lines.iter().map(|line| line.stay)) {
            Some(nights) => market::read_products(tx, nights, &products).await?,
            None => Market::default(),
        };
        Ok(Self::of(app, hotel, market))
    }

    fn of(app: &App, hotel: &Hotel, market: Market) -> Self {
        Self {
            market,
            today: night::today(app.clock.now(), &hotel.time_zone),
            promo: None,
        }
    }

    /// A wanted line with its price, or why it is not for sale.
    fn line(&self, number: usize, line: &WantedLine) -> Result<QuotedLine, Refusal> {
        let shelf = self.by_codes(number, line)?;
        let sellable = self
            .verdict(shelf, line.stay, &line.party, line.accessible)
            .map_err(|reasons| refusal(&shelf.product, &reasons))?;
        if i64::from(sellable.units) < i64::from(line.units) {
            return Err(sold_out(&shelf.product, shelf.shortest(line.stay)));
        }
        let product = &shelf.product;
        let beyond = || beyond_every_price(&format!("/lines/{number}/units"));
        let discount = sellable.discount.checked_mul(i64::from(line.units));
        Ok(QuotedLine {
            room_type: product.room_type.id,
            rate_plan: product.rate_plan.id,
            stay: line.stay,
            units: line.units,
            party: line.party.clone(),
            prices: sellable.prices,
            charges: pricing::times(sellable.charges, line.units).ok_or_else(beyond)?,
            extras: Vec::new(),
            discount: discount.ok_or_else(beyond)?,
        })
    }

    /// Refuses a quoted line that is no longer for sale as it was quoted.
    fn check(&self, line: &QuotedLine) -> Result<(), Refusal> {
        let shelf = self
            .market
            .find(line.room_type, line.rate_plan)
            .ok_or(Refusal::NotFound { noun: "product" })?;
        // The quote was given on it, so an accessible room is not held back from it.
        let sellable = self
            .verdict(shelf, line.stay, &line.party, true)
            .map_err(|reasons| refusal(&shelf.product, &reasons))?;
        let mut prices = sellable.prices.iter().zip(&line.prices);
        let changed = prices.position(|(now, quoted)| now != quoted);
        if let Some(night) = changed.and_then(|place| line.stay.nights().nth(place)) {
            return Err(Refusal::QuoteChanged(cell(&shelf.product, night)));
        }
        if pricing::times(sellable.charges, line.units).as_ref() != Some(&line.charges) {
            let first = cell(&shelf.product, line.stay.check_in());
            return Err(Refusal::ChargesChanged(first));
        }
        Ok(())
    }

    pub(super) fn by_codes(&self, number: usize, line: &WantedLine) -> Result<&Shelf, Refusal> {
        let of_type = || {
            let shelves = self.market.shelves.iter();
            shelves.filter(|shelf| shelf.product.room_type.code == line.room_type)
        };
        if of_type().next().is_none() {
            return Err(Refusal::Invalid {
                pointer: format!("/lines/{number}/room_type"),
                message: format!("the hotel has no room type `{}`", line.room_type),
            });
        }
        of_type()
            .find(|shelf| shelf.product.rate_plan.code == line.rate_plan)
            .ok_or_else(|| Refusal::Invalid {
                pointer: format!("/lines/{number}/rate_plan"),
                message: format!(
                    "the hotel does not sell `{}` under a rate plan `{}`",
                    line.room_type, line.rate_plan
                ),
            })
    }

    /// The taxes and fees of a line, as they are now, whatever its nights cost.
    pub(super) fn charges(
        &self,
        prices: &[i64],
        party: &Party,
        units: u32,
    ) -> Option<Vec<Charged>> {
        pricing::times(
            pricing::charges(&self.market.charges, prices, party)?,
            units,
        )
    }

    pub(super) fn verdict(
        &self,
        shelf: &Shelf,
        stay: Stay,
        party: &Party,
        accessible: bool,
    ) -> Result<Sellable, Vec<Reason>> {
        let asked = Asked {
            stay,
            party,
            accessible,
            today: self.today,
            promo: self.promo.as_ref(),
        };
        self.market.verdict(shelf, &asked)
    }
}

pub(super) fn beyond_every_price(pointer: &str) -> Refusal {
    Refusal::Invalid {
        pointer: pointer.to_owned(),
        message: "the total is beyond every price".to_owned(),
    }
}

pub(super) fn sold_out(product: &Product, night: Date) -> Refusal {
    Refusal::SoldOut {
        room_type: product.room_type.code.clone(),
        room_type_id: product.room_type.id,
        night,
    }
}

/// A night that is sold out names itself; any other reason is said in its sentence, with its code for programs.
pub(super) fn refusal(product: &Product, reasons: &[Reason]) -> Refusal {
    match reasons {
        [Reason::SoldOut(night), ..]
            if reasons
                .iter()
                .all(|reason| matches!(reason, Reason::SoldOut(_))) =>
        {
            sold_out(product, *night)
        }
        _ => Refusal::NotSellable {
            reason: reasons
                .iter()
                .map(|reason| format!("{reason} ({})", reason.coded()))
                .collect::<Vec<_>>()
                .join("; "),
            cell: reasons
                .iter()
                .find_map(|reason| reason.night())
                .map(|night| cell(product, night)),
        },
    }
}

fn cell(product: &Product, night: Date) -> ProductCell {
    ProductCell {
        room_type: product.room_type.code.clone(),
        rate_plan: product.rate_plan.code.clone(),
        night,
    }
}
