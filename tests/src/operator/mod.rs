//! What an operator does at the command line.

mod beside;
mod cassettes;
mod certify;
mod config_check;
mod mapping;
mod replay;
mod seeding;
mod upgrades;
