//! Pure: nouns, decisions, state machines, and the ports through which the host reaches the world.

pub mod access;
pub mod audit;
pub mod cancellation;
pub mod choice;
pub mod circuit;
pub mod clock;
pub mod ids;
pub mod money;
pub mod night;
pub mod random;

pub mod account_token;
pub mod assignment;
pub mod connection;
pub mod connector;
pub mod email;
pub mod extra;
pub mod fold;
pub mod guest_message;
pub mod hold;
pub mod hotel;
pub mod key_value;
pub mod mapping;
pub mod offer;
pub mod pricing;
pub mod promo;
pub mod quote;
pub mod reservation;
pub mod revision;
pub mod rules;
pub mod schedule;
pub mod search;
pub mod subscription;
pub mod waitlist;
pub mod webhook;

pub mod ari;
pub mod calendar;
pub mod catalogue;
pub mod parity;
pub mod retry;
