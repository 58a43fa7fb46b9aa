//! The way out: what a plugin may send, to which addresses, with which secrets, and what comes back.

pub mod address;
mod client;
pub(super) mod encode;
pub(super) mod exchange;
pub(super) mod inject;
pub(super) mod json_pointer;
pub(super) mod permit;
mod policy;
pub(super) mod readable;
pub mod request;
mod resolver;
pub(super) mod scrub;
mod view;
mod ws_security;
mod xml_element;

pub(super) use self::client::Clients;
pub use self::client::{Egress, EgressError};
pub use self::policy::{EgressPolicy, NotLoopback};
pub use self::resolver::PublicResolver;
