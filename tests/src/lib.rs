//! The whole application against its promises: one test binary, and a database of its own for each test.

#[cfg(test)]
mod gateway;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod sandbox;
#[cfg(test)]
mod store;
