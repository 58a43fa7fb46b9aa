//! Answers from a recording. A guest that asks what was asked is answered as it was; for others there is the nearest
//! answer that is honest, so that a changed connector gets as far as it can.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Recording;
use super::bytes::Bytes;
use super::event::{Answer, Asked, Event, Request};
use super::world::Seeds;
use crate::domain::connector::CallCost;
use crate::domain::random::Random;

/// A question of the replay, and the recorded one whose answer it got.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) asked: Asked,
    pub(super) recorded: Option<usize>,
}

/// A replay under way.
pub(in crate::plugin) struct Player {
    recorded: Vec<Event>,
    used: Vec<bool>,
    pub(super) steps: Vec<Step>,
    pub(super) given: Option<Value>,
    pub(super) seeds: Option<Seeds>,
    pub(super) readings: VecDeque<u64>,
    /// What the guest's small memory holds, as far as it can be known.
    memory: HashMap<String, Option<Bytes>>,
    random: Random,
}

impl Player {
    pub(super) fn new(recording: &Recording, random: Random) -> Self {
        let wasi = recording.wasi.as_ref();
        Self {
            recorded: recording.events.clone(),
            used: vec![false; recording.events.len()],
            steps: Vec::new(),
            given: None,
            seeds: wasi.map(|wasi| wasi.seeds.clone()),
            readings: wasi
                .map(|wasi| wasi.readings.iter().copied().collect())
                .unwrap_or_default(),
            memory: HashMap::new(),
            random,
        }
    }

    /// The answer, or none where the recorded call ended at this question.
    pub(super) fn answer(&mut self, asked: Asked) -> Option<Answer> {
        let recorded = self.find(&asked);
        let answer = match recorded {
            Some(place) => {
                self.used[place] = true;
                self.recorded[place].answer.clone()
            }
            None => Some(self.stand_in(&asked)),
        };
        self.remember(&asked, answer.as_ref());
        self.steps.push(Step { asked, recorded });
        answer
    }

    /// Adds what was exchanged, as the guest gave and got it: the host itself sends nothing in a replay.
    pub(super) fn count(&self, cost: &mut CallCost) {
        let bytes = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
        for step in &self.steps {
            if !matches!(step.asked, Asked::Http(_)) {
                continue;
            }
            let recorded = step.recorded.map(|place| &self.recorded[place]);
            let answer = recorded.and_then(|event| event.answer.as_ref());
            cost.requests += 1;
            cost.bytes_sent += bytes(step.asked.size());
            cost.bytes_received += bytes(answer.map_or(0, Answer::size));
        }
    }

    /// The first unused question that is the same, or a request to the same place.
    fn find(&self, asked: &Asked) -> Option<usize> {
        let first = |fits: &dyn Fn(&Asked) -> bool| {
            let mut events = self.recorded.iter().zip(&self.used);
            events.position(|(event, used)| !used && fits(&event.asked))
        };
        first(&|recorded| recorded == asked).or_else(|| first(&|recorded| is_near(recorded, asked)))
    }

    fn stand_in(&self, asked: &Asked) -> Answer {
        match asked {
            Asked::Http(_) => Answer::refused(
                "unreachable",
                "the recording has no answer to such a request",
            ),
            Asked::Random { length } => {
                let mut bytes = vec![0; usize::try_from(*length).unwrap_or(0)];
                self.random.fill(&mut bytes);
                Answer::Bytes(Bytes(bytes))
            }
            Asked::Get { key } => Answer::Value(self.held(key)),
            Asked::CompareAndSet { key, expected, .. } => {
                Answer::Compared(self.held(key) == *expected)
            }
            // No secret is here to sign with: what stands in changes with the message, as a signature does.
            Asked::Sign { message, .. } => {
                Answer::Bytes(Bytes(Sha256::digest(&message.0).to_vec()))
            }
            Asked::Set { .. } | Asked::Delete { .. } | Asked::Log { .. } => Answer::Done,
        }
    }

    fn held(&self, key: &str) -> Option<Bytes> {
        self.memory.get(key).cloned().flatten()
    }

    /// Keeps what a question and its answer tell of the guest's memory.
    fn remember(&mut self, asked: &Asked, answer: Option<&Answer>) {
        match (asked, answer) {
            (Asked::Get { key }, Some(Answer::Value(value))) => {
                self.memory.insert(key.clone(), value.clone());
            }
            (Asked::Set { key, value }, Some(Answer::Done))
            | (Asked::CompareAndSet { key, value, .. }, Some(Answer::Compared(true))) => {
                self.memory.insert(key.clone(), Some(value.clone()));
            }
            (Asked::Delete { key }, Some(Answer::Done)) => {
                self.memory.insert(key.clone(), None);
            }
            _ => {}
        }
    }
}

fn is_near(recorded: &Asked, asked: &Asked) -> bool {
    let place = |request: &Request| {
        (
            request.method.clone(),
            request.host.clone(),
            request.path.clone(),
        )
    };
    match (recorded, asked) {
        (Asked::Http(recorded), Asked::Http(asked)) => place(recorded) == place(asked),
        _ => false,
    }
}
