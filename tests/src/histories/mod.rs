//! Histories of bookings that nobody thought of, played against the gateway and a small model of what it promises.

mod change;
mod controls;
mod end;
mod model;
mod play;
mod property;
mod steps;
