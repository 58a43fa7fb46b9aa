//! The contract's first major version, between its words and the domain's.

pub(super) mod bindings;
