//! The gateway by route: what it answers, and what it refuses.

mod access;
mod bad_input;
mod holds;
mod hotels;
mod idempotency;
mod machines;
mod offers;
mod openapi;
mod prices;
mod quotes;
mod reservations;
mod search;
