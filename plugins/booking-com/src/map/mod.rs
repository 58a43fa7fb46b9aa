//! Between Booking.com's words and ours.

pub(crate) mod acknowledge;
pub(crate) mod notification;
pub(crate) mod problems;
pub(crate) mod products;
pub(crate) mod pull;
pub(crate) mod push;
mod receipt;
mod reservation;
mod stay;
mod values;
