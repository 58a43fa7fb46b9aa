//! The calendar: read, edited in bulk, and undone.

mod refusal;
mod resolve;

use async_trait::async_trait;
use jiff::civil::Date;

use crate::app::{App, AppError, Refusal, Verb, perform};
use crate::domain::calendar::{self, Nights, Outcome};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{AriChangeId, HotelId, RatePlanId, RoomTypeId};
use crate::domain::night;
use crate::store::ari_changes::{self, Change, Kind, NewChange, Recorded};
use crate::store::calendar::{Sold, Window};
use crate::store::{self, HotelTx, StoreError, holds};

pub use refusal::{AriRefusal, Cell};
pub use resolve::{Request, RequestedUpdate};

/// What the calendar shows.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub sold: Sold,
    /// Lapsed holds are left out of what is held.
    pub nights: Nights,
    pub version: i64,
}

/// The calendar between two nights, both included.
pub async fn read(app: &App, hotel: &Hotel, first: Date, last: Date) -> Result<Calendar, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    let version = ari_changes::version(&mut tx).await?;
    let sold = store::calendar::sold(&mut tx).await?;
    let window = Window {
        room_types: sold.room_types.keys().copied().collect(),
        first,
        last,
    };
    let mut nights = store::calendar::nights(&mut tx, &window).await?;
    for (cell, units) in store::calendar::lapsed(&mut tx, first, last).await? {
        if let Some(stock) = nights.stock.get_mut(&cell) {
            stock.held -= units;
        }
    }
    Ok(Calendar {
        sold,
        nights,
        version,
    })
}

/// What became of an edit, or would.
#[derive(Clone, Debug)]
pub struct Edited {
    pub outcome: Outcome,
    /// `None` where nothing changed, or nothing was to be changed.
    pub change: Option<Change>,
    /// Only of a preview: an edit with one is not made.
    pub refused: Option<AriRefusal>,
}

/// A bulk edit of the calendar.
#[derive(Debug)]
pub struct EditAri<'a> {
    pub hotel: &'a Hotel,
    pub request: Request,
    pub dry_run: bool,
    /// The version that `If-Match` insists on.
    pub version: Option<i64>,
    pub actor: String,
    pub reason: Option<String>,
}

#[async_trait]
impl Verb for EditAri<'_> {
    type Output = Edited;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Edited, AppError> {
        if !self.dry_run {
            store::calendar::lock(tx).await?;
        }
        let sold = store::calendar::sold(tx).await?;
        let today = night::today(app.clock.now(), &self.hotel.time_zone);
        let updates = self.request.resolve(&sold, today)?;
        let touched = resolve::touched(&updates);
        let (first, last) = (touched.first, touched.last);
        if let Some(month) = store::calendar::first_closed_month(tx, first, last).await? {
            return Err(resolve::beyond(month).into());
        }
        if let Some(version) = self.version {
            refuse_newer(tx, version, first, last).await?;
        }
        if !self.dry_run {
            let cells = resolve::stock_cells(&updates);
            store::calendar::lock_stock(tx, cells).await?;
        }
        let current = store::calendar::nights(tx, &touched).await?;
        let outcome = calendar::edit(&current, &updates, &sold.plans);
        let refused = outcome
            .refused
            .as_ref()
            .map(|refused| AriRefusal::new(refused, &sold));
        let change = match (self.dry_run, &refused) {
            (true, _) => None,
            (false, Some(refused)) => return Err(Refusal::from(refused.clone()).into()),
            (false, None) => {
                let kind = Kind::Edit;
                record(
                    app,
                    tx,
                    &outcome,
                    (kind, &self.actor, self.reason.as_deref()),
                )
                .await?
            }
        };
        Ok(Edited {
            outcome,
            change,
            refused,
        })
    }
}

/// Edits the calendar. What only lapsed holds stand in the way of is tried again after they were ended.
pub async fn edit(app: &App, verb: &EditAri<'_>) -> Result<Edited, AppError> {
    let hotel = verb.hotel.id;
    let below = |refusal: &AriRefusal| matches!(refusal, AriRefusal::BelowSold { .. });
    let again = match perform(app, hotel, verb).await {
        Err(AppError::Refused(Refusal::Ari(refusal))) if below(&refusal) => Err(refusal.into()),
        Ok(edited) if edited.refused.as_ref().is_some_and(below) => Ok(edited),
        done => return done,
    };
    if sweep(app, hotel).await? == 0 {
        return again.map_err(|refusal: Refusal| refusal.into());
    }
    perform(app, hotel, verb).await
}

const SWEPT: i32 = 500;

async fn sweep(app: &App, hotel: HotelId) -> Result<i32, StoreError> {
    let mut tx = app.store.begin(hotel).await?;
    let ended = holds::expire(&mut tx, SWEPT).await?;
    tx.commit().await?;
    Ok(ended)
}

async fn refuse_newer(
    tx: &mut HotelTx,
    version: i64,
    first: Date,
    last: Date,
) -> Result<(), AppError> {
    match ari_changes::newest_since(tx, version, first, last).await? {
        Some(version) => Err(Refusal::from(AriRefusal::VersionChanged { version }).into()),
        None => Ok(()),
    }
}

/// Writes what a change came to, with its entry in the audit; a change of nothing leaves no trace.
async fn record(
    app: &App,
    tx: &mut HotelTx,
    outcome: &Outcome,
    (kind, actor, reason): (Kind, &str, Option<&str>),
) -> Result<Option<Change>, AppError> {
    if outcome.is_empty() {
        return Ok(None);
    }
    let id = AriChangeId::new(app.clock.now());
    let change = NewChange {
        id,
        kind,
        actor,
        reason,
    };
    ari_changes::insert(tx, &change, outcome).await?;
    let written = ari_changes::list(tx, None, Some(id), 1).await?;
    store::calendar::write(tx, outcome).await?;
    Ok(written.into_iter().next())
}

/// Takes a change back, where every cell is still as it left them.
#[derive(Debug)]
pub struct UndoAri {
    pub change: AriChangeId,
    pub actor: String,
    pub reason: Option<String>,
}

#[async_trait]
impl Verb for UndoAri {
    type Output = Change;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Change, AppError> {
        store::calendar::lock(tx).await?;
        let recorded = self.recorded(tx).await?;
        let sold = store::calendar::sold(tx).await?;
        let window = recorded_window(&recorded).ok_or(Refusal::from(AriRefusal::NotUndoable {
            why: "what it changed is no longer kept",
        }))?;
        let cells = recorded.stock.iter().map(|changed| changed.cell);
        store::calendar::lock_stock(tx, cells).await?;
        let current = store::calendar::nights(tx, &window).await?;
        let outcome = calendar::undo(&current, &recorded.stock, &recorded.terms, &sold.plans);
        if let Some(refused) = &outcome.refused {
            return Err(Refusal::from(AriRefusal::new(refused, &sold)).into());
        }
        let by = (
            Kind::Undo(self.change),
            self.actor.as_str(),
            self.reason.as_deref(),
        );
        let change = record(app, tx, &outcome, by).await?;
        Ok(change.ok_or(Refusal::from(AriRefusal::NotUndoable {
            why: "everything is as it was before it",
        }))?)
    }
}

impl UndoAri {
    async fn recorded(&self, tx: &mut HotelTx) -> Result<Recorded, AppError> {
        let entry = ari_changes::list(tx, None, Some(self.change), 1).await?;
        let entry = entry.first().ok_or(Refusal::NotFound { noun: "change" })?;
        if entry.kind == Kind::Derivation.as_str() {
            let why = "its prices follow from a derivation, which can be changed back";
            return Err(Refusal::from(AriRefusal::NotUndoable { why }).into());
        }
        let recorded = ari_changes::recorded(tx, self.change).await?;
        Ok(recorded.unwrap_or_default())
    }
}

fn recorded_window(recorded: &Recorded) -> Option<Window> {
    let stock = recorded.stock.iter().map(|changed| changed.cell);
    let terms = recorded
        .terms
        .iter()
        .map(|changed| (changed.cell.0, changed.cell.1));
    resolve::window(stock.chain(terms))
}

/// Computes the prices of derived products anew, from today, after what they derive from changed.
/// The calendar is locked, and the new derivations are written.
pub(crate) async fn settle(
    app: &App,
    hotel: &Hotel,
    tx: &mut HotelTx,
    (products, actor): (&[(RoomTypeId, RatePlanId)], &str),
) -> Result<(), AppError> {
    let sold = store::calendar::sold(tx).await?;
    let first = night::today(app.clock.now(), &hotel.time_zone);
    let room_types = products.iter().map(|product| product.0).collect();
    let Some(last) = store::calendar::last_priced(tx, &room_types).await? else {
        return Ok(());
    };
    let window = Window {
        room_types: room_types.into_iter().collect(),
        first,
        last,
    };
    let current = store::calendar::nights(tx, &window).await?;
    let outcome = calendar::resettle(&current, products, &sold.plans);
    record(app, tx, &outcome, (Kind::Derivation, actor, None)).await?;
    Ok(())
}

/// Entries of the audit before a number, the newest first.
pub async fn changes(
    app: &App,
    hotel: &Hotel,
    before: Option<i64>,
    limit: u16,
) -> Result<Vec<Change>, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    Ok(ari_changes::list(&mut tx, before, None, limit.into()).await?)
}
