//! Simulated channel systems and email providers: strict on the wire, stateful, scriptable, in memory.
//!
//! Each simulator is a real HTTP server on the loopback interface.
//! Tests script it by Rust methods; people and other programs by JSON under `/_control/`.
//! A new simulator is a folder like `octorate/`, a line below and one in [`catalogue`].

mod answer;
pub mod booking_com;
pub mod catalogue;
pub mod channex;
pub mod clock;
mod control;
pub mod delivery;
pub mod expedia;
pub mod faults;
pub mod journal;
pub mod money;
pub mod octorate;
mod page;
pub mod postmark;
pub mod resend;
pub mod server;
pub mod standard_webhooks;
mod strict;
