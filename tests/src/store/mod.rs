//! The database by itself: its walls, its migrations, its plans.

mod doctor;
mod invariants;
mod leaks;
mod market;
mod migrations;
mod pruning;
mod release_before;
mod search;
mod tenancy;
