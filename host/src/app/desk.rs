//! The hotel's own bookings: walk-ins, telephone calls, favours. Staff may set prices and pass over restrictions, never over inventory.

use jiff::civil::Date;

use crate::app::quotes::{self, OnSale, WantedLine};
use crate::app::{App, AppError, Refusal};
use crate::domain::hotel::Hotel;
use crate::domain::offer::{Reason, Shelf};
use crate::domain::quote::QuotedLine;
use crate::domain::reservation::Status;
use crate::store::HotelTx;

/// What staff book.
#[derive(Clone, Debug)]
pub struct StaffBooking {
    pub lines: Vec<StaffLine>,
    /// Why it was booked like this; the audit trail keeps it.
    pub reason: String,
    /// The guest stands at the desk, and is checked in at once.
    pub walk_in: bool,
    /// It waits for a confirmation, as a guest's booking does.
    pub tentative: bool,
    /// Restrictions of the nights, such as a least stay, do not count.
    pub skip_restrictions: bool,
    /// Whether the guest is written to; the hotel's rule decides where nobody says.
    pub notify_guest: Option<bool>,
}

/// One line of it.
#[derive(Clone, Debug)]
pub struct StaffLine {
    pub wanted: WantedLine,
    /// One price a night and unit, in order, instead of the hotel's.
    pub prices: Option<Vec<i64>>,
}

impl StaffBooking {
    pub(super) fn status(&self) -> Status {
        match (self.walk_in, self.tentative) {
            (true, _) => Status::CheckedIn,
            (false, true) => Status::Tentative,
            (false, false) => Status::Confirmed,
        }
    }
}

/// Prices the lines of staff's booking, or refuses with the first that cannot be booked.
pub(super) async fn price(
    app: &App,
    hotel: &Hotel,
    tx: &mut HotelTx,
    booking: &StaffBooking,
) -> Result<Vec<QuotedLine>, AppError> {
    let stays = booking.lines.iter().map(|line| line.wanted.stay);
    let on_sale = OnSale::read(app, hotel, tx, stays).await?;
    let lines = booking.lines.iter().enumerate();
    let mut priced = lines
        .map(|(number, line)| {
            let shelf = on_sale.by_codes(number, &line.wanted)?;
            check(booking, &on_sale, shelf, number, line)?;
            let prices = prices(shelf, number, line)?;
            let (product, party, units) = (&shelf.product, &line.wanted.party, line.wanted.units);
            let charges = on_sale.charges(&prices, party, units);
            Ok(QuotedLine {
                room_type: product.room_type.id,
                rate_plan: product.rate_plan.id,
                stay: line.wanted.stay,
                units,
                party: party.clone(),
                prices,
                charges: charges.ok_or_else(|| quotes::beyond_every_price("/lines"))?,
                extras: Vec::new(),
                discount: 0,
            })
        })
        .collect::<Result<Vec<_>, Refusal>>()?;
    let wanted: Vec<_> = booking.lines.iter().map(|line| &line.wanted).collect();
    quotes::extras::add(tx, &wanted, &mut priced).await?;
    Ok(priced)
}

fn check(
    booking: &StaffBooking,
    on_sale: &OnSale,
    shelf: &Shelf,
    number: usize,
    line: &StaffLine,
) -> Result<(), Refusal> {
    let wanted = &line.wanted;
    check_arrival(
        booking.walk_in,
        wanted.stay.check_in(),
        on_sale.today,
        number,
    )?;
    // Staff know whom they give an accessible room.
    let reasons = on_sale.verdict(shelf, wanted.stay, &wanted.party, true);
    let reasons: Vec<Reason> = reasons
        .err()
        .unwrap_or_default()
        .into_iter()
        // Whether units are left is decided under lock; a night without a price has one where staff give it.
        .filter(|reason| match reason {
            Reason::OccupancyExceeded(_) | Reason::Inactive | Reason::PriceOverflow => true,
            Reason::InThePast | Reason::SoldOut(_) | Reason::NotOpen(_) => false,
            // Who stands at the desk comes as late as one can.
            Reason::CutOff(_) if booking.walk_in => false,
            _ => !booking.skip_restrictions,
        })
        .collect();
    if reasons.is_empty() {
        Ok(())
    } else {
        Err(quotes::refusal(&shelf.product, &reasons))
    }
}

/// A guest who comes after midnight still takes the night that has begun.
fn check_arrival(walk_in: bool, arrival: Date, today: Date, number: usize) -> Result<(), Refusal> {
    let yesterday = today.yesterday().unwrap_or(today);
    let message = if arrival < yesterday {
        format!("is before {yesterday}: what has passed is not booked any more")
    } else if walk_in && arrival > today {
        format!("is after {today}: who walks in arrives today")
    } else {
        return Ok(());
    };
    Err(Refusal::Invalid {
        pointer: format!("/lines/{number}/check_in"),
        message,
    })
}

fn prices(shelf: &Shelf, number: usize, line: &StaffLine) -> Result<Vec<i64>, Refusal> {
    let stay = line.wanted.stay;
    if let Some(prices) = &line.prices {
        if prices.len() == usize::from(stay.length()) {
            return Ok(prices.clone());
        }
        return Err(Refusal::Invalid {
            pointer: format!("/lines/{number}/prices"),
            message: format!("has {} prices for {} nights", prices.len(), stay.length()),
        });
    }
    stay.nights()
        .map(|night| {
            let price = shelf.price(night, &line.wanted.party);
            price.ok_or_else(|| quotes::refusal(&shelf.product, &[Reason::NotOpen(night)]))
        })
        .collect()
}
