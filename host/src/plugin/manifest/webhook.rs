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
    /// Whether a webhook whose body is no JSON is verified, but neither stored nor read: it has the host pull.
    /// For what comes with cards, which nobody here may keep.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pull_unless_json: bool,
    /// Whether what it says of a reservation has the host pull. For channels whose queues forget what was acknowledged:
    /// a late hint would ask them for what they do not know any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pull: bool,
    /// How long the channel waits for an answer that it takes for the hotel's confirmation: the ability `webhook-answer`
    /// gives it. Without it, the answer says only that the webhook is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_within_seconds: Option<u16>,
    /// Elements of a body in XML that are left out, with all that is in them, before anything is stored or read: cards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
    /// The rules of bodies that are XML, where the connection has the secret that they name; those above hold for all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xml: Option<Box<Self>>,
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
    /// Ed25519 over such a text; the secret is the channel's public key.
    #[serde(rename = "ed25519")]
    Ed25519(SignedText),
    /// ECDSA on P-256 with SHA-256 over such a text, in DER; the secret is the channel's public key.
    #[serde(rename = "ecdsa-p256")]
    EcdsaP256(SignedText),
    /// `Authorization: Bearer …`, a JSON web token (RFC 7519).
    Jwt(TokenRules),
    /// `Authorization: Basic …`, the same with every webhook (RFC 7617).
    Basic {
        /// The slot of the secret, which holds `user:password`.
        secret: String,
    },
    /// `Authorization: Bearer …`, a token that this host issued for the connection to whoever logged in at `/token` below
    /// its webhooks' address (RFC 6749, section 4.4).
    IssuedToken {
        /// The slot of the secret, which holds `client_id:client_secret`.
        secret: String,
    },
    /// A login in a body that is XML, the same with every webhook. The element that holds it is left out of what is stored.
    XmlLogin(XmlLogin),
    /// Nothing but the endpoint token, and nothing of the webhook is read: it has the host pull.
    NoneButReRead {},
}

impl Verification {
    /// The slot of the secret that it needs.
    pub fn secret(&self) -> Option<&str> {
        match self {
            Self::UrlSecret {} | Self::NoneButReRead {} => None,
            Self::StaticHeader { secret, .. }
            | Self::StandardWebhooks { secret, .. }
            | Self::HmacSha256(SignedText { secret, .. })
            | Self::Ed25519(SignedText { secret, .. })
            | Self::EcdsaP256(SignedText { secret, .. })
            | Self::Jwt(TokenRules { secret, .. })
            | Self::Basic { secret }
            | Self::IssuedToken { secret }
            | Self::XmlLogin(XmlLogin { secret, .. }) => Some(secret),
        }
    }
}

/// Where a login stands in a body that is XML. Names are local: prefixes of namespaces are read over.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct XmlLogin {
    /// The slot of the secret, which holds `user:password`.
    pub secret: String,
    /// The one element of this name that the body has.
    pub element: String,
    /// The attribute of it, or the element directly in it, that holds the user.
    pub username: String,
    /// The same for the password.
    pub password: String,
}

/// What is signed, and where the signature and the time stand: in headers, or in a JSON body.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SignedText {
    /// The slot of the secret.
    pub secret: String,
    /// The signed text: `{body}`, `{timestamp}` and `{id}`, the event's, once each at most.
    pub text: String,
    /// How the secret holds the key of an HMAC.
    #[serde(default, skip_serializing_if = "KeyEncoding::is_text")]
    pub key: KeyEncoding,
    /// The header of the signature, in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature_header: Option<String>,
    /// JSON pointer to the signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature_pointer: Option<String>,
    /// Stands before the signature, and may stand before the others of a list.
    #[serde(default)]
    pub signature_prefix: String,
    /// Parts the signatures of a list, while a secret rotates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    pub encoding: SignatureEncoding,
    /// The header of `{timestamp}`, in lower case. Without a time, nothing but the event's id stops a repetition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp_header: Option<String>,
    /// Stands before the time, which is then an entry of the signature's list: `t=`. Entries with other prefixes than
    /// this and the signature's are passed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp_prefix: Option<String>,
    /// JSON pointer to the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp_pointer: Option<String>,
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

impl SignedText {
    /// How many places a time is read from: one at most.
    pub fn times(&self) -> usize {
        let places = [
            &self.timestamp_header,
            &self.timestamp_prefix,
            &self.timestamp_pointer,
        ];
        places.into_iter().flatten().count()
    }
}

/// How a secret holds a key.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyEncoding {
    /// Its bytes are the key, as they are given.
    #[default]
    Text,
    /// In base64, also behind `whsec_`.
    Base64,
}

impl KeyEncoding {
    /// What is meant where nothing is said.
    fn is_text(&self) -> bool {
        *self == Self::Text
    }
}

/// What a JSON web token must be. It says nothing of that itself: not even by which algorithm it is signed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRules {
    /// The slot of the key: a shared secret, or the issuer's public key.
    pub secret: String,
    pub algorithm: TokenAlgorithm,
    /// Its `iss`.
    pub issuer: String,
    /// Its `aud`, or one of them.
    pub audience: String,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenAlgorithm {
    Hs256,
    Es256,
    EdDsa,
}

impl TokenAlgorithm {
    /// As a token's head names it (RFC 7518 and 8037).
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
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
