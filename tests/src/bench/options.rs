//! What `cargo xtask bench` was told.

use std::path::PathBuf;
use std::time::Duration;

use roomwire::config::Environment;

/// A bench's own usual numbers, unless others were asked for.
pub(super) struct Options {
    pub(super) hotels: usize,
    /// How long each measurement takes.
    pub(super) span: Duration,
    /// Where the figures go besides the terminal.
    pub(super) json: Option<PathBuf>,
}

impl Options {
    pub(super) fn read(hotels: usize, seconds: u64) -> Self {
        let environment = Environment::of_process();
        let seconds = number(&environment, "ROOMWIRE_BENCH_SECONDS").unwrap_or(seconds);
        let asked = number(&environment, "ROOMWIRE_BENCH_HOTELS");
        Self {
            hotels: asked.map_or(hotels, |asked| {
                usize::try_from(asked).expect("a number of hotels")
            }),
            span: Duration::from_secs(seconds.max(1)),
            json: environment.get("ROOMWIRE_BENCH_JSON").map(PathBuf::from),
        }
    }
}

fn number(environment: &Environment, name: &str) -> Option<u64> {
    let value = environment.get(name)?;
    let number = value.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} is a number, not `{value}`")))
}
