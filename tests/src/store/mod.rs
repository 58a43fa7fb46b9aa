//! The database by itself: its walls, its migrations, its plans.

mod migrations;
mod pruning;
mod search;
mod tenancy;
