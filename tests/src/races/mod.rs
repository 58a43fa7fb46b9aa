//! Every two routes at the same moment. Of those that book, what comes of it one of the two orders would give; of all
//! that change something, nobody is failed and every invariant holds.

mod arena;
mod controls;
mod every;
mod field;
mod pairs;
mod route;

use roomwire::config::Environment;

/// How often each pair is raced: as usual, or as ROOMWIRE_TEST_RACES says.
fn rounds(usual: usize) -> usize {
    let process = Environment::of_process();
    process.get("ROOMWIRE_TEST_RACES").map_or(usual, |races| {
        races.parse().expect("ROOMWIRE_TEST_RACES is a number")
    })
}
