//! The catalogue through the gateway: what a hotel sets up, and what follows from it.

mod entries;
mod hotels;
mod trail;
