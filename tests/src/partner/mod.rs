//! What the author of a connector does, who has never seen us: the tutorial to the letter, and plugin files.

mod files;
mod tutorial;
mod workbench;
mod wrong_turns;
