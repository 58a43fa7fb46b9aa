//! Measurements of the whole gateway, which `cargo xtask bench` runs in release; none is a test of a machine's speed.

mod booking;
mod grand;
mod mix;
mod tables;
