//! Everything that the author of a Roomwire connector sees: traits, the host's faces, errors, and a test harness.
//!
//! A connector is a type that implements [`channel::ChannelManagerProvider`] (or [`email::EmailProvider`]) and the
//! optional traits that it can serve, then names them once in [`export_channel!`] (or [`export_email!`]).
//! It runs in a sandbox: there are no files, no sockets and no environment, only the faces of this crate.
//! `cargo test` runs it natively, against [`testing::Host`].

mod bindings;
mod export;

pub mod channel;
pub mod clock;
mod context;
pub mod email;
mod failure;
pub mod http;
pub mod kv;
pub mod log;
mod money;
pub mod random;
pub mod signer;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
mod webhook;
#[cfg(feature = "xml")]
pub mod xml;

pub use context::{Context, Currency};
pub use failure::{Failure, InvalidField, OtherFailure, RateLimit};
pub use jiff::civil::Date;
pub use jiff::tz::TimeZone;
pub use jiff::{Timestamp, ToSpan};
pub use money::{Decimal, DecimalError, Money};
/// What a settings type derives, so that its schema is written and compared by `testing::settings_schema`.
#[cfg(feature = "schema")]
pub use schemars::{self, JsonSchema};
pub use webhook::Webhook;

/// The version of the contract in `wit/` that this crate speaks.
pub const CONTRACT_VERSION: &str = "1.1.0";

/// The version of this crate.
pub const SDK_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Values that a later contract may define, by name. A reader ignores the names that it does not know.
pub type Extensions = Vec<(String, String)>;

/// The host's interfaces: imports of the component, or the test's own host in a native build.
#[cfg(target_arch = "wasm32")]
use bindings::host::roomwire::host as imports;
#[cfg(not(target_arch = "wasm32"))]
use testing::imports;

/// What the macros name; no part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::bindings::{
        ari_reader, channel, email, email_batch, email_events, guest_messages, reservation_source,
        webhook_answer, webhook_registrar, webhook_source,
    };
    pub use crate::channel::Exported as ExportedChannel;
    pub use crate::email::Exported as ExportedEmail;
    pub use crate::export::stamp;
}

/// The README's examples compile and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
