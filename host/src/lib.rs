//! The host: rooms named by what they may touch, joined in `boot`.

pub mod app;
pub mod boot;
pub mod certify;
pub mod cli;
pub mod config;
pub mod domain;
pub mod http;
pub mod jobs;
pub mod lifecycle;
pub mod local_postgres;
pub mod plugin;
pub mod store;
pub mod telemetry;
