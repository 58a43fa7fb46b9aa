//! The only room that says sqlx: one module per noun, free functions, checked queries.
//!
//! Every write takes a [`HotelTx`], the one way to a connection that sees a hotel's rows.
//! Reads that belong to no hotel (the directory, keys, jobs) take the [`Store`].
//!
//! To add a statement: put it in its noun's module, `cargo xtask prepare`, and let an update's
//! affected rows be counted ([`StoreError::expect_rows`]).

mod charged;
mod error;
mod tx;

pub mod connect;
pub mod migrate;

pub mod account_tokens;
pub mod aging;
pub mod ari_changes;
pub mod assignments;
pub mod audit;
pub mod availability;
pub mod booked_extras;
pub mod booking_events;
pub mod calendar;
pub mod catalogue;
pub mod cells;
pub mod connections;
pub mod dead_letters;
pub mod directory;
pub mod emails;
pub mod extra_days;
pub mod health;
pub mod hold_caps;
pub mod holds;
pub mod hotel_settings;
pub mod hotels;
pub mod idempotency;
pub mod inbox;
pub mod invariants;
pub mod jobs;
pub mod key_values;
pub mod keys;
pub mod market;
pub mod messages;
pub mod parity;
pub mod recordings;
pub mod recount;
pub mod replies;
mod reservation_json;
pub mod reservations;
pub mod revisions;
pub mod room_rack;
pub mod rules;
pub mod search;
pub mod subscriptions;
pub mod sync_logs;
pub mod waitlist;

#[cfg(test)]
pub(crate) mod test_database;

pub use error::StoreError;
pub use tx::{HotelTx, Reads, SharedTx, Store};
