//! The catalogue, as staff set it up: one verb to add an entry, one to change it, one to delete it.

mod capacity;
mod entries;
mod products;
mod refusal;
pub(super) mod trail;

use async_trait::async_trait;
use jiff::civil::Date;
use serde::Serialize;

use crate::app::{App, AppError, Refusal, Verb};
use crate::domain::catalogue::Reference;
use crate::domain::hotel::Hotel;
use crate::domain::night;
use crate::store::{HotelTx, StoreError, calendar};

use trail::Signature;

pub(super) use products::NOUN as PRODUCT;

pub use capacity::{CapacityRange, SetCapacity, capacity};
pub use products::{ChangeProduct, CreateProduct, RemoveProduct, find_product, products};
pub use refusal::CatalogueRefusal;
pub use trail::events;

/// Where an entry is changed, and by whom.
#[derive(Clone, Debug)]
pub struct Desk<'a> {
    pub hotel: &'a Hotel,
    pub actor: String,
}

impl Desk<'_> {
    pub(super) fn today(&self, app: &App) -> Date {
        night::today(app.clock.now(), &self.hotel.time_zone)
    }

    pub(super) fn signature(&self, app: &App) -> Signature<'_> {
        Signature {
            actor: &self.actor,
            now: app.clock.now(),
        }
    }

    /// Writes what becomes of an entry into the audit trail.
    async fn record<E: Entry>(
        &self,
        app: &App,
        tx: &mut HotelTx,
        (before, after): (Option<&E>, Option<&E>),
    ) -> Result<(), StoreError> {
        let Some(entry) = after.or(before) else {
            return Ok(());
        };
        let of = (E::NOUN, entry.id());
        trail::record(tx, of, (before, after), self.signature(app)).await
    }
}

/// What all entries have in common.
#[async_trait]
pub trait Entry: Clone + Send + Serialize + Sync + Sized + 'static {
    const NOUN: &'static str;

    fn id(&self) -> uuid::Uuid;
    fn code(&self) -> &str;
    /// Those that are meant, in the order of their codes.
    async fn list(tx: &mut HotelTx, of: &Reference) -> Result<Vec<Self>, StoreError>;
    async fn save(&self, tx: &mut HotelTx) -> Result<(), StoreError>;
    async fn remove(&self, tx: &mut HotelTx) -> Result<(), StoreError>;

    /// Refuses what contradicts other entries.
    async fn check(&self, _: &mut HotelTx, _before: Option<&Self>) -> Result<(), AppError> {
        Ok(())
    }

    /// Does what follows from the change, in its transaction.
    async fn follow(
        &self,
        _: (&App, &Desk<'_>),
        _: &mut HotelTx,
        _before: Option<&Self>,
    ) -> Result<(), AppError> {
        Ok(())
    }
}

/// Every entry of a noun, or the one that is meant.
pub async fn list<E: Entry>(app: &App, hotel: &Hotel, of: &Reference) -> Result<Vec<E>, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    Ok(E::list(&mut tx, of).await?)
}

/// The entry that is meant.
pub async fn find<E: Entry>(app: &App, hotel: &Hotel, of: &Reference) -> Result<E, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    found(&mut tx, of).await
}

async fn found<E: Entry>(tx: &mut HotelTx, of: &Reference) -> Result<E, AppError> {
    let entry = E::list(tx, of).await?.into_iter().next();
    Ok(entry.ok_or(Refusal::NotFound { noun: E::NOUN })?)
}

/// Refuses a code that another entry has. The calendar's lock lets nobody take it meanwhile.
async fn refuse_taken<E: Entry>(tx: &mut HotelTx, entry: &E) -> Result<(), AppError> {
    let same = E::list(tx, &Reference::code(entry.code())).await?;
    if same.iter().any(|other| other.id() != entry.id()) {
        let code = entry.code().to_owned();
        return Err(CatalogueRefusal::CodeTaken {
            noun: E::NOUN,
            code,
        }
        .into());
    }
    Ok(())
}

/// Adds an entry.
#[derive(Debug)]
pub struct Create<'a, E> {
    pub desk: Desk<'a>,
    pub entry: E,
}

#[async_trait]
impl<E: Entry> Verb for Create<'_, E> {
    type Output = E;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<E, AppError> {
        calendar::lock(tx).await?;
        refuse_taken(tx, &self.entry).await?;
        self.entry.check(tx, None).await?;
        self.entry.save(tx).await?;
        let made = (None, Some(&self.entry));
        self.desk.record(app, tx, made).await?;
        self.entry.follow((app, &self.desk), tx, None).await?;
        Ok(self.entry.clone())
    }
}

/// Changes an entry.
pub struct Change<'a, E> {
    pub desk: Desk<'a>,
    pub of: Reference,
    /// Makes the entry what is wanted of what it is.
    pub change: &'a (dyn Fn(&E) -> Result<E, Refusal> + Send + Sync),
}

impl<E> std::fmt::Debug for Change<'_, E> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Change")
            .field("of", &self.of)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl<E: Entry> Verb for Change<'_, E> {
    type Output = E;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<E, AppError> {
        calendar::lock(tx).await?;
        let before: E = found(tx, &self.of).await?;
        let entry = (self.change)(&before)?;
        refuse_taken(tx, &entry).await?;
        entry.check(tx, Some(&before)).await?;
        entry.save(tx).await?;
        let changed = (Some(&before), Some(&entry));
        self.desk.record(app, tx, changed).await?;
        entry.follow((app, &self.desk), tx, Some(&before)).await?;
        Ok(entry)
    }
}

/// Deletes an entry that nothing refers to.
#[derive(Debug)]
pub struct Remove<'a, E> {
    pub desk: Desk<'a>,
    pub of: Reference,
    pub noun: std::marker::PhantomData<fn() -> E>,
}

#[async_trait]
impl<E: Entry> Verb for Remove<'_, E> {
    type Output = E;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<E, AppError> {
        calendar::lock(tx).await?;
        let entry: E = found(tx, &self.of).await?;
        entry
            .remove(tx)
            .await
            .map_err(|failure| in_use(E::NOUN, failure))?;
        self.desk.record(app, tx, (Some(&entry), None)).await?;
        Ok(entry)
    }
}

/// A refusal where a row still refers to what was to go. Its transaction comes to nothing.
fn in_use(noun: &'static str, failure: StoreError) -> AppError {
    match failure.referring_table() {
        Some(table) => {
            let by = table.split("_20").next().unwrap_or(table).replace('_', " ");
            CatalogueRefusal::InUse { noun, by }.into()
        }
        None => failure.into(),
    }
}
