//! The way out: what a plugin may send, to which addresses, with which secrets.

pub mod request;
