//! The mail to somebody who waited: what came free is kept for them.

use super::templates::{Letter, RoomLine};
use super::{About, Template, record};
use crate::app::{App, AppError};
use crate::domain::hold::{Hold, HoldState};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{HoldId, ReservationId, RoomTypeId, WaitlistEntryId};
use crate::domain::money::Money;
use crate::domain::pricing;
use crate::domain::quote::QuotedLine;
use crate::domain::reservation;
use crate::domain::waitlist::{Entry, State};
use crate::store::{HotelTx, StoreError, holds, waitlist};

/// Records the mail about an offer, in its transaction.
pub async fn enqueue_offer(
    app: &App,
    tx: &mut HotelTx,
    entry: &Entry,
    hold: HoldId,
) -> Result<(), AppError> {
    if entry.guest.email.is_none() {
        return Ok(());
    }
    let template = Template::WaitlistOffered;
    let business_key = format!("{}/{}/{hold}", template.as_str(), entry.id);
    record(app, tx, business_key, (About::Waitlist(entry.id), template)).await
}

/// The entry and what is kept for it, while the offer stands: nobody is told of what is gone.
pub(super) async fn offered(
    tx: &mut HotelTx,
    id: WaitlistEntryId,
) -> Result<Option<(Entry, Hold)>, StoreError> {
    let Some(entry) = waitlist::find(tx, id).await? else {
        return Ok(None);
    };
    let State::Offered(hold) = entry.state else {
        return Ok(None);
    };
    let hold = holds::find(tx, hold).await?;
    let live = hold.filter(|hold| hold.state == HoldState::Held);
    Ok(live.map(|hold| (entry, hold)))
}

pub(super) fn letter<'a>(
    hotel: &Hotel,
    entry: &'a Entry,
    hold: &Hold,
    name_of: impl Fn(RoomTypeId) -> String,
) -> Letter<'a> {
    let line = |line: &QuotedLine| RoomLine {
        units: line.units,
        name: name_of(line.room_type),
        stay: line.stay,
    };
    // Lines were refused before their sums went beyond every price.
    let bill = pricing::bill(hold.lines.iter().map(QuotedLine::billed)).unwrap_or_default();
    let until = hold.expires_at.to_zoned(hotel.time_zone.clone());
    Letter {
        guest: &entry.guest,
        noun: "Waitlist",
        number: reservation::number(ReservationId(entry.id.0)),
        rooms: hold.lines.iter().map(line).collect(),
        total: Money::new(bill.total, hotel.currency).to_string(),
        until: Some(until.strftime("%A %-d %B %Y at %H:%M").to_string()),
    }
}
