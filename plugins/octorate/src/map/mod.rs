//! Between Octorate's words and ours.

pub(crate) mod accommodation;
pub(crate) mod ari;
pub(crate) mod instant;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod reservation;
pub(crate) mod stay;
pub(crate) mod subscription;
pub(crate) mod webhook;
