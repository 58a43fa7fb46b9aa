//! A channel's reservations become ours: each revision once, in one transaction, and never refused for lack of rooms.

mod remap;
#[cfg(test)]
mod tests;

pub use remap::remap;

use async_trait::async_trait;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::app::assignments::{self, Plan};
use crate::app::{App, AppError, Refusal, Verb, perform};
use crate::domain::connection::Connection;
use crate::domain::connector::{Revision, RevisionStatus};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{ReservationId, RoomTypeId};
use crate::domain::night;
use crate::domain::reservation::{self, Origin, Reservation, ReservedRoom, Status, net};
use crate::domain::revision::{self, Conflict, Decision, InvalidRevision, Known, Standing};
use crate::store::availability::{self, Beyond};
use crate::store::jobs::{self, NewJob};
use crate::store::reservations::{self, BookingEvent, audited, audited_change};
use crate::store::revisions::{self, Outcome};
use crate::store::{HotelTx, StoreError, connections, hotels};

/// What a revision came to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Landed {
    /// Absent where this very revision arrived before.
    pub outcome: Option<Outcome>,
    pub reservation: Option<ReservationId>,
    /// Nights that the channel sold and we did not have.
    pub overbooked: Vec<(RoomTypeId, Date)>,
    /// Whether a code of the channel's is not mapped.
    pub unmapped: bool,
    pub conflict: Option<Conflict>,
}

/// Applies a revision, once, and tells the people who must know of it.
pub async fn apply(
    app: &App,
    hotel: &Hotel,
    connection: &Connection,
    revision: &Revision,
) -> Result<Landed, AppError> {
    let verb = ApplyRevision {
        hotel,
        connection,
        revision,
    };
    keep_nights(app, hotel, revision).await?;
    let landed = perform(app, hotel.id, &verb).await?;
    app.wake.ring();
    verb.tell(&landed);
    Ok(landed)
}

/// Nights that are kept from today on, in days, in any case: those of the running month and the 23 after it.
const KEPT_NIGHTS: i32 = 28 * 24;

/// A channel may sell nights before or beyond the months that are kept. Their months are made first, outside the
/// transaction, so that every night is counted, and can be given back.
async fn keep_nights(app: &App, hotel: &Hotel, revision: &Revision) -> Result<(), AppError> {
    let today = night::today(app.clock.now(), &hotel.time_zone);
    let Some((first, last)) = revision::span(revision, today).map_err(|why| invalid(&why))? else {
        return Ok(());
    };
    if first < today.first_of_month() || last > today.saturating_add(KEPT_NIGHTS.days()) {
        hotels::ensure_nights(&app.store, first, last).await?;
    }
    Ok(())
}

fn invalid(why: &InvalidRevision) -> AppError {
    Refusal::Invalid {
        pointer: "/rooms".to_owned(),
        message: why.to_string(),
    }
    .into()
}

struct ApplyRevision<'a> {
    hotel: &'a Hotel,
    connection: &'a Connection,
    revision: &'a Revision,
}

#[async_trait]
impl Verb for ApplyRevision<'_> {
    type Output = Landed;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Landed, AppError> {
        let Self {
            connection,
            revision,
            ..
        } = *self;
        let now = app.clock.now();
        let reference = revisions::lock_reference(tx, connection.id, &revision.reservation).await?;
        if revisions::arrived_before(tx, connection.id, revision).await? {
            self.enqueue_acknowledgement(tx).await?;
            return Ok(Landed {
                reservation: reference.reservation,
                ..Landed::default()
            });
        }
        let before = match reference.reservation {
            Some(id) => Some(
                reservations::lock(tx, id)
                    .await?
                    .ok_or_else(|| missing(id))?,
            ),
            None => None,
        };
        let known = reference.order.map(|order| Known {
            order,
            reservation: before.as_ref().map(|before| Standing {
                status: before.status,
                cancelled_by_channel: reference.cancelled_by_channel,
            }),
        });
        let decision = revision::decide(known, revision, self.hotel.channel_status);
        let landed = self.act(tx, decision, before, now).await?;
        let outcome = match decision {
            // Still the channel's cancellation, so that the channel may take it back.
            Decision::Agree if reference.cancelled_by_channel => Outcome::Cancelled,
            _ => landed.outcome.unwrap_or(Outcome::Kept),
        };
        revisions::record(tx, connection.id, revision, outcome, now).await?;
        if decision != Decision::Supersede {
            revisions::apply(tx, connection.id, revision, landed.reservation).await?;
        }
        self.enqueue_acknowledgement(tx).await?;
        Ok(landed)
    }
}

impl ApplyRevision<'_> {
    async fn act(
        &self,
        tx: &mut HotelTx,
        decision: Decision,
        before: Option<Reservation>,
        now: Timestamp,
    ) -> Result<Landed, AppError> {
        let same = |outcome| Landed {
            outcome: Some(outcome),
            reservation: before.as_ref().map(|before| before.id),
            ..Landed::default()
        };
        match (decision, before.as_ref()) {
            (Decision::Supersede, _) => Ok(same(Outcome::Superseded)),
            (Decision::Tombstone, _) => Ok(same(Outcome::Tombstone)),
            (Decision::Create(status) | Decision::Change(status), _) => {
                self.write(tx, before, status, now).await
            }
            (Decision::Cancel, Some(before)) => {
                self.cancel(tx, before, now).await?;
                Ok(same(Outcome::Cancelled))
            }
            (Decision::Keep(conflict), Some(before)) => {
                let after = Reservation {
                    updated_at: now,
                    ..before.clone()
                };
                self.record_event(
                    tx,
                    Some(before),
                    &after,
                    "revision_kept",
                    Some(conflict.as_str()),
                )
                .await?;
                Ok(Landed {
                    conflict: Some(conflict),
                    ..same(Outcome::Kept)
                })
            }
            (Decision::Cancel | Decision::Keep(_) | Decision::Agree, _) => Ok(same(Outcome::Kept)),
        }
    }

    /// Makes the reservation, or replaces the content of the one before: what the revision lacks is no longer part of it.
    async fn write(
        &self,
        tx: &mut HotelTx,
        before: Option<Reservation>,
        status: Status,
        now: Timestamp,
    ) -> Result<Landed, AppError> {
        let mappings = connections::mappings(tx, self.connection.id).await?;
        let (rooms, unmapped) =
            revision::reserved_rooms(self.revision, &mappings).map_err(|why| invalid(&why))?;
        let rooms = still_freed(rooms, before.as_ref(), status);
        let after = self.reservation(before.as_ref(), rooms, status, now);
        let assigned = match &before {
            Some(before) => Some(assignments::plan(tx, before, &after).await?),
            None => None,
        };
        let taken = after.taken(1);
        let freed = (before.as_ref()).map_or_else(Vec::new, |before| before.taken(-1));
        availability::move_inventory(
            tx,
            &net(&[taken.as_slice(), &freed].concat()),
            Beyond::Accept,
        )
        .await?;
        let overbooked = revisions::overbooked(tx, &taken).await?;

        let after = Reservation {
            overbooked: !overbooked.is_empty(),
            unmapped,
            assigned: assigned.as_ref().map_or_else(Vec::new, Plan::kept),
            ..after
        };
        let (kind, outcome) = match before {
            Some(_) => ("changed", Outcome::Changed),
            None => ("created", Outcome::Created),
        };
        match before {
            Some(_) => reservations::update(tx, &after).await?,
            None => {
                reservations::insert(tx, &after).await?;
            }
        }
        let doubt = self.doubt();
        self.record_event(tx, before.as_ref(), &after, kind, doubt.as_deref())
            .await?;
        if let (Some(rooms), Some(before)) = (assigned, &before) {
            rooms.apply(tx, before, &after, &self.actor()).await?;
        }
        Ok(Landed {
            outcome: Some(outcome),
            reservation: Some(after.id),
            overbooked,
            unmapped,
            conflict: None,
        })
    }

    fn reservation(
        &self,
        before: Option<&Reservation>,
        rooms: Vec<ReservedRoom>,
        status: Status,
        now: Timestamp,
    ) -> Reservation {
        let id = before.map_or_else(|| ReservationId::new(now), |before| before.id);
        Reservation {
            id,
            number: reservation::number(id),
            status,
            version: before.map_or(1, |before| before.version + 1),
            origin: Origin::Channel {
                connection: self.connection.id,
                source: self
                    .revision
                    .source
                    .clone()
                    .unwrap_or_else(|| self.connection.name.clone()),
            },
            booker: revision::guest(&self.revision.booker),
            rooms,
            assigned: Vec::new(),
            total: self.revision.total,
            notes: self.revision.notes.clone(),
            overbooked: false,
            unmapped: false,
            promo: None,
            discount: None,
            tentative_since: before.and_then(|before| before.tentative_since),
            owed: before.and_then(|before| before.owed),
            checklist: before.and_then(|before| before.checklist.clone()),
            created_at: before.map_or(now, |before| before.created_at),
            updated_at: now,
        }
    }

    async fn cancel(
        &self,
        tx: &mut HotelTx,
        before: &Reservation,
        now: Timestamp,
    ) -> Result<(), AppError> {
        let after = Reservation {
            status: Status::Cancelled,
            version: before.version + 1,
            tentative_since: None,
            updated_at: now,
            assigned: Vec::new(),
            ..before.clone()
        };
        let rooms = assignments::plan(tx, before, &after).await?;
        availability::move_inventory(tx, &net(&before.taken(-1)), Beyond::Accept).await?;
        reservations::set_status(tx, before, &after).await?;
        self.record_event(tx, Some(before), &after, "cancelled", None)
            .await?;
        rooms.apply(tx, before, &after, &self.actor()).await
    }

    /// What the audit trail says of a status that we cannot read.
    fn doubt(&self) -> Option<String> {
        match &self.revision.status {
            RevisionStatus::Unknown(status) => {
                Some(format!("the channel's status `{status}` is not known"))
            }
            _ => None,
        }
    }

    /// Who did it, in the audit trail.
    fn actor(&self) -> String {
        format!("connection:{}", self.connection.name)
    }

    async fn record_event(
        &self,
        tx: &mut HotelTx,
        before: Option<&Reservation>,
        after: &Reservation,
        kind: &str,
        reason: Option<&str>,
    ) -> Result<(), AppError> {
        let event = BookingEvent {
            kind: kind.to_owned(),
            actor: self.actor(),
            reason: reason.map(str::to_owned),
            before: before.map(audited),
            after: Some(match before {
                Some(before) => audited_change(before, after),
                None => audited(after),
            }),
            at: after.updated_at,
        };
        Ok(reservations::record_event(tx, after.id, &event).await?)
    }

    /// The channel hears of a revision after it is stored, by a job that tries until it does.
    async fn enqueue_acknowledgement(&self, tx: &mut HotelTx) -> Result<(), StoreError> {
        if self.revision.acknowledgement.is_none() {
            return Ok(());
        }
        let connection = self.connection.id;
        let key = format!("acknowledge:{connection}");
        let job = NewJob {
            kind: "acknowledge",
            key: Some(key.clone()),
            ordering: Some(key),
            hotel: Some(self.hotel.id),
            payload: serde_json::json!({"connection_id": connection.0}),
            priority: 0,
            delay: std::time::Duration::ZERO,
        };
        jobs::enqueue(tx, job).await
    }

    /// The alerts of what landed, and its figures. No guest's name is among them.
    fn tell(&self, landed: &Landed) {
        let outcome = landed.outcome.map_or("duplicate", Outcome::as_str);
        metrics::counter!("roomwire_channel_revisions_total", "outcome" => outcome).increment(1);
        let hotel = tracing::field::display(self.hotel.id);
        let connection = tracing::field::display(self.connection.id);
        let reservation = landed.reservation.map(tracing::field::display);
        let span = tracing::info_span!(
            "channel_revision",
            hotel.id = hotel,
            connection.id = connection,
            reservation.id = reservation,
            outcome
        );
        let _entered = span.enter();
        if let Some((room_type, night)) = landed.overbooked.first() {
            metrics::counter!("roomwire_overbooked_reservations_total").increment(1);
            tracing::error!(
                room_type.id = %room_type,
                %night,
                nights = landed.overbooked.len(),
                "A channel sold more than there was: the reservation was taken and is overbooked"
            );
        }
        if landed.unmapped {
            metrics::counter!("roomwire_unmapped_reservations_total").increment(1);
            tracing::error!(
                "A channel sold a product that is not mapped: map its codes, and look at the reservation"
            );
        }
        if let Some(conflict) = landed.conflict {
            metrics::counter!("roomwire_revision_conflicts_total").increment(1);
            tracing::error!(
                reason = conflict.as_str(),
                "A revision was not followed: staff have to settle it"
            );
        }
        if let RevisionStatus::Unknown(status) = &self.revision.status {
            tracing::warn!(status = %status, "A channel gave a reservation a status that is not known");
        }
    }
}

/// A guest who left early, or never came, stays gone whatever the channel still writes of the stay.
fn still_freed(
    rooms: Vec<ReservedRoom>,
    before: Option<&Reservation>,
    status: Status,
) -> Vec<ReservedRoom> {
    let freed = before.into_iter().flat_map(|before| &before.rooms);
    let first = freed.filter_map(|room| room.freed_from).min();
    match first {
        Some(night) if matches!(status, Status::CheckedOut | Status::NoShow) => {
            rooms.iter().map(|room| room.free_from(night)).collect()
        }
        _ => rooms,
    }
}

fn missing(id: ReservationId) -> StoreError {
    StoreError::Inconsistent {
        table: "reservation_refs",
        column: "reservation_id",
        row: id.to_string(),
    }
}
