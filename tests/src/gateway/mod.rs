//! The gateway by route: what it answers, and what it refuses.

mod access;
mod bad_input;
mod connections;
mod holds;
mod hotels;
mod idempotency;
mod machines;
mod offers;
mod openapi;
mod quotes;
mod reservations;
