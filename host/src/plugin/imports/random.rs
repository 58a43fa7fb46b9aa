//! `random`: a few unpredictable bytes.

use crate::plugin::state::CallState;
use crate::plugin::v1::bindings::host::roomwire::host::random;

/// What the contract promises at most.
const MAX_BYTES: u32 = 1_024;

impl random::Host for CallState {
    async fn bytes(&mut self, length: u32) -> wasmtime::Result<Vec<u8>> {
        self.enter()?;
        let length = usize::try_from(length.min(MAX_BYTES)).unwrap_or(0);
        let mut bytes = vec![0; length];
        self.surroundings.random.fill(&mut bytes);
        Ok(bytes)
    }
}
