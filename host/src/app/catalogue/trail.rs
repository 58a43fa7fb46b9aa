//! The catalogue's lines in the hotel's audit trail: one a change, in its transaction.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{App, AppError};
use crate::domain::hotel::Hotel;
use crate::store::booking_events::{self, BookingEvent};
use crate::store::{HotelTx, StoreError};

/// Who changes the catalogue, and when.
#[derive(Clone, Copy, Debug)]
pub(in crate::app) struct Signature<'a> {
    pub actor: &'a str,
    pub now: Timestamp,
}

/// Writes what something was before and is after: added where it was nothing, deleted where it is nothing any more.
/// What stayed as it was leaves no line.
pub(in crate::app) async fn record<T: Serialize + Sync>(
    tx: &mut HotelTx,
    (noun, id): (&'static str, Uuid),
    (before, after): (Option<&T>, Option<&T>),
    signature: Signature<'_>,
) -> Result<(), StoreError> {
    let written = |of: Option<&T>| -> Option<Value> { of.map(|of| json!(of)) };
    let (before, after) = (written(before), written(after));
    let done = match (&before, &after) {
        (before, after) if before == after => return Ok(()),
        (None, _) => "created",
        (_, None) => "deleted",
        _ => "changed",
    };
    let event = BookingEvent {
        kind: format!("{}.{done}", noun.replace(' ', "_")),
        actor: signature.actor.to_owned(),
        reason: None,
        before,
        after,
        at: signature.now,
    };
    booking_events::record(tx, id, &event).await
}

/// Lines about the catalogue before a sequence, the newest first, each with its own.
pub async fn events(
    app: &App,
    hotel: &Hotel,
    before: Option<i64>,
    limit: u16,
) -> Result<Vec<(i64, BookingEvent)>, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    Ok(booking_events::of_catalogue(&mut tx, before, limit.into()).await?)
}
