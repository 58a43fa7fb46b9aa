//! What the host offers to a guest: one file for each interface. Every call is counted, and every value bounded.
//! Each asks the call's `world` first, which may record what follows, or have the answer of a recording.

mod clock;
mod http;
mod kv;
pub(super) mod log;
mod random;
mod signer;

use wasmtime::component::{HasSelf, Linker};

use super::state::CallState;
use super::v1::bindings::host::Imports;

/// Offers all of it, and an empty WASI.
pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    Imports::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    wasmtime_wasi::p2::add_to_linker_async(linker)
}
