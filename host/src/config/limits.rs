//! `[limits]`: how often a caller may ask, and how much is worked on at once.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::Deserialize;

use crate::config::key::Key;
use crate::config::reading::{Reading, duration};

/// How often a caller may ask, and how much is worked on at once.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Of one API key, for all but bookings. A search counts hotels × rooms × nights, in fortnights of one room.
    pub key: Rate,
    /// Of one API key, for bookings.
    pub booking: Rate,
    /// Of one hotel, for all its keys together.
    pub hotel: Rate,
    /// Of one client address, for calls without a valid key, webhooks that are refused and logins for tokens that are.
    pub failures: Rate,
    /// Of one connection, for tokens that its channel asks for.
    pub tokens: Rate,
    pub lanes: Lanes,
}

/// A rate with the burst that is let through at once.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    pub per_second: NonZeroU32,
    pub burst: NonZeroU32,
}

impl Rate {
    const fn of(per_second: u32, burst: u32) -> Self {
        match (NonZeroU32::new(per_second), NonZeroU32::new(burst)) {
            (Some(per_second), Some(burst)) => Self { per_second, burst },
            _ => panic!("a rate lets something through"),
        }
    }

    /// How many seconds fill an empty bucket, at least one.
    pub fn window(&self) -> u32 {
        self.burst.get().div_ceil(self.per_second.get())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            key: Rate::of(5_000, 10_000),
            booking: Rate::of(5_000, 10_000),
            hotel: Rate::of(10_000, 20_000),
            failures: Rate::of(5, 100),
            tokens: Rate::of(1, 30),
            lanes: Lanes::default(),
        }
    }
}

/// What is worked on at once, so that a flood of one kind leaves room for the others.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lanes {
    /// Quotes, holds, reservations, and webhooks of channels.
    pub booking: Lane,
    /// Searches and offers.
    pub search: Lane,
    /// What staff and integrators read and change besides.
    pub desk: Lane,
    /// What waits for a channel to answer.
    pub channels: Lane,
}

/// Once a lane is full, some wait for a while; the rest is told to come back.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lane {
    /// Worked on at once; without it, by the number of the database's connections.
    #[serde(default)]
    pub at_once: Option<usize>,
    pub waiting: usize,
    #[serde(deserialize_with = "duration")]
    pub wait: Duration,
}

impl Default for Lanes {
    fn default() -> Self {
        let lane = |waiting, wait| Lane {
            at_once: None,
            waiting,
            wait: Duration::from_millis(wait),
        };
        Self {
            booking: lane(8_000, 5_000),
            search: lane(2_000, 1_000),
            desk: lane(1_000, 2_000),
            channels: lane(64, 1_000),
        }
    }
}

impl Limits {
    pub(super) fn check(&self, reading: &mut Reading<'_>) {
        let lanes = [
            ("booking", &self.lanes.booking),
            ("search", &self.lanes.search),
            ("desk", &self.lanes.desk),
            ("channels", &self.lanes.channels),
        ];
        for (name, lane) in lanes {
            if lane.at_once == Some(0) {
                let key = Key::root("limits").child("lanes").child(name);
                reading.refuse(
                    &key.child("at_once"),
                    "a lane lets at least one request through",
                );
            }
        }
    }
}
