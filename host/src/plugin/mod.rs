//! Plugins: WebAssembly components in a sandbox. The only room that says wasmtime, and that builds an HTTP client.

pub mod egress;
mod engine;
mod failure;
mod grants;
mod limits;
pub mod manifest;
mod meter;
mod oauth;
mod v1;
mod webhook;

pub use self::grants::{ConnectionGrant, GrantError};
pub use self::limits::Limits;
pub use self::webhook::{AuthenticWebhook, WebhookRefusal};
