//! The walkthroughs, end to end: real plugins, simulated vendors, and everything between them.

mod booking;
mod containment;
mod mail;
mod push;
mod webhook;
