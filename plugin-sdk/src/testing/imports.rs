//! The host's interfaces as the generated bindings offer them, served by the test's own host.

use crate::bindings::host::roomwire::host as wire;

pub(crate) mod http {
    use super::super::with_active;
    use super::wire::http::{HttpError, Request, Response};

    pub(crate) fn send(request: &Request) -> Result<Response, HttpError> {
        with_active(|host| match host.exchanges.pop_front() {
            Some(exchange) => exchange.play(request),
            None => panic!("the connector sent a request that is not scripted: {request:#?}"),
        })
    }

    pub(crate) fn send_many(requests: &[Request]) -> Vec<Result<Response, HttpError>> {
        requests.iter().map(send).collect()
    }
}

pub(crate) mod log {
    use super::super::{LogLine, with_active};
    use super::wire::log::Level;

    pub(crate) fn write(level: Level, message: &str, fields: &[(String, String)]) {
        let line = LogLine {
            level,
            message: message.to_owned(),
            fields: fields.to_vec(),
        };
        with_active(|host| host.log.push(line));
    }
}

pub(crate) mod clock {
    use super::super::with_active;

    pub(crate) fn now() -> i64 {
        with_active(|host| host.now.as_millisecond())
    }
}

pub(crate) mod random {
    use super::super::with_active;

    /// SplitMix64: every run of a test sees the same bytes.
    pub(crate) fn bytes(length: u32) -> Vec<u8> {
        let length = usize::try_from(length.min(1024)).expect("1,024 fits");
        with_active(|host| {
            let mut bytes = Vec::with_capacity(length + 8);
            while bytes.len() < length {
                host.random = host.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mut word = host.random;
                word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                bytes.extend((word ^ (word >> 31)).to_le_bytes());
            }
            bytes.truncate(length);
            bytes
        })
    }
}

pub(crate) mod kv {
    use super::super::with_active;
    use super::wire::kv::KvError;

    pub(crate) fn get(key: &str) -> Result<Option<Vec<u8>>, KvError> {
        valid(key)?;
        Ok(with_active(|host| host.memory.get(key).cloned()))
    }

    pub(crate) fn set(key: &str, value: &[u8]) -> Result<(), KvError> {
        valid(key)?;
        with_active(|host| host.memory.insert(key.to_owned(), value.to_vec()));
        Ok(())
    }

    pub(crate) fn delete(key: &str) -> Result<(), KvError> {
        valid(key)?;
        with_active(|host| host.memory.remove(key));
        Ok(())
    }

    pub(crate) fn compare_and_set(
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
    ) -> Result<bool, KvError> {
        let holds = get(key)?;
        let matches = holds.as_deref() == expected;
        if matches {
            set(key, value)?;
        }
        Ok(matches)
    }

    fn valid(key: &str) -> Result<(), KvError> {
        if key.is_empty() || key.chars().any(char::is_control) {
            return Err(KvError::Invalid(
                "a key is printable and not empty".to_owned(),
            ));
        }
        Ok(())
    }
}

pub(crate) mod signer {
    use super::super::with_active;
    use super::wire::signer::SignerError;

    pub(crate) fn hmac(slot: &str, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        with_active(|host| match host.signers.get(slot) {
            Some(sign) => Ok(sign(message)),
            None => Err(SignerError::UnknownSlot(slot.to_owned())),
        })
    }
}
