//! Parity: whether a channel shows what we hold, and what it means where it does not.

mod compare;
mod drift;

#[cfg(test)]
mod tests;

pub use compare::{Reading, compare};
pub use drift::{Class, Drift, Field, Severity, Spot, State};
