//! The one seam between a guest and what it asks of the host: live, live and kept, or answered from a recording.
//! The guest cannot tell which.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::MAX_BYTES;
use super::event::{Asked, Event, Kept};
use super::player::Player;
use crate::domain::connection::Record;
use crate::domain::random::Random;
use crate::plugin::failure::Stop;
use crate::plugin::v1::bindings::channel::roomwire::types::common::Failure;
use crate::plugin::v1::questions::Question;

/// What an event counts for besides its bytes, so that a flood of small ones is bounded too.
const EVENT_BYTES: usize = 64;

/// The most readings of WASI's clock that are kept.
const MAX_READINGS: usize = 10_000;

/// Where a guest's answers come from.
pub(in crate::plugin) enum World {
    Live,
    Recording(Tape),
    Replaying(Box<Player>),
}

/// What a host function does next.
pub(in crate::plugin) enum Turn<T> {
    /// The recording has the answer.
    Answered(T),
    /// It finds the answer itself, and hands it in.
    Open(Ticket),
}

/// Where an answer belongs that is still to come.
pub(in crate::plugin) struct Ticket(Option<usize>);

/// An answer of another function than was asked: somebody edited the recording.
#[derive(Debug, thiserror::Error)]
#[error("the recording answers something else than was asked")]
struct OtherAnswer;

impl World {
    /// The world of a call that may have to be recorded.
    pub(in crate::plugin) fn recorded(record: Record) -> Self {
        match record {
            Record::Off => Self::Live,
            Record::Failures | Record::All => Self::Recording(Tape::default()),
        }
    }

    /// Opens the call of a host function.
    pub(in crate::plugin) fn begin<T: Kept>(
        &mut self,
        asked: impl FnOnce() -> Asked,
    ) -> wasmtime::Result<Turn<T>> {
        match self {
            Self::Live => Ok(Turn::Open(Ticket(None))),
            Self::Recording(tape) => Ok(Turn::Open(tape.begin(asked))),
            Self::Replaying(player) => {
                // What was never answered ended the call, and does so again.
                let answer = player.answer(asked()).ok_or(Stop::Deadline)?;
                Ok(Turn::Answered(T::restored(answer).ok_or(OtherAnswer)?))
            }
        }
    }

    /// Hands in the answer that a turn was open for.
    pub(in crate::plugin) fn end<T: Kept>(&mut self, Ticket(place): Ticket, answer: T) -> T {
        if let (Self::Recording(tape), Some(place)) = (self, place) {
            tape.end(place, &answer);
        }
        answer
    }

    /// Notes what the guest is asked to do.
    pub(in crate::plugin) fn put<Q: Question>(&mut self, question: &Q) {
        if let Self::Recording(tape) = self {
            tape.operation = Q::NAME;
            tape.input = tape.written(question);
        }
    }

    /// Notes what the guest returned.
    pub(in crate::plugin) fn returned<T: Serialize>(&mut self, given: &Result<T, Failure>) {
        match self {
            Self::Live => {}
            Self::Recording(tape) => tape.given = tape.written(given),
            Self::Replaying(player) => player.given = serde_json::to_value(given).ok(),
        }
    }

    /// Seeds for WASI's generators.
    pub(in crate::plugin) fn seeds(&mut self, random: &Random) -> Seeds {
        let fresh = || Seeds {
            secure: random.bytes(),
            insecure: random.bytes(),
            hash: random.bytes(),
        };
        match self {
            Self::Live => fresh(),
            Self::Recording(tape) => tape.seeds.get_or_insert_with(fresh).clone(),
            Self::Replaying(player) => player.seeds.clone().unwrap_or_else(fresh),
        }
    }

    /// Where the readings of WASI's clock go, or come from.
    pub(in crate::plugin) fn readings(&self) -> Readings {
        match self {
            Self::Live => Readings::Live,
            Self::Recording(tape) => Readings::Kept(Arc::clone(&tape.readings)),
            Self::Replaying(player) => Readings::Given(Mutex::new(player.readings.clone())),
        }
    }

    /// What was kept, once; none where nothing is recorded.
    pub(super) fn take_tape(&mut self) -> Option<Tape> {
        match mem::replace(self, Self::Live) {
            Self::Recording(tape) => Some(tape),
            other => {
                *self = other;
                None
            }
        }
    }
}

/// What a call asked and was answered, until it is known whether anybody wants to know.
#[derive(Default)]
pub(in crate::plugin) struct Tape {
    operation: &'static str,
    input: Option<String>,
    events: Vec<Event>,
    given: Option<String>,
    seeds: Option<Seeds>,
    readings: Arc<Mutex<Vec<u64>>>,
    bytes: usize,
}

/// What a tape holds, once the call is over.
pub(super) struct Taped {
    pub(super) operation: &'static str,
    pub(super) input: Value,
    pub(super) events: Vec<Event>,
    pub(super) given: Option<Value>,
    pub(super) wasi: Option<Wasi>,
}

impl Tape {
    fn begin(&mut self, asked: impl FnOnce() -> Asked) -> Ticket {
        if self.is_full() {
            return Ticket(None);
        }
        let asked = asked();
        self.count(EVENT_BYTES + asked.size());
        if self.is_full() {
            return Ticket(None);
        }
        self.events.push(Event {
            asked,
            answer: None,
        });
        Ticket(Some(self.events.len() - 1))
    }

    fn end(&mut self, place: usize, answer: &impl Kept) {
        if self.is_full() {
            return;
        }
        let answer = answer.kept();
        self.count(answer.size());
        if let Some(event) = self.events.get_mut(place) {
            event.answer = Some(answer);
        }
    }

    fn written(&mut self, value: &impl Serialize) -> Option<String> {
        if self.is_full() {
            return None;
        }
        let text = serde_json::to_string(value).ok()?;
        self.count(text.len());
        Some(text)
    }

    /// A part of a call cannot be replayed, so nothing is held of one that is too large.
    fn count(&mut self, bytes: usize) {
        self.bytes += bytes;
        if self.is_full() {
            self.events = Vec::new();
        }
    }

    fn is_full(&self) -> bool {
        self.bytes > MAX_BYTES
    }

    /// What it holds, or none where that is not all of the call.
    pub(super) fn finish(self) -> Option<Taped> {
        let readings = mem::take(&mut *locked(&self.readings));
        if self.is_full() || readings.len() >= MAX_READINGS {
            return None;
        }
        let read = |text: String| serde_json::from_str(&text).ok();
        Some(Taped {
            operation: self.operation,
            input: self.input.and_then(read)?,
            events: self.events,
            given: self.given.and_then(read),
            wasi: self.seeds.map(|seeds| Wasi { seeds, readings }),
        })
    }
}

/// What WASI gave to a guest whose language needs it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(in crate::plugin) struct Wasi {
    pub(super) seeds: Seeds,
    /// Of its monotonic clock, in nanoseconds.
    pub(super) readings: Vec<u64>,
}

/// What WASI's generators begin with.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(in crate::plugin) struct Seeds {
    pub(in crate::plugin) secure: [u8; 32],
    pub(in crate::plugin) insecure: [u8; 32],
    pub(in crate::plugin) hash: [u8; 16],
}

/// The readings of WASI's monotonic clock.
pub(in crate::plugin) enum Readings {
    Live,
    Kept(Arc<Mutex<Vec<u64>>>),
    Given(Mutex<VecDeque<u64>>),
}

impl Readings {
    /// What the guest reads where the clock says `live`.
    pub(in crate::plugin) fn reading(&self, live: impl FnOnce() -> u64) -> u64 {
        match self {
            Self::Live => live(),
            Self::Kept(kept) => {
                let reading = live();
                let mut kept = locked(kept);
                if kept.len() < MAX_READINGS {
                    kept.push(reading);
                }
                reading
            }
            Self::Given(given) => {
                let mut given = locked(given);
                // The last one stays: the clock may stand still, and never goes backwards.
                let next = if given.len() > 1 {
                    given.pop_front()
                } else {
                    given.front().copied()
                };
                next.unwrap_or_else(live)
            }
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::v1::questions::Check;

    fn asked(length: usize) -> Asked {
        Asked::Log {
            line: "x".repeat(length),
        }
    }

    fn recording() -> World {
        let mut world = World::recorded(Record::All);
        world.put(&Check {});
        world
    }

    fn ask(world: &mut World, length: usize) {
        match world.begin::<()>(|| asked(length)).expect("a turn") {
            Turn::Open(ticket) => world.end(ticket, ()),
            Turn::Answered(()) => panic!("nothing is replayed"),
        }
    }

    #[test]
    fn what_does_not_fit_is_not_kept_in_part() {
        let mut world = recording();
        ask(&mut world, MAX_BYTES / 2);
        ask(&mut world, MAX_BYTES / 2);
        let tape = world.take_tape().expect("a tape");
        assert!(tape.events.is_empty(), "its memory is given back");
        assert!(tape.finish().is_none());
    }

    #[test]
    fn a_flood_of_empty_events_is_bounded_too() {
        let mut world = recording();
        for _ in 0..=MAX_BYTES / EVENT_BYTES {
            ask(&mut world, 0);
        }
        assert!(world.take_tape().and_then(Tape::finish).is_none());
    }

    #[test]
    fn a_question_without_an_answer_is_kept_as_one() {
        let mut world = recording();
        let turn = world.begin::<()>(|| asked(1));
        assert!(matches!(turn, Ok(Turn::Open(_))));
        let taped = world.take_tape().and_then(Tape::finish).expect("all of it");
        assert_eq!(taped.operation, "check");
        assert_eq!(taped.events.len(), 1);
        assert_eq!(taped.events[0].answer, None);
    }

    #[test]
    fn what_wasi_gave_is_given_again() {
        let random = Random::seeded(1);
        let mut world = recording();
        let seeds = world.seeds(&random);
        let readings = world.readings();
        assert_eq!([readings.reading(|| 5), readings.reading(|| 9)], [5, 9]);
        let taped = world.take_tape().and_then(Tape::finish).expect("all of it");

        let mut recording = crate::plugin::recording::tests::recording();
        recording.wasi = taped.wasi;
        let player = Player::new(&recording, Random::seeded(2));
        let mut world = World::Replaying(Box::new(player));
        assert_eq!(world.seeds(&random), seeds);
        let readings = world.readings();
        let read = [(); 3].map(|()| readings.reading(|| 0));
        assert_eq!(read, [5, 9, 9]);
    }

    #[test]
    fn where_nothing_is_recorded_nothing_is_even_described() {
        let mut world = World::recorded(Record::Off);
        let turn = world.begin::<()>(|| panic!("nobody asked for it"));
        assert!(matches!(turn, Ok(Turn::Open(Ticket(None)))));
    }
}
