//! Between Expedia's words and ours.

mod announced;
pub(crate) mod answer;
pub(crate) mod confirm;
mod message;
pub(crate) mod products;
pub(crate) mod pull;
pub(crate) mod push;
mod revision;
mod stay;
mod values;
pub(crate) mod webhook;
