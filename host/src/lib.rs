//! The host: rooms named by what they may touch, joined in `boot`.

pub mod domain;
pub mod local_postgres;
