//! The host: rooms named by what they may touch, joined in `boot`.

pub mod app;
pub mod domain;
pub mod local_postgres;
pub mod plugin;
pub mod store;
