//! The `roomwire` program: one door per verb.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use roomwire::local_postgres::PostgresGuard;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// The step between the host and its private Postgres.
    #[command(name = PostgresGuard::NAME, hide = true)]
    PostgresGuard(PostgresGuard),
}

fn main() -> ExitCode {
    match Arguments::parse().verb {
        Verb::PostgresGuard(guard) => {
            eprintln!("can't become Postgres: {}", guard.run());
            ExitCode::FAILURE
        }
    }
}
