//! Holds: placed from a quote, extended, released.

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use jiff::civil::Date;

use crate::app::{App, AppError, Refusal, Verb, quotes};
use crate::domain::catalogue::Reference;
use crate::domain::hold::{CapReached, Capped, Ended, Hold, HoldState, Holder};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{HoldId, RoomTypeId};
use crate::domain::promo::Promo;
use crate::domain::quote::{Quote, QuotedLine};
use crate::store::catalogue::promo_codes;
use crate::store::hold_caps::{self, Guarded};
use crate::store::holds::{self, Placed, Wanted};
use crate::store::{HotelTx, StoreError, catalogue};

/// Holds every line of a quote, or none, as long as its holder has fewer live holds than it may.
#[derive(Debug)]
pub struct PlaceHold<'a> {
    pub hotel: &'a Hotel,
    pub quote: Quote,
    pub holder: Holder,
}

#[async_trait]
impl Verb for PlaceHold<'_> {
    type Output = Hold;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Hold, AppError> {
        self.guard(app, tx).await?;
        let promo = quotes::check(app, self.hotel, tx, &self.quote).await?;
        place(app, tx, &self.quote.lines, promo, Some(&self.holder)).await
    }
}

impl PlaceHold<'_> {
    /// Refuses a hold beyond a cap. The caps' locks come before all others of a booking.
    async fn guard(&self, app: &App, tx: &mut HotelTx) -> Result<(), AppError> {
        let caps = app.gateway.hold_caps;
        let (whose, wait_seconds) =
            match hold_caps::guard(tx, &self.holder, caps, &self.quote.lines).await? {
                Guarded::Free => return Ok(()),
                Guarded::SoldOut { room_type, night } => {
                    return Err(sold_out(tx, room_type, night).await?.into());
                }
                Guarded::Reached {
                    whose,
                    wait_seconds,
                } => (whose, wait_seconds),
            };
        metrics::counter!("roomwire_holds_capped_total", "cap" => whose.as_str()).increment(1);
        let most = match whose {
            Capped::Key => caps.per_key,
            Capped::Session => caps.per_session,
        };
        let reached = CapReached {
            whose,
            most,
            wait_seconds,
        };
        Err(Refusal::TooManyHolds(reached).into())
    }
}

/// Takes the units of priced lines, all of them or none, and a use of the promo code that they were priced with.
pub(super) async fn place(
    app: &App,
    tx: &mut HotelTx,
    lines: &[QuotedLine],
    promo: Option<Promo>,
    holder: Option<&Holder>,
) -> Result<Hold, AppError> {
    let id = HoldId::new(app.clock.now());
    let wanted = Wanted {
        lines,
        ttl: app.gateway.hold_ttl,
        longest: app.gateway.hold_longest,
        holder,
    };
    match holds::place(tx, id, wanted).await? {
        Placed::Held { expires_at } => {
            if let Some(promo) = &promo {
                promo_codes::note(tx, id, promo.id).await?;
            }
            Ok(Hold {
                id,
                state: HoldState::Held,
                expires_at,
                lines: lines.to_vec(),
                promo,
            })
        }
        Placed::SoldOut { room_type, night } => Err(sold_out(tx, room_type, night).await?.into()),
    }
}

/// The refusal that names a cell without units: a room type's, or an extra's.
pub(super) async fn sold_out(
    tx: &mut HotelTx,
    room_type: RoomTypeId,
    night: Date,
) -> Result<Refusal, StoreError> {
    let products = catalogue::products(tx).await?;
    let product = products
        .iter()
        .find(|product| product.room_type.id == room_type);
    if product.is_none() {
        let extra = Reference {
            id: Some(room_type.0),
            code: None,
        };
        if let Some(extra) = catalogue::extras::list(tx, &extra).await?.pop() {
            let (extra, day) = (extra.code, night);
            return Ok(Refusal::ExtraSoldOut { extra, day });
        }
    }
    Ok(Refusal::SoldOut {
        room_type: product.map_or_else(
            || room_type.to_string(),
            |product| product.room_type.code.clone(),
        ),
        room_type_id: room_type,
        night,
    })
}

/// Gives a live hold its time again, within its limit.
#[derive(Debug)]
pub struct ExtendHold(pub HoldId);

#[async_trait]
impl Verb for ExtendHold {
    type Output = Hold;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Hold, AppError> {
        // A hold that lapsed for others, who may have taken its place under a cap or its use of a promo code, lives no
        // longer.
        hold_caps::lock_of_hold(tx, self.0).await?;
        promo_codes::lock_of_hold(tx, self.0).await?;
        holds::extend(tx, self.0, app.gateway.hold_ttl)
            .await?
            .map_err(refusal)?;
        found(tx, self.0).await
    }
}

/// Gives the units of a hold back.
#[derive(Debug)]
pub struct ReleaseHold(pub HoldId);

#[async_trait]
impl Verb for ReleaseHold {
    type Output = Hold;

    async fn perform(&self, _: &App, tx: &mut HotelTx) -> Result<Hold, AppError> {
        match holds::release(tx, self.0).await? {
            // Released or lapsed before: the caller has what it wanted.
            Ok(()) | Err(Ended::Already(HoldState::Released | HoldState::Expired)) => {
                found(tx, self.0).await
            }
            Err(ended) => Err(refusal(ended).into()),
        }
    }
}

/// A hold as it is now.
pub async fn find(app: &App, hotel: &Hotel, id: HoldId) -> Result<Hold, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    found(&mut tx, id).await
}

pub(super) async fn found(tx: &mut HotelTx, id: HoldId) -> Result<Hold, AppError> {
    let hold: Result<Option<Hold>, StoreError> = holds::find(tx, id).await;
    Ok(hold?.ok_or(Refusal::NotFound { noun: "hold" })?)
}

/// What an ended hold's caller is told.
pub(super) fn refusal(ended: Ended) -> Refusal {
    match ended {
        Ended::Unknown => Refusal::NotFound { noun: "hold" },
        Ended::Already(state) => Refusal::HoldEnded {
            state: state.as_str().to_owned(),
        },
        Ended::Limit => Refusal::HoldLimit,
    }
}
