//! Tentative reservations grow old: staff are told, told again, and the units are given back, each once.

use async_trait::async_trait;

use crate::app::emails::{self, Template};
use crate::app::moves::Move;
use crate::app::{App, AppError, Verb, perform};
use crate::domain::hotel::Hotel;
use crate::domain::ids::ReservationId;
use crate::domain::reservation::{Checklist, Origin, Reservation, Transition};
use crate::domain::rules::{BookingRules, Stage, Waited};
use crate::store::reservations::{self, BookingEvent, audited};
use crate::store::{HotelTx, aging, rules};

/// Who did it, in the audit trail.
const ACTOR: &str = "job:age_tentative";
/// How many reservations of a hotel are looked at in one run.
const BATCH: i64 = 500;

/// Brings every tentative reservation of a hotel to the stage that its age asks for. What went wrong is
/// answered after all were tried.
pub async fn age(app: &App, hotel: &Hotel) -> Result<(), AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    let rules = rules::find(&mut tx).await?;
    let due = aging::due(&mut tx, &rules.aging, BATCH).await?;
    tx.commit().await?;
    let mut failed = None;
    for reservation in due {
        let verb = Age {
            hotel,
            reservation,
            rules,
        };
        match perform(app, hotel.id, &verb).await {
            Ok(None) => {}
            Ok(Some(stage)) => tell(hotel, reservation, stage),
            // The oldest come first: one that cannot move must not keep the younger ones waiting for ever.
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(()), Err)
}

/// One reservation's next stage. Workers that meet leave it to the one who was first.
struct Age<'a> {
    hotel: &'a Hotel,
    reservation: ReservationId,
    rules: BookingRules,
}

#[async_trait]
impl Verb for Age<'_> {
    type Output = Option<Stage>;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<Option<Stage>, AppError> {
        let Some(age) = aging::lock(tx, self.reservation).await? else {
            return Ok(None);
        };
        let Some(found) = reservations::find(tx, self.reservation).await? else {
            return Ok(None);
        };
        let waited = Waited {
            age: age.age,
            alerted: age.alerted,
            escalated: age.escalated,
            of_channel: matches!(found.origin, Origin::Channel { .. }),
        };
        let Some(stage) = self.rules.aging.due(waited) else {
            return Ok(None);
        };
        match stage {
            Stage::Release => self.release(app, tx).await?,
            Stage::Alert | Stage::Escalate => self.alert(app, tx, &found, stage).await?,
        }
        Ok(Some(stage))
    }
}

impl Age<'_> {
    async fn release(&self, app: &App, tx: &mut HotelTx) -> Result<(), AppError> {
        let release = Move {
            hotel: self.hotel,
            reservation: self.reservation,
            transition: Transition::Expire,
            version: None,
            reason: Some("it waited longer than the hotel's rule allows".to_owned()),
            actor: ACTOR.to_owned(),
            checklist: Checklist::default(),
            notify_guest: None,
        };
        release.perform(app, tx).await?;
        Ok(())
    }

    async fn alert(
        &self,
        app: &App,
        tx: &mut HotelTx,
        found: &Reservation,
        stage: Stage,
    ) -> Result<(), AppError> {
        aging::note(tx, self.reservation, stage).await?;
        let event = BookingEvent {
            kind: "tentative_overdue".to_owned(),
            actor: ACTOR.to_owned(),
            reason: Some(stage.as_str().to_owned()),
            before: None,
            after: Some(audited(found)),
            at: app.clock.now(),
        };
        reservations::record_event(tx, self.reservation, &event).await?;
        if self.hotel.contact_email.is_some() {
            let template = if stage == Stage::Alert {
                Template::Overdue
            } else {
                Template::Escalated
            };
            emails::enqueue(app, tx, found, template).await?;
        }
        Ok(())
    }
}

fn tell(hotel: &Hotel, reservation: ReservationId, stage: Stage) {
    metrics::counter!("roomwire_tentative_overdue_total", "stage" => stage.as_str()).increment(1);
    let hotel = hotel.id;
    match stage {
        Stage::Alert => {
            tracing::warn!(hotel.id = %hotel, reservation.id = %reservation, "A tentative reservation waits for staff");
        }
        Stage::Escalate => {
            tracing::error!(hotel.id = %hotel, reservation.id = %reservation, "A tentative reservation still waits for staff");
        }
        Stage::Release => {
            tracing::warn!(hotel.id = %hotel, reservation.id = %reservation, "A tentative reservation waited too long and was released");
        }
    }
}
