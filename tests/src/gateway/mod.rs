//! The gateway by route: what it answers, and what it refuses.

mod access;
mod aging;
mod assignments;
pub(crate) mod audit;
mod bad_input;
mod calendar;
mod changes;
mod changes_under_way;
mod connections;
mod examples;
mod extras;
mod holds;
mod hostile_stays;
mod hotels;
mod idempotency;
mod lost_answer;
mod machines;
mod offers;
mod openapi;
mod prices;
mod quotes;
mod repetition;
mod reservation_life;
mod reservations;
mod search;
