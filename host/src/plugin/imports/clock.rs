//! `clock`: one frozen instant a call, which stands in the head of a recording.

use crate::plugin::state::CallState;
use crate::plugin::v1::bindings::host::roomwire::host::clock;

impl clock::Host for CallState {
    async fn now(&mut self) -> wasmtime::Result<i64> {
        self.enter()?;
        Ok(self.now.as_millisecond())
    }
}
