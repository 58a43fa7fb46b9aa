//! Plugins: WebAssembly components in a sandbox. The only room that says wasmtime, and that builds an HTTP client.

pub mod egress;
pub mod manifest;
