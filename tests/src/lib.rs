//! The whole application against its promises: one test binary, and a database of its own for each test.

#[cfg(test)]
mod bench;
#[cfg(test)]
mod calendar;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod edge;
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod inventory;
#[cfg(test)]
mod journeys;
#[cfg(test)]
mod operator;
#[cfg(test)]
mod partner;
#[cfg(test)]
mod races;
#[cfg(test)]
mod sandbox;
#[cfg(test)]
mod store;
