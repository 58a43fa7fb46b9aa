//! The port to a connector's small memory: keys and values of one connection of one hotel.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::domain::ids::{ConnectionId, HotelId};

/// How many keys one connection may hold.
pub const MAX_KEYS: usize = 1_000;

/// How many bytes the keys and values of one connection may hold together.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Whose memory.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct KeyOwner {
    pub hotel: HotelId,
    pub connection: ConnectionId,
}

/// 1 to 256 printable ASCII characters.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Key(String);

impl Key {
    /// The key, or none where the text is empty, too long or not printable.
    pub fn parse(text: &str) -> Option<Self> {
        let printable = text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ');
        (printable && (1..=256).contains(&text.len())).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a value could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyValueError {
    #[error("a connection holds at most {MAX_KEYS} keys and {MAX_BYTES} bytes")]
    Full,
    #[error("the store is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Remembers values. An implementation holds each owner to [`MAX_KEYS`] and [`MAX_BYTES`].
#[async_trait]
pub trait KeyValueStore: Send + Sync {
    async fn get(&self, owner: KeyOwner, key: &Key) -> Result<Option<Vec<u8>>, KeyValueError>;

    async fn set(&self, owner: KeyOwner, key: &Key, value: &[u8]) -> Result<(), KeyValueError>;

    /// Deleting an absent key is no error.
    async fn delete(&self, owner: KeyOwner, key: &Key) -> Result<(), KeyValueError>;

    /// Stores `value` only where the key still holds `expected` (none: absent). True when stored.
    async fn compare_and_set(
        &self,
        owner: KeyOwner,
        key: &Key,
        expected: Option<&[u8]>,
        value: &[u8],
    ) -> Result<bool, KeyValueError>;
}

/// A memory that ends with the process: for tests, and for checks of a plugin without a store.
#[derive(Debug, Default)]
pub struct InMemoryKeyValues(Mutex<HashMap<KeyOwner, HashMap<Key, Vec<u8>>>>);

impl InMemoryKeyValues {
    fn owners(&self) -> MutexGuard<'_, HashMap<KeyOwner, HashMap<Key, Vec<u8>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stores a value unless the owner's share would overflow.
fn store(values: &mut HashMap<Key, Vec<u8>>, key: &Key, value: &[u8]) -> Result<(), KeyValueError> {
    let others = values.iter().filter(|(other, _)| *other != key);
    let (count, bytes) = others.fold((0, 0), |(count, bytes), (other, held)| {
        (count + 1, bytes + other.as_str().len() + held.len())
    });
    if count + 1 > MAX_KEYS || bytes + key.as_str().len() + value.len() > MAX_BYTES {
        return Err(KeyValueError::Full);
    }
    values.insert(key.clone(), value.to_vec());
    Ok(())
}

#[async_trait]
impl KeyValueStore for InMemoryKeyValues {
    async fn get(&self, owner: KeyOwner, key: &Key) -> Result<Option<Vec<u8>>, KeyValueError> {
        Ok(self
            .owners()
            .get(&owner)
            .and_then(|values| values.get(key))
            .cloned())
    }

    async fn set(&self, owner: KeyOwner, key: &Key, value: &[u8]) -> Result<(), KeyValueError> {
        store(self.owners().entry(owner).or_default(), key, value)
    }

    async fn delete(&self, owner: KeyOwner, key: &Key) -> Result<(), KeyValueError> {
        if let Some(values) = self.owners().get_mut(&owner) {
            values.remove(key);
        }
        Ok(())
    }

    async fn compare_and_set(
        &self,
        owner: KeyOwner,
        key: &Key,
        expected: Option<&[u8]>,
        value: &[u8],
    ) -> Result<bool, KeyValueError> {
        let mut owners = self.owners();
        let values = owners.entry(owner).or_default();
        if values.get(key).map(Vec::as_slice) != expected {
            return Ok(false);
        }
        store(values, key, value).map(|()| true)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn owner(number: u128) -> KeyOwner {
        KeyOwner {
            hotel: HotelId(Uuid::from_u128(1)),
            connection: ConnectionId(Uuid::from_u128(number)),
        }
    }

    fn key(text: &str) -> Key {
        Key::parse(text).expect("a key")
    }

    #[test]
    fn a_key_is_short_and_printable() {
        assert!(Key::parse("cursor: page 7").is_some());
        for text in ["", "a\nb", "ü", &"k".repeat(257)] {
            assert!(Key::parse(text).is_none(), "{text:?}");
        }
    }

    #[tokio::test]
    async fn what_one_connection_stores_another_does_not_see() {
        let memory = InMemoryKeyValues::default();
        memory.set(owner(1), &key("k"), b"v").await.expect("stored");
        assert_eq!(
            memory.get(owner(1), &key("k")).await.expect("read"),
            Some(b"v".to_vec())
        );
        assert_eq!(memory.get(owner(2), &key("k")).await.expect("read"), None);
        memory.delete(owner(1), &key("k")).await.expect("deleted");
        assert_eq!(memory.get(owner(1), &key("k")).await.expect("read"), None);
    }

    #[tokio::test]
    async fn a_value_is_stored_only_where_the_key_still_holds_what_was_expected() {
        let memory = InMemoryKeyValues::default();
        assert!(
            memory
                .compare_and_set(owner(1), &key("k"), None, b"1")
                .await
                .expect("stored")
        );
        assert!(
            !memory
                .compare_and_set(owner(1), &key("k"), None, b"2")
                .await
                .expect("compared")
        );
        assert!(
            memory
                .compare_and_set(owner(1), &key("k"), Some(b"1"), b"2")
                .await
                .expect("stored")
        );
    }

    #[tokio::test]
    async fn keys_and_bytes_are_bounded_and_a_replaced_value_counts_once() {
        let memory = InMemoryKeyValues::default();
        let large = vec![0; MAX_BYTES - 1];
        memory
            .set(owner(1), &key("k"), &large)
            .await
            .expect("stored");
        memory
            .set(owner(1), &key("k"), &large)
            .await
            .expect("replaced");
        assert!(matches!(
            memory.set(owner(1), &key("l"), b"").await,
            Err(KeyValueError::Full)
        ));
        for number in 0..MAX_KEYS {
            memory
                .set(owner(2), &key(&format!("k{number}")), b"")
                .await
                .expect("stored");
        }
        assert!(matches!(
            memory.set(owner(2), &key("more"), b"").await,
            Err(KeyValueError::Full)
        ));
    }
}
