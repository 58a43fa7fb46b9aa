//! Every route that books, against itself and every other at the same moment: what comes of it, one of the two orders would give.

mod arena;
mod controls;
mod pairs;
mod route;
