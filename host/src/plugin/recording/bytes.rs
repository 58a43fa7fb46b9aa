//! Bytes as a person reads them in a recording: text where they are UTF-8, base64 where they are not.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Bytes that keep every bit on their way through JSON.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(into = "Written", try_from = "Written")]
pub(in crate::plugin) struct Bytes(pub(in crate::plugin) Vec<u8>);

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Base64 { base64: String },
}

impl From<Bytes> for Written {
    fn from(Bytes(bytes): Bytes) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Text(text),
            Err(error) => Self::Base64 {
                base64: STANDARD.encode(error.as_bytes()),
            },
        }
    }
}

impl TryFrom<Written> for Bytes {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written::Text(text) => Ok(Self(text.into_bytes())),
            Written::Base64 { base64 } => STANDARD
                .decode(base64)
                .map(Self)
                .map_err(|error| format!("no base64: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_as_they_were_whether_they_are_text_or_not() {
        for (bytes, written) in [
            (b"a \"b\"\0".to_vec(), r#""a \"b\"\u0000""#),
            (vec![0xff, 0x00], r#"{"base64":"/wA="}"#),
            (Vec::new(), r#""""#),
        ] {
            let bytes = Bytes(bytes);
            assert_eq!(serde_json::to_string(&bytes).expect("JSON"), written);
            let read: Bytes = serde_json::from_str(written).expect("bytes");
            assert_eq!(read, bytes);
        }
        assert!(serde_json::from_str::<Bytes>(r#"{"base64": "%"}"#).is_err());
    }
}
