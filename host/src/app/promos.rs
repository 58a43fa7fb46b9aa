//! Promo codes in bookings: which are taken, and that no more of them are used than there are.

use crate::app::{App, AppError, Refusal};
use crate::domain::catalogue::Reference;
use crate::domain::hotel::Hotel;
use crate::domain::night;
use crate::domain::promo::{Promo, PromoEntry, Unusable};
use crate::domain::reservation::Guest;
use crate::store::HotelTx;
use crate::store::catalogue::promo_codes;

impl From<Unusable> for Refusal {
    fn from(reason: Unusable) -> Self {
        Self::PromoCodeInvalid { reason }
    }
}

/// A code that can be used today and has a use left, or why not; nothing where nobody gave one.
pub(super) async fn usable(
    app: &App,
    hotel: &Hotel,
    tx: &mut HotelTx,
    code: Option<&str>,
) -> Result<Option<PromoEntry>, AppError> {
    let Some(code) = code else {
        return Ok(None);
    };
    let found = promo_codes::list(tx, &Reference::code(code)).await?;
    let promo = found.into_iter().next();
    let promo = promo.ok_or(Refusal::from(Unusable::Unknown))?;
    promo
        .on(night::today(app.clock.now(), &hotel.time_zone))
        .map_err(Refusal::from)?;
    if let Some(most) = promo.uses_at_most
        && promo_codes::uses(tx, promo.id).await? >= i64::from(most)
    {
        return Err(Refusal::PromoCodeUsedUp.into());
    }
    Ok(Some(promo))
}

/// As `usable`, and nobody else takes a use of it until this transaction ends.
pub(super) async fn locked(
    app: &App,
    hotel: &Hotel,
    tx: &mut HotelTx,
    code: Option<&str>,
) -> Result<Option<PromoEntry>, AppError> {
    if let Some(code) = code {
        promo_codes::lock(tx, code).await?;
    }
    usable(app, hotel, tx, code).await
}

/// Refuses a guest who has no use of the code left. The caller has locked it.
pub(super) async fn check_guest(
    tx: &mut HotelTx,
    promo: &Promo,
    booker: &Guest,
) -> Result<(), AppError> {
    let of = Reference {
        id: Some(promo.id),
        code: None,
    };
    let entry = promo_codes::list(tx, &of).await?.into_iter().next();
    let Some(most) = entry.and_then(|entry| entry.uses_per_guest) else {
        return Ok(());
    };
    let email = booker.email.as_deref().ok_or_else(|| Refusal::Invalid {
        pointer: "/booker/email".to_owned(),
        message: "is needed with this promo code, whose uses are counted for each guest".to_owned(),
    })?;
    if promo_codes::uses_of(tx, promo.id, email).await? >= i64::from(most) {
        return Err(Refusal::PromoCodeUsedUp.into());
    }
    Ok(())
}
