//! What the simulated Octorate has to tell its subscribers: one event per change, as it was at the time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The webhooks' subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EventType {
    ReservationCreated,
    ReservationChange,
    ReservationConfirmed,
    ReservationCancelled,
    ChatMessageReceived,
    ContentNotification,
}

/// Something that happened, with its subject as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// The envelope's id: the same for every delivery of this event.
    pub id: u64,
    pub event: EventType,
    /// The id of what it is about, as text.
    pub reference: String,
    /// JSON text.
    pub content: String,
    pub created: Timestamp,
    /// Deliveries so far.
    pub deliveries: u32,
}

#[derive(Debug, Default)]
pub(super) struct Outbox {
    events: Vec<Event>,
}

impl Outbox {
    pub(super) fn note(
        &mut self,
        event: EventType,
        reference: String,
        content: String,
        now: Timestamp,
    ) -> u64 {
        let id = 70_001 + self.events.len() as u64;
        self.events.push(Event {
            id,
            event,
            reference,
            content,
            created: now,
            deliveries: 0,
        });
        id
    }

    pub(super) fn events(&self) -> &[Event] {
        &self.events
    }

    /// The newest event of that type about that subject.
    pub(super) fn newest(&self, event: EventType, reference: &str) -> Option<u64> {
        self.events
            .iter()
            .rev()
            .find(|noted| noted.event == event && noted.reference == reference)
            .map(|noted| noted.id)
    }

    /// The event, counted as delivered once more; the answer still shows the count before.
    pub(super) fn take_for_delivery(&mut self, id: u64) -> Option<Event> {
        let event = self.events.iter_mut().find(|event| event.id == id)?;
        let taken = event.clone();
        event.deliveries += 1;
        Some(taken)
    }
}
