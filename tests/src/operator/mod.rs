//! What an operator does at the command line.

mod config_check;
mod replay;
mod seeding;
