//! Hotels, as the operator adds and changes them.

use async_trait::async_trait;

use crate::app::catalogue::trail::{self, Signature};
use crate::app::catalogue::{CatalogueRefusal, Desk};
use crate::app::verb::recall;
use crate::app::{App, AppError, Idempotent, Refusal, Verb};
use crate::domain::catalogue::HotelEntry;
use crate::domain::hotel::Hotel;
use crate::domain::ids::HotelId;
use crate::store::idempotency::{self, Claim, Scope, StoredAnswer};
use crate::store::{calendar, hotel_settings, hotels};

/// How often somebody else may add a hotel of the same slug and take it away again.
const TRIES: u32 = 3;

pub(super) const NOUN: &str = "hotel";

/// Adds a hotel at most once per key and slug: its key is kept with the hotel that came of it.
/// A hotel needs nothing else to be used: its catalogue and its nights are added through it.
pub async fn create(
    app: &App,
    (scope, actor): (&Scope, &str),
    entry: &HotelEntry,
    answer: &StoredAnswer,
) -> Result<Idempotent, AppError> {
    for _ in 0..TRIES {
        if let Some(known) = hotels::find_by_slug(&app.store, &entry.slug).await? {
            let mut tx = app.store.begin(known.id).await?;
            let stored = idempotency::find(&mut tx, scope).await?;
            return stored.map(|stored| recall(scope, stored)).ok_or_else(|| {
                let code = entry.slug.clone();
                CatalogueRefusal::SlugTaken { code }.into()
            });
        }
        let mut tx = app.store.begin(HotelId(entry.id)).await?;
        if !hotel_settings::insert(&mut tx, entry).await? {
            continue;
        }
        match idempotency::claim(&mut tx, scope).await? {
            Claim::Mine => {}
            Claim::Busy => return Ok(Idempotent::InFlight),
            Claim::Taken(stored) => {
                tx.abandon().await;
                return Ok(recall(scope, stored));
            }
        }
        let now = app.clock.now();
        let signature = Signature { actor, now };
        trail::record(&mut tx, (NOUN, entry.id), (None, Some(entry)), signature).await?;
        idempotency::store(&mut tx, scope, answer).await?;
        tx.commit().await?;
        return Ok(Idempotent::Fresh(answer.clone()));
    }
    Ok(Idempotent::InFlight)
}

/// A hotel as it is set up.
pub async fn settings(app: &App, hotel: &Hotel) -> Result<HotelEntry, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    let found = hotel_settings::find(&mut tx).await?;
    Ok(found.ok_or(Refusal::NotFound { noun: NOUN })?)
}

/// Changes a hotel. An inactive one is closed at every channel; what is booked stays.
pub struct ChangeHotel<'a> {
    pub desk: Desk<'a>,
    /// Makes the hotel what is wanted of what it is.
    pub change: &'a (dyn Fn(&HotelEntry) -> Result<HotelEntry, Refusal> + Send + Sync),
}

impl std::fmt::Debug for ChangeHotel<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ChangeHotel")
            .field("desk", &self.desk)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Verb for ChangeHotel<'_> {
    type Output = HotelEntry;

    async fn perform(
        &self,
        app: &App,
        tx: &mut crate::store::HotelTx,
    ) -> Result<HotelEntry, AppError> {
        calendar::lock(tx).await?;
        let found = hotel_settings::find(tx).await?;
        let before = found.ok_or(Refusal::NotFound { noun: NOUN })?;
        let entry = (self.change)(&before)?;
        hotel_settings::update(tx, &entry).await?;
        let changed = (Some(&before), Some(&entry));
        trail::record(tx, (NOUN, entry.id), changed, self.desk.signature(app)).await?;
        if entry.active != before.active {
            calendar::mark_sold(tx, None, None, self.desk.today(app)).await?;
        }
        Ok(entry)
    }
}
