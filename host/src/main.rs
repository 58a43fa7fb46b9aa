//! The `roomwire` program: one door per verb.

use std::process::ExitCode;

fn main() -> ExitCode {
    roomwire::cli::run()
}
