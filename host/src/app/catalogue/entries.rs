//! Each noun of the catalogue: what it must not contradict, and what follows from its change.

use async_trait::async_trait;
use uuid::Uuid;

use super::{CatalogueRefusal, Desk, Entry, capacity};
use crate::app::{App, AppError, Refusal, ari};
use crate::domain::catalogue::{
    ChargeEntry, ExtraEntry, PackageEntry, PolicyEntry, RatePlanEntry, Reference, RoomEntry,
    RoomTypeEntry,
};
use crate::domain::ids::{RatePlanId, RoomTypeId};
use crate::domain::promo::PromoEntry;
use crate::store::catalogue::{
    charges, extras, packages, policies, promo_codes, rate_plans, room_types, rooms,
};
use crate::store::{HotelTx, StoreError, calendar, cells};

/// A noun of its store's module, with what is not the same for all.
macro_rules! entry {
    ($entry:ty, $noun:literal, $store:ident, $code:ident, { $($own:tt)* }) => {
        #[async_trait]
        impl Entry for $entry {
            const NOUN: &'static str = $noun;

            fn id(&self) -> Uuid {
                self.id
            }

            fn code(&self) -> &str {
                &self.$code
            }

            async fn list(tx: &mut HotelTx, of: &Reference) -> Result<Vec<Self>, StoreError> {
                $store::list(tx, of).await
            }

            async fn save(&self, tx: &mut HotelTx) -> Result<(), StoreError> {
                $store::save(tx, self).await
            }

            async fn remove(&self, tx: &mut HotelTx) -> Result<(), StoreError> {
                $store::remove(tx, self).await
            }

            $($own)*
        }
    };
}

entry!(RoomTypeEntry, "room type", room_types, code, {
    async fn follow(
        &self,
        (app, desk): (&App, &Desk<'_>),
        tx: &mut HotelTx,
        before: Option<&Self>,
    ) -> Result<(), AppError> {
        let Some(before) = before else {
            return Ok(());
        };
        let (room_type, today) = (RoomTypeId(self.id), desk.today(app));
        if before.active != self.active {
            calendar::mark_sold(tx, Some(room_type), None, today).await?;
        }
        // Channels are told a price for the one, and for each number of adults up to the other.
        let guests = |entry: &Self| (entry.standard_occupancy, entry.max_occupancy);
        if guests(before) != guests(self) {
            cells::mark_prices(tx, room_type, None, today).await?;
        }
        Ok(())
    }
});

entry!(RoomEntry, "room", rooms, number, {
    async fn check(&self, tx: &mut HotelTx, _: Option<&Self>) -> Result<(), AppError> {
        exists::<RoomTypeEntry>(tx, &self.room_type, "/room_type").await?;
        Ok(())
    }
});

entry!(PolicyEntry, "cancellation policy", policies, code, {});

entry!(ChargeEntry, "charge", charges, code, {});

entry!(ExtraEntry, "extra", extras, code, {
    async fn check(&self, tx: &mut HotelTx, before: Option<&Self>) -> Result<(), AppError> {
        capacity::check_default(tx, self, before).await
    }

    async fn follow(
        &self,
        _: (&App, &Desk<'_>),
        tx: &mut HotelTx,
        before: Option<&Self>,
    ) -> Result<(), AppError> {
        capacity::follow_default(tx, self, before).await
    }
});

entry!(PackageEntry, "package", packages, code, {
    async fn check(&self, tx: &mut HotelTx, _: Option<&Self>) -> Result<(), AppError> {
        for (place, packed) in self.extras.iter().enumerate() {
            exists::<ExtraEntry>(tx, &packed.extra, &format!("/extras/{place}/extra")).await?;
        }
        for (place, room_type) in self.room_types.iter().enumerate() {
            exists::<RoomTypeEntry>(tx, room_type, &format!("/room_types/{place}")).await?;
        }
        for (place, rate_plan) in self.rate_plans.iter().enumerate() {
            exists::<RatePlanEntry>(tx, rate_plan, &format!("/rate_plans/{place}")).await?;
        }
        Ok(())
    }
});

entry!(PromoEntry, "promo code", promo_codes, code, {
    async fn check(&self, tx: &mut HotelTx, _: Option<&Self>) -> Result<(), AppError> {
        for (place, room_type) in self.room_types.iter().enumerate() {
            exists::<RoomTypeEntry>(tx, room_type, &format!("/room_types/{place}")).await?;
        }
        for (place, rate_plan) in self.rate_plans.iter().enumerate() {
            exists::<RatePlanEntry>(tx, rate_plan, &format!("/rate_plans/{place}")).await?;
        }
        Ok(())
    }
});

entry!(RatePlanEntry, "rate plan", rate_plans, code, {
    async fn check(&self, tx: &mut HotelTx, before: Option<&Self>) -> Result<(), AppError> {
        if let Some(policy) = &self.cancellation_policy {
            exists::<PolicyEntry>(tx, policy, "/cancellation_policy").await?;
        }
        let Some(derived) = &self.derived_from else {
            return Ok(());
        };
        // A new code of its own is no other plan's.
        let own = before.is_some_and(|before| before.code == derived.parent)
            || self.code == derived.parent;
        let circle = || CatalogueRefusal::Circle {
            plan: self.code.clone(),
        };
        if own {
            return Err(circle().into());
        }
        let parent = exists::<Self>(tx, &derived.parent, "/derived_from/rate_plan").await?;
        let sold = calendar::sold(tx).await?;
        let (plan, parent) = (RatePlanId(self.id), RatePlanId(parent.id));
        if sold.plans.would_circle(plan, parent) {
            return Err(circle().into());
        }
        for (room_type, _) in sold
            .plans
            .products
            .iter()
            .filter(|product| product.1 == plan)
        {
            if !sold.plans.products.contains(&(*room_type, parent)) {
                let room_type = sold.room_types.get(room_type).cloned().unwrap_or_default();
                let parent = derived.parent.clone();
                return Err(CatalogueRefusal::ParentNotSold { room_type, parent }.into());
            }
        }
        Ok(())
    }

    async fn follow(
        &self,
        (app, desk): (&App, &Desk<'_>),
        tx: &mut HotelTx,
        before: Option<&Self>,
    ) -> Result<(), AppError> {
        let Some(before) = before else {
            return Ok(());
        };
        let plan = RatePlanId(self.id);
        if before.active != self.active {
            calendar::mark_sold(tx, None, Some(plan), desk.today(app)).await?;
        }
        if before.derived_from != self.derived_from {
            let sold = calendar::sold(tx).await?;
            let products = sold.plans.products.into_iter();
            let products: Vec<_> = products.filter(|product| product.1 == plan).collect();
            ari::settle(app, desk.hotel, tx, (&products, &desk.actor)).await?;
        }
        Ok(())
    }
});

/// The entry of a code, or a refusal at this field.
pub(super) async fn exists<E: Entry>(
    tx: &mut HotelTx,
    code: &str,
    pointer: &str,
) -> Result<E, AppError> {
    let entry = E::list(tx, &Reference::code(code))
        .await?
        .into_iter()
        .next();
    let refusal = || Refusal::Invalid {
        pointer: pointer.to_owned(),
        message: format!("the hotel has no {} `{code}`", E::NOUN),
    };
    Ok(entry.ok_or_else(refusal)?)
}
