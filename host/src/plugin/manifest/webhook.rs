//! How the host verifies a plugin's inbound webhooks before the guest sees them.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookRules {
    pub verification: Verification,
    /// Where the event's id stands; without it, the body's hash is the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventIdSource>,
    /// Whether the reservation is fetched again before it is believed.
    #[serde(default = "believed_only_after_fetching")]
    pub hint: bool,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Verification {
    /// The unguessable endpoint token in the URL is the proof.
    UrlSecret {},
    /// A secret that the channel repeats in a header of its own; it never reaches the guest.
    StaticHeader {
        /// The slot of the secret.
        secret: String,
        /// In lower case.
        header: String,
    },
    /// HMAC-SHA256 over `id.timestamp.body`, as the Standard Webhooks specification says.
    StandardWebhooks {
        /// The slot of the secret.
        secret: String,
        /// Names the three headers: `{prefix}-id`, `{prefix}-timestamp`, `{prefix}-signature`.
        #[serde(default = "standard_prefix")]
        header_prefix: String,
    },
    /// HMAC-SHA256 over a text that the manifest spells out.
    #[serde(rename = "hmac-sha256")]
    HmacSha256(SignedText),
    /// `Authorization: Basic …`, the same with every webhook (RFC 7617).
    Basic {
        /// The slot of the secret, which holds `user:password`.
        secret: String,
    },
}

impl Verification {
    /// The slot of the secret that it needs.
    pub fn secret(&self) -> Option<&str> {
        match self {
            Self::UrlSecret {} => None,
            Self::StaticHeader { secret, .. }
            | Self::StandardWebhooks { secret, .. }
            | Self::HmacSha256(SignedText { secret, .. })
            | Self::Basic { secret } => Some(secret),
        }
    }
}

/// What is signed with HMAC-SHA256, and where the signature stands. The secret's bytes are the key as they are given.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SignedText {
    /// The slot of the secret.
    pub secret: String,
    /// The signed text, with `{body}` once and `{timestamp}` in it.
    pub text: String,
    /// In lower case.
    pub signature_header: String,
    /// Stands before the signature, and may stand before the others of a list.
    #[serde(default)]
    pub signature_prefix: String,
    /// Parts the signatures of a list, while a secret rotates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    pub encoding: SignatureEncoding,
    /// The header of `{timestamp}`, in lower case. Without it, nothing but the event's id stops a repetition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp_header: Option<String>,
    #[serde(default)]
    pub timestamp_unit: TimestampUnit,
}

impl SignedText {
    /// The text before and after the body, or none where the body does not stand in it once.
    pub fn around_body(&self) -> Option<(&str, &str)> {
        let (before, after) = self.text.split_once("{body}")?;
        (!after.contains("{body}")).then_some((before, after))
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SignatureEncoding {
    Base64,
    Hex,
}

/// What a timestamp counts, since 1970.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TimestampUnit {
    #[default]
    Seconds,
    Milliseconds,
}

/// Where an event's id stands.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventIdSource {
    Header(String),
    JsonPointer(String),
}

fn believed_only_after_fetching() -> bool {
    true
}

fn standard_prefix() -> String {
    "webhook".to_owned()
}
