//! The walkthroughs, end to end: real plugins, simulated vendors, and everything between them.

mod booking;
mod containment;
mod mail;
mod parity;
mod push;
mod webhook;
