//! The database by itself: its walls, its migrations, its plans.

mod invariants;
mod migrations;
mod pruning;
mod tenancy;
