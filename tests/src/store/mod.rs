//! The database by itself: its walls, its migrations, its plans.

mod leaks;
mod migrations;
mod pruning;
mod tenancy;
