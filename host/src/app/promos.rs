//! Promo codes in bookings: which are taken, and that no more of them are used than there are.

use jiff::civil::Date;
use uuid::Uuid;

use crate::app::{AppError, Refusal};
use crate::domain::catalogue::Reference;
use crate::domain::promo::{Promo, PromoEntry, Unusable};
use crate::domain::reservation::Guest;
use crate::store::HotelTx;
use crate::store::catalogue::promo_codes;

impl From<Unusable> for Refusal {
    fn from(reason: Unusable) -> Self {
        Self::PromoCodeInvalid { reason }
    }
}

/// A code that can be used today, at the hotel, and has a use left, or why not; nothing where nobody gave one.
pub(super) async fn usable(
    tx: &mut HotelTx,
    today: Date,
    code: Option<&str>,
) -> Result<Option<PromoEntry>, AppError> {
    match code {
        Some(code) => {
            let promo = find(tx, today, &Reference::code(code)).await?;
            Ok(Some(promo))
        }
        None => Ok(None),
    }
}

async fn find(tx: &mut HotelTx, today: Date, of: &Reference) -> Result<PromoEntry, AppError> {
    let promo = promo_codes::list(tx, of).await?.pop();
    let promo = promo.ok_or(Refusal::from(Unusable::Unknown))?;
    promo.on(today).map_err(Refusal::from)?;
    if let Some(most) = promo.uses_at_most
        && promo_codes::uses(tx, promo.id).await? >= i64::from(most)
    {
        return Err(Refusal::PromoCodeUsedUp.into());
    }
    Ok(promo)
}

/// As `usable`, and nobody else takes a use of it until this transaction ends.
pub(super) async fn locked(
    tx: &mut HotelTx,
    today: Date,
    code: Option<&str>,
) -> Result<Option<PromoEntry>, AppError> {
    // A look without the lock refuses the many who come too late, at the price of a read.
    let Some(promo) = usable(tx, today, code).await? else {
        return Ok(None);
    };
    promo_codes::lock(tx, promo.id).await?;
    find(tx, today, &by_id(promo.id)).await.map(Some)
}

fn by_id(id: Uuid) -> Reference {
    Reference {
        id: Some(id),
        code: None,
    }
}

/// Refuses a guest who has no use of the code left. The caller has locked it.
pub(super) async fn check_guest(
    tx: &mut HotelTx,
    promo: &Promo,
    booker: &Guest,
) -> Result<(), AppError> {
    let entry = promo_codes::list(tx, &by_id(promo.id)).await?.pop();
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
