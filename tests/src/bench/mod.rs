//! Measurements of the whole gateway, which `cargo xtask bench` runs in release; none is a test of a machine's speed.

mod booking;
mod connected;
mod connectors;
mod desk;
mod drive;
mod grand;
mod loader;
mod mix;
mod options;
mod partitions;
mod pgbench;
mod report;
mod sandbox;
mod scripts;
mod tables;
