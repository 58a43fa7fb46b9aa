//! `kv`: a small memory for one connection of one hotel.

use std::sync::Arc;

use crate::domain::key_value::{Key, KeyOwner, KeyValueError, KeyValueStore, MAX_BYTES, MAX_KEYS};
use crate::plugin::recording::{Asked, Bytes, Turn};
use crate::plugin::state::CallState;
use crate::plugin::v1::bindings::host::roomwire::host::kv::{Host, KvError};

impl Host for CallState {
    async fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<Vec<u8>>, KvError>> {
        let _rest = self.enter_to_wait()?;
        let ticket = match self.world.begin(|| Asked::Get { key: key.clone() })? {
            Turn::Answered(answer) => return Ok(answer),
            Turn::Open(ticket) => ticket,
        };
        let answer = match self.memory(&key) {
            Ok((memory, owner, key)) => memory.get(owner, &key).await.map_err(refusal),
            Err(refused) => Err(refused),
        };
        Ok(self.world.end(ticket, answer))
    }

    async fn set(&mut self, key: String, value: Vec<u8>) -> wasmtime::Result<Result<(), KvError>> {
        let _rest = self.enter_to_wait()?;
        let asked = || Asked::Set {
            key: key.clone(),
            value: Bytes(value.clone()),
        };
        let ticket = match self.world.begin(asked)? {
            Turn::Answered(answer) => return Ok(answer),
            Turn::Open(ticket) => ticket,
        };
        let answer = match self.memory(&key) {
            Ok((memory, owner, key)) => memory.set(owner, &key, &value).await.map_err(refusal),
            Err(refused) => Err(refused),
        };
        Ok(self.world.end(ticket, answer))
    }

    async fn delete(&mut self, key: String) -> wasmtime::Result<Result<(), KvError>> {
        let _rest = self.enter_to_wait()?;
        let ticket = match self.world.begin(|| Asked::Delete { key: key.clone() })? {
            Turn::Answered(answer) => return Ok(answer),
            Turn::Open(ticket) => ticket,
        };
        let answer = match self.memory(&key) {
            Ok((memory, owner, key)) => memory.delete(owner, &key).await.map_err(refusal),
            Err(refused) => Err(refused),
        };
        Ok(self.world.end(ticket, answer))
    }

    async fn compare_and_set(
        &mut self,
        key: String,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<bool, KvError>> {
        let _rest = self.enter_to_wait()?;
        let asked = || Asked::CompareAndSet {
            key: key.clone(),
            expected: expected.clone().map(Bytes),
            value: Bytes(value.clone()),
        };
        let ticket = match self.world.begin(asked)? {
            Turn::Answered(answer) => return Ok(answer),
            Turn::Open(ticket) => ticket,
        };
        let answer = match self.memory(&key) {
            Ok((memory, owner, key)) => memory
                .compare_and_set(owner, &key, expected.as_deref(), &value)
                .await
                .map_err(refusal),
            Err(refused) => Err(refused),
        };
        Ok(self.world.end(ticket, answer))
    }
}

impl CallState {
    /// The store, whose share of it is meant, and the key.
    fn memory(&self, key: &str) -> Result<(Arc<dyn KeyValueStore>, KeyOwner, Key), KvError> {
        let identity = self
            .identity
            .as_ref()
            .ok_or_else(|| KvError::Unavailable("there is no connection".to_owned()))?;
        let malformed =
            || KvError::Invalid("a key has 1 to 256 printable ASCII characters".to_owned());
        let key = Key::parse(key).ok_or_else(malformed)?;
        Ok((
            Arc::clone(&self.surroundings.key_values),
            identity.owner,
            key,
        ))
    }
}

fn refusal(error: KeyValueError) -> KvError {
    match error {
        KeyValueError::Full => KvError::Limit(format!(
            "a connection holds at most {MAX_KEYS} keys and {MAX_BYTES} bytes"
        )),
        KeyValueError::Unavailable(cause) => {
            tracing::warn!(%cause, "a plugin's key-value memory is not available");
            KvError::Unavailable("the memory cannot be reached now".to_owned())
        }
    }
}
