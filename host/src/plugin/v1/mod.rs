//! The contract's first major version, between its words and the domain's.

pub(super) mod answer;
pub(super) mod ari;
pub(super) mod bindings;
pub(super) mod context;
pub(super) mod email;
pub(super) mod exports;
pub(super) mod failure;
pub(super) mod messages;
pub(super) mod operations;
pub(super) mod products;
pub(super) mod questions;
pub(super) mod reservation;
pub(super) mod text;
