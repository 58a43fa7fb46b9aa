//! Plugins: WebAssembly components in a sandbox. The only room that says wasmtime, and that builds an HTTP client.
//!
//! A file is checked by `loader`, with `signature` and `approval`; compiled by `compile`, in a process apart; and its
//! machine code is kept by `cache`. `registry` holds what is in service, one `generation` at a time, and `swap` makes the
//! next; `waiting` keeps what the configuration does not fit yet, and `withdrawal` takes out of service what the operator
//! grants no more. `grants` says what each connection may use; `gate` holds back what fails again and again; `call` runs a
//! guest once, in a store of its own; `imports` is what the guest may ask for; `egress` is its only way out; `v1`
//! translates between the contract and the domain; `recording` keeps a call, and runs it again.

mod approval;
pub mod build;
mod cache;
mod call;
pub mod check;
mod compile;
mod connector;
pub mod egress;
mod email;
mod endpoint;
mod engine;
mod failure;
mod folder;
mod gate;
mod generation;
mod grants;
mod imports;
pub mod inspect;
mod installed;
mod keys;
mod limits;
mod loader;
pub mod manifest;
mod meter;
mod oauth;
mod recording;
mod registry;
mod signature;
mod state;
mod swap;
mod v1;
mod waiting;
mod wasi;
mod webhook;
mod withdrawal;

pub use self::approval::Unapproved;
pub use self::compile::{CompileError, CompileLimits, CompilePlugin, Compiler};
pub use self::endpoint::WebhookEndpoint;
pub use self::grants::{ConnectionGrant, GrantError};
pub use self::installed::Installed;
pub use self::limits::{Admission, Limits};
pub use self::loader::{LoadError, MAX_FILE_BYTES};
pub use self::oauth::SharedTokens;
pub use self::recording::{
    Change, Difference, PluginFile, RecordedCall, RecordedEnd, RecordingError, ReplayError,
    Replayer, Report, recorded_call, replay,
};
pub use self::registry::{GrantErrors, PluginOptions, Plugins, PluginsError};
pub use self::signature::Unsigned;
pub use self::v1::exports::ExportError;
