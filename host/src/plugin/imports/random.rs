//! `random`: a few unpredictable bytes.

use crate::plugin::recording::{Asked, Turn};
use crate::plugin::state::CallState;
use crate::plugin::v1::bindings::host::roomwire::host::random;

/// What the contract promises at most.
const MAX_BYTES: u32 = 1_024;

impl random::Host for CallState {
    async fn bytes(&mut self, length: u32) -> wasmtime::Result<Vec<u8>> {
        self.enter()?;
        let length = length.min(MAX_BYTES);
        let ticket = match self.world.begin(|| Asked::Random { length })? {
            Turn::Answered(bytes) => return Ok(bytes),
            Turn::Open(ticket) => ticket,
        };
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        self.surroundings.random.fill(&mut bytes);
        Ok(self.world.end(ticket, bytes))
    }
}
