//! Every two routes at the same moment. Of those that book, what comes of it one of the two orders would give; of all
//! that change something, nobody is failed and every invariant holds.

mod arena;
mod controls;
mod every;
mod field;
mod pairs;
mod route;
