//! A world for each test: a database, the whole application round it, callers, and what must hold at the end.

mod answer;
mod booking;
pub(crate) mod booking_com;
mod channel_work;
pub(crate) mod channels;
pub(crate) mod channex;
mod client;
mod cluster;
mod database;
mod doctor;
mod document;
pub(crate) mod expedia;
pub(crate) mod postmark;
pub(crate) mod programs;
mod setup;
mod world;

pub(crate) use answer::Answer;
pub(crate) use booking::{Line, lines, night};
pub(crate) use channels::{Channels, DOUBLE, SIGNING_SECRET, UNMAPPED};
pub(crate) use client::{Call, Client, new_key};
pub(crate) use database::TestDatabase;
pub(crate) use doctor::{tampered, violations};
pub(crate) use document::{Operation, operations};
pub(crate) use setup::{Setup, start_instant};
pub(crate) use world::World;

use std::time::Duration;

/// Looks again until `look` finds something, for at most `bound`; the sentence says what was waited for.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    bound: Duration,
    mut look: impl FnMut() -> F,
) -> T {
    let deadline = tokio::time::Instant::now() + bound;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "did not happen within {bound:?}: {what}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
