//! Between Channex's words and ours.

pub(crate) mod acknowledge;
pub(crate) mod guest_messages;
mod instant;
mod message;
pub(crate) mod products;
pub(crate) mod property;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod read;
mod revision;
mod stay;
mod values;
mod warnings;
pub(crate) mod webhook;
mod weekdays;
