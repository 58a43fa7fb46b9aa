//! The walkthroughs, end to end: real plugins, simulated vendors, and everything between them.

mod booking;
mod booking_com;
mod channex;
mod channex_certification;
mod containment;
mod currencies;
mod expedia;
mod expedia_announced;
mod expedia_answered;
mod mail;
mod messages;
mod notifications;
mod parity;
mod postmark;
mod push;
mod roundtrip;
mod subscriptions;
mod webhook;
