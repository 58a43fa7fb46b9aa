//! Dead letters: work that waits for a person, who has it done again or gives it up.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::app::{App, AppError, Refusal, Verb};
use crate::domain::hotel::Hotel;
use crate::domain::ids::{DeliveryId, MessageId};
use crate::store::booking_events::{self, BookingEvent};
use crate::store::dead_letters::{self, DeadLetter, Wanted};
use crate::store::emails::{self, EmailState};
use crate::store::{HotelTx, Store, StoreError, inbox, replies};

/// What a person decides of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    Replay,
    Discard,
}

impl Decision {
    pub fn as_done(self) -> &'static str {
        match self {
            Self::Replay => "replayed",
            Self::Discard => "discarded",
        }
    }
}

/// Has a dead letter done again, or gives it up.
#[derive(Debug)]
pub struct Decide {
    pub letter: i64,
    pub decision: Decision,
    pub actor: String,
    pub reason: Option<String>,
}

/// The refusal of a letter that is not there, or of another hotel.
const UNKNOWN: Refusal = Refusal::NotFound {
    noun: "dead letter",
};

#[async_trait]
impl Verb for Decide {
    type Output = DeadLetter;

    async fn perform(&self, app: &App, tx: &mut HotelTx) -> Result<DeadLetter, AppError> {
        self.decided(tx, app.clock.now()).await
    }
}

impl Decide {
    /// Decides of a hotel's letter: what is kept beside its job goes along, and the audit trail tells who did it.
    async fn decided(&self, tx: &mut HotelTx, now: Timestamp) -> Result<DeadLetter, AppError> {
        let hotel = tx.hotel();
        let wanted = Wanted {
            hotel: Some(hotel),
            only: Some(self.letter),
            before: None,
        };
        let found = dead_letters::list(tx, wanted, 1).await?.pop();
        let letter = found.ok_or(UNKNOWN)?;
        match self.decision {
            Decision::Replay => make_ready(tx, &letter).await?,
            Decision::Discard => give_up(tx, &letter, now).await?,
        }
        let told = json!({"id": letter.id, "kind": letter.kind, "about": letter.payload, "reason": letter.reason});
        let event = BookingEvent {
            kind: format!("dead_letter.{}", self.decision.as_done()),
            actor: self.actor.clone(),
            reason: self.reason.clone(),
            before: Some(told),
            after: None,
            at: now,
        };
        booking_events::record(tx, hotel.0, &event).await?;
        let there = match self.decision {
            Decision::Replay => dead_letters::replay(tx, letter.id).await?,
            Decision::Discard => dead_letters::discard(tx, letter.id).await?,
        };
        if there {
            Ok(letter)
        } else {
            Err(UNKNOWN.into())
        }
    }

    /// The same at the command line, where letters of no hotel are decided of, too.
    pub async fn at_once(&self, store: &Store, now: Timestamp) -> Result<DeadLetter, AppError> {
        let mut shared = store.begin_shared().await?;
        let wanted = Wanted {
            only: Some(self.letter),
            ..Wanted::default()
        };
        let found = dead_letters::list(&mut shared, wanted, 1).await?.pop();
        let letter = found.ok_or(UNKNOWN)?;
        let Some(hotel) = letter.hotel else {
            let there = match self.decision {
                Decision::Replay => dead_letters::replay(&mut shared, letter.id).await?,
                Decision::Discard => dead_letters::discard(&mut shared, letter.id).await?,
            };
            shared.commit().await?;
            return if there {
                Ok(letter)
            } else {
                Err(UNKNOWN.into())
            };
        };
        shared.commit().await?;
        let mut tx = store.begin(hotel).await?;
        let letter = self.decided(&mut tx, now).await?;
        tx.commit().await?;
        Ok(letter)
    }
}

/// A mail that may have been sent is sent again: whoever decides so has looked at its provider.
async fn make_ready(tx: &mut HotelTx, letter: &DeadLetter) -> Result<(), StoreError> {
    for key in mails(letter) {
        if let Some(email) = emails::lock(tx, key).await?
            && email.state == EmailState::Unknown
        {
            emails::set_state(tx, key, EmailState::Queued, None).await?;
        }
    }
    Ok(())
}

/// The keys of the mails that it was to send: one, or those of a batch in their order, so that locks are too.
fn mails(letter: &DeadLetter) -> Vec<&str> {
    let payload = &letter.payload;
    match letter.kind.as_str() {
        "email" => payload["business_key"].as_str().into_iter().collect(),
        "email_batch" => payload["business_keys"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect(),
        _ => Vec::new(),
    }
}

/// Ends what waits for the work, so that nothing waits for what nobody does.
async fn give_up(tx: &mut HotelTx, letter: &DeadLetter, now: Timestamp) -> Result<(), AppError> {
    let named = |field: &str| letter.payload[field].as_str();
    match letter.kind.as_str() {
        "push" => {
            let what = "a push tells the channel what it has not been told yet: it is done again, and never given up";
            return Err(Refusal::NotSupported { what }.into());
        }
        "email" | "email_batch" => {
            for key in mails(letter) {
                if let Some(email) = emails::lock(tx, key).await?
                    && email.state.is_pending()
                {
                    let reason = Some("given up by a person");
                    emails::set_state(tx, key, EmailState::Failed, reason).await?;
                }
            }
        }
        "process_webhook" => {
            if let Some(id) = named("delivery_id").and_then(|id| id.parse::<DeliveryId>().ok()) {
                inbox::give_up(tx, id, now).await?;
            }
        }
        "reply" => {
            if let Some(id) = named("message_id").and_then(|id| id.parse::<MessageId>().ok()) {
                replies::give_up(tx, id).await?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// A hotel's dead letters before one of them, the newest first.
pub async fn of_hotel(
    app: &App,
    hotel: &Hotel,
    before: Option<i64>,
    limit: u16,
) -> Result<Vec<DeadLetter>, AppError> {
    let mut tx = app.store.begin(hotel.id).await?;
    let wanted = Wanted {
        hotel: Some(hotel.id),
        only: None,
        before,
    };
    Ok(dead_letters::list(&mut tx, wanted, limit.into()).await?)
}
