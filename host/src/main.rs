//! The `roomwire` program: one door per verb.

fn main() {}
