//! The database by itself: its walls, its migrations, its plans.

mod doctor;
mod invariants;
mod leaks;
mod migrations;
mod pruning;
mod search;
mod tenancy;
